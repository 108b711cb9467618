// SPDX-License-Identifier: BSL-1.0
// expect: space_saving: from 1 to 4096 counters
#include <levada/op/heavy_hitters.hpp>

namespace lv = levada;

#ifdef LEVADA_WRONG
lv::space_saving<int, 10'000> summary;  // here
#else
lv::space_saving<int, 1000> summary;
#endif
