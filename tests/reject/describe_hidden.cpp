// SPDX-License-Identifier: BSL-1.0
// expect: describe: the members cannot be found
#include <levada/wire/descriptor.hpp>

struct reading {
#ifdef LEVADA_WRONG
  explicit reading(double v) : value(v) {}
#endif
  double value;
};

levada::descriptor_view table() {
  return levada::describe<reading>();  // here
}
