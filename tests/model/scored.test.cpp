// SPDX-License-Identifier: BSL-1.0
#include <levada/model/scored.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <type_traits>

namespace lv = levada;

TEST_CASE("the label of one output says whether it is half or more") {
  CHECK(lv::scored<int>{0, {0.5f}, 0}.label() == 1);
  CHECK(lv::scored<int>{0, {0.49f}, 0}.label() == 0);
  CHECK(lv::scored<int>{0, {std::numeric_limits<float>::quiet_NaN()}, 0}.label() == 0);
}

TEST_CASE("the label of several is the greatest, and the first of equals") {
  using three = lv::scored<int, 3>;
  CHECK(three{0, {1, 2, 3}, 0}.label() == 2);
  CHECK(three{0, {1, 3, 3}, 0}.label() == 1);
  CHECK(three{0, {-1, -2, -3}, 0}.label() == 0);
  CHECK(three{0, {1, 2, 3}, 0}.score() == 1);
}

TEST_CASE("it crosses a ring where its event does") { static_assert(std::is_trivially_copyable_v<lv::scored<int, 3>>); }
