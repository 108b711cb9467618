// SPDX-License-Identifier: BSL-1.0
#include <levada/op/unkey.hpp>

#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/fold.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/scan.hpp>
#include <levada/op/select.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <concepts>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;

namespace {

struct pair {
  std::uint32_t of = 0, to = 0;
  bool operator==(const pair&) const = default;
};
/// How many there were so far: of a key, or of all where there is none.
constexpr auto number = [](std::uint32_t& n, const pair& p) { return std::pair(p, ++n); };

}  // namespace

TEST_CASE("below unkey events are as they were before key_by, in their order") {
  const auto events = support::readings(2000);
  for (std::size_t length : support::span_lengths) {
    CAPTURE(length);
    CHECK(support::outcome<reading>(events, length, [&](auto& output) {
            return lv::flow(lv::from(lv::input<reading>()) | lv::key_by([](const reading& r) { return r.sensor; }) | lv::unkey() |
                            lv::to([&](const reading& r) { output.push_back(r); }));
          }) == events);
  }
}

TEST_CASE("state below it is one for all, and one of its own for each key of another key_by") {
  std::vector<std::uint32_t> all;
  std::map<std::uint32_t, std::uint32_t> by_other;
  auto flow = lv::flow("plain"_s = lv::from(lv::input<pair>()) | lv::key_by(&pair::of, {.bound = 100}) | lv::unkey(),
                       "plain"_s | lv::scan(std::uint32_t{0}, number) | lv::to([&](const auto& n) { all.push_back(n.second); }),
                       "plain"_s | lv::key_by(&pair::to, {.bound = 3}) | lv::scan(std::uint32_t{0}, number) |
                           lv::to([&](const auto& n) { by_other[n.first.to] = n.second; }));
  REQUIRE(flow.open());
  for (std::uint32_t i = 0; i < 90; ++i) flow.push(pair{i, i % 3});
  CHECK(all.size() == 90);
  CHECK(all.back() == 90);
  CHECK(by_other == std::map<std::uint32_t, std::uint32_t>{{0, 30}, {1, 30}, {2, 30}});
}

TEST_CASE("that a key above is retired makes nobody below forget") {
  std::vector<std::uint32_t> counts;
  auto flow = lv::flow(lv::from(lv::input<pair>()) | lv::key_by(&pair::of, {.bound = 4, .idle = 1_s}) | lv::unkey() |
                       lv::key_by(&pair::to, {.bound = 4}) | lv::scan(std::uint32_t{0}, number) |
                       lv::to([&](const auto& n) { counts.push_back(n.second); }));
  REQUIRE(flow.open());
  flow.advance({1'000'000'000});
  flow.push(pair{1, 7});
  flow.advance({60'000'000'000});  // key 1 goes, and its slot was that of key 7 below
  flow.push(pair{2, 7});
  CHECK(counts == std::vector<std::uint32_t>{1, 2});
}

TEST_CASE("streams with different keys may merge below it") {
  std::uint32_t n = 0;
  auto flow = lv::flow("all"_s = lv::from(lv::input<pair>()),
                       lv::merge("all"_s | lv::key_by(&pair::of) | lv::unkey(), "all"_s | lv::key_by(&pair::to) | lv::unkey()) |
                           lv::to([&](const pair&) { ++n; }));
  REQUIRE(flow.open());
  flow.push(pair{1, 2});
  CHECK(n == 2);
}

TEST_CASE("a masked stream stays masked") {
  std::uint64_t sum = 0;
  auto flow = lv::flow(lv::from(lv::input<pair>()) | lv::select([](const pair& p) { return p.of > 1; }) |
                       lv::key_by(&pair::of, lv::dense_keys{10}) | lv::unkey() |
                       lv::fold(std::uint64_t{0}, [](std::uint64_t& s, bool live, const pair& p) { s += live ? p.to : 0; }) |
                       lv::to([&](std::uint64_t s) { sum = s; }));
  REQUIRE(flow.open());
  flow.push(std::vector<pair>{{1, 10}, {2, 20}, {3, 30}});
  flow.finish();
  CHECK(sum == 50);
}
