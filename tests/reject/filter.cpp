// SPDX-License-Identifier: BSL-1.0
// expect: filter: the predicate must be callable as bool\(const Event&\)
#include <levada/flow/flow.hpp>
#include <levada/op/filter.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct reading {
  lv::timestamp time;
  int sensor;
  double value;
};
struct code_only {
  int code;
};

void build() {
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::filter<"serious">([](const code_only& a) { return a.code > 3; })  // here
#else
                       | lv::filter<"warm">([](const reading& r) { return r.value > 30; })
#endif
                       | lv::to([](const reading&) {}));
  (void)flow.open();
}
