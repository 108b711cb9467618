// SPDX-License-Identifier: BSL-1.0
// histogram: how many values lie in each of some bins of one width. Plain C++: what costs is the increments in memory.
#pragma once

#include <levada/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace levada::inline v0 {

/// Takes  values; from the least to the greatest bound there is one bin a count, least < greatest.
/// Emits  the counts; a value at the greatest bound is in the last bin. Returns how many values lie in none, NaN among them.
/// Costs  about a nanosecond a value.
inline std::size_t count_in_bins(std::span<const float> values, float least, float greatest, std::span<std::uint32_t> counts) {
  LEVADA_CHECK(least < greatest, greatest - least);
  LEVADA_CHECK(!counts.empty(), counts.size());
  for (std::uint32_t& c : counts) c = 0;
  const std::size_t last = counts.size() - 1;
  const float per_unit = static_cast<float>(counts.size()) / (greatest - least);
  std::size_t outside = 0;
  for (const float x : values) {
    if (!(x >= least && x <= greatest)) {
      ++outside;
      continue;
    }
    const auto bin = static_cast<std::size_t>(static_cast<std::int64_t>((x - least) * per_unit));
    ++counts[bin < last ? bin : last];
  }
  return outside;
}

}  // namespace levada::inline v0
