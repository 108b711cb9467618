# SPDX-License-Identifier: BSL-1.0
# Makes the target levada::uring (levada, and a loop that waits with io_uring) where liburing is found. Included by levada's
# own build, and by its package for those who ask for the component: nobody else has to have liburing.
if(TARGET levada::uring)
  return()
endif()

find_path(LEVADA_URING_INCLUDE_DIR liburing.h DOC "Where liburing.h is")
find_library(LEVADA_URING_LIBRARY uring DOC "liburing itself")
mark_as_advanced(LEVADA_URING_INCLUDE_DIR LEVADA_URING_LIBRARY)

# io_uring_get_events came with liburing 2.3.
if(LEVADA_URING_INCLUDE_DIR)
  file(STRINGS "${LEVADA_URING_INCLUDE_DIR}/liburing.h" levada_uring_is_new REGEX "io_uring_get_events")
  if(NOT levada_uring_is_new)
    message(STATUS "levada: ${LEVADA_URING_INCLUDE_DIR}/liburing.h is older than 2.3, so there is no levada::uring")
  endif()
endif()

if(LEVADA_URING_LIBRARY AND levada_uring_is_new)
  add_library(levada::uring INTERFACE IMPORTED GLOBAL)
  target_compile_definitions(levada::uring INTERFACE LEVADA_URING=1)
  target_include_directories(levada::uring INTERFACE "${LEVADA_URING_INCLUDE_DIR}")
  target_link_libraries(levada::uring INTERFACE levada::levada "${LEVADA_URING_LIBRARY}")
endif()
