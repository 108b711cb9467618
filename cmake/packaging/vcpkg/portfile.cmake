# SPDX-License-Identifier: BSL-1.0
# An overlay port that packages the sources around it: `vcpkg install levada --overlay-ports=cmake/packaging/vcpkg`. A port in
# a registry begins with vcpkg_from_git or vcpkg_from_github instead of the next line.
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
set(VCPKG_BUILD_TYPE release) # headers only

vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS -DLEVADA_BUILD_TESTS=OFF -DLEVADA_BUILD_EXAMPLES=OFF -DLEVADA_BUILD_BENCH=OFF)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH share/cmake/levada)
if(NOT "uring" IN_LIST FEATURES)
  file(REMOVE "${CURRENT_PACKAGES_DIR}/share/pkgconfig/levada-uring.pc") # what it requires is not there
endif()
vcpkg_fixup_pkgconfig()
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
