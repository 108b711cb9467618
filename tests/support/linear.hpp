// SPDX-License-Identifier: BSL-1.0
// linear: a model that tests can compute by hand: output o = the sum of the features * (weight + o).
#pragma once

#include <cstddef>
#include <span>
#include <utility>

namespace support {

struct linear {
  float weight = 1;
  std::size_t length = 2;
  std::size_t results = 1;

  [[nodiscard]] std::size_t features() const { return length; }
  [[nodiscard]] std::size_t outputs() const { return results; }
  void score(std::span<const float> row, std::span<float> out) const {
    float sum = 0;
    for (const float x : row) sum += x;
    for (std::size_t o = 0; o < results; ++o) out[o] = sum * (weight + static_cast<float>(o));
  }
};

/// The same, and it tells how many rows came together.
struct linear_in_batches : linear {
  std::size_t* most = nullptr;

  void score_batch(std::span<const float> rows, std::size_t n, std::span<float> out) const {
    if (most != nullptr && n > *most) *most = n;
    for (std::size_t i = 0; i < n; ++i) score(rows.subspan(i * length, length), out.subspan(i * results, results));
  }
};

}  // namespace support
