// SPDX-License-Identifier: BSL-1.0
// expect: heavy_hitters: there cannot be more than there are counters
#include <levada/op/heavy_hitters.hpp>

namespace lv = levada;

#ifdef LEVADA_WRONG
lv::heavy_hitters<20, 10> most;  // here
#else
lv::heavy_hitters<10, 20> most;
#endif
