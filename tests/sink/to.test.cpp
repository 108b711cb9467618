// SPDX-License-Identifier: BSL-1.0
#include <levada/sink/to.hpp>

#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/filter.hpp>
#include <levada/op/fold.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/scan.hpp>
#include <levada/op/select.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lv = levada;
using support::reading;

namespace shop {
/// A sink of somebody else: takes three events and has no room for more; writes the time of the last one when it is told to.
struct shelf {
  using is_sink = void;
  std::vector<std::string>* page;
  std::vector<int> held{};
  bool opened = false;

  [[nodiscard]] lv::result<> open() {
    opened = true;
    return {};
  }
  void write(const int& e, auto out) {
    if (held.size() == 3) return out.drop();
    held.push_back(e);
    if (out.name() != "shelf") page->push_back("whose name is this?");
  }
  void on(const lv::flush&, auto) { page->push_back(std::to_string(held.size())); }
};
struct shelf_for {
  std::vector<std::string>* page;
};
shelf as_sink(shelf_for d) { return {d.page}; }
}  // namespace shop

TEST_CASE("a function is a sink; below key_by it takes the events without the key") {
  const auto events = support::readings(500);
  for (std::size_t length : support::span_lengths) {
    CHECK(support::outcome<reading>(events, length, [](auto& output) {
            return lv::flow(lv::from(lv::input<reading>()) | lv::to([&](const reading& r) { output.push_back(r); }));
          }) == events);
    CHECK(support::outcome<reading>(events, length, [](auto& output) {
            return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) |
                            lv::to([&](const reading& r) { output.push_back(r); }));
          }) == events);
  }
}

TEST_CASE("a function may be move-only, keep state, and take events by value or convert them") {
  double sum = 0;
  auto flow =
      lv::flow(lv::from(lv::input<int>()) | lv::to([&sum, n = std::make_unique<int>(0)](double v) { sum += v + ++*n * 0; }));
  REQUIRE(flow.open());
  flow.push(std::vector{1, 2, 3});
  CHECK(sum == 6);
}

TEST_CASE("a function of a mask and an event hears of dead ones too; without a mask all are alive") {
  std::vector<int> output;
  auto write = [&](bool alive, int v) { output.push_back(alive ? v : -v); };
  auto flow = lv::flow(lv::from<"masked">(lv::input<int>()) | lv::select([](int v) { return v % 2 == 0; }) | lv::to<"end">(write),
                       lv::from<"plain">(lv::input<int>()) | lv::to(write));
  REQUIRE(flow.open());
  flow.push<"masked">(std::vector{1, 2, 3});
  flow.push<"plain">(std::vector{5, 6});
  CHECK(output == std::vector{-1, 2, -3, 5, 6});
  CHECK(flow.counts<"end">().in == 1);
}

TEST_CASE("a sink, or a description of one, is opened, written to, told signals that it wants, and counts what it drops") {
  for (bool described : {false, true}) {
    std::vector<std::string> page;
    auto check = [&](auto flow) {
      REQUIRE(flow.open());
      CHECK(flow.template at<"shelf">().target.opened);
      flow.push(std::vector{1, 2, 3, 4, 5});
      flow.raise_everywhere(lv::flush{});
      flow.advance({5});
      CHECK(flow.template counts<"shelf">().in == 5);
      CHECK(flow.template counts<"shelf">().dropped == 2);
      flow.finish();
      CHECK(page == std::vector<std::string>{"3", "3", "3"});
    };
    if (described)
      check(lv::flow(lv::from(lv::input<int>()) | lv::to<"shelf">(shop::shelf_for{&page})));
    else
      check(lv::flow(lv::from(lv::input<int>()) | lv::to<"shelf">(shop::shelf{&page})));
  }
}

namespace {
/// Holds back until it is told.
struct batching {
  using is_sink = void;
  int held = 0;
  int* written;
  void write(const auto&, auto) { ++held; }
  void on(const lv::flush&, auto) { *written += std::exchange(held, 0); }
};
}  // namespace

TEST_CASE("what a fold emits at the end of the stream reaches a sink that batches") {
  int written = 0;
  auto flow =
      lv::flow(lv::from(lv::input<int>()) | lv::fold(0, [](int& sum, int x) { sum += x; }) | lv::to(batching{0, &written}));
  REQUIRE(flow.open());
  flow.push(1);
  flow.finish();
  CHECK(written == 1);
}

namespace net {
struct frame {
  int size;
};
int payload(const frame&) { return -1; }
int slot_of(const frame&) { return -1; }
template <class F>
int relay(const frame&, const F&) {
  return -1;
}
}  // namespace net

TEST_CASE("functions of the user's namespace are not mistaken for the engine's") {
  int sum = 0;
  auto flow = lv::flow(lv::from(lv::input<net::frame>()) | lv::filter([](const net::frame& f) { return f.size > 1; }) |
                       lv::scan(0, [](int& n, const net::frame& f) { return net::frame{n += f.size}; }) |
                       lv::to([&](const net::frame& f) { sum += f.size; }));
  REQUIRE(flow.open());
  for (int i = 0; i < 4; ++i) flow.push(net::frame{i});
  CHECK(sum == 7);
  CHECK(net::payload({1}) + net::slot_of({1}) + net::relay({1}, 1) == -3);
}
