# SPDX-License-Identifier: BSL-1.0
# Makes the target levada::onnxruntime (levada, and what levada/connect/onnxruntime.hpp needs) where ONNX Runtime is found. Included
# by levada's own build, and by its package for those who ask for the component: nobody else has to have it.
if(TARGET levada::onnxruntime)
  return()
endif()

find_path(LEVADA_ONNXRUNTIME_INCLUDE_DIR onnxruntime_c_api.h PATH_SUFFIXES onnxruntime onnxruntime/core/session
          DOC "Where onnxruntime_c_api.h is")
find_library(LEVADA_ONNXRUNTIME_LIBRARY onnxruntime DOC "ONNX Runtime")
mark_as_advanced(LEVADA_ONNXRUNTIME_INCLUDE_DIR LEVADA_ONNXRUNTIME_LIBRARY)

if(LEVADA_ONNXRUNTIME_INCLUDE_DIR AND LEVADA_ONNXRUNTIME_LIBRARY)
  add_library(levada::onnxruntime INTERFACE IMPORTED GLOBAL)
  target_include_directories(levada::onnxruntime INTERFACE "${LEVADA_ONNXRUNTIME_INCLUDE_DIR}")
  target_link_libraries(levada::onnxruntime INTERFACE levada::levada "${LEVADA_ONNXRUNTIME_LIBRARY}")
endif()
