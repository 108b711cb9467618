// SPDX-License-Identifier: BSL-1.0
// novelty: the detector to begin with: no training, no number to give, for series of any unit, rate and kind. It remembers how a
// series has departed from its forecasts, and speaks up when it does so as never before.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/time.hpp>
#include <levada/model/detail/forecasters.hpp>
#include <levada/model/detail/magnitude_sketch.hpp>
#include <levada/model/detector.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace levada::inline v0 {

namespace detail {

/// Points that were seen, far enough from each other. Adaptive resonance (Carpenter, Grossberg: ART 2, Applied Optics 26, 1987)
/// without prototypes that move: a point within `vigilance` of a remembered one confirms that one; another one is remembered, and
/// takes the place of the one that was idle longest.
template <std::size_t Dimensions, std::size_t Capacity>
class codebook {
 public:
  /// The distance to the nearest one: root mean square over dimensions. 0 for the first point.
  LEVADA_INLINE float learn(const std::array<float, Dimensions>& point, float vigilance, std::uint64_t now) {
    alignas(64) std::array<float, Capacity> distance;
    for (std::size_t p = 0; p < Capacity; ++p) distance[p] = (point[0] - at_[0][p]) * (point[0] - at_[0][p]);
    for (std::size_t k = 1; k < Dimensions; ++k)
      for (std::size_t p = 0; p < Capacity; ++p) distance[p] += (point[k] - at_[k][p]) * (point[k] - at_[k][p]);
    std::size_t nearest = 0;
    for (std::size_t p = 1; p < size_; ++p)
      if (distance[p] < distance[nearest]) nearest = p;
    const float away = size_ == 0 ? 0 : std::sqrt(distance[nearest] / static_cast<float>(Dimensions));
    if (size_ == 0 || away > vigilance) {
      nearest = size_ < Capacity ? size_++ : idlest();
      for (std::size_t k = 0; k < Dimensions; ++k) at_[k][nearest] = point[k];
    }
    used_[nearest] = now;
    return away;
  }

 private:
  [[nodiscard]] std::size_t idlest() const {
    std::size_t found = 0;
    for (std::size_t p = 1; p < Capacity; ++p)
      if (used_[p] < used_[found]) found = p;
    return found;
  }
  std::array<std::array<float, Capacity>, Dimensions> at_{};  // by dimension: the loops above run over points
  std::array<std::uint64_t, Capacity> used_{};
  std::size_t size_ = 0;
};

/// One way to look at a series: what is left of it behind one mixture of forecasts, on a logarithmic scale of its own usual size,
/// as means over the last 1, 2, 4 ... 64 values. The mean of n counts n^(1/4) times: between what noise allows (n^(1/2)) and a
/// constant.
class outlook {
  static constexpr std::size_t widths = 7, kept = std::size_t{1} << (widths - 1);
  static constexpr double one = 1 << 20;  // sums of whole numbers: they do not drift, however long it runs
  static constexpr float vigilance = 0.4f;

 public:
  /// `floor`: a departure below which nothing means anything.
  LEVADA_INLINE float learn(double residual, double floor, std::uint64_t now) {
    const double size = std::fabs(residual);
    sketch_.add(static_cast<float>(size < 1e30 ? size : 1e30));
    const auto found = static_cast<double>(sketch_.deviation());
    const double scale = found > floor ? found : floor, ratio = scale > 0 ? size / scale : 0;
    const float z = now < 16 ? 0 : std::log1p(static_cast<float>(ratio < 1e30 ? ratio : 1e30));
    const auto whole = static_cast<std::int64_t>(std::copysign(static_cast<double>(z), residual) * one);
    std::array<float, widths> point;
    for (std::size_t k = 0; k < widths; ++k) {
      const std::uint64_t width = std::uint64_t{1} << k, seen = now < width ? now + 1 : width;
      sums_[k] += whole - (now < width ? 0 : ring_[(now - width) % kept]);
      point[k] = static_cast<float>(static_cast<double>(sums_[k]) / one) * gains[k] / static_cast<float>(seen);
    }
    ring_[now % kept] = whole;
    return now < lessons ? 0 : book_.learn(point, vigilance, now);
  }
  /// The first values only teach.
  static constexpr std::uint64_t lessons = 100;

 private:
  static constexpr std::array<float, widths> gains{1, 1.189207f, 1.414214f, 1.681793f, 2, 2.378414f, 2.828427f};

  magnitude_sketch sketch_{};
  std::array<std::int64_t, kept> ring_{};
  std::array<std::int64_t, widths> sums_{};
  codebook<widths, 128> book_{};
};

/// Keeps alarms apart. Within `span` values behind an alarm only one that is half as much again counts; below the limit only what
/// is the greatest of the last `span` values counts, so that any other limit would find its first crossing as well. The span is a
/// tenth of what was seen, up to 200: a short series has short incidents.
class alarm_rule {
  static constexpr std::uint64_t longest = 200, shortest = 50, kept = 256;

 public:
  float operator()(double novelty, double limit) {
    ++row_;
    const std::uint64_t tenth = row_ / 10, span = tenth < shortest ? shortest : tenth < longest ? tenth : longest;
    while (head_ != tail_ && row_ - queue_[head_ % kept].row > span) ++head_;
    const bool greatest = head_ == tail_ || novelty > queue_[head_ % kept].novelty;
    while (head_ != tail_ && queue_[(tail_ - 1) % kept].novelty <= novelty) --tail_;
    queue_[tail_++ % kept] = {novelty, row_};
    if (novelty < limit) return greatest ? against(novelty, limit) : 0;
    if (row_ - alarm_.row <= span && alarm_.row != 0 && novelty <= 1.5 * alarm_.novelty) return 0;
    alarm_ = {novelty, row_};
    return against(novelty, limit);
  }

 private:
  struct entry {
    double novelty = 0;
    std::uint64_t row = 0;
  };
  std::array<entry, kept> queue_{};  // novelties that fall, of rows that rise: its head is the greatest of the span
  std::uint64_t head_ = 0, tail_ = 0, row_ = 0;
  entry alarm_{};
};

}  // namespace detail

/// Two mixtures of forecasts, a patient one (slow level, hours of day and week, a period that it finds) and a quick one, leave
/// two residuals. Each becomes a point: see detail::outlook. Novelty is the mean distance of the two points to the nearest ones
/// of their past. A value beyond all that were seen adds to it: whatever the distribution is, the n-th value is a record with
/// probability 1/n, so that records are rare in a long series without any scale (5 % of the range are asked for, as in Numenta's
/// detector: Ahmad, Lavin, Purdy, Agha, Unsupervised real-time anomaly detection for streaming data, Neurocomputing 262, 2017).
/// Takes  values in any unit in which they move by more than 1e-19 and less than 1e19; of their time the hour and the weekday
///        (UTC), and how long they are apart.
/// Gives  a score: see detector. One incident is one alarm, and one more if it grows by half.
/// Holds  36 KB, whatever comes. It learns from everything, so a new state is normal after it was seen.
/// Fails  the first 100 values only teach; an hour's mean is known after a day, a weekday's after a week, a period (up to 512
///        values) after it was seen about twice. It is blind to a value that stays within noise: add a rule for sensors that
///        stand still, limits where physics knows them, and a filter where wild values (65535, -9999) come often.
/// Costs  less than a microsecond.
class novelty {
 public:
  LEVADA_INLINE float score(timestamp time, double x) {
    if (!detail::is_usable(x)) return 0;
    x = within_reach(x);
    using f = detail::forecasters;
    const bool known = forecasts_.expect(time);
    constexpr std::uint32_t seasons = 1u << f::hour_of_day | 1u << f::hour_of_week;
    const double patient = known ? x - forecasts_.mix(seasons | 1u << f::slow_level | 1u << f::period) : 0;
    const double quick = known ? x - forecasts_.mix(seasons | 1u << f::level | 1u << f::quick_level) : 0;
    forecasts_.learn(time, x);
    const double level = std::fabs(forecasts_.usual()), range = high_ - low_, least = 1e-4 * (level > range ? level : range);
    double found =
        (static_cast<double>(patient_.learn(patient, least, now_)) + static_cast<double>(quick_.learn(quick, least, now_))) / 2;
    if (now_ >= detail::outlook::lessons) found += beyond(x);
    if (now_ == 0 || x > high_) high_ = x;
    if (now_ == 0 || x < low_) low_ = x;
    const bool teaches = now_++ < detail::outlook::lessons;
    return teaches ? alarms_(0, limit) : alarms_(found, limit);
  }

 private:
  static constexpr double limit = 0.42;

  /// What lies further than three ranges beyond all before counts as if it lay there: a sensor's lone 65535 or 1e38 would spoil
  /// whatever learns from it for thousands of values. What is really so large is followed within a few values.
  [[nodiscard]] double within_reach(double x) const {
    const double reach = 3 * (high_ - low_);
    if (now_ < 16 || !(reach > 0)) return x;
    return x > high_ + reach ? high_ + reach : x < low_ - reach ? low_ - reach : x;
  }
  [[nodiscard]] double beyond(double x) const {
    const double out = x > high_ ? x - high_ : low_ - x, range = high_ - low_;
    if (!(out > 0.05 * range)) return 0;
    const double part = 0.3 + out / range;
    return 0.6 * (part < 1 ? part : 1);
  }

  detail::forecasters forecasts_{};
  detail::outlook patient_{}, quick_{};
  detail::alarm_rule alarms_{};
  double low_ = 0, high_ = 0;
  std::uint64_t now_ = 0;
};
static_assert(detector<novelty>);

}  // namespace levada::inline v0
