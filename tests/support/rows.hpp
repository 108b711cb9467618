// SPDX-License-Identifier: BSL-1.0
// rows: what tests of windows look at of a row, and the same computed with a pencil; watermarks that stand at places which depend
// on events alone; and a restart in the middle.
#pragma once

#include "archive.hpp"
#include "stream.hpp"

#include <levada/core/signal.hpp>
#include <levada/flow/flow.hpp>
#include <levada/op/aggregate.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <ostream>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

namespace support {

/// Levels are whole numbers, so sums are exact in any order.
struct result {
  std::uint32_t key = 0;
  std::int64_t start = 0, end = 0;
  std::uint64_t count = 0;
  std::int64_t sum = 0;
  std::int32_t least = 0, greatest = 0, first = 0, last = 0;
  double deviation = 0;

  bool operator==(const result& o) const {
    return std::tie(key, start, end, count, sum, least, greatest, first, last) ==
               std::tie(o.key, o.start, o.end, o.count, o.sum, o.least, o.greatest, o.first, o.last) &&
           std::fabs(deviation - o.deviation) < 1e-9;
  }
  friend std::ostream& operator<<(std::ostream& to, const result& r) {
    return to << r.key << " [" << r.start << ' ' << r.end << ") " << r.count << ' ' << r.sum << ' ' << r.first << ' ' << r.last;
  }
};

inline result by_hand(std::uint32_t key, std::int64_t start, std::int64_t end, const std::vector<reading>& events) {
  result r{.key = key, .start = start, .end = end, .least = INT32_MAX, .greatest = INT32_MIN};
  double mean = 0;
  for (const reading& e : events) {
    ++r.count;
    r.sum += e.level;
    r.least = std::min(r.least, e.level);
    r.greatest = std::max(r.greatest, e.level);
    mean += e.value;
  }
  mean /= static_cast<double>(events.size());
  for (const reading& e : events) r.deviation += (e.value - mean) * (e.value - mean);
  r.deviation = std::sqrt(r.deviation / static_cast<double>(events.size()));
  r.first = events.front().level;
  r.last = events.back().level;
  return r;
}

/// What a window is asked for, so that a row is a result.
inline auto of_level() {
  return levada::aggregate<levada::sum, levada::min, levada::max, levada::first, levada::last>(&reading::level);
}
inline auto of_value() {
  return levada::aggregate<levada::count, levada::stddev>([](const reading& r) { return r.value; });
}
inline result result_of(const auto& row) {
  result r{.start = row.start.ns,
           .end = row.end.ns,
           .count = row.template get<levada::count>(),
           .sum = row.template get<levada::sum>(),
           .least = row.template get<levada::min>(),
           .greatest = row.template get<levada::max>(),
           .first = row.template get<levada::first>(),
           .last = row.template get<levada::last>(),
           .deviation = row.template get<levada::stddev>()};
  if constexpr (requires { row.key; }) r.key = row.key;
  return r;
}

/// Raises a watermark in front of the event that takes the greatest time minus `lateness` over the next multiple of `grain`.
struct marks {
  static constexpr std::string_view kind = "marks";
  static constexpr std::string_view name = "marks";
  std::int64_t lateness = 0, grain = 1;
  std::int64_t greatest = INT64_MIN, said = INT64_MIN;

  template <class E>
  using output = E;
  template <class E>
  static consteval bool fits() {
    return true;
  }
  /// The watermark before an event, or INT64_MIN if there is none.
  std::int64_t next(std::int64_t time) {
    greatest = std::max(greatest, time);
    const std::int64_t mark = levada::slot_of({greatest - lateness}, levada::duration{grain}) * grain;
    return mark > said ? said = mark : INT64_MIN;
  }
  void operator()(const reading& e, auto out) {
    if (const std::int64_t mark = next(e.time.ns); mark != INT64_MIN) out.raise(levada::watermark{{mark}});
    out(e);
  }
};

/// What makes(into) writes into a vector, in spans of each length, by number and not by key table: all must say the same.
template <class Out, class Make>
std::vector<Out> in_any_spans(const std::vector<reading>& events, Make&& makes) {
  const auto whole = outcome<Out>(events, 1, makes);
  for (const std::size_t length : span_lengths) {
    CAPTURE(length);
    CHECK(outcome<Out>(events, length, makes) == whole);
  }
  return whole;
}

/// The same, if the flow's operator "here" (and its "marks") was saved after every so many events, and went on in another flow.
/// Before event number i the clock is at i.
template <class Out, class Make>
std::vector<Out> with_restarts(const std::vector<reading>& events, std::size_t every, Make&& makes) {
  std::vector<Out> output;
  using flow_type = decltype(makes(output));
  std::unique_ptr<flow_type> flow;
  for (std::size_t at = 0; at < events.size(); at += every) {
    std::unique_ptr<flow_type> next(new flow_type(makes(output)));
    next->advance({static_cast<std::int64_t>(at)});
    REQUIRE(next->open());
    if (flow) {
      flow->advance({static_cast<std::int64_t>(at)});
      carry_over(flow->template at<"here">(), next->template at<"here">());
      next->template at<"marks">() = flow->template at<"marks">();
    }
    flow = std::move(next);
    flow->push(std::span<const reading>(events).subspan(at, std::min(every, events.size() - at)));
  }
  flow->finish();
  return output;
}

}  // namespace support
