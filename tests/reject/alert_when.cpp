// SPDX-License-Identifier: BSL-1.0
// expect: alert_when: the time must be a levada::timestamp in the event type that arrives here
#include <levada/flow/chain.hpp>
#include <levada/flow/flow.hpp>
#include <levada/rule/alert_when.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <cstdint>

namespace lv = levada;

struct state {
  lv::timestamp time;
  std::int64_t count;
  bool hot;
};

int main() {
#ifdef LEVADA_WRONG
  auto chain = lv::from(lv::input<state>()) | lv::alert_when(&state::hot, &state::count);  // here
#else
  auto chain = lv::from(lv::input<state>()) | lv::alert_when(&state::hot, &state::time);
#endif
  auto flow = lv::flow(std::move(chain) | lv::to([](const auto&) {}));
  return flow.open() ? 0 : 1;
}
