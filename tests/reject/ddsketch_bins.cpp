// SPDX-License-Identifier: BSL-1.0
// expect: ddsketch: from 64 to 65536 bins, an even number
#include <levada/op/quantile.hpp>

namespace lv = levada;

#ifdef LEVADA_WRONG
lv::ddsketch<double, 1, 100001> sketch;  // here
#else
lv::ddsketch<double, 1, 1000> sketch;
#endif
