// SPDX-License-Identifier: BSL-1.0
// links: from what a model has summed up to what it says: a probability, a rate, a distribution over classes.
#pragma once

#include <levada/wire/model_parts.hpp>

#include <cmath>
#include <cstddef>
#include <span>

namespace levada::inline v0::detail {

/// exp(value - greatest) over its sum, so that no exponential overflows.
inline void to_softmax(std::span<float> values) {
  float greatest = values[0], sum = 0;
  for (const float v : values) greatest = v > greatest ? v : greatest;
  for (float& v : values) sum += v = std::exp(v - greatest);
  for (float& v : values) v /= sum;
}

inline void apply_link(link_function link, std::span<float> margins) {
  switch (link) {
    case link_function::identity: return;
    case link_function::softmax: return to_softmax(margins);
    case link_function::logistic:
      for (float& m : margins) m = 1 / (1 + std::exp(-m));
      return;
    case link_function::exponential:
      for (float& m : margins) m = std::exp(m);
      return;
  }
}

}  // namespace levada::inline v0::detail
