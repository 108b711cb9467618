# SPDX-License-Identifier: BSL-1.0
# Makes the target levada::lockfree (levada, and what levada/connect/pool_user.hpp and lender.hpp need) where Boost.Lockfree is
# found. Included by levada's own build, and by its package for those who ask for the component: nobody else has to have Boost.
if(TARGET levada::lockfree)
  return()
endif()

find_path(LEVADA_LOCKFREE_INCLUDE_DIR boost/lockfree/stack.hpp DOC "Where boost/lockfree/stack.hpp is")
mark_as_advanced(LEVADA_LOCKFREE_INCLUDE_DIR)

# What is used of it is all in its headers.
if(LEVADA_LOCKFREE_INCLUDE_DIR)
  add_library(levada::lockfree INTERFACE IMPORTED GLOBAL)
  target_include_directories(levada::lockfree INTERFACE "${LEVADA_LOCKFREE_INCLUDE_DIR}")
  target_link_libraries(levada::lockfree INTERFACE levada::levada)
endif()
