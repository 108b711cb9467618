// SPDX-License-Identifier: BSL-1.0
// expect: describe: a member is a pointer, which means nothing in another process
#include <levada/wire/descriptor.hpp>

struct reading {
  levada::timestamp time;
#ifdef LEVADA_WRONG
  const char* sensor;
#else
  levada::text<16> sensor;
#endif
};

levada::descriptor_view table() {
  return levada::describe<reading>();  // here
}
