// SPDX-License-Identifier: BSL-1.0
// expect: select: the predicate must be callable as bool\(const Event&\)
#include <levada/flow/flow.hpp>
#include <levada/op/select.hpp>
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
                       | lv::select([](const code_only& a) { return a.code > 3; })  // here
#else
                       | lv::select([](const reading& r) { return r.value > 30; })
#endif
                       | lv::to([](const reading&) {}));
  (void)flow.open();
}
