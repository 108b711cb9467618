// SPDX-License-Identifier: BSL-1.0
#include <levada/op/rolling_window.hpp>

#include "../support/archive.hpp"

#include <levada/flow/aside.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/trial.hpp>
#include <levada/op/aggregate.hpp>
#include <levada/op/event_time.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/sorted.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace lv = levada;
using namespace lv::literals;

namespace {

struct reading {
  lv::timestamp time;
  std::uint32_t sensor;
  std::int64_t value;
};
struct result {
  std::uint32_t sensor;
  std::int64_t start, end;
  std::uint64_t count;
  std::int64_t sum, greatest;
  bool operator==(const result&) const = default;
};

std::vector<reading> readings(std::size_t n, std::int64_t disorder) {
  std::mt19937 random(5);
  std::vector<reading> all;
  for (std::size_t i = 0; i < n; ++i)
    all.push_back(
        {{static_cast<std::int64_t>(i) * 10 - static_cast<std::int64_t>(random() % (1 + static_cast<unsigned>(disorder)))},
         static_cast<std::uint32_t>(random()) % 5,
         static_cast<std::int64_t>(random() % 1000) - 500});
  return all;
}

/// Of events in order, each time from the beginning.
std::vector<result> naive(const std::vector<reading>& events, std::int64_t length, std::size_t most) {
  std::vector<result> all;
  for (std::size_t i = 0; i < events.size(); ++i) {
    result r{events[i].sensor, 0, events[i].time.ns, 0, 0, INT64_MIN};
    for (std::size_t k = i + 1; k-- > 0 && r.count < most;) {
      const reading& e = events[k];
      if (e.sensor != r.sensor) continue;
      if (e.time.ns + length <= r.end) break;
      r.start = e.time.ns;
      ++r.count;
      r.sum += e.value;
      r.greatest = std::max(r.greatest, e.value);
    }
    all.push_back(r);
  }
  return all;
}

template <std::size_t Most, lv::stalls Stalls = lv::stalls::automatic>
auto rolling(std::vector<result>& out) {
  return lv::rolling_window<"rolling", 500_ns, Most, Stalls>(lv::at(&reading::time),
                                                             lv::aggregate<lv::count, lv::sum, lv::max>(&reading::value)) |
         lv::to([&out](const auto& r) {
           out.push_back(
               {r.key, r.start.ns, r.end.ns, r.template get<lv::count>(), r.template get<lv::sum>(), r.template get<lv::max>()});
         });
}

}  // namespace

TEST_CASE("at every event: what the last events of its key say together, as added up anew") {
  const auto events = readings(3000, 0);
  const auto run = [&](auto&& cut) {
    std::vector<result> out;
    lv::trial t(lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) | rolling<64>(out)));
    cut(events, [&](std::span<const reading> part) { t.push(part); });
    return out;
  };
  CHECK(lv::agrees_in_any_cut(run));
  CHECK(run([](const auto& all, auto&& take) { take(std::span<const reading>(all)); }) == naive(events, 500, 64));
  std::vector<result> bounded;
  lv::trial t(
      lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) | rolling<64, lv::stalls::bounded>(bounded)));
  t.push(events);
  CHECK(bounded == naive(events, 500, 64));
}

TEST_CASE("behind sorted(...) the order in which they come makes no difference") {
  auto events = readings(3000, 200);
  std::vector<result> out;
  lv::trial t(lv::flow(lv::from(lv::input<reading>()) | lv::event_time(&reading::time, lv::bounded{200_ns, 10_ns}) |
                       lv::key_by(&reading::sensor) | lv::sorted(lv::at(&reading::time), 1000) | rolling<64>(out)));
  t.push(events).end();
  std::vector<std::size_t> place(events.size());
  for (std::size_t i = 0; i < place.size(); ++i) place[i] = i;
  std::sort(place.begin(), place.end(), [&](std::size_t a, std::size_t b) {
    return events[a].time != events[b].time ? events[a].time < events[b].time : a < b;
  });
  std::vector<reading> ordered;
  for (const std::size_t i : place) ordered.push_back(events[i]);
  CHECK(out == naive(ordered, 500, 64));
}

TEST_CASE("where more lie in the length than it may hold the oldest leave early, and are counted") {
  const auto events = readings(2000, 0);
  std::vector<result> out;
  lv::trial t(lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) | rolling<5>(out)));
  t.push(events);
  const auto expected = naive(events, 500, 5);
  CHECK(out == expected);
  CHECK(t.counts<"rolling">().dropped > 0);
}

TEST_CASE("one that is older than the last of its key goes aside, or is dropped and counted") {
  std::vector<reading> late;
  std::vector<std::int64_t> sums;
  const auto sum = [&sums](const auto& r) { sums.push_back(r.template get<lv::sum>()); };
  lv::trial t(lv::flow(
      lv::from(lv::input<reading>()) |
      lv::rolling_window<"rolling", 10_ns, 8>(lv::at<lv::late::aside>(&reading::time), lv::aggregate<lv::sum>(&reading::value)) |
      lv::aside(lv::to(lv::collect(late))) | lv::to(sum)));
  t.push(std::vector<reading>{{{5}, 0, 1}, {{4}, 0, 2}, {{5}, 0, 4}, {{15}, 0, 8}});
  CHECK(sums == std::vector<std::int64_t>{1, 5, 8});
  REQUIRE(late.size() == 1);
  CHECK(late[0].value == 2);
  lv::trial dropping(lv::flow(
      lv::from(lv::input<reading>()) |
      lv::rolling_window<"rolling", 10_ns, 8>(lv::at(&reading::time), lv::aggregate<lv::sum>(&reading::value)) | lv::to(sum)));
  dropping.push(std::vector<reading>{{{5}, 0, 1}, {{4}, 0, 2}});
  CHECK(dropping.counts<"rolling">().dropped == 1);
}

TEST_CASE("after a restart it goes on; a key that is given anew begins anew") {
  const auto events = readings(1000, 0);
  std::vector<result> before, after;
  const auto flow = [](std::vector<result>& out) {
    return lv::flow(lv::from(lv::input<reading>()) | lv::key_by<"key">(&reading::sensor, lv::dense_keys{5}) | rolling<64>(out));
  };
  lv::trial first(flow(before)), second(flow(after));
  first.push(std::span(events).first(500));
  support::archive(first.at<"rolling">()).load_into(second.at<"rolling">());
  first.push(std::span(events).subspan(500));
  second.push(std::span(events).subspan(500));
  CHECK(std::equal(after.begin(), after.end(), before.begin() + 500, before.end()));
  second.raise(lv::retire{events[0].sensor});
  second.push(events[0]);
  CHECK(after.back() == result{events[0].sensor, events[0].time.ns, events[0].time.ns, 1, events[0].value, events[0].value});
}
