// SPDX-License-Identifier: BSL-1.0
// expect: describe: a member is a number whose size differs between machines
#include <levada/wire/descriptor.hpp>

struct reading {
  levada::timestamp time;
#ifdef LEVADA_WRONG
  long double value;
#else
  double value;
#endif
};

levada::descriptor_view table() {
  return levada::describe<reading>();  // here
}
