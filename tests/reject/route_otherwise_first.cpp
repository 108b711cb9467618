// SPDX-License-Identifier: BSL-1.0
// expect: route: otherwise\(...\) takes all events, so no case behind it is ever asked; write it last
#include <levada/flow/flow.hpp>
#include <levada/flow/route.hpp>
#include <levada/op/map.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

void build() {
  auto source = lv::from(lv::input<double>());
  auto high = [](double v) { return v > 10; };
  auto alarm = lv::when(high, lv::map([](double v) { return v * 2; }));
  auto rest = lv::otherwise(lv::map([](double v) { return -v; }));
#ifdef LEVADA_WRONG
  auto flow = lv::flow(std::move(source) | lv::route(std::move(rest), std::move(alarm)) | lv::to([](double) {}));  // here
#else
  auto flow = lv::flow(std::move(source) | lv::route(std::move(alarm), std::move(rest)) | lv::to([](double) {}));
#endif
  (void)flow.open();
}
