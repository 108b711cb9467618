# SPDX-License-Identifier: BSL-1.0
# Compiles through ccache where it is installed, when levada is the project being built. A launcher that the user chose stays.
if(NOT PROJECT_IS_TOP_LEVEL OR CMAKE_CXX_COMPILER_LAUNCHER)
  return()
endif()
find_program(LEVADA_CCACHE ccache)
mark_as_advanced(LEVADA_CCACHE)
if(LEVADA_CCACHE)
  # The tests share a precompiled header, whose macros ccache cannot see.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      "${LEVADA_CCACHE}")
endif()
