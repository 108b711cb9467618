// SPDX-License-Identifier: BSL-1.0
// expect: describe: the type has more than 512 fields
#include <levada/wire/descriptor.hpp>

struct point {
  float x, y;
};
struct reading {
#ifdef LEVADA_WRONG
  point path[300];
#else
  float path[300][2];
#endif
};

levada::descriptor_view table() {
  return levada::describe<reading>();  // here
}
