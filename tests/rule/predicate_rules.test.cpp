// SPDX-License-Identifier: BSL-1.0
#include <levada/rule/predicate_rules.hpp>

#include <levada/rule/predicate_index.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using lv::where;

namespace {
enum class area : std::uint8_t { press, oven };
struct reading {
  lv::timestamp time{};
  std::uint8_t machine = 0;
  area zone{};
  float celsius = 0;
  double values[3]{};
  lv::text<8> product{};
};

std::vector<std::uint64_t> found(const lv::predicate_rules<reading>& rules, const reading& e) {
  std::vector<std::uint64_t> ids;
  lv::predicate_index<reading>(rules).match(e, [&](std::uint64_t id) { ids.push_back(id); });
  return ids;
}
std::string sentence(const lv::result<>& r) { return r ? "" : std::string(r.error().sentence.view()); }
}  // namespace

TEST_CASE("rules come and go") {
  lv::predicate_rules<reading> rules;
  REQUIRE(rules.add(1, where("celsius") > 80));
  REQUIRE(rules.add(2, where(&reading::zone) == area::oven, where("celsius") > 60));
  REQUIRE(rules.add(3, where("zone") == "oven"));
  const reading hot{.zone = area::oven, .celsius = 70};
  CHECK(found(rules, hot) == std::vector<std::uint64_t>{2, 3});
  CHECK(rules.remove(2));
  CHECK_FALSE(rules.remove(2));
  CHECK(found(rules, hot) == std::vector<std::uint64_t>{3});
  REQUIRE(rules.add(2, where("celsius") < 71));
  CHECK(found(rules, hot) == std::vector<std::uint64_t>{3, 2});
  CHECK(rules.size() == 3);
}

TEST_CASE("rules of one id are alternatives, and go together") {
  lv::predicate_rules<reading> rules;
  REQUIRE(rules.add(1, where("celsius") > 80));
  REQUIRE(rules.add(1, where("celsius") < 10));
  CHECK(found(rules, {.celsius = 90}) == std::vector<std::uint64_t>{1});
  CHECK(found(rules, {.celsius = 5}) == std::vector<std::uint64_t>{1});
  CHECK(found(rules, {.celsius = 50}).empty());
  CHECK(rules.remove(1));
  CHECK(rules.size() == 0);
}

TEST_CASE("years of comings and goings leave nothing behind") {
  lv::predicate_rules<reading> rules;
  REQUIRE(rules.add(1, where("product").in("a", "b"), where("celsius") > 1));
  for (std::uint64_t i = 2; i < 5000; ++i) {
    REQUIRE(rules.add(i, where("product").in("x", "yy", "zzz"), where("celsius").between(1, 2)));
    if (i > 5) REQUIRE(rules.remove(i - 3));
  }
  CHECK(rules.list().conjuncts().size() < 200);
  CHECK(rules.list().points().size() < 400);
  CHECK(rules.list().characters().size() < 800);
  CHECK(found(rules, {.celsius = 2, .product = "yy"}) == std::vector<std::uint64_t>{2, 4997, 4998, 4999});
  CHECK(found(rules, {.celsius = 2, .product = "b"}) == std::vector<std::uint64_t>{1});
}

TEST_CASE("what is wrong with a rule is said in a sentence, and changes nothing") {
  lv::predicate_rules<reading> rules;
  REQUIRE(rules.add(1, where("celsius") > 80));
  CHECK(sentence(rules.add(7, where("celsius") > 1, where("celsus") > 80)) ==
        "rule 7, field 'celsus': the event has no such field: it has time, machine, zone, celsius, values, product");
  CHECK(sentence(rules.add(7, where("zone") == "ofen")) ==
        "rule 7, member 'zone': 'ofen' is not a value of the enumeration: write it as a cell of a CSV file");
  CHECK(sentence(rules.add(7, where("machine") > 80.5)) ==
        "rule 7, member 'machine': '80.5' is not a whole number: write it as a cell of a CSV file");
  CHECK(sentence(rules.add(7, where("machine") > 256)) ==
        "rule 7, member 'machine': '256' is too large or too small for the member: write it as a cell of a CSV file");
  CHECK(sentence(rules.add(7, where("product") < "m")) ==
        "rule 7, field 'product': a text has no order: compare it with = != in, or map it to a number");
  CHECK(sentence(rules.add(7, where("values") < 1)) ==
        "rule 7, field 'values': it is an array: copy the element that counts into a field of its own");
  CHECK(sentence(rules.add(7, where("celsius") < std::numeric_limits<double>::quiet_NaN())) ==
        "rule 7, field 'celsius': nothing is equal to NaN, and nothing less or greater: take a number");
  CHECK(sentence(rules.add(7, {})) == "rule 7 has no condition, so every event would fulfil it: give it one");
  CHECK(sentence(rules.add(7, where("product") == std::string(60, 'x'))) ==
        "rule 7, field 'product': a value is longer than 47 bytes: shorten it");
  lv::condition strange(lv::text<48>("celsius"), lv::comparison::between);
  strange.add("1");
  CHECK(sentence(rules.add(7, strange)) == "rule 7, field 'celsius': 'between' takes two values, and has 1");
  strange.is = static_cast<lv::comparison>(99);
  CHECK(sentence(rules.add(7, strange)) ==
        "rule 7, field 'celsius': comparison 99 does not exist: take one of = != < <= > >= between in");
  strange.is = lv::comparison::one_of;
  for (int i = 0; i < 20; ++i) strange.add("1");
  CHECK(sentence(rules.add(7, strange)) ==
        "rule 7, field 'celsius': more than 16 values: make a rule of each part, they may share the id");
  CHECK(rules.size() == 1);
  CHECK(rules.list().conjuncts().size() == 1);
  CHECK(found(rules, {.celsius = 90}) == std::vector<std::uint64_t>{1});
}
