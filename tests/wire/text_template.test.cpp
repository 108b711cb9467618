// SPDX-License-Identifier: BSL-1.0
#include <levada/wire/text_template.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>

namespace lv = levada;
using namespace lv::literals;

namespace {
enum class area : std::uint8_t { press, oven };
struct place {
  std::int32_t x = 0, y = 0;
};
struct reading {
  lv::timestamp time{};
  lv::text<16> machine{};
  area zone{};
  double celsius = 0;
  float load = 0;
  bool on = false;
  char grade = 'a';
  std::uint64_t total = 0;
  lv::duration took{};
  place at{};
  double history[3]{};
};

std::string filled(std::string_view pattern, const reading& e) {
  const auto made = lv::text_template<reading>::parse(pattern);
  REQUIRE_MESSAGE(made, (made ? "" : made.error().sentence.c_str()));
  return std::string(made->fill<512>(e).view());
}
std::string refused(std::string_view pattern) {
  const auto made = lv::text_template<reading>::parse(pattern);
  return made ? "" : std::string(made.error().sentence.view());
}
}  // namespace

TEST_CASE("members stand where their names stand, in braces") {
  const reading e{{1'500'000'000}, "press 7", area::oven, 81.25, 0.1f, true, 'b', UINT64_MAX, 1500_ms, {3, -4}, {}};
  CHECK(filled("{machine} is at {celsius} degrees", e) == "press 7 is at 81.25 degrees");
  CHECK(filled("{time} {zone} {load} {on} {grade} {total} {took} {at.x} {at.y}", e) ==
        "1970-01-01T00:00:01.500Z oven 0.1 true b 18446744073709551615 1.5 3 -4");
  CHECK(filled("no member", e) == "no member");
  CHECK(filled("", e).empty());
  CHECK(filled("{machine}{machine}", e) == "press 7press 7");
}

TEST_CASE("real numbers have as many places as they need, or as many as are asked for") {
  CHECK(filled("{celsius:.1}", {.celsius = 81.25}) == "81.2");
  CHECK(filled("{celsius:.0} {load:.3}", {.celsius = 81.75, .load = 0.5f}) == "82 0.500");
  CHECK(filled("{celsius}", {.celsius = NAN}) == "nan");
  CHECK(filled("{celsius:.1} {load}", {.celsius = -HUGE_VAL, .load = HUGE_VALF}) == "-inf inf");
  CHECK(filled("{celsius:.9}", {.celsius = std::numeric_limits<double>::max()}).size() == 309 + 10);
}

TEST_CASE("doubled braces are braces, and an enumeration's value without a name is a number") {
  CHECK(filled("{{{machine}}} {{x}}", {.machine = "m"}) == "{m} {x}");
  CHECK(filled("{zone}", {.zone = static_cast<area>(9)}) == "9");
}

TEST_CASE("what does not fit is cut at a whole code point") {
  const auto made = lv::text_template<reading>::parse("ab{machine}");
  REQUIRE(made);
  CHECK(made->fill<8>({.machine = "äöü"}).view() == "abäö");
  static_assert(std::is_trivially_copyable_v<lv::text_template<reading>>);
}

TEST_CASE("what is wrong with a pattern is said in a sentence") {
  CHECK(refused("{machin} is hot") ==
        "template '{machin} is hot' names 'machin', which the event has not: it has time, machine, "
        "zone, celsius, load, on, grade, total, took, at.x, at.y, history");
  CHECK(refused("{machine") == "template '{machine' has a '{' that is not closed: write {{ for a brace");
  CHECK(refused("machine}") == "template 'machine}' has a '}' that closes nothing: write }} for a brace");
  CHECK(refused("{celsius:3}") == "template '{celsius:3}' asks for '3': write {celsius:.2} for two decimal places");
  CHECK(refused("{total:.1}") ==
        "template '{total:.1}' gives 'total' decimal places, which only a real number has: write {total}");
  CHECK(refused("{history}") == "template '{history}' names 'history', which is an array: copy one element into a member");
  CHECK(refused(std::string(256, 'x')).ends_with("is longer than 255 bytes: shorten it"));
  std::string many;
  for (int i = 0; i < 17; ++i) many += "{on}";
  CHECK(refused(many).ends_with("has more than 16 members: make two of it"));
}
