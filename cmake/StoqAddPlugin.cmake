# SPDX-License-Identifier: Apache-2.0
#
# The same in this repository and, after find_package(stoq), in any other.
#
# stoq_add_plugin(NAME SOURCES a.cc ... [MANIFEST NAME.stoq] [FILES data ...] [LIBS target ...] [OUTPUT folder])
#
# Builds the module NAME.so without a lib prefix, which exports the plugin's entry and nothing else, beside its manifest and files; and an
# object library plugin_NAME_objects for tests of its parts. All of it lies in ${STOQ_PLUGINS}/NAME, out of tree <build>/plugins/NAME.
# `cmake --install` puts it into ${STOQ_PLUGIN_DESTINATION}/NAME, out of tree into the prefix itself: --prefix is a directory of plugins then.
#
# stoq_add_plugin_test(NAME SOURCES tests/NAME_test.cc ... [LIBS target ...])
#
# Registers NAME_test with ctest: a program on the engine's library, which finds the plugin in the directory STOQ_PLUGINS, a macro. It is
# written for GoogleTest; where that is not installed, a stand-in knows TEST, EXPECT_* and ASSERT_*.

function(stoq_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "MANIFEST;OUTPUT" "SOURCES;FILES;LIBS")
  if(NOT arg_MANIFEST)
    set(arg_MANIFEST ${name}.stoq)
  endif()
  set(folder ${arg_OUTPUT})
  if(NOT folder)
    _stoq_plugin_output(folder)
  endif()
  string(REPLACE "-" "_" target ${name})
  add_library(plugin_${target}_objects OBJECT ${arg_SOURCES})
  set_source_files_properties(${target}.cc PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)  # the entry, which tests of the parts leave out
  target_link_libraries(plugin_${target}_objects PUBLIC stoq::sdk ${arg_LIBS})
  target_include_directories(plugin_${target}_objects PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
  if(TARGET stoq_warnings)
    target_link_libraries(plugin_${target}_objects PRIVATE stoq_warnings)
  endif()
  set_target_properties(plugin_${target}_objects PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
                        POSITION_INDEPENDENT_CODE ON)
  add_library(plugin_${target} MODULE)
  target_link_libraries(plugin_${target} PRIVATE plugin_${target}_objects)
  set_target_properties(plugin_${target} PROPERTIES PREFIX "" OUTPUT_NAME ${name} LINKER_LANGUAGE CXX
                        LIBRARY_OUTPUT_DIRECTORY ${folder}/${name})
  target_link_options(plugin_${target} PRIVATE LINKER:--version-script=${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  if(NOT STOQ_SANITIZE)
    target_link_options(plugin_${target} PRIVATE LINKER:-z,defs)
  endif()
  configure_file(${arg_MANIFEST} ${folder}/${name}/${name}.stoq COPYONLY)
  foreach(file ${arg_FILES})
    configure_file(${file} ${folder}/${name}/${file} COPYONLY)
  endforeach()
  set_property(GLOBAL APPEND PROPERTY STOQ_PLUGIN_TARGETS plugin_${target})
  if(arg_OUTPUT)
    return()
  endif()

  set(destination .)
  if(STOQ_PLUGIN_DESTINATION)
    set(destination ${STOQ_PLUGIN_DESTINATION})
  endif()
  install(TARGETS plugin_${target} DESTINATION ${destination}/${name} COMPONENT runtime)
  foreach(file ${name}.stoq ${arg_FILES})
    cmake_path(GET file PARENT_PATH below)
    install(FILES ${folder}/${name}/${file} DESTINATION ${destination}/${name}/${below} COMPONENT runtime)
  endforeach()
endfunction()

function(stoq_add_plugin_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
  if(DEFINED STOQ_DEVELOPER_MODE AND NOT STOQ_DEVELOPER_MODE)
    return()
  endif()
  _stoq_plugin_output(folder)
  string(REPLACE "-" "_" target ${name})
  set(test ${target}_test)
  add_executable(${test} ${arg_SOURCES})
  target_link_libraries(${test} PRIVATE stoq::stoq ${arg_LIBS})
  target_compile_definitions(${test} PRIVATE STOQ_PLUGINS="${folder}")
  if(TARGET stoq_warnings)
    target_link_libraries(${test} PRIVATE stoq_warnings)
  endif()
  find_package(GTest QUIET)
  if(GTest_FOUND)
    target_link_libraries(${test} PRIVATE GTest::gtest_main)
  else()
    target_include_directories(${test} PRIVATE ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plain_test)
  endif()
  add_dependencies(${test} plugin_${target})
  if(TARGET stoq-host)
    add_dependencies(${test} stoq-host)
  endif()
  add_test(NAME ${test} COMMAND ${test})
  set_tests_properties(${test} PROPERTIES LABELS plugin TIMEOUT 120)
endfunction()

function(_stoq_plugin_output result)
  set(folder ${PROJECT_BINARY_DIR}/plugins)
  if(STOQ_PLUGINS)
    set(folder ${STOQ_PLUGINS})
  endif()
  set(${result} ${folder} PARENT_SCOPE)
endfunction()
