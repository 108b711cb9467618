// SPDX-License-Identifier: BSL-1.0
#include <levada/model/detector.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <string>

namespace lv = levada;

namespace {
struct silent {
  float score(lv::timestamp, double) { return 0; }
};
struct without_time {
  float score(double) { return 0; }
};
struct on_the_heap {
  std::string state;
  float score(lv::timestamp, double) { return 0; }
};
}  // namespace

static_assert(lv::detector<silent>);
static_assert(!lv::detector<without_time>);
static_assert(!lv::detector<on_the_heap>);

TEST_CASE("against: zero for nothing, an alarm from the limit on, one for what has no bounds") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  CHECK(lv::detail::against(0, 2) == 0);
  CHECK(lv::detail::against(-1, 2) == 0);
  CHECK(lv::detail::against(std::numeric_limits<double>::quiet_NaN(), 2) == 0);
  CHECK(lv::detail::against(1.99, 2) < lv::alarm_score);
  CHECK(lv::detail::against(2, 2) == lv::alarm_score);
  CHECK(lv::detail::against(6, 2) == 0.75f);
  CHECK(lv::detail::against(6, 0) == 1);
  CHECK(lv::detail::against(inf, 2) == 1);
}

TEST_CASE("is_usable: what a detector can compute with") {
  for (const double v : {0.0, -0.0, 1e100, -1e100, 5e-324}) CHECK(lv::detail::is_usable(v));
  for (const double v : {1.1e100, -1e300, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()})
    CHECK_FALSE(lv::detail::is_usable(v));
}
