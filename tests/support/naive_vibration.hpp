// SPDX-License-Identifier: BSL-1.0
// naive_vibration: every number of the vibration set as its definition says it, in double, by sums over all samples: nothing is
// shared with what is tested.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace support::naive {

inline const double pi = std::acos(-1.0);
using series = std::vector<double>;
using bins = std::vector<std::complex<double>>;

/// Bin k of n: the sum of x[i] exp(-2 pi i k / n) for k = 0 ... n/2.
inline bins transform(const series& x, std::size_t n) {
  std::vector<std::complex<double>> circle(n);
  for (std::size_t i = 0; i < n; ++i) circle[i] = std::polar(1.0, -2 * pi * static_cast<double>(i) / static_cast<double>(n));
  bins all(n / 2 + 1);
  for (std::size_t k = 0; k < all.size(); ++k)
    for (std::size_t i = 0; i < x.size(); ++i) all[k] += x[i] * circle[i * k % n];
  return all;
}
/// Mean squares by bin, of samples without their mean, weighted by Hann's window; n is a power of two.
inline series power(series x, std::size_t n) {
  double mean = 0, squares = 0;
  for (const double v : x) mean += v / static_cast<double>(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double w = 0.5 - 0.5 * std::cos(2 * pi * static_cast<double>(i) / static_cast<double>(x.size()));
    x[i] = (x[i] - mean) * w;
    squares += w * w;
  }
  const bins b = transform(x, n);
  series p(b.size());
  for (std::size_t k = 1; k < p.size(); ++k)
    p[k] = std::norm(b[k]) * (k + 1 < p.size() ? 2 : 1) / (static_cast<double>(n) * squares);
  return p;
}
inline double near(const series& p, double bin) {
  const auto middle = static_cast<std::size_t>(std::lround(bin));
  double sum = 0;
  for (std::size_t k = middle > 2 ? middle - 2 : 1; k <= middle + 2 && k < p.size(); ++k) sum += p[k];
  return std::sqrt(sum);
}

struct machine {
  double rate, rpm;
  int balls;
  double ball, pitch, angle;  // degrees
};

inline std::map<std::string, double> vibration(const std::vector<float>& samples, const machine& of) {
  const series x(samples.begin(), samples.end());
  const std::size_t n = x.size();
  const auto count = static_cast<double>(n);
  std::map<std::string, double> f;
  double mean = 0, squares = 0, magnitude = 0, roots = 0, m2 = 0, m3 = 0, m4 = 0;
  for (const double v : x) {
    mean += v / count;
    squares += v * v / count;
    magnitude += std::fabs(v) / count;
    roots += std::sqrt(std::fabs(v)) / count;
  }
  series y;
  for (const double v : x) {
    const double d = v - mean;
    y.push_back(d);
    m2 += d * d / count;
    m3 += d * d * d / count;
    m4 += d * d * d * d / count;
  }
  const auto [low, high] = std::minmax_element(x.begin(), x.end());
  const double root = std::sqrt(squares), peak = std::max(std::fabs(*low), std::fabs(*high));
  f["mean"] = mean;
  f["stddev"] = std::sqrt(m2);
  f["rms"] = root;
  f["peak"] = peak;
  f["peak_to_peak"] = *high - *low;
  f["crest_factor"] = peak / root;
  f["shape_factor"] = root / magnitude;
  f["impulse_factor"] = peak / magnitude;
  f["clearance_factor"] = peak / (roots * roots);
  f["skewness"] = m3 / std::pow(m2, 1.5);
  f["kurtosis"] = m4 / (m2 * m2);
  double crossings = 0, slope = 0;
  for (std::size_t i = 0; i + 1 < n; ++i) crossings += (y[i] < 0) != (y[i + 1] < 0) ? 1 : 0;
  f["zero_crossing_rate"] = crossings / (count - 1);
  const auto variance = [](const series& v) {
    double m = 0, s = 0;
    for (const double e : v) m += e / static_cast<double>(v.size());
    for (const double e : v) s += (e - m) * (e - m) / static_cast<double>(v.size());
    return s;
  };
  const auto differences = [](const series& v) {
    series d;
    for (std::size_t i = 0; i + 1 < v.size(); ++i) d.push_back(v[i + 1] - v[i]);
    return d;
  };
  const series d1 = differences(x), d2 = differences(d1);
  const double mobility = std::sqrt(variance(d1) / m2);
  f["hjorth_activity"] = m2;
  f["hjorth_mobility"] = mobility;
  f["hjorth_complexity"] = std::sqrt(variance(d2) / variance(d1)) / mobility;
  for (std::size_t i = 0; i < n; ++i) slope += (static_cast<double>(i) - (count - 1) / 2) * x[i];
  f["slope"] = slope * 12 / (count * (count * count - 1)) * of.rate;
  for (const std::size_t lag : {1u, 2u, 4u, 8u}) {
    double product = 0;
    for (std::size_t i = 0; i + lag < n; ++i) product += y[i] * y[i + lag];
    f["autocorrelation_at_" + std::to_string(lag)] = product / (count * m2);
  }

  std::size_t length = 1;
  while (length < n) length *= 2;
  const series p = power(x, length);
  const auto last = static_cast<double>(p.size() - 1);
  const double step = of.rate / static_cast<double>(length);
  double total = 0, first = 0, second = 0, logs = 0, entropy = 0;
  for (std::size_t k = 1; k < p.size(); ++k) total += p[k];
  for (std::size_t k = 1; k < p.size(); ++k) {
    const double part = p[k] / total, frequency = static_cast<double>(k) * step;
    first += part * frequency;
    second += part * frequency * frequency;
    logs += std::log(p[k]) / last;
    entropy -= part * std::log(part);
    const std::size_t bin = std::min<std::size_t>(15, k * 16 / (p.size() - 1));
    f["band_energies_" + std::to_string(bin)] += p[k];
  }
  const auto top = static_cast<std::size_t>(std::max_element(p.begin(), p.end()) - p.begin());
  const double left = std::log(p[top - 1]), middle = std::log(p[top]), right = std::log(p[top + 1]);
  f["dominant_frequency"] = (static_cast<double>(top) + (left - right) / (2 * (left - 2 * middle + right))) * step;
  f["spectral_centroid"] = first;
  f["spectral_spread"] = std::sqrt(second - first * first);
  double sum = 0;
  std::size_t reached = 0;
  while (sum < 0.85 * total) sum += p[++reached];
  f["spectral_rolloff_85"] = static_cast<double>(reached) * step;
  f["spectral_flatness"] = std::exp(logs) / (total / last);
  f["spectral_entropy"] = entropy / std::log(last);
  for (const int order : {1, 2, 3}) f["order_line_" + std::to_string(order)] = near(p, order * of.rpm / 60 / step);

  // The analytic signal of the middle half of the bins, at every second sample.
  const bins all = transform(y, length);
  const std::size_t points = length / 2, from = length / 8, bands = length / 4;
  std::vector<std::complex<double>> circle(points);
  for (std::size_t i = 0; i < points; ++i)
    circle[i] = std::polar(1.0, 2 * pi * static_cast<double>(i) / static_cast<double>(points));
  series envelope;
  for (std::size_t t = 0; t < n / 2; ++t) {
    std::complex<double> z = 0;
    for (std::size_t k = 0; k < bands; ++k) z += all[from + k] * circle[k * t % points];
    envelope.push_back(std::abs(z) * 2 / static_cast<double>(length));
  }
  const series q = power(envelope, points);
  const double across = of.ball / of.pitch * std::cos(of.angle * pi / 180), turns = of.rpm / 60 / step;
  f["bpfo"] = near(q, turns * of.balls / 2 * (1 - across));
  f["bpfi"] = near(q, turns * of.balls / 2 * (1 + across));
  f["bsf"] = near(q, turns * of.pitch / of.ball / 2 * (1 - across * across));
  f["ftf"] = near(q, turns / 2 * (1 - across));
  return f;
}

/// A shaft with an unbalance, a trend, noise, and a bearing whose outer race rings whenever a ball passes.
inline std::vector<float> bearing(std::size_t n, const machine& of, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> noise(0, 0.05);
  std::uniform_real_distribution<double> phase(0, 1);
  const double shaft = of.rpm / 60, hits = shaft * of.balls / 2 * (1 - of.ball / of.pitch), begin = phase(random);
  std::vector<float> x(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double t = static_cast<double>(i) / of.rate, turn = hits * t + begin, since = (turn - std::floor(turn)) / hits;
    x[i] = static_cast<float>(0.1 + 0.3 * t + 0.2 * std::sin(2 * pi * (shaft * t + begin)) +
                              std::exp(-700 * since) * std::sin(2 * pi * 0.25 * of.rate * since) + noise(random));
  }
  return x;
}

}  // namespace support::naive
