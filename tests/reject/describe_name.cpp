// SPDX-License-Identifier: BSL-1.0
// expect: describe: a member's name, .* has more than 47 characters
#include <levada/wire/descriptor.hpp>

struct reading {
#ifdef LEVADA_WRONG
  double temperature_of_the_oil_behind_the_second_heat_exchanger;
#else
  double oil_temperature;
#endif
};

levada::descriptor_view table() {
  return levada::describe<reading>();  // here
}
