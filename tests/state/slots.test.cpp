// SPDX-License-Identifier: BSL-1.0
#include <levada/state/slots.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <type_traits>
#include <utility>

namespace lv = levada;

TEST_CASE("there is nothing before resize, and fresh values after it") {
  struct cell {
    int n = 7;
  };
  lv::slots<cell> s;
  CHECK(s.size() == 0);
  CHECK(s.begin() == s.end());
  s.resize(3);
  CHECK(s.size() == 3);
  for (cell& c : s) CHECK(c.n == 7);
  s[1].n = 8;
  CHECK(std::as_const(s)[1].n == 8);
  s.resize(2);
  CHECK(s.size() == 2);
  CHECK(s[1].n == 7);
  lv::slots<int> zeros;
  zeros.resize(100);
  for (int z : zeros) CHECK(z == 0);
}

TEST_CASE("reset makes one value new, and destroys the old one") {
  lv::slots<std::shared_ptr<int>> s;
  s.resize(2);
  const auto shared = std::make_shared<int>(1);
  s[0] = s[1] = shared;
  s.reset(1);
  CHECK(s[1] == nullptr);
  CHECK(s[0] == shared);
  CHECK(shared.use_count() == 2);
}

TEST_CASE("it is copied where its values can be: a chain with state may be kept and joined twice") {
  lv::slots<int> a;
  a.resize(3);
  a[1] = 7;
  lv::slots<int> b = a;
  b[1] = 8;
  REQUIRE(b.size() == 3);
  CHECK(a[1] == 7);
  CHECK(lv::slots<int>(lv::slots<int>{}).size() == 0);
}

TEST_CASE("it is moved") {
  CHECK(!std::is_copy_constructible_v<lv::slots<std::unique_ptr<int>>>);
  lv::slots<std::unique_ptr<int>> a;
  a.resize(2);
  a[0] = std::make_unique<int>(5);
  auto b = std::move(a);
  REQUIRE(b.size() == 2);
  CHECK(*b[0] == 5);
  lv::slots<std::unique_ptr<int>> c;
  c.resize(9);
  c = std::move(b);
  REQUIRE(c.size() == 2);
  CHECK(*c[0] == 5);
  c.resize(0);
  CHECK(c.size() == 0);
}

TEST_CASE("an image is of the values that there were: resize ends it") {
  lv::slots<int> values;
  values.resize(3);
  lv::image image;
  image.begin(values.begin(), sizeof(int), values.size());
  values.keep_in(&image);
  values.resize(3);
  CHECK_FALSE(values.is_being_kept());
}
