// SPDX-License-Identifier: BSL-1.0
// expect: merge: these streams got their keys from different key_by\(...\), so one slot would mean two keys
#include <levada/flow/flow.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;
using namespace lv::literals;

struct reading {
  lv::timestamp time;
  int sensor;
  double value;
};

void build() {
  auto one = lv::from(lv::input<reading>());
  auto two = lv::from(lv::input<reading>());
#ifdef LEVADA_WRONG
  auto both = lv::merge(std::move(one) | lv::key_by(&reading::sensor), std::move(two) | lv::key_by(&reading::sensor));
  auto flow = lv::flow(std::move(both) | lv::to([](const reading&) {}));  // here
#else
  auto both = lv::merge(std::move(one), std::move(two)) | lv::key_by(&reading::sensor);
  auto flow = lv::flow(std::move(both) | lv::to([](const reading&) {}));
#endif
  (void)flow.open();
}
