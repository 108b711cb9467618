// SPDX-License-Identifier: BSL-1.0
// watch_drift: says which features no longer look as they did in training, so that what a model makes of them may be wrong.
//   watch_drift<"bearing">(histogram)                                    events with features()
//   watch_drift<"bearing">(histogram, {.window = 5000}, &reading::row)   a member that is an array of floats, or one for each
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/result.hpp>
#include <levada/model/detail/feature_row.hpp>
#include <levada/model/training_histogram.hpp>
#include <levada/state/slots.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// A feature's values in the last window, against those in training.
struct drift {
  std::uint32_t feature;  ///< from 0 on
  float psi;              ///< see training_histogram
  float ks;
  std::uint32_t count;  ///< events of the window
};

/// After each `window` events, a feature whose population stability index is `psi` or more has drifted.
struct drift_options {
  std::uint32_t window = 1000;
  float psi = 0.25f;
};

namespace detail {

/// Takes  events E without a key, with features(), or what the members or functions give.
/// Emits  at the end of each window a drift{feature, psi, ks, count} for each feature that is far from its training; what is then
///        left at the end of the stream is not judged.
/// Holds  a counter for each bin of each feature, and one for NaN; they survive a restart.
/// Fails  at the start, in a sentence, where events have another number of features than the histogram. A row of another length
///        is dropped and counted.
/// Costs  a comparison for each bin and feature; at the end of a window a logarithm for each.
template <fixed_string Name, class E, class... Values>
struct watch_drift_operator {
  static constexpr std::string_view kind = "watch_drift";
  static constexpr std::string_view name = Name.view();
  using row = feature_row<E, Values...>;

  training_histogram training;
  drift_options options;
  [[no_unique_address]] row features;
  slots<std::uint32_t> counts{};
  std::uint32_t seen = 0;

  template <class>
  using output = drift;

  result<> open() const {
    if (row::length == 0 || row::length == training.features()) return {};
    return fault::of(failure::usage, "watch_drift '", name, "': the histogram has ", training.features(),
                     " features, and an event gives ", row::length,
                     ": name as many as the model was trained with, in their order");
  }

  LEVADA_INLINE void operator()(const E& e, auto out) {
    const bool fits = features.with(e, [&](std::span<const float> given) LEVADA_INLINE_LAMBDA {
      if (given.size() != training.features()) return false;
      for (std::size_t f = 0; f < given.size(); ++f) ++counts[f * training.cells() + training.cell_of(f, given[f])];
      return true;
    });
    if (!fits) [[unlikely]]
      return out.drop();
    if (++seen == options.window) [[unlikely]]
      judge(out);
  }
  void on(const start& s, auto out) {
    counts.resize(training.features() * training.cells());
    out.raise(s);
  }
  void persist(auto& archive) { archive(counts, seen); }

 private:
  LEVADA_COLD void judge(auto out) {
    const std::size_t cells = training.cells();
    for (std::uint32_t f = 0; f < training.features(); ++f) {
      const histogram_distance d = training.distance(f, {counts.begin() + f * cells, cells});
      if (d.psi >= options.psi) out(drift{f, d.psi, d.ks, seen});
    }
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = 0;
    seen = 0;
  }
};

template <fixed_string Name, class... Values>
struct watch_drift_description {
  training_histogram training;
  drift_options options;
  [[no_unique_address]] pack<Values...> values;

  template <class E>
  static consteval bool fits() {
    using row = feature_row<E, Values...>;
    constexpr bool whole = !is_keyed<E>;
    static_assert(whole, "watch_drift: it watches all events together: let it stand above key_by, or below unkey");
    constexpr bool has_features = row::has_own || row::has_one || row::has_numbers;
    static_assert(has_features,
                  "watch_drift: the event type that arrives here must have features(), or name behind the histogram what gives "
                  "them: members that are numbers, or one that is an array of floats");
    return whole && has_features;
  }
  template <class E>
  constexpr auto bind() && {
    return watch_drift_operator<Name, E, Values...>{std::move(training), options, {std::move(values)}};
  }
};

}  // namespace detail

template <fixed_string Name = "", class... Values>
auto watch_drift(training_histogram training, drift_options options, Values... values) {
  LEVADA_CHECK(options.window > 0, options.window);
  return link{detail::watch_drift_description<Name, Values...>{std::move(training), options, {{std::move(values)}...}}};
}
template <fixed_string Name = "">
auto watch_drift(training_histogram training) {
  return watch_drift<Name>(std::move(training), drift_options{});
}

}  // namespace levada::inline v0
