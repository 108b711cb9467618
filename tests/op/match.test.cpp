// SPDX-License-Identifier: BSL-1.0
#include <levada/op/match.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <type_traits>
#include <vector>

namespace lv = levada;

namespace {

template <lv::fixed_string Name, std::uint32_t Room, bool Repeats>
using step = lv::detail::step_in_match<Name, Room, Repeats>;
using found = lv::match<std::uint32_t, int, step<"one", 1, false>, step<"some", 3, true>, step<"last", 1, false>>;

template <lv::fixed_string Name>
std::vector<int> all(const found& m) {
  const auto s = m.get<Name>();
  return {s.begin(), s.end()};
}

template <class M>
concept has_key = requires(M m) { m.key; };

}  // namespace

TEST_CASE("a match holds what was kept, step by step") {
  found m;
  m.take(0, 10, {5});
  CHECK(m.get<"one">() == 10);
  CHECK(m.last() == 10);
  CHECK(m.count<"some">() == 0);
  CHECK(all<"some">(m).empty());
  CHECK(m.get<"last">() == 0);  // has not come yet
  m.take(1, 20, {6});
  m.take(1, 21, {7});
  CHECK(all<"some">(m) == std::vector{20, 21});
  CHECK(m.last() == 21);
  m.take(2, 30, {8});
  CHECK(m.get<"last">() == 30);
  CHECK(m.end == lv::timestamp{8});
  CHECK(all<"some">(m) == std::vector{20, 21});
}

TEST_CASE("of more events than find room it holds the first ones and the latest, and counts all") {
  found m;
  for (int i = 0; i < 10; ++i) m.take(1, i, {i});
  CHECK(all<"some">(m) == std::vector{0, 1, 9});
  CHECK(m.count<"some">() == 10);
  CHECK(m.last() == 9);
}

TEST_CASE("a match can be copied byte by byte, and has a key below key_by only") {
  CHECK(std::is_trivially_copyable_v<found>);
  CHECK(has_key<found>);
  CHECK_FALSE(has_key<lv::match<void, int, step<"one", 1, false>>>);
}
