# SPDX-License-Identifier: BSL-1.0
# Makes the target levada::onnx (levada, and what levada/connect/onnx.hpp needs) where protozero is found. Included by levada's own
# build, and by its package for those who ask for the component: nobody else has to have it.
if(TARGET levada::onnx)
  return()
endif()

find_path(LEVADA_PROTOZERO_INCLUDE_DIR protozero/pbf_reader.hpp DOC "Where protozero/pbf_reader.hpp is")
mark_as_advanced(LEVADA_PROTOZERO_INCLUDE_DIR)

if(LEVADA_PROTOZERO_INCLUDE_DIR)
  add_library(levada::onnx INTERFACE IMPORTED GLOBAL)
  target_include_directories(levada::onnx INTERFACE "${LEVADA_PROTOZERO_INCLUDE_DIR}")
  target_link_libraries(levada::onnx INTERFACE levada::levada)
endif()
