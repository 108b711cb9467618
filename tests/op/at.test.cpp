// SPDX-License-Identifier: BSL-1.0
#include <levada/op/at.hpp>

#include <doctest/doctest.h>

namespace lv = levada;
using namespace levada::literals;

namespace {
struct reading {
  lv::timestamp time;
  long value;
};
}  // namespace

TEST_CASE("at says where an event's time stands, and what becomes of a late one, in its type") {
  const auto by_member = lv::at(&reading::time);
  CHECK(by_member.policy == lv::late::drop);
  CHECK(by_member.tells<reading>());
  const auto revised = lv::at<lv::late::update>([](const reading& r) { return r.time; }, 5_s);
  CHECK(revised.policy == lv::late::update);
  CHECK(revised.allowed == lv::duration(5_s));
  CHECK(revised.tells<reading>());
}

TEST_CASE("what gives no timestamp tells no time") {
  CHECK_FALSE(lv::at(&reading::value).tells<reading>());
  CHECK_FALSE(lv::at(&reading::time).tells<int>());
}
