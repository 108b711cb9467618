// SPDX-License-Identifier: BSL-1.0
// expect: attempt: the function must be callable with const Event&, of the type that arrives here
#include <levada/flow/flow.hpp>
#include <levada/op/attempt.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct reading {
  int value;
};
struct other {
  int value;
};

void build() {
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::attempt([](const other& o) { return o.value; })  // here
#else
                       | lv::attempt([](const reading& r) { return r.value; })
#endif
                       | lv::to([](int) {}));
  (void)flow.open();
}
