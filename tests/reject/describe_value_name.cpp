// SPDX-License-Identifier: BSL-1.0
// expect: describe: a value of an enumeration has a name of more than 23 characters
#include <levada/wire/descriptor.hpp>

enum class state {
  idle,
#ifdef LEVADA_WRONG
  stopped_by_the_emergency_button,
#else
  emergency_stop,
#endif
};
struct reading {
  state now;
};

levada::descriptor_view table() {
  return levada::describe<reading>();  // here
}
