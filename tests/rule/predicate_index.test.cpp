// SPDX-License-Identifier: BSL-1.0
#include <levada/rule/predicate_index.hpp>

#include "../support/stream.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using lv::where;

namespace {

enum class area : std::int8_t { press = -1, oven, mill, store };
struct reading {
  lv::timestamp time{};
  std::uint32_t machine = 0;
  std::int16_t level = 0;
  area zone{};
  bool on = false;
  char grade = 'a';
  float celsius = 0;
  double bar = 0;
  std::uint64_t total = 0;
  lv::duration took{};
  lv::text<12> product{};
};

std::vector<std::uint64_t> found(const lv::predicate_index<reading>& index, const reading& e) {
  std::vector<std::uint64_t> ids;
  index.match(e, [&](std::uint64_t id) { ids.push_back(id); });
  return ids;
}

/// A condition and what it means.
struct test {
  lv::condition condition;
  std::function<bool(const reading&)> holds;
};
template <class V>
test compared(support::random& r, const char* name, V reading::* member, auto draw) {
  const V a = draw(), b = draw(), c = draw();
  const auto of = [member](auto f) { return [=](const reading& e) { return f(e.*member); }; };
  switch (r.below(8)) {
    case 0: return {where(name) == a, of([=](V v) { return v == a; })};
    case 1: return {where(name) != a, of([=](V v) { return v != a; })};
    case 2: return {where(name) < a, of([=](V v) { return v < a; })};
    case 3: return {where(name) <= a, of([=](V v) { return v <= a; })};
    case 4: return {where(name) > a, of([=](V v) { return v > a; })};
    case 5: return {where(name) >= a, of([=](V v) { return v >= a; })};
    case 6: return {where(name).between(a, b), of([=](V v) { return v >= a && v <= b; })};
    default: return {where(name).in(a, b, c), of([=](V v) { return v == a || v == b || v == c; })};
  }
}

struct world {
  support::random r;
  std::uint64_t variety;  // few values hit each other and the ends of the scales often

  double real() {
    switch (r.below(12)) {
      case 0: return std::numeric_limits<double>::infinity();
      case 1: return -std::numeric_limits<double>::infinity();
      case 2: return -0.0;
      case 3: return 0.0;
      default: return static_cast<double>(r.below(variety)) / 8 - 5;
    }
  }
  template <class N>
  N whole() {
    if (r.one_in(10)) return std::numeric_limits<N>::max();
    if (r.one_in(10)) return std::numeric_limits<N>::min();
    return static_cast<N>(r.below(variety)) - static_cast<N>(std::is_signed_v<N> ? variety / 2 : 0);
  }
  lv::text<12> word() {
    const std::string words[] = {"", "steel", "steel 2", "Kupfer", "abcdefghijk", "a"};
    return r.one_in(2) ? lv::text<12>(words[r.below(6)]) : lv::text<12>(std::to_string(r.below(variety)));
  }
  reading event() {
    const double odd[] = {std::numeric_limits<double>::quiet_NaN(), real(), real(), real()};
    return {{whole<std::int64_t>()},
            whole<std::uint32_t>(),
            whole<std::int16_t>(),
            static_cast<area>(static_cast<int>(r.below(4)) - 1),
            r.one_in(2),
            static_cast<char>('a' + r.below(4)),
            static_cast<float>(odd[r.below(4)]),
            odd[r.below(4)],
            whole<std::uint64_t>(),
            lv::duration{whole<std::int32_t>() / 4},
            word()};
  }
  test condition() {
    switch (r.below(11)) {
      case 0: return compared(r, "time", &reading::time, [&] { return lv::timestamp{whole<std::int32_t>()}; });
      case 1: return compared(r, "machine", &reading::machine, [&] { return whole<std::uint32_t>(); });
      case 2: return compared(r, "level", &reading::level, [&] { return whole<std::int16_t>(); });
      case 3: return compared(r, "zone", &reading::zone, [&] { return static_cast<area>(static_cast<int>(r.below(4)) - 1); });
      case 4: return compared(r, "on", &reading::on, [&] { return r.one_in(2); });
      case 5: return compared(r, "grade", &reading::grade, [&] { return static_cast<char>('a' + r.below(4)); });
      case 6: return compared(r, "celsius", &reading::celsius, [&] { return static_cast<float>(real()); });
      case 7: return compared(r, "bar", &reading::bar, [&] { return real(); });
      case 8: return compared(r, "total", &reading::total, [&] { return whole<std::uint64_t>(); });
      case 9: return compared(r, "took", &reading::took, [&] { return lv::duration{whole<std::int32_t>() / 4}; });
      default: {
        const auto a = word(), b = word();
        switch (r.below(3)) {
          case 0: return {where("product") == a, [=](const reading& e) { return e.product == a; }};
          case 1: return {where("product") != a, [=](const reading& e) { return e.product != a; }};
          default: return {where("product").in(a, b), [=](const reading& e) { return e.product == a || e.product == b; }};
        }
      }
    }
  }
};

}  // namespace

TEST_CASE("against every rule asked by itself, on random rules and events with the ends of all scales") {
  struct size {
    std::uint64_t rules, variety;
  };
  std::size_t hits = 0;
  for (const size s : {size{1, 10}, {63, 10}, {512, 100}, {513, 20}, {3000, 2000}}) {
    CAPTURE(s.rules);
    world w{{s.rules}, s.variety};
    lv::predicate_rules<reading> rules;
    std::vector<std::vector<test>> tests(s.rules);
    for (std::uint64_t id = 0; id < s.rules; ++id) {
      std::vector<lv::condition> conditions;
      for (std::uint64_t n = 1 + w.r.below(4); n > 0; --n) {
        tests[id].push_back(w.condition());
        conditions.push_back(tests[id].back().condition);
      }
      const lv::result<> added = rules.add(id * 3, conditions);
      REQUIRE_MESSAGE(added, (added ? "" : added.error().sentence.c_str()));
    }
    const lv::predicate_index<reading> index(rules);
    CHECK(index.size() == s.rules);
    for (int i = 0; i < 300; ++i) {
      const reading e = w.event();
      std::vector<std::uint64_t> expected;
      for (std::uint64_t id = 0; id < s.rules; ++id) {
        bool all = true;
        for (const test& t : tests[id]) all = all && t.holds(e);
        if (all) expected.push_back(id * 3);
      }
      hits += expected.size();
      REQUIRE(found(index, e) == expected);
    }
  }
  CHECK(hits > 10'000);
}

TEST_CASE("an index without rules finds none, and one is a value") {
  CHECK(found({}, {}).empty());
  CHECK(found(lv::predicate_index<reading>(lv::predicate_rules<reading>{}), {}).empty());
  lv::predicate_rules<reading> rules;
  REQUIRE(rules.add(5, where("machine") == 3));
  lv::predicate_index<reading> index(rules);
  REQUIRE(rules.remove(5));
  const lv::predicate_index<reading> copy = index;
  index = lv::predicate_index<reading>(rules);
  CHECK(found(copy, {.machine = 3}) == std::vector<std::uint64_t>{5});
  CHECK(found(index, {.machine = 3}).empty());
}

TEST_CASE("NaN fulfils no comparison but !=") {
  lv::predicate_rules<reading> rules;
  REQUIRE(rules.add(1, where("bar") > 0));
  REQUIRE(rules.add(2, where("bar") <= std::numeric_limits<double>::infinity()));
  REQUIRE(rules.add(3, where("bar") != 0));
  REQUIRE(rules.add(4, where("bar").between(-1, 1)));
  CHECK(found(lv::predicate_index<reading>(rules), {.bar = NAN}) == std::vector<std::uint64_t>{3});
}
