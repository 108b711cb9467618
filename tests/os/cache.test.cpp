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
