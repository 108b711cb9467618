// SPDX-License-Identifier: BSL-1.0
#include <levada/op/join.hpp>

#include <doctest/doctest.h>

#include <type_traits>

namespace lv = levada;

namespace {
struct order {
  int customer;
};
struct payment {
  int payer;
  bool operator==(const payment&) const = default;
};
}  // namespace

TEST_CASE("on says where both streams have their keys, left and right") {
  constexpr auto keys = lv::on(&order::customer, [](const payment& p) { return p.payer; });
  CHECK(order{7}.*lv::get<0>(keys.of) == 7);
  CHECK(lv::get<1>(keys.of)(payment{8}) == 8);
}

TEST_CASE("two events side by side stay as plain as they are, and compare") {
  using both = lv::joined<payment, payment>;
  static_assert(std::is_trivially_copyable_v<both> && std::is_aggregate_v<both>);
  CHECK(both{{1}, {2}} == both{{1}, {2}});
  CHECK(both{{1}, {2}} != both{{2}, {2}});
  using one = lv::unjoined<payment, payment>;
  static_assert(std::is_trivially_copyable_v<one>);
  CHECK(one{{}, payment{2}} != one{payment{2}, {}});
}

TEST_CASE("buffers forget the oldest unless it is said otherwise") {
  CHECK(lv::buffers{}.full == lv::when_full::drop_oldest);
  CHECK(lv::buffers{}.left == lv::buffers{}.right);
}
