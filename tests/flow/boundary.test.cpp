// SPDX-License-Identifier: BSL-1.0
#include <levada/flow/boundary.hpp>

#include "../support/script.hpp"
#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/map.hpp>
#include <levada/op/select.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <unistd.h>

namespace lv = levada;
using namespace lv::literals;
using support::diary;
using support::page;
using support::text;

namespace {

// Here both parts run on one thread, turn by turn, so that nothing depends on who is faster.
void turn_above(auto& flow) { flow.template part<0>().raise_everywhere(lv::flush{}); }
lv::polled turn_below(auto& flow) { return flow.template part<1>().poll(); }

struct wide {
  std::uint32_t number;
  std::array<std::byte, 5000> load;
};

}  // namespace

TEST_CASE("events and signals cross in their places, and begin and end on the other side as everywhere") {
  page above, below;
  auto flow = lv::flow(lv::from(lv::input<std::int64_t>()) | support::listen(above, "above") | lv::stage<"below">() |
                       lv::to(diary{&below}));
  REQUIRE(flow.open());
  CHECK(flow.threads == 2);
  flow.push(std::vector<std::int64_t>{1, 2});
  flow.part<0>().raise_everywhere(lv::watermark{{10}});
  flow.push(std::int64_t{3});
  flow.part<0>().raise_everywhere(lv::barrier{4});
  flow.part<0>().raise_everywhere(lv::idle{});
  flow.push(std::int64_t{5});
  turn_above(flow);
  while (turn_below(flow) == lv::polled::events) {
  }
  flow.part<0>().finish();
  CHECK(turn_below(flow) == lv::polled::end);
  auto events = support::without(support::without(below, "start"), "tick");
  CHECK(text(events) == text(page{"1", "2", "watermark 10", "3", "barrier 4", "idle", "5", "end"}));
  CHECK(support::only(below, "start").size() == 1);
}

TEST_CASE("nothing is seen before it is handed on, and what is handed on comes as one span") {
  page below;
  auto flow = lv::flow(lv::from(lv::input<std::int64_t>()) | lv::stage() | lv::to<"out">(diary{&below, true}));
  REQUIRE(flow.open());
  flow.push(std::int64_t{1});
  CHECK(turn_below(flow) == lv::polled::nothing);
  turn_above(flow);
  CHECK(turn_below(flow) == lv::polled::events);
  CHECK(flow.counts<"out">().in == 1);
  CHECK(below.back() == "flush");
}

TEST_CASE("processing time crosses with the events, exactly, and does not run backward") {
  page below;
  auto timed = lv::flow(lv::from(lv::input<std::int64_t>()) | lv::stage<"t">() | lv::to(diary{&below}));
  REQUIRE(timed.open());
  for (const std::int64_t time : {1'000'000'001, 1'000'000'002, 1'500'000'000}) {
    timed.part<0>().advance({time});
    timed.push(time);
    turn_above(timed);
  }
  while (turn_below(timed) == lv::polled::events) {
  }
  CHECK(text(support::without(below, "start")) ==
        text(page{"tick 1000000001", "1000000001", "tick 1000000002", "1000000002", "tick 1500000000", "1500000000"}));
}

TEST_CASE("each event has its own time below, though nobody hands on in between") {
  page below;
  auto flow = lv::flow(lv::from(lv::input<std::int64_t>()) | lv::stage<"t">() | lv::to(diary{&below}));
  REQUIRE(flow.open());
  for (const std::int64_t time : {1'000'000'001, 1'000'000'002, 1'500'000'000}) {
    flow.part<0>().advance({time});
    flow.push(time);
  }
  turn_above(flow);
  while (turn_below(flow) == lv::polled::events) {
  }
  CHECK(text(support::without(below, "start")) ==
        text(page{"tick 1000000001", "1000000001", "tick 1000000002", "1000000002", "tick 1500000000", "1500000000"}));
}

TEST_CASE("a key stays behind: what follows is the event alone, its slots are not retired there, and key_by may stand again") {
  page below;
  auto flow = lv::flow(
      lv::from(lv::input<std::int64_t>()) | lv::key_by([](std::int64_t i) { return i % 10; }, lv::keys{.bound = 4, .idle = 5_s}) |
      lv::stage<"below">() | lv::key_by([](std::int64_t i) { return i % 2; }, lv::keys{.bound = 16}) | lv::to(diary{&below}));
  REQUIRE(flow.open());
  flow.part<0>().advance({100'000'000'000});
  flow.push(std::vector<std::int64_t>{1, 2});
  flow.part<0>().advance({120'000'000'000});
  flow.part<0>().advance({140'000'000'000});
  flow.part<0>().finish();
  while (turn_below(flow) != lv::polled::end) {
  }
  CHECK(support::only(below, "retire").empty());
  CHECK(text(support::only(below, "start")) == text(page{"start 17"}));
  CHECK(text(support::only(below, "1")) == text(page{"1"}));
}

TEST_CASE("only what is alive of a masked stream crosses") {
  page below;
  auto flow = lv::flow(lv::from(lv::input<std::int64_t>()) | lv::select([](std::int64_t i) { return i > 0; }) | lv::stage<"x">() |
                       lv::to(diary{&below}));
  REQUIRE(flow.open());
  flow.push(std::vector<std::int64_t>{-1, 1, -2, 2});
  flow.part<0>().finish();
  while (turn_below(flow) != lv::polled::end) {
  }
  CHECK(text(support::without(support::without(below, "start"), "tick")) == text(page{"1", "2", "end"}));
}

TEST_CASE("events of any size and alignment cross, whole") {
  struct alignas(32) aligned {
    char letter;
  };
  std::vector<std::uint32_t> numbers;
  std::string letters;
  auto flow = lv::flow(lv::from<"wide">(lv::input<wide>()) | lv::stage<"x">() | lv::to([&](const wide& w) {
                         numbers.push_back(w.number);
                         for (const std::byte b : w.load) REQUIRE(b == static_cast<std::byte>(w.number));
                       }),
                       lv::from<"aligned">(lv::input<aligned>()) | lv::stage<"x">() | lv::to([&](const aligned& a) {
                         CHECK(reinterpret_cast<std::uintptr_t>(&a) % alignof(aligned) == 0);
                         letters += a.letter;
                       }),
                       lv::from<"letters">(lv::input<char>()) | lv::stage<"x">() | lv::to([&](char c) { letters += c; }));
  REQUIRE(flow.open());
  for (std::uint32_t i = 0; i < 40; ++i) {
    wide w{i, {}};
    w.load.fill(static_cast<std::byte>(i));
    flow.push<"wide">(w);
  }
  for (char c = 'a'; c <= 'e'; ++c) flow.push<"aligned">(aligned{c});
  flow.push<"letters">(std::vector{'1', '2', '3'});
  flow.part<0>().finish();
  while (turn_below(flow) != lv::polled::end) {
  }
  std::vector<std::uint32_t> expected(40);
  for (std::uint32_t i = 0; i < 40; ++i) expected[i] = i;
  CHECK(numbers == expected);
  CHECK(letters == "abcde123");
}

TEST_CASE("the ring has no name: nothing is left of it in the folders of topics") {
  auto count = [] {
    std::size_t n = 0;
    const std::filesystem::path all = "/dev/shm";
    std::error_code none;
    for (auto it =
             std::filesystem::recursive_directory_iterator(all, std::filesystem::directory_options::skip_permission_denied, none);
         it != std::filesystem::recursive_directory_iterator(); it.increment(none))
      if (it->path().string().find("/stages/" + std::to_string(::getpid()) + "-") != std::string::npos) ++n;
    return n;
  };
  auto flow = lv::flow(lv::from(lv::input<int>()) | lv::stage<"a">() | lv::stage<"b">() | lv::to([](int) {}));
  REQUIRE(flow.open());
  CHECK(count() == 0);
}

namespace {

/// What came through a stage of wide events: of 3000 pushed, with a watermark behind each and a barrier in the middle, before
/// anybody reads; and of one more, after all has been read.
struct passage {
  std::vector<std::uint32_t> numbers;
  page signals;
  lv::operator_counts counts;
};
struct witness {
  using is_sink = void;
  passage* of;
  void write(const wide& w, auto) {
    bool whole = true;
    for (const std::byte b : w.load) whole = whole && b == static_cast<std::byte>(w.number);
    REQUIRE(whole);
    of->numbers.push_back(w.number);
  }
  void on(const lv::watermark& w, auto) { of->signals.push_back("watermark " + std::to_string(w.time.ns)); }
  void on(const lv::barrier&, auto) {
    of->signals.push_back("barrier after " + (of->numbers.empty() ? "none" : std::to_string(of->numbers.back())));
  }
  void on(const lv::idle&, auto) { of->signals.push_back("idle"); }
  void on(const lv::end_of_stream&, auto) { of->signals.push_back("end"); }
};
passage pass(lv::overflow when_full) {
  passage seen;
  auto flow = lv::flow(lv::from(lv::input<wide>()) | lv::stage<"below">(when_full) | lv::to(witness{&seen}));
  REQUIRE(flow.open());
  auto push = [&](std::uint32_t number) {
    wide w{number, {}};
    w.load.fill(static_cast<std::byte>(number));
    flow.push(w);
    flow.template part<0>().raise_everywhere(lv::watermark{{number}});
    flow.template part<0>().advance({number});
    turn_above(flow);
  };
  for (std::uint32_t i = 1; i <= 3000; ++i) {
    push(i);
    if (i == 1500) flow.template part<0>().raise_everywhere(lv::barrier{7});
  }
  flow.template part<0>().raise_everywhere(lv::idle{});
  for (int i = 0; i < 2; ++i) {
    turn_above(flow);
    while (turn_below(flow) == lv::polled::events) {
    }
  }
  push(3001);
  flow.template part<0>().finish();
  while (turn_below(flow) != lv::polled::end) {
  }
  seen.counts = flow.template counts<"below">();
  return seen;
}

}  // namespace

TEST_CASE("a full stage that drops the newest keeps what it has, counts what came too late, and takes more when there is room") {
  page below;
  std::vector<std::uint32_t> numbers;
  auto flow = lv::flow(lv::from(lv::input<wide>()) | lv::stage<"below">(lv::core{}, lv::overflow::drop_newest) |
                       lv::to([&](const wide& w) { numbers.push_back(w.number); }));
  REQUIRE(flow.open());
  for (std::uint32_t i = 0; i < 3000; ++i) flow.push(wide{i, {}});
  flow.part<0>().raise_everywhere(lv::watermark{{1}});
  turn_above(flow);
  while (turn_below(flow) == lv::polled::events) {
  }
  const std::size_t kept = numbers.size();
  CHECK(kept >= 838);
  CHECK(kept < 3000);
  flow.push(wide{5000, {}});
  flow.part<0>().finish();
  while (turn_below(flow) != lv::polled::end) {
  }
  REQUIRE(numbers.size() == kept + 1);
  for (std::uint32_t i = 0; i < kept; ++i) REQUIRE(numbers[i] == i);
  CHECK(numbers.back() == 5000);
  const auto counts = flow.counts<"below">();
  CHECK(counts.in == 3001);
  CHECK(counts.out == kept + 1);
  CHECK(counts.dropped == 3000 - kept);
}

TEST_CASE("a full stage that drops the oldest gives the newest, in order, and counts what was overwritten") {
  const passage seen = pass(lv::overflow::drop_oldest);
  REQUIRE(seen.numbers.size() >= 700);
  CHECK(seen.numbers.size() < 3000);
  CHECK(seen.numbers.back() == 3001);
  for (std::size_t i = 1; i < seen.numbers.size(); ++i) REQUIRE(seen.numbers[i] == seen.numbers[i - 1] + 1);
  CHECK(seen.counts.in == 3001);
  CHECK(seen.counts.out == seen.numbers.size());
  CHECK(seen.counts.dropped == 3001 - seen.numbers.size());
}

TEST_CASE("a stage that may lose events loses no signal but watermarks that others have followed, and waits for nobody") {
  for (const auto when_full : {lv::overflow::drop_newest, lv::overflow::drop_oldest}) {
    CAPTURE(static_cast<int>(when_full));
    const passage seen = pass(when_full);
    const page watermarks = support::only(seen.signals, "watermark");
    for (std::size_t i = 1; i < watermarks.size(); ++i)
      CHECK(std::stoi(watermarks[i - 1].substr(10)) < std::stoi(watermarks[i].substr(10)));
    REQUIRE(watermarks.size() >= 2);
    CHECK(watermarks.back() == "watermark 3001");
    CHECK(watermarks[watermarks.size() - 2] == "watermark 3000");  // in the first turn after all was read
    CHECK(support::only(seen.signals, "barrier").size() == 1);
    CHECK(support::only(seen.signals, "idle").size() == 1);
    CHECK(seen.signals.back() == "end");
  }
}
