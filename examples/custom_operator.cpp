// SPDX-License-Identifier: BSL-1.0
// custom_operator: exponential smoothing, an operator that levada does not have. A struct and a function; nothing registers it.
#include <levada/levada.hpp>

#include <cstdint>
#include <cstdio>
#include <span>
#include <string_view>

namespace lv = levada;

template <class Event>
struct smoothed {
  Event event;
  double level;
};

/// Takes  events E; `value` picks a number out of them.
/// Emits  each event with its level: level += weight * (value - level), which begins with the first value.
/// Holds  one level a key; a retired key's level is forgotten.
template <lv::fixed_string Name, class Value>
struct smooth_operator {
  static constexpr std::string_view kind = "smooth";
  static constexpr std::string_view name = Name.view();
  static constexpr bool one_to_one = true;  // one event out for each that comes in: nobody needs to count both
  Value value;
  double weight;
  struct level {
    bool known = false;
    double value = 0;
  };
  lv::slots<level> state{};  // what would survive a restart; 0 is the slot of a stream without keys

  /// What comes out, with the key around it if one came in.
  template <class E>
  using output = lv::relayed_type<E, smoothed<lv::payload_type<E>>>;

  /// Whoever joins it to the wrong events reads this sentence, and no other.
  template <class E>
  static consteval bool fits() {
    constexpr bool ok = requires(Value& v, const lv::payload_type<E>& e) { double{lv::pick(v, e)}; };
    static_assert(ok, "smooth: the value must be a member of the event type that arrives here, or a function, and a double");
    return ok;
  }

  template <class E>
  void operator()(const E& e, auto out) {
    level& own = state[lv::slot_of(e)];
    const double now = lv::pick(value, lv::payload(e));
    own = {true, own.known ? own.value + weight * (now - own.value) : now};
    out(lv::relay(e, smoothed{lv::payload(e), own.value}));
  }
  /// Signals travel between events. The first says how many keys there may be: the only moment to ask for memory.
  void on(const lv::start& s, auto out) {
    state.resize(s.slots);
    out.raise(s);
  }
  void on(const lv::retire& r, auto out) {
    state.reset(r.slot);
    out.raise(r);
  }
};

template <lv::fixed_string Name = "", class Value>
auto smooth(Value value, double weight) {
  return lv::link{smooth_operator<Name, Value>{value, weight}};
}

struct reading {
  std::uint32_t pump;
  double bar;
};

int main() {
  const reading readings[] = {{1, 4.0}, {2, 9.0}, {1, 8.0}, {2, 9.0}, {1, 8.0}, {2, 1.0}, {1, 8.0}};
  auto print = [](const auto& s) { std::printf("pump %u: %.1f bar, smoothed %.2f\n", s.event.pump, s.event.bar, s.level); };
  auto flow = lv::flow(lv::from(lv::values(std::span(readings))) | lv::key_by(&reading::pump) |
                       smooth<"pressure">(&reading::bar, 0.5) | lv::to(print));
  return lv::run(flow);
}
