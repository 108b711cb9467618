// SPDX-License-Identifier: BSL-1.0
// expect: hyperloglog: from 4 to 16 bits choose a register
#include <levada/op/distinct.hpp>

namespace lv = levada;

#ifdef LEVADA_WRONG
lv::hyperloglog<20> sketch;  // here
#else
lv::hyperloglog<16> sketch;
#endif
