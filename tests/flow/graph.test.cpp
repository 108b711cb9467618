// SPDX-License-Identifier: BSL-1.0
#include <levada/flow/graph.hpp>

#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>

#include <levada/op/filter.hpp>
#include <levada/op/fold.hpp>
#include <levada/op/inspect.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/map.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>
#include <levada/source/values.hpp>
#include <levada/state/parameter.hpp>

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;

namespace {

/// A sink that writes down what it was told.
struct diary {
  using is_sink = void;
  std::vector<std::string>* page;

  void write(const int& e, auto) { page->push_back(std::to_string(e)); }
  void on(const lv::start&, auto) { page->push_back("start"); }
  void on(const lv::tick& t, auto) { page->push_back("tick " + std::to_string(t.now.ns)); }
  void on(const lv::flush&, auto) { page->push_back("flush"); }
  void on(const lv::barrier& b, auto) { page->push_back("barrier " + std::to_string(b.id)); }
  void on(const lv::end_of_stream&, auto) { page->push_back("end"); }
};

/// A source or sink that cannot open.
struct broken_source {
  using event_type = int;
  [[nodiscard]] lv::polled poll(auto, std::size_t) { return lv::polled::end; }
  [[nodiscard]] std::uint64_t position() const { return 0; }
  [[nodiscard]] lv::result<> open() { return lv::fault::of(lv::failure::unavailable, "nobody is there"); }
};

/// A small value that is not trivially copyable, as an operator's predicate may hold it.
struct tiny {
  std::uint8_t value = 0;
  tiny() = default;
  explicit tiny(std::uint8_t v) : value(v) {}
  tiny(const tiny& o) : value(o.value) {}
  ~tiny() {}
};

}  // namespace

TEST_CASE("signals arrive once each and in their places: start, ticks, flush after each turn with events, end") {
  std::vector<std::string> page;
  const std::vector<int> events{1, 2, 3};
  auto flow = lv::flow(lv::from(lv::values(std::span<const int>(events))) | lv::filter([](int) { return true; }) |
                       lv::map([](int i) { return i; }) | lv::to(diary{&page}));
  REQUIRE(flow.open());
  flow.advance({5});
  flow.advance({5});
  flow.advance({4});
  CHECK(flow.poll(2) == lv::polled::events);
  CHECK(flow.poll(2) == lv::polled::events);
  flow.raise_everywhere(lv::barrier{7});
  CHECK(flow.poll(2) == lv::polled::end);
  CHECK(flow.poll(2) == lv::polled::end);
  flow.finish();
  CHECK(page ==
        std::vector<std::string>{"start", "tick 5", "1", "2", "flush", "3", "flush", "barrier 7", "flush", "end", "flush"});
}

TEST_CASE("finish ends what has not ended, once") {
  std::vector<std::string> page;
  auto flow = lv::flow(lv::from(lv::input<int>()) | lv::to(diary{&page}));
  REQUIRE(flow.open());
  CHECK(flow.poll() == lv::polled::nothing);
  flow.push(1);
  flow.finish();
  flow.finish();
  CHECK(flow.poll() == lv::polled::end);
  CHECK(page == std::vector<std::string>{"start", "1", "flush", "end", "flush"});
}

TEST_CASE("the first fault of open is the flow's, and nothing starts") {
  std::vector<std::string> page;
  auto flow = lv::flow(lv::from(broken_source{}) | lv::to(diary{&page}));
  const auto opened = flow.open();
  REQUIRE(!opened);
  CHECK(opened.error().kind == lv::failure::unavailable);
  CHECK(page.empty());
}

TEST_CASE("several chains in a flow are apart, and events are pushed by name") {
  std::vector<int> left, right;
  auto flow = lv::flow(lv::from<"left">(lv::input<int>()) | lv::map<"double">([](int i) { return i * 2; }) |
                           lv::to<"left end">([&](int i) { left.push_back(i); }),
                       lv::from<"right">(lv::input<int>()) | lv::filter<"odd">([](int i) { return i % 2 != 0; }) |
                           lv::to<"right end">([&](int i) { right.push_back(i); }));
  REQUIRE(flow.open());
  flow.push<"left">(1);
  flow.push<"right">(std::array{1, 2, 3});
  std::vector<int> more{7, 8};
  flow.push<"right">(std::span<int>(more));
  flow.push(5);  // without a name: into the first source
  CHECK(left == std::vector{2, 10});
  CHECK(right == std::vector{1, 3, 7});
  CHECK(flow.counts<"left">().out == 2);
  CHECK(flow.counts<"right">().out == 5);
  CHECK(flow.counts<"odd">().in == 5);
  CHECK(flow.counts<"odd">().out == 3);
  CHECK(flow.counts<"left end">().in == 2);
  CHECK(flow.edges().size() == 4);
}

TEST_CASE("each operator, named or not, is visited and counted from source to sink") {
  auto flow = lv::flow(lv::from<"in">(lv::input<int>()) | lv::filter([](int i) { return i > 0; }) | lv::to<"out">([](int) {}));
  REQUIRE(flow.open());
  flow.push(std::vector{-1, 0, 1});
  std::string all;
  flow.for_each_count([&](const lv::operator_counts& c) {
    all += std::string(c.kind) + ' ' + std::string(c.name) + ' ' + std::to_string(c.in) + ' ' + std::to_string(c.out) + ';';
  });
  CHECK(all == "from in 3 3;filter  3 1;to out 1 1;");
  int operators = 0;
  flow.for_each_operator([&](auto&) { ++operators; });
  CHECK(operators == 3);
}

TEST_CASE("what is copied back from a frame is the operator, and not what lies in its last bytes in memory") {
  for (std::size_t length : support::span_lengths) {
    CAPTURE(length);
    const std::vector<int> events(1000, 1);
    const double weight = 2;
    int weighted = 0, scaled = 0;
    // fold ends in four bytes of padding. Another operator may live there: its sink, and what is not copied back.
    auto flow = lv::flow(
        lv::from<"a">(lv::input<int>()) | lv::fold(0, [w = &weight](int& sum, int i) { sum += static_cast<int>(*w) * i; }) |
            lv::to([scale = 7, &scaled](int v) { scaled = scale * v; }),
        lv::from<"b">(lv::input<int>()) | lv::fold(0, [w = &weight](int& sum, int i) { sum += static_cast<int>(*w) * i; }) |
            lv::filter([scale = 7](int) { return scale == 7; }) | lv::to([&](int v) { weighted = v; }));
    REQUIRE(flow.open());
    support::in_spans(events, length, [&](auto part) { flow.push<"a">(part); });
    support::in_spans(events, length, [&](auto part) { flow.push<"b">(part); });
    flow.finish();
    CHECK(scaled == 14'000);
    CHECK(weighted == 2'000);
  }
}

TEST_CASE("spans of any length leave small operators in the same state") {
  const std::vector<int> events(1000, 1);
  for (std::size_t length : support::span_lengths) {
    CAPTURE(length);
    int folded = 0;
    auto flow = lv::flow(lv::from(lv::input<int>()) |
                         lv::map([n = std::int64_t{0}, c = char{1}](int i) mutable { return static_cast<int>(++n) * c * i; }) |
                         lv::fold(0, [calls = 0](int& sum, int i) mutable { sum += ++calls == i ? 1 : 0; }) |
                         lv::to([&](int v) { folded = v; }));
    REQUIRE(flow.open());
    support::in_spans(events, length, [&](auto part) { flow.push(part); });
    flow.finish();
    CHECK(folded == 1000);
  }
}

TEST_CASE("time is the same inside a frame; parameters change between turns only") {
  const lv::parameter limit("graph.limit", 10);
  const std::vector<int> events(200, 20);
  std::size_t passed = 0;
  auto flow = lv::flow(lv::from(lv::values(std::span<const int>(events))) | lv::inspect([n = 0](int) mutable {
                         if (++n == 50 && !lv::set_parameter("graph.limit", 30)) std::abort();
                       }) |
                       lv::filter([limit](int i) { return i > limit; }) | lv::to([&](int) { ++passed; }));
  REQUIRE(flow.open());
  CHECK(flow.poll(100) == lv::polled::events);
  CHECK(passed == 100);
  CHECK(flow.poll(100) == lv::polled::events);
  CHECK(passed == 100);
  CHECK(limit == 30);
}

TEST_CASE("due is the earliest of the operators that wait for time") {
  auto flow =
      lv::flow(lv::from<"a">(lv::input<int>()) |
                   lv::window<lv::tumbling{10_s}>(lv::aggregate<lv::count>([](int i) { return i; })) | lv::to([](const auto&) {}),
               lv::from<"b">(lv::input<int>()) |
                   lv::window<lv::tumbling{3_s}>(lv::aggregate<lv::count>([](int i) { return i; })) | lv::to([](const auto&) {}));
  flow.advance({100'000'000'000});
  REQUIRE(flow.open());
  CHECK(flow.due() == lv::never);
  flow.push<"a">(1);
  CHECK(flow.due() == lv::timestamp{110'000'000'000});
  flow.push<"b">(1);
  CHECK(flow.due() == lv::timestamp{102'000'000'000});
}

#if LEVADA_EXCEPTIONS
TEST_CASE("a throw inside a long span discards the small states of that span, inside a short one it does not") {
  auto run = [](std::size_t length) {
    int folded = 0;
    auto flow = lv::flow(lv::from(lv::input<int>()) | lv::inspect([](int i) {
                           if (i < 0) throw std::runtime_error("negative");
                         }) |
                         lv::fold(0, [](int& n, int) { ++n; }) | lv::to([&](int n) { folded = n; }));
    REQUIRE(flow.open());
    flow.push(std::vector<int>(100, 1));
    std::vector<int> bad(length, 1);
    bad[length - 1] = -1;
    CHECK_THROWS_AS(flow.push(bad), std::runtime_error);
    flow.push(std::vector<int>(100, 1));
    flow.finish();
    return folded;
  };
  CHECK(run(100) == 200);
  CHECK(run(10) == 209);
}
#endif

TEST_CASE("a flow may be moved before it runs, and owns move-only operators") {
  std::vector<int> seen;
  auto make = [&] {
    auto flow = lv::flow(lv::from(lv::input<int>()) | lv::map([add = std::make_unique<int>(3)](int i) { return i + *add; }) |
                         lv::to([&](int i) { seen.push_back(i); }));
    return flow;
  };
  auto flow = make();
  auto moved = std::move(flow);
  REQUIRE(moved.open());
  moved.push(std::vector<int>(100, 4));
  CHECK(seen == std::vector<int>(100, 7));
}
