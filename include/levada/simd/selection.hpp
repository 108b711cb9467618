// SPDX-License-Identifier: BSL-1.0
// selection: the k-th smallest of some values, and quantiles by it, without a sort. Plain C++: a step of a partition depends on
// the one before it.
#pragma once

#include <levada/core/config.hpp>

#include <cstddef>
#include <span>

namespace levada::inline v0 {

/// Takes  values, none of them NaN, and k < values.size(). It moves them: those before place k are then at most, those behind
///        it at least what lies there.
/// Emits  what lies at place k.
/// Costs  some 3 n steps on the average, none of which is a branch that has to be guessed. Many equal values do no harm.
/// Source: C. A. R. Hoare, Algorithm 65: FIND (1961), with N. Lomuto's partition.
inline float select_nth(std::span<float> values, std::size_t k) {
  LEVADA_CHECK(k < values.size(), k);
  float* const v = values.data();
  for (std::size_t begin = 0, end = values.size(); end - begin > 1;) {
    const float a = v[begin], b = v[begin + (end - begin) / 2], c = v[end - 1];
    const float low = a < b ? a : b, high = a < b ? b : a, pivot = c < low ? low : c < high ? c : high;
    std::size_t less = begin;
    for (std::size_t i = begin; i < end; ++i) {
      const float x = v[i];
      v[i] = v[less];
      v[less] = x;
      less += x < pivot;
    }
    if (k < less) {
      end = less;
      continue;
    }
    // Behind `less` lies none that is smaller than the pivot: those that are equal go first, and one of them at least is there.
    std::size_t equal = less;
    for (std::size_t i = less; i < end; ++i) {
      const float x = v[i];
      v[i] = v[equal];
      v[equal] = x;
      equal += x <= pivot;
    }
    if (k < equal) break;
    begin = equal;
  }
  return v[k];
}

/// The value below which the share q of all values lies, in [0, 1]: a straight line between the two values around it, of which
/// the i-th of n stands for the share (i - 1/2) / n. (R. Hyndman, Y. Fan, The American Statistician 50 (1996), definition 5.)
/// Takes  at least one value, none of them NaN, and moves them.
/// Costs  like select_nth.
inline float quantile_of(std::span<float> values, double q) {
  const std::size_t n = values.size();
  LEVADA_CHECK(n > 0, n);
  LEVADA_CHECK(q >= 0 && q <= 1, q);
  const double place = q * static_cast<double>(n) - 0.5;
  const std::size_t k = place > 0 ? static_cast<std::size_t>(place) : 0;
  const float low = select_nth(values, k < n ? k : n - 1);
  if (place <= 0 || k + 1 >= n) return low;
  float next = values[k + 1];
  for (std::size_t i = k + 2; i < n; ++i) next = values[i] < next ? values[i] : next;
  return static_cast<float>(static_cast<double>(low) +
                            (place - static_cast<double>(k)) * (static_cast<double>(next) - static_cast<double>(low)));
}

}  // namespace levada::inline v0
