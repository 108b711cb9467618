// SPDX-License-Identifier: BSL-1.0
// expect: describe: a member is a bit-field
#include <levada/wire/descriptor.hpp>

struct reading {
  double value;
#ifdef LEVADA_WRONG
  unsigned valid : 1;
#else
  bool valid;
#endif
};

levada::descriptor_view table() {
  return levada::describe<reading>();  // here
}
