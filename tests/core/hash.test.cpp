// SPDX-License-Identifier: BSL-1.0
#include <levada/core/hash.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace lv = levada;

namespace {
std::uint64_t hash_of_text(std::string_view s) { return lv::hash_of_bytes(s.data(), s.size()); }

/// The same by long multiplication of halves, as a machine without 128-bit products would do it.
std::uint64_t slow_hash(std::string_view s) {
  std::uint64_t hash = 0x9E3779B97F4A7C15u;
  for (std::size_t at = 0; at < s.size(); at += 8) {
    std::uint64_t word = 0;
    for (std::size_t i = at; i < s.size() && i < at + 8; ++i)
      word |= std::uint64_t{static_cast<unsigned char>(s[i])} << (8 * (i - at));
    const std::uint64_t a = hash ^ word, b = 0xD6E8FEB86659FD93u;
    const std::uint64_t low = (a & 0xFFFFFFFF) * (b & 0xFFFFFFFF), mid = (a >> 32) * (b & 0xFFFFFFFF) + (low >> 32);
    const std::uint64_t other = (a & 0xFFFFFFFF) * (b >> 32) + (mid & 0xFFFFFFFF);
    hash = (a * b) ^ ((a >> 32) * (b >> 32) + (mid >> 32) + (other >> 32));
  }
  return hash;
}
}  // namespace

TEST_CASE("hash: of bytes is what it always was") {
  CHECK(hash_of_text("") == 0x9E3779B97F4A7C15u);
  CHECK(hash_of_text("a") == slow_hash("a"));
  for (std::string_view s : {"press/1", "12345678", "123456789", "a longer name, of more than two words"})
    CHECK(hash_of_text(s) == slow_hash(s));
}

TEST_CASE("hash: does not read beyond its bytes") {
  std::vector<char> bytes(11, 'x');  // on the heap, where a sanitizer sees its end
  CHECK(lv::hash_of_bytes(bytes.data(), bytes.size()) == slow_hash({bytes.data(), bytes.size()}));
}

TEST_CASE("hash: parts are those of its high bits, and none is beyond the last") {
  CHECK(lv::part_of(0, 7) == 0);
  CHECK(lv::part_of(UINT64_MAX, 7) == 6);
  CHECK(lv::part_of(UINT64_MAX, 1) == 0);
  CHECK(lv::part_of(std::uint64_t{1} << 63, 2) == 1);
  CHECK(lv::part_of((std::uint64_t{1} << 63) - 1, 2) == 0);
}
