// SPDX-License-Identifier: BSL-1.0
#include <levada/op/shortlist.hpp>

#include "../support/stream.hpp"

#include <doctest/doctest.h>

#include <type_traits>
#include <vector>

namespace lv = levada;

TEST_CASE("what is inserted stands where it was put, and the last one makes place, as in a vector that is cut") {
  support::random r{1};
  for (int round = 0; round < 100; ++round) {
    lv::shortlist<int, 5> list;
    std::vector<int> naive;
    for (int i = 0; i < 12; ++i) {
      const std::size_t at = r.below(list.size() + 1);
      list.insert(at, i);
      naive.insert(naive.begin() + static_cast<std::ptrdiff_t>(at), i);
      if (naive.size() > 5) naive.pop_back();
      CHECK(std::vector<int>(list.begin(), list.end()) == naive);
      CHECK(list[0] == naive[0]);
    }
    CHECK(list.size() == 5);
  }
}

TEST_CASE("it is a plain value, empty at first") {
  static_assert(std::is_trivially_copyable_v<lv::shortlist<int, 3>>);
  constexpr lv::shortlist<int, 3> none;
  static_assert(none.empty() && none.size() == 0 && none.begin() == none.end());
}
