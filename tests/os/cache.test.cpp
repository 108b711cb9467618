// SPDX-License-Identifier: BSL-1.0
#include <levada/os/cache.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>

TEST_CASE("cache: lines that are flushed keep what was written to them") {
  alignas(levada::cache_line) std::array<std::byte, 64 * levada::cache_line> memory{};
  for (std::size_t i = 0; i < memory.size(); ++i) memory[i] = static_cast<std::byte>(i * 7);
  levada::flush_lines(memory.data(), memory.data() + memory.size());
  levada::flush_lines(memory.data(), memory.data());  // none
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < memory.size(); ++i) wrong += memory[i] == static_cast<std::byte>(i * 7) ? 0u : 1u;
  CHECK(wrong == 0);
}

TEST_CASE("cache: a copy past the caches is a copy, and touches nothing beside it") {
  alignas(16) std::array<std::byte, 400> to{}, from{};
  for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<std::byte>(i * 7 + 1);
  for (std::size_t bytes = 0; bytes + 32 <= to.size(); bytes += 16) {
    to.fill(std::byte{0});
    levada::stream_copy(to.data() + 16, from.data() + 3, bytes);  // only where it goes to has to be aligned
    levada::stream_fence();
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < to.size(); ++i) {
      const bool inside = i >= 16 && i < 16 + bytes;
      wrong += to[i] == (inside ? from[i - 16 + 3] : std::byte{0}) ? 0u : 1u;
    }
    CHECK(wrong == 0);
  }
}
