// SPDX-License-Identifier: BSL-1.0
#include <levada/flow/flow.hpp>

#include "../support/script.hpp"
#include "../support/stream.hpp"

#include <levada/flow/boundary.hpp>
#include <levada/flow/fork.hpp>
#include <levada/flow/route.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/filter.hpp>
#include <levada/op/fold.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/map.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::page;
using support::text;

namespace {

auto ints() { return lv::input<std::int64_t>(); }
auto add(std::int64_t n) {
  return lv::map([n](std::int64_t i) { return i + n; });
}
auto nowhere() {
  return lv::to([](std::int64_t) {});
}
/// kind and name of each operator, in order.
std::string operators_of(auto& flow) {
  std::string all;
  flow.for_each_count([&](const lv::operator_counts& c) { all += std::string(c.kind) + ' ' + std::string(c.name) + "; "; });
  return all;
}
std::string edges_of(const auto& flow) {
  std::string all;
  for (const lv::edge& e : flow.edges()) {
    all += std::to_string(e.from) + (e.output == 0 ? "" : "." + std::to_string(e.output)) + '>' + std::to_string(e.to) + ' ';
  }
  return all;
}

}  // namespace

TEST_CASE("a flow of chains has their operators in the order of writing, and edges inside them only") {
  auto flow = lv::flow(lv::from<"a">(ints()) | lv::map<"b">([](std::int64_t i) { return i; }) | nowhere(),
                       lv::from<"c">(ints()) | nowhere());
  CHECK(operators_of(flow) == "from a; map b; to ; from c; to ; ");
  CHECK(edges_of(flow) == "0>1 1>2 3>4 ");
}

TEST_CASE("syntax leaves no operator behind: names, merges and forks are edges, a route is the operator that decides") {
  auto flow = lv::flow(
      "s"_s = lv::from<"a">(ints()) | lv::fork(add(1), add(2) | nowhere(), add(3)),
      "t"_s = lv::merge("s"_s, lv::from<"b">(ints())),
      "t"_s | lv::route<"r">(lv::when([](std::int64_t i) { return i > 0; }, nowhere()), lv::otherwise(add(4))) | nowhere(),
      "s"_s | nowhere());
  CHECK(operators_of(flow) == "from a; map ; map ; to ; map ; from b; route r; to ; map ; to ; to ; ");
  CHECK(edges_of(flow) == "0>1 0>2 2>3 0>4 1>6 4>6 5>6 6>7 6.1>8 8>9 1>10 4>10 ");
}

TEST_CASE("a flow with stages counts, names and draws its operators as one") {
  auto flow = lv::flow(lv::from<"a">(ints()) | lv::stage<"x">() | lv::map<"b">([](std::int64_t i) { return i; }) |
                       lv::stage<"y">() | lv::to<"end">([](std::int64_t) {}));
  CHECK(flow.threads == 3);
  CHECK(operators_of(flow) == "from a; stage x; stage x; map b; stage y; stage y; to end; ");
  CHECK(edges_of(flow) == "0>1 2>3 3>4 5>6 ");
}

TEST_CASE("statements may be kept, moved, and hold what can only be moved") {
  std::vector<std::int64_t> seen;
  auto named = "s"_s = lv::from(ints()) | lv::map([add = std::make_unique<int>(5)](std::int64_t i) { return i + *add; });
  auto branches = lv::fork(lv::map([times = std::make_unique<int>(2)](std::int64_t i) { return i * *times; }),
                           lv::filter([limit = std::make_unique<int>(0)](std::int64_t i) { return i > *limit; }));
  auto routes = lv::route(lv::when([even = std::make_unique<int>(2)](std::int64_t i) { return i % *even == 0; }, add(100)),
                          lv::otherwise(add(200)));
  auto flow = lv::flow(std::move(named),
                       "s"_s | std::move(branches) | std::move(routes) | lv::to([&](std::int64_t i) { seen.push_back(i); }));
  auto moved = std::move(flow);
  REQUIRE(moved.open());
  moved.push(std::int64_t{2});
  CHECK(seen == std::vector<std::int64_t>{114, 207});
}

TEST_CASE("names do not reach out of their flow: two flows of one program may use the same") {
  std::vector<std::int64_t> a, b;
  auto make = [](std::vector<std::int64_t>& seen, std::int64_t n) {
    return lv::flow("s"_s = lv::from(ints()), "s"_s | add(n) | lv::to([&](std::int64_t i) { seen.push_back(i); }));
  };
  auto one = make(a, 1), two = make(b, 2);
  REQUIRE(one.open());
  REQUIRE(two.open());
  one.push(std::int64_t{0});
  two.push(std::int64_t{0});
  CHECK(a == std::vector<std::int64_t>{1});
  CHECK(b == std::vector<std::int64_t>{2});
}

TEST_CASE("a flow without merges pays for none: its books hold counts alone") {
  using plain = decltype(lv::flow(lv::from(ints()) | lv::fork(add(1) | nowhere(), add(2) | nowhere())));
  using merged = decltype(lv::flow(lv::from(ints()) | lv::fork(add(1) | nowhere(), add(2)) | add(3) | nowhere()));
  using met = decltype(lv::flow(lv::from(ints()) | lv::fork(add(1), add(2)) | nowhere()));
  CHECK(sizeof(plain) < sizeof(met));
  CHECK(sizeof(merged) < sizeof(met) + 64);
}

TEST_CASE("keys of one key_by may meet again, and a key_by behind a merge is a new one") {
  std::vector<std::int64_t> seen;
  auto key = [] { return lv::key_by([](std::int64_t i) { return i % 2; }); };
  auto flow = lv::flow("k"_s = lv::from(ints()) | key(), "l"_s = "k"_s | add(2), lv::merge("k"_s, "l"_s) | nowhere(),
                       lv::merge("k"_s | lv::stage<"x">(), "l"_s | lv::stage<"x">()) | key() |
                           lv::fold(std::int64_t{0}, [](std::int64_t& n, std::int64_t i) { n += i; }) |
                           lv::to([&](const lv::folded<std::int64_t, std::int64_t>& f) { seen.push_back(f.value); }));
  REQUIRE(flow.open());
  flow.push(std::vector<std::int64_t>{1, 2, 3});
  flow.part<0>().finish();
  while (flow.part<1>().poll() != lv::polled::end) {
  }
  std::sort(seen.begin(), seen.end());
  CHECK(seen == std::vector<std::int64_t>{6, 12});
}
