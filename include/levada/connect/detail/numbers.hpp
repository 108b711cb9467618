// SPDX-License-Identifier: BSL-1.0
// numbers: numbers in the text of model files.
#pragma once

#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>
#include <system_error>
#include <vector>

namespace levada::inline v0::detail {

/// The whole word is one number that a T can hold.
template <class T>
bool parse_number(std::string_view word, T& value) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc{} && end == word.data() + word.size();
}

/// Calls f with each word between separators, until it gives false.
template <class F>
bool each_word(std::string_view words, char separator, F&& f) {
  while (!words.empty()) {
    const auto end = words.find(separator);
    const auto word = words.substr(0, end);
    words.remove_prefix(end == words.npos ? words.size() : end + 1);
    if (!word.empty() && !f(word)) return false;
  }
  return true;
}

template <class T>
bool parse_numbers(std::string_view words, char separator, std::vector<T>& values) {
  values.clear();
  return each_word(words, separator, [&](std::string_view word) { return parse_number(word, values.emplace_back()); });
}

/// The greatest float that is not above: a float x is <= it exactly if it is <= the double. NaN stays NaN.
inline float rounded_down(double value) {
  using limits = std::numeric_limits<float>;
  if (value > static_cast<double>(limits::max())) return std::isinf(value) ? limits::infinity() : limits::max();
  if (value < -static_cast<double>(limits::max())) return -limits::infinity();
  const auto near = static_cast<float>(value);
  return static_cast<double>(near) > value ? std::nextafter(near, -limits::infinity()) : near;
}

/// The nearest float; what is too large for one becomes infinite.
inline float rounded(double value) {
  using limits = std::numeric_limits<float>;
  if (std::abs(value) <= static_cast<double>(limits::max()) || std::isnan(value)) return static_cast<float>(value);
  return value > 0 ? limits::infinity() : -limits::infinity();
}

}  // namespace levada::inline v0::detail
