// SPDX-License-Identifier: BSL-1.0
#include <levada/op/sorted.hpp>

#include "../support/archive.hpp"
#include "../support/stream.hpp"

#include <levada/flow/aside.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/trial.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;

namespace {

/// Readings with few different times, out of order by up to `disorder`; `level` is the number in which they came.
std::vector<reading> disordered(std::size_t n, std::uint64_t disorder, std::uint64_t seed = 1) {
  support::random r{seed};
  std::vector<reading> all(n);
  for (std::size_t i = 0; i < n; ++i)
    all[i] = {{static_cast<std::int64_t>(i + r.below(disorder)) / 3}, static_cast<std::uint32_t>(i % 5), static_cast<int>(i), 0};
  return all;
}
std::vector<reading> in_order(std::vector<reading> all) {
  std::sort(all.begin(), all.end(),
            [](const reading& a, const reading& b) { return a.time != b.time ? a.time < b.time : a.level < b.level; });
  return all;
}
struct outcome {
  std::vector<reading> output{}, late{};
  bool operator==(const outcome&) const = default;
};
auto sorting(outcome& o, std::uint32_t room) {
  return lv::trial(lv::flow(lv::from(lv::input<reading>()) | lv::sorted<"sorted">(lv::at<lv::late::aside>(&reading::time), room) |
                            lv::aside(lv::to(lv::collect(o.late))) | lv::to(lv::collect(o.output))));
}

/// The same, by looking through all that is held.
class naive_sorted {
 public:
  explicit naive_sorted(std::size_t room) : room_(room) {}
  void take(const reading& e) {
    if (e.time < passed_) return o_.late.push_back(e);
    held_.push_back(e);
    held_ = in_order(std::move(held_));
    if (held_.size() > room_) emit();
  }
  void watermark(lv::timestamp t) {
    while (!held_.empty() && held_.front().time <= t) emit();
    passed_ = std::max(passed_, t);
  }
  outcome end() {
    while (!held_.empty()) emit();
    return o_;
  }

 private:
  void emit() {
    passed_ = std::max(passed_, held_.front().time);
    o_.output.push_back(held_.front());
    held_.erase(held_.begin());
  }
  std::size_t room_;
  std::vector<reading> held_;
  lv::timestamp passed_ = lv::long_ago;
  outcome o_;
};

}  // namespace

TEST_CASE("with room and a watermark that keeps its word it is a stable sort") {
  for (const std::uint64_t disorder : {1u, 2u, 10u, 300u}) {
    const auto events = disordered(2000, disorder);
    outcome o;
    auto t = sorting(o, 400);
    for (std::size_t i = 0; i < events.size(); ++i) {
      t.push(events[i]);
      if (i % 17 == 0) t.watermark({static_cast<std::int64_t>(i) / 3});
    }
    CHECK(t.at<"sorted">().held() <= disorder + 20);
    CHECK(t.at<"sorted">().early() == 0);
    t.end();
    CHECK(o.output == in_order(events));
    CHECK(o.late.empty());
  }
}

TEST_CASE("without a watermark all of it comes in order at the end, however it was cut") {
  const auto events = disordered(1000, 500);
  CHECK(lv::agrees_in_any_cut([&](auto cut) {
    outcome o;
    auto t = sorting(o, 1000);
    cut(events, [&](std::span<const reading> part) { t.push(part); });
    CHECK(o.output.empty());
    t.end();
    CHECK(o.output == in_order(events));
    return o;
  }));
}

TEST_CASE("with little room, late events and watermarks that lie it is what a sorted list does") {
  for (const std::uint32_t room : {1u, 2u, 3u, 8u, 50u}) {
    const auto events = disordered(2000, 120, room);
    support::random r{room};
    std::vector<std::size_t> places;  // of watermarks
    for (std::size_t i = 0; i < events.size(); ++i)
      if (r.one_in(20)) places.push_back(i);
    naive_sorted naive(room);
    outcome o;
    auto t = sorting(o, room);
    for (std::size_t i = 0, w = 0; i < events.size(); ++i) {
      if (w < places.size() && places[w] == i) {
        const lv::timestamp mark{static_cast<std::int64_t>(i + r.below(60)) / 3};
        ++w;
        t.watermark(mark);
        naive.watermark(mark);
      }
      t.push(events[i]);
      naive.take(events[i]);
    }
    t.end();
    const outcome expected = naive.end();
    CHECK(!expected.late.empty());
    CHECK(std::is_sorted(o.output.begin(), o.output.end(), [](auto& a, auto& b) { return a.time < b.time; }));
    CHECK(o == expected);
    CHECK(o.output.size() + o.late.size() == events.size());
  }
}

TEST_CASE("an event at the time of the watermark is not late; a watermark that is not newer is not heard") {
  outcome o;
  auto t = sorting(o, 10);
  t.push(reading{.time = {5}, .level = 1}).push(reading{.time = {6}, .level = 2}).watermark({5});
  CHECK(o.output.size() == 1);
  t.push(reading{.time = {5}, .level = 3}).push(reading{.time = {4}, .level = 4}).watermark({5}).watermark({3});
  CHECK(o.output.size() == 1);
  t.watermark({6});
  REQUIRE(o.output.size() == 3);
  CHECK(o.output[1].level == 3);
  CHECK(o.late == std::vector<reading>{{.time = {4}, .level = 4}});
}

TEST_CASE("without a branch late events are dropped and counted, and early ones are counted") {
  std::vector<reading> output;
  lv::trial t(
      lv::flow(lv::from(lv::input<reading>()) | lv::sorted<"sorted">(lv::at(&reading::time), 2) | lv::to(lv::collect(output))));
  for (const std::int64_t time : {30, 20, 40, 10, 50}) t.push(reading{.time = {time}});
  CHECK(t.at<"sorted">().early() == 2);
  CHECK(t.counts<"sorted">().dropped == 1);
  t.end();
  REQUIRE(output.size() == 4);
  CHECK(output.front().time.ns == 20);
  CHECK(output.back().time.ns == 50);
}

TEST_CASE("below key_by events keep their keys, in one order; those of a retired key are late") {
  std::vector<std::pair<std::uint32_t, std::int64_t>> output;
  lv::trial t(lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, {.bound = 4, .idle = 1_s}) |
                       lv::sorted<"sorted">(lv::at(&reading::time), 10) |
                       lv::to([&](const reading& e) { output.emplace_back(e.sensor, e.time.ns); })),
              {100'000'000'000});
  t.push(reading{.time = {3}, .sensor = 1}).push(reading{.time = {2}, .sensor = 2}).push(reading{.time = {1}, .sensor = 1});
  t.watermark({2});
  CHECK(output == std::vector<std::pair<std::uint32_t, std::int64_t>>{{1, 1}, {2, 2}});
  t.pass(10_s).push(reading{.time = {4}, .sensor = 3}).end();
  CHECK(output == std::vector<std::pair<std::uint32_t, std::int64_t>>{{1, 1}, {2, 2}, {3, 4}});
  CHECK(t.counts<"sorted">().dropped == 1);
}

TEST_CASE("what a retired key held makes room, and sends nobody away early") {
  std::vector<std::int64_t> output;
  lv::trial t(
      lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, {.bound = 4, .idle = 1_s}) |
               lv::sorted<"sorted">(lv::at(&reading::time), 2) | lv::to([&](const reading& e) { output.push_back(e.time.ns); })),
      {100'000'000'000});
  t.push(reading{.time = {8}, .sensor = 1}).push(reading{.time = {9}, .sensor = 1});
  t.pass(10_s).push(reading{.time = {4}, .sensor = 3}).push(reading{.time = {3}, .sensor = 3});
  CHECK(output.empty());
  CHECK(t.at<"sorted">().early() == 0);
  t.end();
  CHECK(output == std::vector<std::int64_t>{3, 4});
  CHECK(t.counts<"sorted">().dropped == 2);
}

TEST_CASE("after a restart it goes on as if there had been none") {
  const auto events = disordered(600, 100);
  outcome whole, before, after;
  auto unbroken = sorting(whole, 40), first = sorting(before, 40), second = sorting(after, 40);
  const auto feed = [&](auto& t, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      t.push(events[i]);
      if (i % 30 == 0) t.watermark({static_cast<std::int64_t>(i) / 3 - 10});
    }
  };
  feed(unbroken, 0, 300);
  feed(first, 0, 300);
  support::archive(first.at<"sorted">()).load_into(second.at<"sorted">());
  feed(unbroken, 300, 600);
  feed(second, 300, 600);
  unbroken.end();
  second.end();
  CHECK(!after.output.empty());
  before.output.insert(before.output.end(), after.output.begin(), after.output.end());
  before.late.insert(before.late.end(), after.late.begin(), after.late.end());
  CHECK(before == whole);
}
