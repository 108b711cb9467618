// SPDX-License-Identifier: BSL-1.0
// expect: ddsketch: an error from 0.0001 to 50 percent
#include <levada/op/quantile.hpp>

namespace lv = levada;

#ifdef LEVADA_WRONG
lv::ddsketch<double, 0> sketch;  // here
#else
lv::ddsketch<double, 0.1> sketch;
#endif
