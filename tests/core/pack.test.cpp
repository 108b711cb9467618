// SPDX-License-Identifier: BSL-1.0
#include <levada/core/pack.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <type_traits>

using namespace levada;

namespace {
struct nothing_inside {};
}  // namespace

TEST_CASE("elements are found by index, also of equal types") {
  pack<int, double, int> p{{1}, {2.5}, {3}};
  CHECK(get<0>(p) == 1);
  CHECK(get<1>(p) == 2.5);
  CHECK(get<2>(p) == 3);
  get<2>(p) = 7;
  CHECK(get<2>(std::as_const(p)) == 7);
  static_assert(std::is_same_v<element<1, pack<int, double, int>>, double>);
  static_assert(pack<int, double, int>::size == 3);
  static_assert(pack<>::size == 0);
}

TEST_CASE("it is trivially copyable where its elements are") {
  static_assert(std::is_trivially_copyable_v<pack<int, double>>);
  static_assert(!std::is_trivially_copyable_v<pack<int, std::string>>);
}

TEST_CASE("empty elements take no room") {
  static_assert(sizeof(pack<int, nothing_inside>) == sizeof(int));
  static_assert(std::is_empty_v<pack<nothing_inside>>);
}

TEST_CASE("two empty elements of one type are two objects") {
  pack<nothing_inside, nothing_inside> p{};
  CHECK(&get<0>(p) != &get<1>(p));
}

TEST_CASE("packs are joined in order, also those that can only be moved") {
  using only_moved = std::unique_ptr<int>;
  auto p =
      concatenate(pack<only_moved>{{std::make_unique<int>(1)}}, pack<>{}, pack<int, only_moved>{{2}, {std::make_unique<int>(3)}});
  static_assert(std::is_same_v<decltype(p), pack<only_moved, int, only_moved>>);
  CHECK(*get<0>(p) == 1);
  CHECK(get<1>(p) == 2);
  CHECK(*get<2>(p) == 3);
}

TEST_CASE("packs are constants too") {
  constexpr auto p = concatenate(pack<int>{{1}}, pack<char, long>{{'x'}, {3L}});
  static_assert(get<0>(p) == 1 && get<1>(p) == 'x' && get<2>(p) == 3);
}

TEST_CASE("for_each_index counts, with constants") {
  std::size_t sum = 0;
  for_each_index<5>([&](auto i) { sum = sum * 10 + decltype(i)::value; });
  CHECK(sum == 1234);
  for_each_index<0>([&](auto) { sum = 0; });
  CHECK(sum == 1234);
}
