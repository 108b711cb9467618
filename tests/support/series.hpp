// SPDX-License-Identifier: BSL-1.0
// series: numbers as sensors give them, the same with every compiler, and what a detector says of them.
#pragma once

#include "stream.hpp"

#include <levada/core/time.hpp>
#include <levada/model/detector.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

namespace support {

inline constexpr std::int64_t five_minutes = 300'000'000'000;

struct point {
  levada::timestamp time{};
  double value = 0;
};

/// A wave of that many values, with normal noise.
inline std::vector<point> waves(std::size_t n, std::size_t period, double noise, std::uint64_t seed = 1) {
  random r{seed};
  std::vector<point> all(n);
  for (std::size_t i = 0; i < n; ++i)
    all[i] = {{1'400'000'000'000'000'000 + static_cast<std::int64_t>(i) * five_minutes},
              20 + std::sin(6.283185307179586 * static_cast<double>(i) / static_cast<double>(period)) + r.normal(0, noise)};
  return all;
}
inline std::vector<point> noise(std::size_t n, double mean, double sigma, std::uint64_t seed = 1) {
  auto all = waves(n, 1, 0);
  random r{seed};
  for (auto& p : all) p.value = r.normal(mean, sigma);
  return all;
}

/// Of a fresh copy, on the heap: some are large.
template <class Detector>
std::vector<float> scores(const Detector& fresh, const std::vector<point>& series) {
  const auto d = std::make_unique<Detector>(fresh);
  std::vector<float> all;
  all.reserve(series.size());
  for (const point& p : series) all.push_back(d->score(p.time, p.value));
  return all;
}
inline std::size_t alarms(const std::vector<float>& scores, std::size_t first, std::size_t last) {
  std::size_t n = 0;
  for (std::size_t i = first; i < last; ++i) n += scores[i] >= levada::alarm_score ? 1u : 0u;
  return n;
}

/// What each detector promises: it scores from 0 to 1, does not look ahead, survives as its bytes, and forgets what is no number.
template <levada::detector Detector>
bool keeps_promises(const Detector& fresh, const std::vector<point>& series) {
  const auto whole = scores(fresh, series);
  for (const float s : whole)
    if (!(s >= 0 && s <= 1)) return false;
  const auto part = scores(fresh, {series.begin(), series.begin() + static_cast<std::ptrdiff_t>(series.size() / 2)});
  const auto d = std::make_unique<Detector>(fresh), moved = std::make_unique<Detector>(fresh);
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] != whole[i] || d->score(series[i].time, series[i].value) != whole[i]) return false;
    for (const double no_number : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), -1e300})
      if (d->score(series[i].time, no_number) != 0) return false;
  }
  *moved = *d;
  for (std::size_t i = part.size(); i < whole.size(); ++i)
    if (moved->score(series[i].time, series[i].value) != whole[i]) return false;
  return true;
}

}  // namespace support
