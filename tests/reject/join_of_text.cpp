// SPDX-License-Identifier: BSL-1.0
// expect: join: events that are held must be trivially copyable, and have a default constructor
#include <levada/flow/flow.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/zip.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <string>
#include <utility>

namespace lv = levada;
using namespace lv::literals;

#ifdef LEVADA_WRONG
using line = std::string;
#else
using line = lv::text<16>;
#endif

void build() {
  auto when = lv::at([](const line&) { return lv::timestamp{}; });
  auto streams = lv::connect(lv::from<"left">(lv::input<line>()), lv::from<"right">(lv::input<line>()));
  auto flow = lv::flow(std::move(streams) | lv::zip(when, when, 1_s) | lv::to([](const auto&) {}));  // here
  (void)flow.open();
}
