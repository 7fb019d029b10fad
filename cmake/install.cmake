# SPDX-License-Identifier: MIT
# Install rules, the CMake package and the pkg-config file.
include(CMakePackageConfigHelpers)

foreach(kind ${LAMPWICK_KINDS})
    string(TOLOWER ${kind} suffix)
    install(TARGETS lampwick-${suffix} EXPORT lampwick-targets
            ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
            LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endforeach()
install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/lampwick)
install(EXPORT lampwick-targets NAMESPACE lampwick:: DESTINATION ${package_dir})
configure_package_config_file(cmake/lampwick-config.cmake.in lampwick-config.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(lampwick-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/lampwick-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/lampwick-config-version.cmake
        DESTINATION ${package_dir})

configure_file(cmake/lampwick.pc.in lampwick.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/lampwick.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
