# SPDX-License-Identifier: Apache-2.0
#
# What `make install` puts where, by the Filesystem Hierarchy Standard. Programs and library find the rest from where they lie
# (src/core/places.cc), so that the prefix can be moved as a whole.
#
#   bin/stoq, bin/stoq-new-plugin      libexec/stoq/stoq-{,py}host   lib/libstoq.so, lib/cmake/stoq, lib/pkgconfig
#   lib/stoq/plugins/<name>/           include/stoq/                 share/stoq/stoq.cfg, share/stoq/new-plugin/
#   share/{man,doc/stoq,bash-completion,zsh,fish}
include(CMakePackageConfigHelpers)

set(STOQ_CMAKE_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/stoq)
set(STOQ_SHARE ${CMAKE_INSTALL_DATADIR}/stoq)

# The library for other programs: shared, so that it knows where it lies. Our own programs have the engine built in.
add_library(stoq_shared SHARED $<TARGET_OBJECTS:stoq>)
target_link_libraries(stoq_shared PRIVATE $<TARGET_PROPERTY:stoq,LINK_LIBRARIES> PUBLIC stoq::sdk nlohmann_json::nlohmann_json)
set_target_properties(stoq_shared PROPERTIES OUTPUT_NAME stoq VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
                      EXPORT_NAME stoq LINKER_LANGUAGE CXX LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib
                      LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/libstoq.map)
target_link_options(stoq_shared PRIVATE LINKER:--version-script=${PROJECT_SOURCE_DIR}/cmake/libstoq.map)
if(NOT STOQ_SANITIZE)
  target_link_options(stoq_shared PRIVATE LINKER:-z,defs)
endif()
set_target_properties(stoq_abi PROPERTIES EXPORT_NAME sdk)

install(TARGETS stoq-cli DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime)
install(TARGETS stoq-host DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/stoq COMPONENT runtime)
install(DIRECTORY DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/stoq/tmp COMPONENT runtime)
install(TARGETS stoq_shared stoq_abi EXPORT stoq-targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime
        NAMELINK_COMPONENT devel)
install(FILES packaging/stoq.cfg DESTINATION ${STOQ_SHARE} COMPONENT runtime)

# For those who write programs and plugins.
install(DIRECTORY include/stoq DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT devel FILES_MATCHING PATTERN "*.h")
install(EXPORT stoq-targets NAMESPACE stoq:: DESTINATION ${STOQ_CMAKE_DESTINATION} COMPONENT devel)
configure_package_config_file(cmake/stoq-config.cmake.in ${PROJECT_BINARY_DIR}/cmake/stoq-config.cmake
                              INSTALL_DESTINATION ${STOQ_CMAKE_DESTINATION})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/cmake/stoq-config-version.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/cmake/stoq-config.cmake ${PROJECT_BINARY_DIR}/cmake/stoq-config-version.cmake
              cmake/StoqAddPlugin.cmake cmake/plugin.map DESTINATION ${STOQ_CMAKE_DESTINATION} COMPONENT devel)
install(DIRECTORY cmake/plain_test DESTINATION ${STOQ_CMAKE_DESTINATION} COMPONENT devel)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig OUTPUT_VARIABLE STOQ_PC_PREFIX)
configure_file(cmake/stoq.pc.in ${PROJECT_BINARY_DIR}/cmake/stoq.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/cmake/stoq.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT devel)
install(DIRECTORY tools/new-plugin.d/ DESTINATION ${STOQ_SHARE}/new-plugin COMPONENT devel)
install(PROGRAMS tools/new-plugin DESTINATION ${CMAKE_INSTALL_BINDIR} RENAME stoq-new-plugin COMPONENT devel)

# Words.
install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)
file(GLOB readmes CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} plugins/*/README.md)
foreach(readme ${readmes})
  cmake_path(GET readme PARENT_PATH folder)
  if(EXISTS ${PROJECT_SOURCE_DIR}/${folder}/CMakeLists.txt)
    install(FILES ${readme} DESTINATION ${CMAKE_INSTALL_DOCDIR}/${folder} COMPONENT runtime)
  endif()
endforeach()
file(GLOB_RECURSE pages CONFIGURE_DEPENDS man/*.[1-8])
foreach(page ${pages})
  cmake_path(GET page EXTENSION LAST_ONLY section)
  string(SUBSTRING ${section} 1 1 section)
  install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section} COMPONENT runtime)
endforeach()
foreach(shell "stoq.bash|bash-completion/completions|stoq" "_stoq|zsh/site-functions|_stoq" "stoq.fish|fish/vendor_completions.d|stoq.fish")
  string(REPLACE "|" ";" shell ${shell})
  list(GET shell 0 file)
  list(GET shell 1 folder)
  list(GET shell 2 name)
  install(FILES completions/${file} DESTINATION ${CMAKE_INSTALL_DATADIR}/${folder} RENAME ${name} COMPONENT runtime OPTIONAL)
endforeach()
