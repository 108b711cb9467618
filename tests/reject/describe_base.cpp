// SPDX-License-Identifier: BSL-1.0
// expect: describe: the type has a base class: make the base a member
#include <levada/wire/descriptor.hpp>

struct header {
  levada::timestamp time;
};
#ifdef LEVADA_WRONG
struct reading : header {
#else
struct reading {
  header head;
#endif
  double value;
};

levada::descriptor_view table() {
  return levada::describe<reading>();  // here
}
