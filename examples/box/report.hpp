// SPDX-License-Identifier: BSL-1.0
// report: what the box tells people and programs: alerts, a live table or progress lines, and a summary.
#pragma once

#include "guard.hpp"
#include "options.hpp"

#include <levada/core/histogram.hpp>
#include <levada/core/result.hpp>
#include <levada/os/file.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

namespace box {

/// One line of the alerts file.
struct alert_line {
  lv::timestamp time;  ///< of the reading that made the change believed
  lv::text<48> sensor;
  lv::alert_state state;
  lv::timestamp since;  ///< the first window that showed it
  double value;         ///< mean of the window
  double low;           ///< what was normal
  double high;
  double deviation;
};

struct latency_summary {
  double p50;
  double p99;
  double max;
};
struct shares {
  double probe;
  double guard;
};
/// The last line of standard output with --json. What was not measured is null.
struct summary {
  double seconds = 0;
  std::uint32_t processes = 0;
  std::uint64_t events = 0;
  std::uint64_t windows = 0;
  std::uint64_t alerts = 0;
  std::uint64_t dropped = 0;
  std::uint64_t late = 0;
  latency_summary latency_us{};
  shares rss_kib{};
  shares cpu_percent{};
};

/// Holds  the last verdict of every sensor and the last alerts.
class report {
 public:
  explicit report(const options& o);

  /// Opens the alerts file: a live guard goes on where it stopped, a replay begins anew.
  [[nodiscard]] lv::result<> open();

  void verdict_made(const verdict& v) { last_[std::string(v.sensor.view())] = v; }
  void alert_made(const lv::alert<verdict>& a);
  /// A sentence about a partner, for people.
  void say(std::string_view sentence);

  /// Draws the table, or writes a line of progress now and then.
  void progress(const summary& so_far, const lv::histogram& latency, double seconds_left);
  void finish(const summary& all);

  /// The first thing that went wrong with writing, if anything did.
  [[nodiscard]] const lv::result<>& written() const { return written_; }
  [[nodiscard]] std::uint64_t raised() const { return raised_; }

 private:
  void draw(const summary& so_far, const lv::histogram& latency, double seconds_left);

  const options& options_;
  bool terminal_;
  lv::file alerts_;
  lv::result<> written_{};
  std::map<std::string, verdict> last_;
  std::map<std::string, bool> state_;  // true: an alert is raised
  std::deque<std::string> recent_;     // the last alerts and sentences, for the table
  std::uint64_t raised_ = 0;
  double next_line_ = 5;
  std::uint64_t events_before_ = 0;
  double seconds_before_ = 0;
};

}  // namespace box
