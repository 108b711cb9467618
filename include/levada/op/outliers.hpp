// SPDX-License-Identifier: BSL-1.0
// outliers: events whose value lies far from the median of those before it, by the median absolute deviation. Neither is moved by
// the outliers themselves, as a mean and a standard deviation would be.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/op/aggregate.hpp>
#include <levada/state/slots.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// What is far: more than `deviations` robust standard deviations from the median. The deviation is 1.4826 times the median
/// absolute deviation, which is sigma of a normal distribution; `least` is taken where it is smaller, for values that hardly ever
/// change.
struct far_from_median {
  double deviations = 3;
  double least = 0;
};

template <class E>
struct outlier {
  E event;
  double median;
  double deviation;  ///< robust: see far_from_median
  double distance;   ///< to the median, in such deviations; infinite where these are zero
};

namespace detail {

/// The last N values, in the order in which they came and sorted.
template <std::size_t N>
class sorted_past {
 public:
  [[nodiscard]] bool full() const { return length_ == N; }
  [[nodiscard]] double median() const { return middle_of(sorted_[N / 2], sorted_[(N - 1) / 2]); }

  /// The median of the distances to the median. In both directions from it distances grow: a merge of the two, half way.
  [[nodiscard]] double deviation() const {
    const double middle = median();
    std::size_t left = N / 2, right = N / 2;  // below `left` and from `right` on nothing was taken
    double before = 0, last = 0;
    for (std::size_t taken = 0; taken <= N / 2; ++taken) {
      const bool go_left = right == N || (left > 0 && middle - sorted_[left - 1] <= sorted_[right] - middle);
      before = last;
      last = go_left ? middle - sorted_[--left] : sorted_[right++] - middle;
    }
    return N % 2 == 1 ? last : middle_of(before, last);
  }
  void add(double v) {
    std::size_t at = length_;
    if (full()) {
      const double oldest = ring_[next_];
      for (at = 0; sorted_[at] != oldest;) ++at;
      for (; at + 1 < N && sorted_[at + 1] < v; ++at) sorted_[at] = sorted_[at + 1];
    } else {
      ++length_;
    }
    for (; at > 0 && sorted_[at - 1] > v; --at) sorted_[at] = sorted_[at - 1];
    sorted_[at] = v;
    ring_[next_] = v;
    next_ = next_ + 1 == N ? 0 : next_ + 1;
  }

 private:
  static double middle_of(double a, double b) { return a / 2 + b / 2; }

  std::array<double, N> ring_{};
  std::array<double, N> sorted_{};
  std::uint32_t length_ = 0;
  std::uint32_t next_ = 0;  // in the ring: the place of the oldest
};

}  // namespace detail

/// Hampel's filter over what has passed: the identifier of Hampel (The influence curve and its role in robust estimation, JASA
/// 1974), with the threshold that Leys, Ley, Klein, Bernard and Licata discuss (Detecting outliers, JESP 2013: 3 is conservative,
/// 2.5 usual).
/// Takes  events E; the extractor (member pointer or callable) gives a number. Below key_by each key has a past of its own.
/// Emits  an outlier{event, median, deviation, distance} for each event that is far from the N values before it. The value
///        becomes part of the past in any case, so that a new level is believed after half of N.
/// Holds  N values a key, twice: 16 N bytes. A retired key's are forgotten.
/// Fails  as long as a key has not had N values nothing is an outlier. An infinity is far from everything and is not kept; an
///        event with NaN is dropped and counted.
/// Costs  two searches of at most N steps.
template <fixed_string Name, std::size_t N, class Value>
struct outliers_operator {
  static constexpr std::string_view kind = "outliers";
  static constexpr std::string_view name = Name.view();
  [[no_unique_address]] Value value;
  far_from_median bounds;
  slots<detail::sorted_past<N>> state{};

  template <class E>
  using output = relayed_type<E, outlier<payload_type<E>>>;
  template <class E>
  static consteval bool fits() {
    constexpr bool ok = [] {
      if constexpr (picks_from<Value, E>)
        return number<picked_type<Value, E>>;
      else
        return false;
    }();
    static_assert(ok,
                  "outliers: the value must be a number: a member of the event type that arrives here, or a function callable "
                  "with it");
    return ok;
  }

  template <class E>
  LEVADA_INLINE void operator()(const E& e, auto out) {
    const auto v = static_cast<double>(levada::pick(value, levada::payload(e)));
    if (v != v) [[unlikely]]
      return out.drop();
    auto& past = state[levada::slot_of(e)];
    if (past.full()) {
      const double median = past.median(), found = 1.4826 * past.deviation();
      const double deviation = found > bounds.least ? found : bounds.least;
      const double distance = v < median ? median - v : v - median;
      if (distance > bounds.deviations * deviation) [[unlikely]] {
        const outlier<payload_type<E>> far{levada::payload(e), median, deviation, distance / deviation};
        out(levada::relay(e, far));
      }
    }
    if (v - v == 0) past.add(v);
  }
  void on(const start& s, auto out) {
    state.resize(s.slots);
    out.raise(s);
  }
  void on(const retire& r, auto out) {
    state.reset(r.slot);
    out.raise(r);
  }
};

/// outliers<64>(&reading::value), outliers<64>(&reading::value, {.deviations = 2.5, .least = 0.1})
template <fixed_string Name, std::size_t N, class Value>
constexpr auto outliers(Value value, far_from_median bounds = {}) {
  static_assert(N >= 3 && N <= 1024, "outliers: a past of 3 to 1024 values");
  LEVADA_CHECK(bounds.deviations >= 0 && bounds.least >= 0, bounds.deviations);
  return link{outliers_operator<Name, N, Value>{std::move(value), bounds}};
}
template <std::size_t N, class Value>
constexpr auto outliers(Value value, far_from_median bounds = {}) {
  return outliers<"", N>(std::move(value), bounds);
}

}  // namespace levada::inline v0
