// SPDX-License-Identifier: BSL-1.0
// expect: features: a band goes from a lower frequency to a higher one
#include <levada/feature/spectral.hpp>

namespace lv = levada;

#ifdef LEVADA_WRONG
constexpr auto name = lv::band_energy<2000, 500>::name;  // here
#else
constexpr auto name = lv::band_energy<500, 2000>::name;
#endif
