// SPDX-License-Identifier: BSL-1.0
// expect: unkey: this stream has no key; it stands below key_by, or below a join
#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/unkey.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct reading {
  lv::timestamp time;
  int sensor;
  double value;
};

void build() {
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::unkey()  // here
#else
                       | lv::key_by(&reading::sensor) | lv::unkey()
#endif
                       | lv::to([](const reading&) {}));
  (void)flow.open();
}
