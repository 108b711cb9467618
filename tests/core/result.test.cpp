// SPDX-License-Identifier: BSL-1.0
#include <levada/core/result.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

using namespace levada;

namespace {

result<int> half(int n) {
  if (n % 2 != 0) return fault::of(failure::data, "number ", n, " is odd: take an even one");
  return n / 2;
}
result<> must_be_even(int n) {
  if (auto h = half(n); !h) return h.error();
  return {};
}

/// Counts how many of it are alive.
struct counted {
  static inline int alive = 0;
  int value;
  explicit counted(int v) : value(v) { ++alive; }
  counted(counted&& other) noexcept : value(std::exchange(other.value, -1)) { ++alive; }
  counted& operator=(counted&&) = delete;
  ~counted() { --alive; }
};

}  // namespace

TEST_CASE("a result is a value or a sentence") {
  auto good = half(8);
  REQUIRE(good);
  CHECK(*good == 4);
  auto bad = half(7);
  REQUIRE(!bad);
  CHECK(bad.error().kind == failure::data);
  CHECK(bad.error().sentence.view() == "number 7 is odd: take an even one");
}

TEST_CASE("a result of nothing") {
  CHECK(must_be_even(2));
  CHECK(!must_be_even(3));
  CHECK(must_be_even(3).error().sentence.view() == "number 3 is odd: take an even one");
}

TEST_CASE("failures are sysexits codes") {
  CHECK(fault::of(failure::usage).exit_code() == 64);
  CHECK(fault::of(failure::data).exit_code() == 65);
  CHECK(fault::of(failure::unreadable).exit_code() == 66);
  CHECK(fault::of(failure::unavailable).exit_code() == 69);
  CHECK(fault::of(failure::internal).exit_code() == 70);
  CHECK(fault::of(failure::no_space).exit_code() == 73);
  CHECK(fault::of(failure::io).exit_code() == 74);
  CHECK(fault::of(failure::permission).exit_code() == 77);
}

TEST_CASE("a sentence that is too long is cut, not overrun") {
  std::string long_one(1000, 'x');
  auto f = fault::of(failure::data, long_one, long_one);
  CHECK(f.sentence.view().size() == 375);
}

TEST_CASE("values that can only be moved, are moved; each is destroyed once") {
  {
    result<std::unique_ptr<int>> r = std::make_unique<int>(7);
    std::unique_ptr<int> p = *std::move(r);
    CHECK(*p == 7);
  }
  {
    result<counted> r = counted(5);
    CHECK(counted::alive == 1);
    result<counted> moved = std::move(r);
    CHECK(moved->value == 5);
    CHECK(counted::alive == 2);
    result<counted> bad = fault::of(failure::io, "no");
    result<counted> worse = std::move(bad);
    CHECK(!worse);
    CHECK(worse.error().sentence.view() == "no");
    CHECK(counted::alive == 2);
  }
  CHECK(counted::alive == 0);
}

TEST_CASE("a result of const access and of results") {
  const auto r = half(4);
  CHECK(r);
  result<text<8>> t = text<8>("abc");
  CHECK(t->view() == "abc");
}
