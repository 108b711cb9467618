// SPDX-License-Identifier: BSL-1.0
// expect: features: a multiple of the speed of the shaft is above 0
#include <levada/feature/spectral.hpp>

namespace lv = levada;

#ifdef LEVADA_WRONG
constexpr auto name = lv::order_line<0>::name;  // here
#else
constexpr auto name = lv::order_line<0.5>::name;
#endif
