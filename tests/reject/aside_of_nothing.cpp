// SPDX-License-Identifier: BSL-1.0
// expect: aside: the operator before it puts nothing aside; see its contract
#include <levada/flow/aside.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/map.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;
using namespace lv::literals;

void build() {
  auto twice = lv::from(lv::input<int>()) | lv::map([](int i) { return 2 * i; });
#ifdef LEVADA_WRONG
  auto chain = std::move(twice) | lv::aside(lv::to([](int) {})) | lv::to([](int) {});  // here
#else
  auto chain = std::move(twice) | lv::to([](int) {});
#endif
  auto flow = lv::flow(std::move(chain));
  (void)flow.open();
}
