// SPDX-License-Identifier: BSL-1.0
// adwin: a window that is as long as what is in it has one mean: it grows while nothing changes and drops its old part when it
// does.
#pragma once

#include <levada/core/config.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace levada::inline v0 {

/// `delta` is the chance of a change that is none, at each look; `range` is how far values lie apart at most: 1 for errors and
/// probabilities. A look is taken every `every` values.
struct adwin_options {
  double delta = 0.002;
  double range = 1;
  std::uint32_t every = 32;
};

/// Takes  values one by one; those that are not finite, or beyond 1e100, whose squares could not be summed, are passed over.
/// Holds  2.4 KB, trivially copyable, whatever the window's length: means of 1, 2, 4, 8 ... values, five of each at most. What is
///        more than some 80 million values old is forgotten.
/// Costs  one look in `every` goes over all means, some 60 for a thousand values; else a few additions.
///
/// A window of n values is cut, between n0 older and n1 newer ones, where their means differ by more than
///   sqrt(2 variance ln(2 / d) / m) + 2 range ln(2 / d) / (3 m)   with 1 / m = 1 / n0 + 1 / n1 and d = delta / ln(n).
///
/// Source: A. Bifet, R. Gavalda, Learning from time-changing data with adaptive windowing (2007): ADWIN2, and its bound by
/// variance.
class adwin {
 public:
  adwin() = default;
  explicit adwin(adwin_options options) : options_(options) {
    LEVADA_CHECK(options.delta > 0 && options.delta < 1, options.delta);
    LEVADA_CHECK(options.range >= 0, options.range);
    LEVADA_CHECK(options.every > 0, options.every);
  }

  /// Says that the mean has changed; the window is then what came after the change.
  bool add(double x) {
    if (!(std::fabs(x) <= most)) return false;
    put(0, {x, 0});
    join(n_, mean_, second_, 1, {x, 0});
    compress();
    if (++since_look_ < options_.every) return false;
    since_look_ = 0;
    bool changed = false;
    while (n_ > 10 && is_cut()) {
      drop_oldest();
      changed = true;
    }
    return changed;
  }
  [[nodiscard]] std::uint64_t count() const { return n_; }
  [[nodiscard]] double mean() const { return mean_; }
  /// With n below the line.
  [[nodiscard]] double variance() const { return n_ == 0 ? 0 : second_ / static_cast<double>(n_); }

 private:
  static constexpr std::size_t rows = 25, width = 5, fewest = 5;
  static constexpr double most = 1e100;
  struct bucket {
    double mean = 0, second = 0;  // of 2^row values; second is the sum of squared differences to the mean
  };
  static constexpr std::uint64_t values_in(std::size_t row) { return std::uint64_t{1} << row; }

  static void join(std::uint64_t& n, double& mean, double& second, std::uint64_t more, const bucket& b) {
    const auto old = static_cast<double>(n), added = static_cast<double>(more);
    const double d = b.mean - mean;
    n += more;
    second += b.second + d * d * old * added / (old + added);
    mean += d * added / (old + added);
  }
  void put(std::size_t row, const bucket& b) { buckets_[row][filled_[row]++] = b; }
  void take_oldest(std::size_t row, std::size_t how_many) {
    filled_[row] = static_cast<std::uint8_t>(filled_[row] - how_many);
    for (std::size_t i = 0; i < filled_[row]; ++i) buckets_[row][i] = buckets_[row][i + how_many];
  }
  /// The oldest come first in a row; two of them are one of the next row.
  void compress() {
    for (std::size_t row = 0; row < rows && filled_[row] > width; ++row) {
      if (row + 1 == rows) return drop_oldest();
      const bucket older = buckets_[row][0];
      std::uint64_t n = values_in(row);
      bucket both = older;
      join(n, both.mean, both.second, values_in(row), buckets_[row][1]);
      take_oldest(row, 2);
      put(row + 1, both);
    }
  }
  void drop_oldest() {
    std::size_t row = rows - 1;
    while (filled_[row] == 0) --row;
    const bucket& oldest = buckets_[row][0];
    const auto n = static_cast<double>(n_), gone = static_cast<double>(values_in(row)), left = n - gone;
    const double mean = left > 0 ? mean_ + (mean_ - oldest.mean) * gone / left : 0, d = oldest.mean - mean;
    second_ = left > 0 ? second_ - oldest.second - d * d * left * gone / n : 0;
    if (second_ < 0) second_ = 0;
    mean_ = mean;
    n_ -= values_in(row);
    take_oldest(row, 1);
  }
  [[nodiscard]] bool is_cut() const {
    const auto all = static_cast<double>(n_);
    const double log = std::log(2 * std::log(all) / options_.delta);
    double older = 0, older_sum = 0;
    for (std::size_t row = rows; row-- > 0;)
      for (std::size_t i = 0; i < filled_[row]; ++i) {
        older += static_cast<double>(values_in(row));
        older_sum += static_cast<double>(values_in(row)) * (buckets_[row][i].mean - mean_);
        const double newer = all - older;
        if (newer < static_cast<double>(fewest)) return false;
        if (older < static_cast<double>(fewest)) continue;
        // About the mean of all, the sum of the newer ones is the older ones', with its sign turned.
        const double apart = std::fabs(older_sum / older + older_sum / newer), reciprocal = 1 / older + 1 / newer;
        if (apart > std::sqrt(2 * reciprocal * variance() * log) + 2 * options_.range * reciprocal * log / 3) return true;
      }
    return false;
  }

  bucket buckets_[rows][width + 1]{};
  std::uint8_t filled_[rows]{};
  adwin_options options_{};
  std::uint64_t n_ = 0;
  double mean_ = 0, second_ = 0;
  std::uint32_t since_look_ = 0;
};

}  // namespace levada::inline v0
