# SPDX-License-Identifier: BSL-1.0
# Makes the target levada::sodium (levada, and what levada/connect/signature.hpp needs) where libsodium is found. Included by
# levada's own build, and by its package for those who ask for the component: nobody else has to have libsodium.
if(TARGET levada::sodium)
  return()
endif()

find_path(LEVADA_SODIUM_INCLUDE_DIR sodium.h DOC "Where sodium.h is")
find_library(LEVADA_SODIUM_LIBRARY sodium DOC "libsodium itself")
mark_as_advanced(LEVADA_SODIUM_INCLUDE_DIR LEVADA_SODIUM_LIBRARY)

if(LEVADA_SODIUM_INCLUDE_DIR AND LEVADA_SODIUM_LIBRARY)
  add_library(levada::sodium INTERFACE IMPORTED GLOBAL)
  target_include_directories(levada::sodium INTERFACE "${LEVADA_SODIUM_INCLUDE_DIR}")
  target_link_libraries(levada::sodium INTERFACE levada::levada "${LEVADA_SODIUM_LIBRARY}")
endif()
