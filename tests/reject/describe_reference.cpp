// SPDX-License-Identifier: BSL-1.0
// expect: describe: the members cannot be found .*references
#include <levada/wire/descriptor.hpp>

struct reading {
  levada::timestamp time;
#ifdef LEVADA_WRONG
  const double& value;
#else
  double value;
#endif
};

levada::descriptor_view table() {
  return levada::describe<reading>();  // here
}
