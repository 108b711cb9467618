// SPDX-License-Identifier: BSL-1.0
// expect: dissect: a cell is written as \{\}, and the pattern has none
#include <levada/op/parse.hpp>

namespace lv = levada;

#ifdef LEVADA_WRONG
lv::dissect<"level: %d"> pattern;  // here
#else
lv::dissect<"level: {}"> pattern;
#endif
