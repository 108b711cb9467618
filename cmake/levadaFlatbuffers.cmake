# SPDX-License-Identifier: BSL-1.0
# Makes the target levada::flatbuffers (levada, and what levada/connect/flatbuffers.hpp needs) where FlatBuffers is found. Included
# by levada's own build, and by its package for those who ask for the component: nobody else has to have FlatBuffers.
if(TARGET levada::flatbuffers)
  return()
endif()

find_path(LEVADA_FLATBUFFERS_INCLUDE_DIR flatbuffers/flatbuffers.h DOC "Where flatbuffers/flatbuffers.h is")
mark_as_advanced(LEVADA_FLATBUFFERS_INCLUDE_DIR)

# What is used of it is all in its headers.
if(LEVADA_FLATBUFFERS_INCLUDE_DIR)
  add_library(levada::flatbuffers INTERFACE IMPORTED GLOBAL)
  target_include_directories(levada::flatbuffers INTERFACE "${LEVADA_FLATBUFFERS_INCLUDE_DIR}")
  target_link_libraries(levada::flatbuffers INTERFACE levada::levada)
endif()
