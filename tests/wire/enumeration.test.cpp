// SPDX-License-Identifier: BSL-1.0
#include <levada/wire/enumeration.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace levada;

namespace {

enum class state : std::uint8_t { idle, running, broken = 7, last = 127, beyond = 128 };
enum class level : int { below = -9, lowest = -8, minus = -1, zero, highest = 119, above = 120 };
enum plain { red, green, blue };
enum class empty : short {};
enum class twin { first, second = 0, third };
enum class yes_no : bool { no, yes };
enum class huge : std::uint64_t { small = 3, large = 0xFFFF'FFFF'FFFF'FFFF };

template <class T>
struct machine {
  enum class mode { off, on };
};

template <class E>
std::string listed() {
  std::string all;
  for (auto& v : named_values<E>) all += std::string(v.name) + "=" + std::to_string(v.value) + " ";
  return all;
}

}  // namespace

TEST_CASE("values have names, in rising order") {
  CHECK(listed<state>() == "idle=0 running=1 broken=7 last=127 ");
  CHECK(listed<plain>() == "red=0 green=1 blue=2 ");
  CHECK(listed<yes_no>() == "no=0 yes=1 ");
  static_assert(named_values<state>.size() == 4);
}

TEST_CASE("values from -8 to 119 are found, from 0 to 127 where there is no sign; others have no name") {
  CHECK(listed<level>() == "lowest=-8 minus=-1 zero=0 highest=119 ");
  CHECK(listed<huge>() == "small=3 ");
  CHECK(name_of(level::below) == "");
  CHECK(name_of(state::beyond) == "");
}

TEST_CASE("an enumeration without names has none") { CHECK(named_values<empty>.size() == 0); }

TEST_CASE("of two names for one value it is the first") { CHECK(listed<twin>() == "first=0 third=1 "); }

TEST_CASE("where the enumeration stands does not matter: in a function, a template, a namespace without a name") {
  enum class local { here, there };
  CHECK(listed<local>() == "here=0 there=1 ");
  CHECK(listed<machine<int (*)(char, long)>::mode>() == "off=0 on=1 ");
  auto in_lambda = [] {
    enum class deep { one };
    return listed<deep>();
  };
  CHECK(in_lambda() == "one=0 ");
}

TEST_CASE("the name of a value") {
  CHECK(name_of(state::broken) == "broken");
  CHECK(name_of(static_cast<state>(5)) == "");
  static_assert(name_of(level::minus) == "minus");
}
