// SPDX-License-Identifier: BSL-1.0
// expect: describe: the type has a union
#include <levada/wire/descriptor.hpp>

#ifdef LEVADA_WRONG
union number {
#else
struct number {
#endif
  double real;
  long integer;
};
struct reading {
  levada::timestamp time;
  number value;
};

levada::descriptor_view table() {
  return levada::describe<reading>();  // here
}
