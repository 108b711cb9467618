// SPDX-License-Identifier: BSL-1.0
// expect: sorted: events are held, so they must be copyable and have a default
#include <levada/flow/flow.hpp>
#include <levada/op/map.hpp>
#include <levada/op/sorted.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct reading {
  explicit reading(lv::timestamp t) : time(t) {}
  lv::timestamp time;
};
struct plain {
  lv::timestamp time;
};

void build() {
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::sorted(lv::at(&reading::time), 100)  // here
#else
                       | lv::map([](const reading& r) { return plain{r.time}; }) | lv::sorted(lv::at(&plain::time), 100)
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
