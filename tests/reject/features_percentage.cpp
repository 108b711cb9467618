// SPDX-License-Identifier: BSL-1.0
// expect: features: a percentage lies between 0 and 100
#include <levada/feature/spectral.hpp>

namespace lv = levada;

#ifdef LEVADA_WRONG
constexpr auto name = lv::spectral_rolloff<101>::name;  // here
#else
constexpr auto name = lv::spectral_rolloff<99>::name;
#endif
