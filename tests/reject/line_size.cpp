// SPDX-License-Identifier: BSL-1.0
// expect: line: an event of a line ring has at most 56 bytes
#include <levada/bus/line.hpp>

struct reading {
#ifdef LEVADA_WRONG
  double values[8];
#else
  double values[7];
#endif
};

levada::topic<levada::line<reading>> readings() {  // here
  return {levada::bus("b"), "t"};
}
