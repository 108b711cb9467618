// SPDX-License-Identifier: BSL-1.0
#include <levada/flow/circuit.hpp>

#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

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
