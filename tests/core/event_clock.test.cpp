// SPDX-License-Identifier: BSL-1.0
#include <levada/core/event_clock.hpp>

#include <doctest/doctest.h>

namespace lv = levada;
using namespace lv::literals;

namespace {
struct reading {
  lv::timestamp time{};
  int sensor = 0;
};
struct clock_port : lv::probe_port {
  [[nodiscard]] lv::timestamp now() const { return {7}; }
};
}  // namespace

TEST_CASE("an extractor tells the time of an event, and without one it is the time of processing") {
  auto member = &reading::time;
  auto function = [](const reading& r) { return r.time + 1_ns; };
  lv::processing_time none;
  const reading r{{5}, 1};
  CHECK(lv::detail::time_of(member, r, clock_port{}) == lv::timestamp{5});
  CHECK(lv::detail::time_of(member, lv::keyed<int, reading>{1, 1, r}, clock_port{}) == lv::timestamp{5});
  CHECK(lv::detail::time_of(function, r, clock_port{}) == lv::timestamp{6});
  CHECK(lv::detail::time_of(none, r, clock_port{}) == lv::timestamp{7});
  static_assert(lv::is_event_time<decltype(member)> && !lv::is_event_time<lv::processing_time>);
}

TEST_CASE("only a timestamp is a time") {
  static_assert(lv::detail::tells_time<lv::timestamp reading::*, reading>());
  static_assert(lv::detail::tells_time<lv::timestamp reading::*, lv::keyed<int, reading>>());
  static_assert(!lv::detail::tells_time<int reading::*, reading>());
  static_assert(!lv::detail::tells_time<lv::timestamp reading::*, int>());
  static_assert(lv::detail::tells_time<lv::processing_time, int>());
}

TEST_CASE("a held event is there when the call that passed it on is over, with its key") {
  lv::detail::kept_event<lv::keyed<int, reading>> kept;
  {
    const reading r{{5}, 1};
    kept = lv::detail::kept_event<lv::keyed<int, reading>>::of({3, 42, r});
  }
  const lv::keyed<int, reading> again = kept.around(3, kept.event);
  CHECK(again.slot == 3);
  CHECK(again.key == 42);
  CHECK(again.event.time == lv::timestamp{5});
  const auto plain = lv::detail::kept_event<reading>::of({{9}, 2});
  CHECK(plain.around(0, plain.event).time == lv::timestamp{9});
}
