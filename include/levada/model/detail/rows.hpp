// SPDX-License-Identifier: BSL-1.0
// rows: what the models of this room do with rows of numbers: sums in lanes, and looking through the parts that they are made
// from.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/state/slots.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace levada::inline v0::detail {

/// Rows that a model keeps while it works lie on the stack, so there is a longest one.
inline constexpr std::size_t longest_row = 1024;

/// The sum of term(0) ... term(n - 1) in double. It is added up in eight lanes and not from left to right, which the compiler may
/// put into registers without being told that sums need not be exact.
template <class Term>
LEVADA_INLINE double sum_in_lanes(std::size_t n, Term term) {
  constexpr std::size_t width = 8;
  double lanes[width]{};
  std::size_t i = 0;
  for (; i + width <= n; i += width)
    for (std::size_t l = 0; l < width; ++l) lanes[l] += term(i + l);
  for (std::size_t l = 0; i < n; ++i, ++l) lanes[l] += term(i);
  return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}
template <class A, class B>
LEVADA_INLINE double dot(const A* a, const B* b, std::size_t n) {
  return sum_in_lanes(n, [=](std::size_t i) LEVADA_INLINE_LAMBDA { return double{a[i]} * double{b[i]}; });
}
LEVADA_INLINE double squared_distance(const float* a, const float* b, std::size_t n) {
  return sum_in_lanes(n, [=](std::size_t i) LEVADA_INLINE_LAMBDA {
    const double d = double{a[i]} - double{b[i]};
    return d * d;
  });
}

inline slots<float> copied_floats(std::span<const float> values) {
  slots<float> copy;
  copy.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) copy[i] = values[i];
  return copy;
}

/// Whether a part is as long as the others say, and all of it numbers.
inline result<> check_numbers(std::string_view model, std::string_view what, std::span<const float> values, std::size_t wanted) {
  if (values.size() != wanted)
    return fault::of(failure::data, model, ": ", wanted, " ", what, " are needed and ", values.size(),
                     " are there: the model was cut off, or its parts belong to different ones");
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!(values[i] - values[i] == 0))
      return fault::of(failure::data, model, ": number ", i, " of its ", what,
                       " is infinite or NaN: look for such values, or for constant features, in the training data");
  return {};
}
inline result<> check_length(std::string_view model, std::string_view what, std::size_t n, std::size_t most) {
  if (n != 0 && n <= most) return {};
  return fault::of(failure::data, model, ": ", n, " ", what, ", where 1 to ", most, " are possible");
}

}  // namespace levada::inline v0::detail
