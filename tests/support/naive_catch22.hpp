// SPDX-License-Identifier: BSL-1.0
// naive_catch22: the 22 features by the letter of their definitions, in double precision, sharing nothing and sparing nothing.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <map>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

namespace support::naive {

using series = std::vector<double>;

inline double mean(const series& v) {
  double sum = 0;
  for (double x : v) sum += x;
  return sum / static_cast<double>(v.size());
}
inline double deviation(const series& v) {
  const double m = mean(v);
  double sum = 0;
  for (double x : v) sum += (x - m) * (x - m);
  return std::sqrt(sum / static_cast<double>(v.size() - 1));
}
inline series standard(std::span<const float> samples) {
  series v(samples.begin(), samples.end());
  const double m = mean(v);
  for (double& x : v) x -= m;
  const double d = deviation(v);
  for (double& x : v) x /= d;
  return v;
}
inline double quantile(series v, double q) {
  std::sort(v.begin(), v.end());
  const double place = q * static_cast<double>(v.size()) + 0.5;  // from 1
  if (place <= 1) return v.front();
  if (place >= static_cast<double>(v.size())) return v.back();
  const auto below = static_cast<std::size_t>(std::floor(place));
  return v[below - 1] + (place - std::floor(place)) * (v[below] - v[below - 1]);
}
inline series autocorrelation(const series& v) {
  const double m = mean(v);
  series r;
  for (std::size_t lag = 0; lag < v.size(); ++lag) {
    double sum = 0;
    for (std::size_t i = lag; i < v.size(); ++i) sum += (v[i] - m) * (v[i - lag] - m);
    r.push_back(sum);
  }
  for (std::size_t lag = v.size(); lag-- > 0;) r[lag] /= r[0];
  return r;
}
inline std::size_t zero(const series& r) {
  for (std::size_t lag = 0; lag < r.size(); ++lag)
    if (r[lag] <= 0) return lag;
  return r.size();
}
/// Between the last lag above zero and the first that is not.
inline double crossing(const series& r) {
  const std::size_t after = zero(r);
  if (after == r.size()) return static_cast<double>(after);
  return static_cast<double>(after) - r[after] / (r[after] - r[after - 1]);
}
inline series steps(const series& v) {
  series d;
  for (std::size_t i = 1; i < v.size(); ++i) d.push_back(v[i] - v[i - 1]);
  return d;
}
inline double mode(const series& v, int bins) {
  const auto [low, high] = std::minmax_element(v.begin(), v.end());
  std::vector<int> counts(static_cast<std::size_t>(bins));
  for (double x : v) {
    int bin = 0;
    while (bin + 1 < bins && x >= *low + (bin + 1) * (*high - *low) / bins) ++bin;
    ++counts[static_cast<std::size_t>(bin)];
  }
  series centres;
  for (int i = 0; i < bins; ++i)
    if (counts[static_cast<std::size_t>(i)] == *std::max_element(counts.begin(), counts.end()))
      centres.push_back(*low + (i + 0.5) * (*high - *low) / bins);
  return mean(centres);
}
inline double entropy(const std::map<int, double>& counts) {
  double all = 0, e = 0;
  for (const auto& [word, n] : counts) all += n;
  for (const auto& [word, n] : counts) e -= n / all * std::log(n / all);
  return e;
}
/// With what a finite sample misses (Miller and Madow).
inline double corrected_entropy(const std::map<int, double>& counts) {
  double all = 0;
  for (const auto& [word, n] : counts) all += n;
  return entropy(counts) + (static_cast<double>(counts.size()) - 1) / (2 * all);
}
inline double information(const series& v, std::size_t lag) {
  const double low = *std::min_element(v.begin(), v.end()), high = *std::max_element(v.begin(), v.end());
  const auto bin = [&](double x) { return std::min(4, static_cast<int>(5 * (x - low) / (high - low))); };
  std::map<int, double> one, other, both;
  for (std::size_t i = 0; i + lag < v.size(); ++i) {
    const int a = bin(v[i]), b = bin(v[i + lag]);
    ++one[a], ++other[b], ++both[100 * a + b];
  }
  return corrected_entropy(one) + corrected_entropy(other) - corrected_entropy(both);
}
inline std::size_t longest(const std::vector<bool>& is) {
  std::size_t most = 0;
  for (std::size_t begin = 0; begin < is.size(); ++begin)
    for (std::size_t end = begin; end < is.size() && is[end]; ++end) most = std::max(most, end - begin + 1);
  return most;
}
inline std::vector<int> letters(const series& v) {
  std::vector<int> l;
  const double a = quantile(v, 1.0 / 3), b = quantile(v, 2.0 / 3);
  for (double x : v) l.push_back(x <= a ? 0 : x <= b ? 1 : 2);
  return l;
}
/// The modified Bessel function of order 0, by its integral.
inline double bessel_i0(double x) {
  double sum = 0;
  for (int i = 0; i < 64; ++i) sum += std::exp(x * std::cos(std::acos(-1.0) * (i + 0.5) / 64)) / 64;
  return sum;
}
/// As a convolution with a sinc in Kaiser's window, of which every tau-th value is kept.
inline series thinned(const series& v, int tau) {
  if (tau < 2) return v;
  const int n = static_cast<int>(v.size()), reach = 10 * tau;
  const double pi = std::acos(-1.0);
  series weights, thin;
  double sum = 0;
  for (int k = -reach; k <= reach; ++k) {
    const double kaiser = bessel_i0(5 * std::sqrt(1 - std::pow(static_cast<double>(k) / reach, 2)));
    weights.push_back(kaiser * (k == 0 ? 1.0 : std::sin(pi * k / tau) / (pi * k / tau)));
    sum += weights.back();
  }
  for (int i = 0; i < n; i += tau) {
    double y = 0;
    for (int k = -reach; k <= reach; ++k)
      if (i + k >= 0 && i + k < n) y += weights[static_cast<std::size_t>(k + reach)] * v[static_cast<std::size_t>(i + k)];
    thin.push_back(y / sum);
  }
  return thin;
}
inline double transitions(const series& v, std::size_t tau) {
  const auto l = letters(thinned(v, static_cast<int>(std::min(tau, std::max<std::size_t>(1, v.size() / 50)))));
  std::array<series, 3> column{series(3), series(3), series(3)};
  for (std::size_t i = 1; i < l.size(); ++i)
    column[static_cast<std::size_t>(l[i])][static_cast<std::size_t>(l[i - 1])] += 1 / static_cast<double>(l.size() - 1);
  double trace = 0;
  for (const series& c : column) trace += deviation(c) * deviation(c);
  return trace;
}
/// A cubic, and one more beyond the middle, by Gram and Schmidt.
inline series detrended(series v) {
  std::vector<series> basis;
  for (int k = 0; k < 5; ++k) {
    series b;
    for (std::size_t i = 0; i < v.size(); ++i) {
      const double u = static_cast<double>(i) / static_cast<double>(v.size() - 1);
      b.push_back(k < 4 ? std::pow(u, k) : u > 0.5 ? std::pow(u - 0.5, 3) : 0);
    }
    const auto without = [](series& of, const series& unit) {
      double dot = 0;
      for (std::size_t i = 0; i < of.size(); ++i) dot += of[i] * unit[i];
      for (std::size_t i = 0; i < of.size(); ++i) of[i] -= dot * unit[i];
    };
    for (int twice = 0; twice < 2; ++twice)
      for (const series& other : basis) without(b, other);
    double square = 0;
    for (double x : b) square += x * x;
    for (double& x : b) x /= std::sqrt(square);
    without(v, b);
    basis.push_back(b);
  }
  return v;
}
inline double period(const series& v) {
  const series rest = detrended(v);
  series r;
  for (std::size_t lag = 0; lag < v.size(); ++lag) {
    series products;
    for (std::size_t i = lag; i < v.size(); ++i) products.push_back(rest[i] * rest[i - lag]);
    r.push_back(mean(products));
  }
  std::vector<std::size_t> troughs;
  for (std::size_t lag = 2; 3 * lag < v.size(); ++lag) {
    if (r[lag - 1] > r[lag] && r[lag] < r[lag + 1]) troughs.push_back(lag);
    if (r[lag - 1] < r[lag] && r[lag] > r[lag + 1] && r[lag] > 0 && !troughs.empty() && r[lag] - r[troughs.back()] >= 0.01)
      return static_cast<double>(lag);
  }
  return 0;
}
inline double embedding(const series& v, std::size_t tau) {
  tau = std::min(tau, v.size() / 10);
  series d;
  for (std::size_t t = 0; t + tau + 1 < v.size(); ++t) d.push_back(std::hypot(v[t + 1] - v[t], v[t + 1 + tau] - v[t + tau]));
  const double low = *std::min_element(d.begin(), d.end()), high = *std::max_element(d.begin(), d.end());
  const auto m = static_cast<double>(d.size());
  const double quartiles = quantile(d, 0.75) - quantile(d, 0.25), wanted = (high - low) / (2 * quartiles * std::pow(m, -1.0 / 3));
  const int bins = static_cast<int>(std::min(m, std::ceil(std::max(quartiles > 0 ? wanted : 0, 1 + std::log2(m)))));
  const double width = (high - low) / bins, rate = 1 / mean(d);
  double sum = 0;
  for (int k = 0; k < bins; ++k) {
    double n = 0;
    for (double x : d) n += x >= low + k * width && (k + 1 == bins || x < low + (k + 1) * width) ? 1 : 0;
    sum += std::fabs(n / static_cast<double>(d.size()) / width - rate * std::exp(-rate * (low + (k + 0.5) * width)));
  }
  return sum / bins;
}
inline double gaussian_minimum(const series& v) {
  const std::size_t most = std::min<std::size_t>(40, v.size() / 2);
  series ami;
  for (std::size_t lag = 1; lag <= most; ++lag) {
    const series a(v.begin(), v.end() - static_cast<std::ptrdiff_t>(lag)),
        b(v.begin() + static_cast<std::ptrdiff_t>(lag), v.end());
    const double ma = mean(a), mb = mean(b);
    double covariance = 0;
    for (std::size_t i = 0; i < a.size(); ++i) covariance += (a[i] - ma) * (b[i] - mb) / static_cast<double>(a.size() - 1);
    const double r = covariance / deviation(a) / deviation(b);
    ami.push_back(-0.5 * std::log(1 - r * r));
  }
  for (std::size_t i = 1; i + 1 < ami.size(); ++i)
    if (ami[i] < ami[i - 1] && ami[i] < ami[i + 1]) return static_cast<double>(i + 1);
  return static_cast<double>(most);
}
inline double outliers(const series& v, double sign) {
  series medians;
  std::size_t above = 0;
  for (int k = 0;; ++k) {
    series positions;
    for (std::size_t i = 0; i < v.size(); ++i)
      if (sign * v[i] * 100 >= k) positions.push_back(static_cast<double>(i + 1));
    if (k == 0) above = positions.size();
    const series gaps = steps(positions);
    if (k > 0 && static_cast<double>(gaps.size()) <= 0.02 * static_cast<double>(above)) break;
    medians.push_back(quantile(positions, 0.5) / (static_cast<double>(v.size()) / 2) - 1);
  }
  return quantile(medians, 0.5);
}
/// Of a transform at as many frequencies as n rounded up to a power of two.
inline std::pair<double, double> periodogram(const series& v) {
  std::size_t size = 1;
  while (size < v.size()) size *= 2;
  const double turn = 2 * std::acos(-1.0);
  series density, cosine;
  for (std::size_t i = 0; i < size; ++i) cosine.push_back(std::cos(turn * static_cast<double>(i) / static_cast<double>(size)));
  for (std::size_t k = 0; k <= size / 2; ++k) {
    double re = 0, im = 0;
    for (std::size_t i = 0; i < v.size(); ++i) {
      re += v[i] * cosine[i * k % size];
      im += v[i] * cosine[(i * k + size / 4) % size];
    }
    density.push_back(2 * (re * re + im * im) / static_cast<double>(v.size()) / turn);
  }
  const double bin = turn / static_cast<double>(size);
  double area = 0, all = 0, sum = 0;
  for (std::size_t k = 0; 5 * k <= size / 2; ++k) area += density[k] * bin;
  for (double d : density) all += d;
  std::size_t k = 0;
  while ((sum += density[k]) <= all / 2) ++k;
  return {area, static_cast<double>(k) * bin};
}
/// Sum of squared residuals of a straight line, and the range of them.
inline std::pair<double, double> about_line(const series& x, const series& y) {
  const double mx = mean(x), my = mean(y);
  double xx = 0, xy = 0, square = 0, low = 1e300, high = -1e300;
  for (std::size_t i = 0; i < x.size(); ++i) xx += (x[i] - mx) * (x[i] - mx), xy += (x[i] - mx) * (y[i] - my);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double r = y[i] - my - xy / xx * (x[i] - mx);
    square += r * r;
    low = std::min(low, r);
    high = std::max(high, r);
  }
  return {square, high - low};
}
inline double fluctuation(const series& v, std::size_t lag, bool by_range) {
  series walk;
  for (std::size_t i = 0; i * lag < v.size(); ++i) walk.push_back(v[i * lag] + (walk.empty() ? 0 : walk.back()));
  const double least = std::log(5), most = std::log(static_cast<double>(walk.size() / 2));
  std::vector<std::size_t> lengths;
  for (int i = 0; i < 50; ++i) {
    const auto t = static_cast<std::size_t>(std::lround(std::exp(least + (most - least) * i / 49)));
    if (lengths.empty() || t != lengths.back()) lengths.push_back(t);
  }
  const std::size_t n = lengths.size();
  const auto fewest = std::max<std::size_t>(8, static_cast<std::size_t>(std::lround(static_cast<double>(n) / 4)));
  if (n < 2 * fewest) return 1;
  series log_length, log_swing;
  for (const std::size_t t : lengths) {
    series x, all;
    for (std::size_t i = 0; i < t; ++i) x.push_back(static_cast<double>(i));
    for (std::size_t begin = 0; begin + t <= walk.size(); begin += t) {
      const auto first = walk.begin() + static_cast<std::ptrdiff_t>(begin);
      const auto [square, range] = about_line(x, series(first, first + static_cast<std::ptrdiff_t>(t)));
      all.push_back(by_range ? range * range : square / static_cast<double>(t));
    }
    log_length.push_back(std::log(static_cast<double>(t)));
    log_swing.push_back(0.5 * std::log(mean(all)));
  }
  const auto part = [](const series& s, std::size_t begin, std::size_t end) {
    return series(s.begin() + static_cast<std::ptrdiff_t>(begin), s.begin() + static_cast<std::ptrdiff_t>(end));
  };
  std::vector<std::pair<double, std::size_t>> errors;
  for (std::size_t i = fewest; i <= n - fewest; ++i)
    errors.emplace_back(about_line(part(log_length, 0, i), part(log_swing, 0, i)).first +
                            about_line(part(log_length, i - 1, n), part(log_swing, i - 1, n)).first,
                        i);
  return static_cast<double>(std::min_element(errors.begin(), errors.end())->second) / static_cast<double>(n);
}

inline std::array<double, 22> catch22(std::span<const float> samples) {
  const series x = standard(samples), r = autocorrelation(x), d = steps(x);
  const auto n = static_cast<double>(x.size());
  const std::size_t tau = zero(r);
  std::array<double, 22> f{};
  f[0] = mode(x, 5);
  f[1] = mode(x, 10);
  std::size_t lag = 0;
  while (lag < r.size() && r[lag] >= std::exp(-1.0)) ++lag;
  f[2] = lag == r.size() ? n - 1 : static_cast<double>(lag - 1) + (r[lag - 1] - std::exp(-1.0)) / (r[lag - 1] - r[lag]);
  f[3] = n;
  for (lag = r.size() - 2; lag > 0; --lag)
    if (r[lag] < r[lag - 1] && r[lag] < r[lag + 1]) f[3] = static_cast<double>(lag);
  f[4] = information(x, 2);
  std::vector<bool> above, falls;
  for (double s : d) {
    f[5] += s * s * s / (n - 1);
    f[6] += std::fabs(s) * 1000 > 40 ? 1 / (n - 1) : 0;
    falls.push_back(s <= 0);
  }
  for (double v : x) above.push_back(v > 0);
  f[7] = static_cast<double>(longest(above));
  f[8] = transitions(x, tau);
  f[9] = period(x);
  f[10] = embedding(x, tau);
  f[11] = gaussian_minimum(x);
  f[12] = crossing(autocorrelation(d)) / crossing(r);
  f[13] = outliers(x, 1);
  f[14] = outliers(x, -1);
  std::tie(f[15], f[20]) = periodogram(x);
  f[16] = static_cast<double>(longest(falls));
  const auto l = letters(x);
  std::map<int, double> words;
  for (std::size_t i = 1; i < l.size(); ++i) ++words[l[i - 1] * 3 + l[i]];
  f[17] = entropy(words) + std::max(0.0, static_cast<double>(words.size()) - 5) / (2 * (n - 1));
  f[18] = fluctuation(x, 1, true);
  f[19] = fluctuation(x, 2, false);
  series errors;
  for (std::size_t i = 3; i < x.size(); ++i) errors.push_back(x[i] - (x[i - 1] + x[i - 2] + x[i - 3]) / 3);
  f[21] = deviation(errors);
  return f;
}

}  // namespace support::naive
