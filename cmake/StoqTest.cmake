# SPDX-License-Identifier: Apache-2.0
#
# stoq_add_test(NAME SOURCES a.cc ... [LIBS target ...] [LABELS unit engine ...] [TIMEOUT seconds] [DEPENDS target ...])
#
# Tests are compiled without optimisation, unlike the engine and the plugins that they test, and share one precompiled header. The target
# tests_LABEL builds the tests with that label.
add_executable(stoq_test_pch ${CMAKE_CURRENT_LIST_DIR}/test_pch.cc)
target_compile_options(stoq_test_pch PRIVATE -O0)
target_include_directories(stoq_test_pch PRIVATE ${PROJECT_SOURCE_DIR}/include)
target_link_libraries(stoq_test_pch PRIVATE stoq_warnings GTest::gtest GTest::gmock)
target_precompile_headers(stoq_test_pch PRIVATE <gmock/gmock.h> <gtest/gtest.h> <algorithm> <filesystem> <fstream> <functional> <map>
                          <memory> <mutex> <set> <string> <thread> <vector> <stoq/stoq.h> <stoq/sdk/json.h>)

function(stoq_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;LIBS;LABELS;DEPENDS")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_compile_options(${name} PRIVATE -O0)
  target_link_libraries(${name} PRIVATE ${arg_LIBS} stoq_warnings GTest::gtest_main GTest::gmock)
  target_precompile_headers(${name} REUSE_FROM stoq_test_pch)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  if(arg_DEPENDS)
    add_dependencies(${name} ${arg_DEPENDS})
  endif()
  foreach(label ${arg_LABELS})
    if(NOT TARGET tests_${label})
      add_custom_target(tests_${label})
    endif()
    add_dependencies(tests_${label} ${name})
  endforeach()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
endfunction()
