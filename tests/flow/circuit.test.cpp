// SPDX-License-Identifier: BSL-1.0
#include <levada/flow/circuit.hpp>

#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <vector>

namespace lv = levada;

namespace {

/// An operator that uses all that a port offers: it takes whole spans, or single events where it does not get one.
struct everything {
  static constexpr std::string_view kind = "everything";
  static constexpr std::string_view name = "one";
  std::size_t* spans;

  template <class E>
  using output = int;
  template <class E>
  static consteval bool fits() {
    return true;
  }
  void operator()(const int& e, auto out) { out(e); }
  void batch(std::span<const int> all, auto out) {
    ++*spans;
    out.batch(all);
  }
  void on(const lv::flush& f, auto out) {
    out(-1);
    out.maybe(false, -2);
    out.maybe(true, -3);
    out.drop(5);
    if (out.name() == "one") out(static_cast<int>(out.now().ns));
    out(static_cast<int>(out.wall().ns));
    out(static_cast<int>(out.steady().ns));
    out.raise(f);
  }
};

}  // namespace

TEST_CASE("an operator that takes spans gets them whole, and may hand them on so") {
  std::size_t spans = 0;
  std::vector<int> events(500), output;
  std::iota(events.begin(), events.end(), 0);
  auto flow =
      lv::flow(lv::from(lv::input<int>()) | lv::link{everything{&spans}} | lv::to<"end">([&](int i) { output.push_back(i); }));
  REQUIRE(flow.open());
  support::in_spans(events, 100, [&](auto part) { flow.push(part); });
  CHECK(spans == 6);  // one of them empty
  CHECK(output == events);
  CHECK(flow.counts<"one">().in == 500);
  CHECK(flow.counts<"one">().out == 500);
}

TEST_CASE("a port emits, masks, drops, raises, and knows the time and the operator's name") {
  std::size_t spans = 0;
  std::vector<int> output;
  auto flow = lv::flow(lv::from(lv::input<int>()) | lv::link{everything{&spans}} | lv::to([&](int i) { output.push_back(i); }));
  REQUIRE(flow.open());
  flow.advance({7});
  flow.set_clock({8}, lv::duration{9});
  flow.raise_everywhere(lv::flush{});
  CHECK(output == std::vector{-1, -3, 7, 8, 9});
  CHECK(flow.counts<"one">().dropped == 5);
  CHECK(flow.counts<"one">().out == 5);
}

namespace {
/// Raises a signal in the middle of a span.
struct teller {
  [[maybe_unused]] static constexpr std::string_view kind = "teller", name = "";
  template <class E>
  using output = E;
  template <class E>
  static consteval bool fits() {
    return true;
  }
  void operator()(int i, auto out) {
    if (i == 7) out.raise(lv::retire{1});
    out(i);
  }
};
/// Holds memory of its own and enters spans with a pointer to it; a signal gives it other memory.
struct moving_sum {
  [[maybe_unused]] static constexpr std::string_view kind = "moving sum", name = "sum";
  std::array<std::uint64_t, 2> sums{};
  std::size_t current = 0;
  std::size_t entered = 0;

  template <class E>
  using output = int;
  template <class E>
  static consteval bool fits() {
    return true;
  }
  struct in_span {
    std::uint64_t* sum;
    void operator()(int i, auto out) {
      *sum += static_cast<std::uint64_t>(i);
      out(i);
    }
  };
  in_span enter() {
    ++entered;
    return {&sums[current]};
  }
  void operator()(int i, auto out) { enter()(i, out); }
  void on(const lv::retire& s, auto out) {
    current = 1;
    out.raise(s);
  }
};
}  // namespace

TEST_CASE("what enters a span takes its events; a signal inside of it reaches the operator, and it is entered again") {
  for (std::size_t length : {std::size_t{10}, std::size_t{100}}) {
    CAPTURE(length);
    std::vector<int> events(length, 1);
    events[6] = 7;  // the signal comes before it
    auto flow = lv::flow(lv::from(lv::input<int>()) | lv::link{teller{}} | lv::link{moving_sum{}} | lv::to([](int) {}));
    REQUIRE(flow.open());
    flow.push(events);
    auto& op = flow.at<"sum">();
    CHECK(op.sums[0] == 6);
    CHECK(op.sums[1] == 7 + (length - 7));
    CHECK(op.entered == (length < 64 ? length : 2));
    CHECK(flow.counts<"sum">().out == length);
  }
}
