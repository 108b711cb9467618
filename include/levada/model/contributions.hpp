// SPDX-License-Identifier: BSL-1.0
// contributions: the few features that have added most to an output, by name: what an alert says beside the score.
#pragma once

#include <levada/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace levada::inline v0 {

struct contribution {
  std::uint32_t feature = 0;
  float value = 0;          ///< added to the output; negative where it was taken away
  std::string_view name{};  ///< where the model has names: for as long as these live
};

/// Takes  what explain() has given: a contribution a feature, and the base value behind them; and the features' names, or none.
/// Emits  those of the greatest magnitude, the greatest first, the first of equals: as many as `out` has room for and there are
///        features. A NaN, which has spoilt the output, is greater than any other.
/// Costs  for each feature a comparison, and a move of what is less.
inline std::span<contribution> greatest_contributions(std::span<const float> contributions,
                                                      std::span<const std::string_view> names, std::span<contribution> out) {
  LEVADA_CHECK(!contributions.empty(), contributions.size());
  const std::size_t features = contributions.size() - 1;
  LEVADA_CHECK(names.empty() || names.size() == features, names.size());
  const auto is_greater = [](float a, float b) {
    if (a != a || b != b) return a != a && b == b;
    return (a < 0 ? -a : a) > (b < 0 ? -b : b);
  };
  std::size_t n = 0;
  for (std::size_t f = 0; f < features; ++f) {
    const float value = contributions[f];
    std::size_t at = n;
    while (at > 0 && is_greater(value, out[at - 1].value)) --at;
    if (at == out.size()) continue;
    if (n < out.size()) ++n;
    for (std::size_t i = n - 1; i > at; --i) out[i] = out[i - 1];
    out[at] = {static_cast<std::uint32_t>(f), value, names.empty() ? std::string_view{} : names[f]};
  }
  return out.first(n);
}

}  // namespace levada::inline v0
