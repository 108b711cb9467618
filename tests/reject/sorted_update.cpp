// SPDX-License-Identifier: BSL-1.0
// expect: sorted: what was emitted cannot be emitted anew
#include <levada/flow/flow.hpp>
#include <levada/op/sorted.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct reading {
  lv::timestamp time;
  double seconds;
};

void build() {
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::sorted(lv::at<lv::late::update>(&reading::time), 100)  // here
#else
                       | lv::sorted(lv::at(&reading::time), 100)
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
