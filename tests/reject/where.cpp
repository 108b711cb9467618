// SPDX-License-Identifier: BSL-1.0
// expect: where: the member must be a number, a text, a time or an enumeration
#include <levada/rule/condition.hpp>

namespace lv = levada;

struct place {
  double x, y;
};
struct reading {
  place at;
  double celsius;
};

lv::condition build() {
#ifdef LEVADA_WRONG
  return lv::where(&reading::at) > 1;  // here
#else
  return lv::where(&reading::celsius) > 1;
#endif
}
