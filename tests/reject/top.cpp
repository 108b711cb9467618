// SPDX-License-Identifier: BSL-1.0
// expect: top: from 1 to 1024 events
#include <levada/op/top.hpp>

namespace lv = levada;

#ifdef LEVADA_WRONG
lv::top<0> greatest;  // here
#else
lv::top<1> greatest;
#endif
