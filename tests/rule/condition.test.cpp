// SPDX-License-Identifier: BSL-1.0
#include <levada/rule/condition.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <string_view>

namespace lv = levada;
using namespace lv::literals;
using lv::where;

namespace {
enum class area : std::int8_t { press, oven };
struct place {
  double x, y;
};
struct reading {
  lv::timestamp time;
  std::uint32_t machine;
  area where;
  place at;
  lv::text<16> product;
};

std::string words(const lv::condition& c) {
  std::string all = std::string(c.field.view()) + ' ' + std::string(lv::sign_of(c.is));
  for (std::size_t i = 0; i < c.count; ++i) all += ' ' + std::string(c.values[i].view());
  return all;
}
}  // namespace

TEST_CASE("a comparison with a name makes a condition") {
  CHECK(words(where("celsius") > 80) == "celsius > 80");
  CHECK(words(where("celsius") >= 80.5) == "celsius >= 80.5");
  CHECK(words(where("celsius") < -1) == "celsius < -1");
  CHECK(words(where("celsius") <= 0.1f) == "celsius <= 0.1");
  CHECK(words(where("product") == "steel") == "product = steel");
  CHECK(words(where("product") != lv::text<16>("steel")) == "product != steel");
  CHECK(words(where("celsius").between(1, 5)) == "celsius between 1 5");
  CHECK(words(where("product").in("a", "b", "c")) == "product in a b c");
}

TEST_CASE("a member may stand for its name") {
  CHECK(words(where(&reading::machine) == 7u) == "machine = 7");
  CHECK(words(where(&reading::where) == area::oven) == "where = 1");
  CHECK(words(where(&reading::time) > lv::timestamp{1'500'000'000}) == "time > 1970-01-01T00:00:01.500Z");
}

TEST_CASE("values are written so that they are read as the same") {
  CHECK(words(where("on") == true) == "on = true");
  CHECK(words(where("letter") == 'x') == "letter = x");
  CHECK(words(where("took") > 1500_ms) == "took > 1.5");
  CHECK(words(where("x") < 1e300) == "x < 1e+300");
  CHECK(words(where("x") < std::numeric_limits<double>::infinity()) == "x < inf");
  CHECK(words(where("n") < std::numeric_limits<std::uint64_t>::max()) == "n < 18446744073709551615");
}

TEST_CASE("what does not fit is remembered, for the sentence that follows") {
  lv::condition many(lv::text<48>("n"), lv::comparison::one_of);
  for (int i = 0; i < 20; ++i) many.add("1");
  CHECK(many.count > lv::condition::most_values);
  CHECK_FALSE(many.is_cut);
  CHECK((where("product") == std::string(48, 'x')).is_cut);
  CHECK((where("product") == std::string(500, 'x')).is_cut);
  CHECK_FALSE((where("product") == std::string(47, 'x')).is_cut);
}
