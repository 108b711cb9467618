// SPDX-License-Identifier: BSL-1.0
// guard: the chain that judges readings. The live guard and a replay run this same chain; only its source differs.
#pragma once

#include "reading.hpp"

#include <levada/core/time.hpp>
#include <levada/flow/chain.hpp>
#include <levada/model/normal_range.hpp>
#include <levada/op/drop_late.hpp>
#include <levada/op/filter.hpp>
#include <levada/op/inspect.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/scan.hpp>
#include <levada/op/window.hpp>
#include <levada/rule/alert_when.hpp>
#include <levada/sink/to.hpp>
#include <levada/state/parameter.hpp>

#include <cmath>
#include <cstdint>
#include <utility>

namespace box {

namespace lv = levada;
using namespace lv::literals;

/// What the guard thinks of the last window of a sensor.
struct verdict {
  lv::text<48> sensor;
  lv::timestamp time;    ///< of the window's last reading
  double value = 0;      ///< mean of the window
  double deviation = 0;  ///< standard deviation of the window
  double least = 0, greatest = 0;
  lv::range normal;  ///< what was normal before this window
  bool outside = false;
};

/// What is known of one sensor.
struct memory {
  lv::normal_range<128> past;  // of window means
  double least = INFINITY;     // of the readings of the last thousands of windows
  double greatest = -INFINITY;
};

/// Judges a window against the past of its sensor, then learns from it. Windows outside the normal range teach thirty-two
/// times more slowly: a fault does not become normal while it is being looked at, a new way of working does in the end.
struct judge {
  lv::parameter<double> width{"guard.width", 2.0};             // robust standard deviations beyond the usual band
  lv::parameter<double> resolution{"guard.resolution", 0.02};  // of all that was seen lately: differences below are noise

  template <class Row>
  verdict operator()(memory& m, const Row& row) const {
    verdict v;
    v.sensor = row.key;
    v.time = row.template get<lv::last>();
    v.value = row.template get<lv::mean>();
    v.deviation = row.template get<lv::stddev>();
    v.least = row.template get<lv::min>();
    v.greatest = row.template get<lv::max>();
    // They fade: one absurd reading must not blind the guard for ever. The first time there is nothing to fade from, and
    // fmin and fmax pass over what is not a number.
    const double fading = (m.greatest - m.least) / 4096;
    m.least = std::fmin(m.least + fading, v.least);
    m.greatest = std::fmax(m.greatest - fading, v.greatest);

    const double floor = std::fmax(resolution * (m.greatest - m.least), 1e-3 * std::fabs(m.past.median()));
    v.normal = m.past.bounds(width, floor);
    v.outside = v.normal.known && !v.normal.holds(v.value);
    m.past.learn(v.value, v.outside ? 32 : 1);
    return v;
  }
};

inline constexpr lv::sliding window_shape{20, 5};
/// A single reading lies in size / slide windows: more than those must be outside, or one outlier would be an alert.
inline constexpr lv::hold believed{1_s, window_shape.size / window_shape.slide + 1};
inline constexpr lv::clear over{3_s, 6};

/// Of a live machine: its devices come and go, and one that was silent for long makes room for another.
inline constexpr lv::keys live_sensors{.bound = 256, .idle = 10_min};
/// Of a file: it has one, which is not forgotten, however far apart its rows are.
inline constexpr lv::keys replayed_sensors{.bound = 1};

/// A chain of readings to alerts. `on_verdict(const verdict&)` sees every window, `on_alert(const lv::alert<verdict>&)` every
/// change. Joined to a topic it is the live guard, joined to a file a replay.
template <class Readings, class OnVerdict, class OnAlert>
auto guard_chain(Readings readings, lv::keys sensors, OnVerdict on_verdict, OnAlert on_alert) {
  return std::move(readings) | lv::filter<"finite">([](const reading& r) { return std::isfinite(r.value); }) |
         lv::key_by<"sensor">(&reading::sensor, sensors) | lv::drop_late<"in order">(&reading::time) |
         lv::window<"recent", window_shape>(lv::aggregate<lv::mean, lv::stddev, lv::min, lv::max>(&reading::value),
                                            lv::aggregate<lv::last>(&reading::time)) |
         lv::scan<"normal">(memory{}, judge{}) | lv::inspect<"verdicts">(std::move(on_verdict)) |
         lv::alert_when<"outside">(&verdict::outside, &verdict::time, believed, over) | lv::to<"alerts">(std::move(on_alert));
}

}  // namespace box
