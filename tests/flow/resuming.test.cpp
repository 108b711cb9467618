// SPDX-License-Identifier: BSL-1.0
// A stream that paused and resumes says its old time again. Whatever stands between it and the place where it meets another must
// hand that on: there it is waited for from then on, and its events are not late.
#include <levada/flow/flow.hpp>
#include <levada/flow/fork.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/at.hpp>
#include <levada/op/event_time.hpp>
#include <levada/op/global_window.hpp>
#include <levada/op/interval_join.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/latest_join.hpp>
#include <levada/op/map.hpp>
#include <levada/op/pattern.hpp>
#include <levada/op/process.hpp>
#include <levada/op/reservoir.hpp>
#include <levada/op/session_window.hpp>
#include <levada/op/sorted.hpp>
#include <levada/op/state_machine.hpp>
#include <levada/op/throttle.hpp>
#include <levada/op/window.hpp>
#include <levada/op/window_join.hpp>
#include <levada/op/with_broadcast.hpp>
#include <levada/op/zip.hpp>
#include <levada/rule/alert_when_silent.hpp>
#include <levada/rule/debounce.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string_view>
#include <utility>

namespace lv = levada;
using namespace lv::literals;

namespace {

struct event {
  lv::timestamp time{};
  std::uint32_t id = 0;
};

/// The last watermark that came, in seconds.
struct hears_operator {
  [[maybe_unused]] static constexpr std::string_view kind = "hears";
  [[maybe_unused]] static constexpr std::string_view name = "";
  std::int64_t* seconds;
  template <class E>
  using output = E;
  template <class>
  static consteval bool fits() {
    return true;
  }
  void operator()(const auto& e, auto out) const { out(e); }
  void on(const lv::watermark& w, auto out) {
    *seconds = w.time.ns / 1'000'000'000;
    out.raise(w);
  }
};

constexpr auto when = &event::time;
constexpr auto seen = [](const event&) { return true; };

auto as_numbers() {
  return lv::map([](const auto&) { return 1; });
}
/// `above` stands between a stream that pauses and one that it meets.
void is_waited_for(std::string_view what, auto above) {
  CAPTURE(what);
  std::int64_t heard = 0;
  auto clock = [] { return lv::event_time(when, lv::bounded{0_s, 1_s}, {.idle = 10_s}); };
  auto flow = lv::flow("a"_s = lv::from<"a">(lv::input<event>()) | clock(),
                       "b"_s = lv::from<"b">(lv::input<event>()) | lv::event_time(when, lv::bounded{0_s, 1_s}) | as_numbers(),
                       lv::connect(above("a"_s), "b"_s) |
                           lv::with_broadcast(
                               0, [](int&, const int&) {}, [](int n, const auto&) { return n; }) |
                           lv::link{hears_operator{&heard}} | lv::to([](int) {}));
  REQUIRE(flow.open());
  const auto second = [](std::int64_t s) { return lv::timestamp{s * 1'000'000'000}; };
  flow.advance(second(1));
  flow.template push<"a">(event{second(100), 1});
  flow.template push<"b">(event{second(100), 1});
  flow.advance(second(11));
  flow.advance(second(12));  // a is idle
  flow.template push<"b">(event{second(110), 1});
  REQUIRE(heard == 110);
  flow.template push<"a">(event{second(100), 1});  // and is there again
  flow.template push<"b">(event{second(120), 1});
  CHECK(heard == 110);
}

}  // namespace

TEST_CASE("a stream that resumes is waited for, whatever stands between") {
  const auto keyed = [](auto stream) { return stream | lv::key_by(&event::id); };
  const auto at = [] { return lv::at(when); };
  const auto count = [] { return lv::aggregate<lv::count>(&event::id); };
  is_waited_for("key_by", [&](auto a) { return a | lv::key_by(&event::id, {.bound = 8, .idle = 100_s}, at()); });
  is_waited_for("window", [&](auto a) { return a | lv::window<lv::tumbling{1_s}>(at(), count()); });
  is_waited_for("session_window", [&](auto a) { return a | lv::session_window<1_s>(at(), count()); });
  is_waited_for("global_window", [&](auto a) { return a | lv::global_window(lv::every(1_s, at()), count()); });
  is_waited_for("process", [&](auto a) {
    return a | lv::process<event, lv::time_domain::event>(0, [](int&, const event&, auto&) {}, [](int&, lv::timestamp, auto&) {});
  });
  is_waited_for("pattern",
                [&](auto a) { return keyed(a) | lv::pattern(at(), lv::every<"x">(seen).then<"y">(seen).within(1_s)); });
  is_waited_for("state_machine",
                [&](auto a) { return keyed(a) | lv::state_machine<"", 0>(at(), lv::on<0, 1>(seen), lv::after<1, 0>(1_s)); });
  is_waited_for("throttle_last", [&](auto a) { return a | lv::throttle_last(1_s, when); });
  is_waited_for("sorted", [&](auto a) { return a | lv::sorted(at(), 100); });
  is_waited_for("reservoir", [&](auto a) { return a | lv::reservoir(2, 1_s, when); });
  is_waited_for("alert_when_silent", [&](auto a) { return a | lv::alert_when_silent(1_s, when); });
  is_waited_for("debounce", [&](auto a) { return a | lv::debounce(&event::id, 1_s, when); });
}

TEST_CASE("so is one that resumes above a join") {
  const auto at = [] { return lv::at(when); };
  const auto on = [] { return lv::on(&event::id, &event::id); };
  is_waited_for("interval_join", [&](auto a) {
    return lv::connect(a, a | lv::map([](const event& e) { return e; })) |
           lv::interval_join(on(), at(), at(), lv::between{0_s, 0_s});
  });
  is_waited_for("latest_join",
                [&](auto a) { return lv::connect(a, a | lv::map([](const event& e) { return e; })) | lv::latest_join(on()); });
  is_waited_for("zip", [&](auto a) {
    return lv::connect(a, a | lv::map([](const event& e) { return e; })) | lv::zip(on(), at(), at(), 0_s);
  });
}
