// SPDX-License-Identifier: BSL-1.0
// expect: flow: two statements give a stream the same name
#include <levada/flow/flow.hpp>
#include <levada/flow/stream.hpp>
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
  auto one = "samples"_s = lv::from(lv::input<reading>());
#ifdef LEVADA_WRONG
  auto two = "samples"_s = lv::from(lv::input<reading>());
#else
  auto two = "others"_s = lv::from(lv::input<reading>());
#endif
  auto first = "samples"_s | lv::to([](const reading&) {});
#ifdef LEVADA_WRONG
  auto flow = lv::flow(std::move(one), std::move(two), std::move(first));  // here
#else
  auto flow = lv::flow(std::move(one), std::move(two), std::move(first), "others"_s | lv::to([](const reading&) {}));
#endif
  (void)flow.open();
}
