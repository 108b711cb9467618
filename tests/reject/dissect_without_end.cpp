// SPDX-License-Identifier: BSL-1.0
// expect: dissect: between two cells there must be something that ends the first
#include <levada/op/parse.hpp>

namespace lv = levada;

#ifdef LEVADA_WRONG
lv::dissect<"{}{}"> pattern;  // here
#else
lv::dissect<"{} {}"> pattern;
#endif
