// SPDX-License-Identifier: BSL-1.0
#include <levada/core/word.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <thread>

using namespace levada;

TEST_CASE("a word is a plain word in memory") {
  static_assert(sizeof(word<std::uint64_t>) == 8 && alignof(word<std::uint64_t>) == 8);
  static_assert(sizeof(word<std::uint32_t>) == 4);
  static_assert(!std::is_copy_constructible_v<word<std::uint64_t>>);
}

TEST_CASE("loads give what was stored") {
  word<std::int64_t> w(-5);
  CHECK(w.relaxed() == -5);
  w.relaxed(7);
  CHECK(w.acquire() == 7);
  w.release(9);
  CHECK(w.relaxed() == 9);
  CHECK(word<std::uint32_t>().relaxed() == 0);
}

TEST_CASE("changes give what was there before") {
  word<std::uint32_t> w(6);
  CHECK(w.fetch_add(4) == 6);
  CHECK(w.fetch_or(1) == 10);
  CHECK(w.fetch_and(3) == 11);
  CHECK(w.exchange(8) == 3);
  CHECK(w.relaxed() == 8);
}

TEST_CASE("an exchange by comparison stores over what was expected, or says what is there") {
  word<std::uint64_t> w(5);
  std::uint64_t expected = 4;
  CHECK(!w.compare_exchange(expected, 6));
  CHECK(expected == 5);
  CHECK(w.relaxed() == 5);
  CHECK(w.compare_exchange(expected, 6));
  CHECK(w.relaxed() == 6);
}

TEST_CASE("release and acquire hand over what was written before") {
  word<std::uint64_t> ready;
  int payload = 0;
  std::thread writer([&] {
    payload = 42;
    ready.release(1);  // pairs with the acquire below: payload is whole
  });
  while (ready.acquire() == 0) {
  }
  CHECK(payload == 42);
  writer.join();
}

TEST_CASE("additions of two threads are all counted") {
  word<std::uint64_t> sum;
  auto add = [&] {
    for (int i = 0; i < 10'000; ++i) sum.fetch_add(1);
  };
  std::thread other(add);
  add();
  other.join();
  CHECK(sum.relaxed() == 20'000);
}
