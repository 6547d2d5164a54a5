# SPDX-License-Identifier: Apache-2.0
#
# stoq_add_plugin(NAME SOURCES a.cc ... [MANIFEST NAME.stoq] [FILES data ...] [LIBS target ...])
#
# Builds the module NAME.so without a lib prefix, which exports the plugin's entry and nothing else, beside its manifest and files; and an
# object library NAME_objects for tests of its parts.
set(STOQ_PLUGIN_EXPORTS ${CMAKE_CURRENT_LIST_DIR}/plugin.map)

function(stoq_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "MANIFEST;OUTPUT" "SOURCES;FILES;LIBS")
  if(NOT arg_MANIFEST)
    set(arg_MANIFEST ${name}.stoq)
  endif()
  if(NOT arg_OUTPUT)
    set(arg_OUTPUT ${STOQ_PLUGINS})
  endif()
  string(REPLACE "-" "_" target ${name})
  add_library(plugin_${target}_objects OBJECT ${arg_SOURCES})
  target_link_libraries(plugin_${target}_objects PUBLIC stoq::sdk ${arg_LIBS})
  target_include_directories(plugin_${target}_objects PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
  if(TARGET stoq_warnings)
    target_link_libraries(plugin_${target}_objects PRIVATE stoq_warnings)
  endif()
  set_target_properties(plugin_${target}_objects PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  add_library(plugin_${target} MODULE)
  target_link_libraries(plugin_${target} PRIVATE plugin_${target}_objects)
  set_target_properties(plugin_${target} PROPERTIES PREFIX "" OUTPUT_NAME ${name} LINKER_LANGUAGE CXX
                        LIBRARY_OUTPUT_DIRECTORY ${arg_OUTPUT}/${name})
  target_link_options(plugin_${target} PRIVATE LINKER:--version-script=${STOQ_PLUGIN_EXPORTS})
  if(NOT STOQ_SANITIZE)
    target_link_options(plugin_${target} PRIVATE LINKER:-z,defs)
  endif()
  configure_file(${arg_MANIFEST} ${arg_OUTPUT}/${name}/${name}.stoq COPYONLY)
  foreach(file ${arg_FILES})
    configure_file(${file} ${arg_OUTPUT}/${name}/${file} COPYONLY)
  endforeach()
  set_property(GLOBAL APPEND PROPERTY STOQ_PLUGIN_TARGETS plugin_${target})
endfunction()
