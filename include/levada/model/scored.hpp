// SPDX-License-Identifier: BSL-1.0
// scored: an event, what a model says of it, and which version of the model that was.
#pragma once

#include <cstddef>
#include <cstdint>

namespace levada::inline v0 {

template <class E, std::size_t Outputs = 1>
struct scored {
  E event;
  float outputs[Outputs];
  std::uint64_t model_version;

  [[nodiscard]] constexpr float score() const { return outputs[0]; }
  /// The output that is greatest, the first of equals; of a single output, which is a probability then, whether it is 0.5 or
  /// more.
  [[nodiscard]] constexpr std::uint32_t label() const {
    if constexpr (Outputs == 1) return outputs[0] >= 0.5f ? 1 : 0;
    std::uint32_t best = 0;
    for (std::uint32_t i = 1; i < Outputs; ++i)
      if (outputs[i] > outputs[best]) best = i;
    return best;
  }
};

}  // namespace levada::inline v0
