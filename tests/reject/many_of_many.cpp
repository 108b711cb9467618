// SPDX-License-Identifier: BSL-1.0
// expect: many: a topic has many producers or one
#include <levada/bus/many.hpp>

struct reading {
  double value;
};

#ifdef LEVADA_WRONG
using ring = levada::many<levada::many<reading>>;
#else
using ring = levada::many<reading>;
#endif

levada::topic<ring> readings() {  // here
  return {levada::bus("b"), "t"};
}
