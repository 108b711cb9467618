// SPDX-License-Identifier: BSL-1.0
// forecasters: several simple forecasts of the next value of one series, and mixtures of them in which the better ones count
// more.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/time.hpp>
#include <levada/model/detail/period_finder.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace levada::inline v0::detail {

/// The forecasts: the level at three speeds, the mean of the hour of the day (UTC), of the hour of the week, and the mean of what
/// was one and two periods ago. Each has a record of its mean absolute error. A mixture weighs them by error^-4: an expert that
/// errs twice as much counts a sixteenth, and no unit is needed for that (Vovk's aggregating of experts, with a power for the
/// loss).
class forecasters {
 public:
  enum expert : std::size_t { slow_level, level, quick_level, hour_of_day, hour_of_week, period, experts };

  /// The mixtures' forecast of the value that comes at this time; `chosen` are bits of experts.
  [[nodiscard]] LEVADA_INLINE double mix(std::uint32_t chosen) const {
    double least = INFINITY;
    for (std::size_t k = 0; k < experts; ++k)
      if ((chosen >> k & 1) != 0 && errors_[k] < least) least = errors_[k];
    double mass = 0, sum = 0;
    for (std::size_t k = 0; k < experts; ++k) {
      if ((chosen >> k & 1) == 0) continue;
      const double share = errors_[k] > 0 ? least / errors_[k] : 1, w = share * share * share * share;
      mass += w;
      sum += w * forecasts_[k];
    }
    return sum / mass;
  }

  /// Before mix(): what the experts say of the value that comes at `time`. False where it is the first one.
  LEVADA_INLINE bool expect(timestamp time) {
    const std::int64_t hour = levada::slot_of(time, duration{3'600'000'000'000});
    day_ = static_cast<std::size_t>((hour % 24 + 24) % 24);
    week_ = static_cast<std::size_t>((hour % 168 + 168) % 168);
    if (values_ == 0) return false;
    forecasts_[slow_level] = levels_[0];
    forecasts_[level] = levels_[1];
    forecasts_[quick_level] = levels_[2];
    forecasts_[hour_of_day] = days_[day_].values > 0 ? days_[day_].mean : levels_[0];
    forecasts_[hour_of_week] = weeks_[week_].values > 0 ? weeks_[week_].mean : forecasts_[hour_of_day];
    const std::size_t p = periods_.period();
    forecasts_[period] = p == 0                      ? levels_[0]
                         : periods_.values() < 2 * p ? periods_.before(p)
                                                     : (periods_.before(p) + periods_.before(2 * p)) / 2;
    return true;
  }

  /// After expect(): the value itself. Slots learn by the time that went by, so that any rate of events learns an hour equally
  /// fast; a clock that stands or runs backwards teaches them nothing, a gap counts as an hour.
  LEVADA_INLINE void learn(timestamp time, double x) {
    if (values_ == 0) {
      levels_ = {x, x, x};
    } else {
      const double plain = 1 / static_cast<double>(values_), rate = plain > 0.005 ? plain : 0.005;
      for (std::size_t k = 0; k < experts; ++k) errors_[k] += rate * (std::fabs(x - forecasts_[k]) - errors_[k]);
      constexpr std::array<double, 3> rates{0.02, 0.05, 0.4};
      for (std::size_t k = 0; k < rates.size(); ++k) levels_[k] += rates[k] * (x - levels_[k]);
    }
    const auto ns = [](timestamp t) { return static_cast<std::uint64_t>(t.ns); };  // from one end of time to the other one
    const std::uint64_t elapsed = values_ == 0 || time < last_ ? 0 : ns(time) - ns(last_);
    if (elapsed != elapsed_) {
      elapsed_ = elapsed;
      const double hours = elapsed > 3'600'000'000'000 ? 1 : static_cast<double>(elapsed) / 3.6e12;
      day_rate_ = 1 - std::exp(hours * day_memory);
      week_rate_ = 1 - std::exp(hours * week_memory);
    }
    last_ = time;
    days_[day_].learn(day_rate_, x);
    weeks_[week_].learn(week_rate_, x);
    periods_.add(x);
    if (values_ < 1u << 30) ++values_;
  }

  [[nodiscard]] double usual() const { return levels_[1]; }

 private:
  // Logarithms of the weight that the past keeps after an hour in the slot: 0.85 and 0.2.
  static constexpr double day_memory = -0.1625, week_memory = -1.6094;

  struct slot {
    double mean = 0;
    std::uint32_t values = 0;
    void learn(double rate, double x) {  // a plain mean at first
      if (values < 1u << 30) ++values;
      const double plain = 1 / static_cast<double>(values);
      mean += (plain > rate ? plain : rate) * (x - mean);
    }
  };

  std::array<double, experts> forecasts_{}, errors_{};
  std::array<double, 3> levels_{};
  std::array<slot, 24> days_{};
  std::array<slot, 168> weeks_{};
  period_finder periods_{};
  std::size_t day_ = 0, week_ = 0;
  timestamp last_{};
  std::uint64_t elapsed_ = 0;
  double day_rate_ = 0, week_rate_ = 0;
  std::uint32_t values_ = 0;
};

}  // namespace levada::inline v0::detail
