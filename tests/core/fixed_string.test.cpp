// SPDX-License-Identifier: BSL-1.0
#include <levada/core/fixed_string.hpp>

#include <doctest/doctest.h>

#include <type_traits>

using namespace levada;

namespace {
template <fixed_string Name>
struct named {
  static constexpr auto name = Name.view();
};
}  // namespace

TEST_CASE("a literal becomes a template argument") {
  CHECK(named<"filter">::name == "filter");
  static_assert(std::is_same_v<named<"a">, named<"a">>);
  static_assert(!std::is_same_v<named<"a">, named<"b">>);
  static_assert(!std::is_same_v<named<"a">, named<"aa">>);
}

TEST_CASE("the terminator is not part of the text; zeros inside are") {
  static_assert(fixed_string("abc").view().size() == 3);
  static_assert(fixed_string("a\0b").view().size() == 3);
  static_assert(fixed_string("").view().empty());
}

TEST_CASE("empty is empty") {
  static_assert(fixed_string("").empty());
  static_assert(!fixed_string("x").empty());
}

TEST_CASE("texts of different length can be compared") {
  static_assert(fixed_string("abc") == fixed_string("abc"));
  static_assert(!(fixed_string("abc") == fixed_string("abcd")));
  static_assert(fixed_string("abc") != fixed_string("abd"));
}
