// SPDX-License-Identifier: BSL-1.0
// expect: describe: the type is not trivially copyable
#include <levada/wire/descriptor.hpp>

#ifdef LEVADA_WRONG
#include <string>
using name = std::string;
#else
using name = levada::text<32>;
#endif
struct reading {
  levada::timestamp time;
  name sensor;
};

levada::descriptor_view table() {
  return levada::describe<reading>();  // here
}
