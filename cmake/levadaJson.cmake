# SPDX-License-Identifier: BSL-1.0
# Makes the target levada::json (levada, and what levada/connect/xgboost.hpp needs) where nlohmann/json is found. Included by
# levada's own build, and by its package for those who ask for the component: nobody else has to have it.
if(TARGET levada::json)
  return()
endif()

find_path(LEVADA_JSON_INCLUDE_DIR nlohmann/json.hpp DOC "Where nlohmann/json.hpp is")
mark_as_advanced(LEVADA_JSON_INCLUDE_DIR)

if(LEVADA_JSON_INCLUDE_DIR)
  add_library(levada::json INTERFACE IMPORTED GLOBAL)
  target_include_directories(levada::json INTERFACE "${LEVADA_JSON_INCLUDE_DIR}")
  target_link_libraries(levada::json INTERFACE levada::levada)
endif()
