// SPDX-License-Identifier: BSL-1.0
// expect: state_machine: with after\(\.\.\.\) the event must be trivially copyable and have a default
#include <levada/flow/flow.hpp>
#include <levada/op/state_machine.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;
using namespace lv::literals;

struct owner {
  owner() = default;
  owner(const owner& other) : value(other.value) {}
  double value = 0;
};
constexpr auto high = [](const owner& o) { return o.value > 1; };

void build() {
  auto flow = lv::flow(lv::from(lv::input<owner>())
#ifdef LEVADA_WRONG
                       | lv::state_machine<"m", 0>(lv::on<0, 1>(high), lv::after<1, 0>(5_s))  // here
#else
                       | lv::state_machine<"m", 0>(lv::on<0, 1>(high))
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
