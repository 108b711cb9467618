// SPDX-License-Identifier: BSL-1.0
// sensors: what a Linux machine says of itself in /proc and /sys.
#pragma once

#include "reading.hpp"

#include <levada/core/time.hpp>
#include <levada/os/file.hpp>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace box {

/// Samples processors, memory, pressure, disks, network and temperatures. Files stay open and are read from their start
/// again; what a machine does not have is left out. Rates need two samples, so the first one has gauges only.
class machine {
 public:
  machine();
  /// The readings of now; they stay valid until the next call.
  std::span<const reading> sample(levada::timestamp now, levada::duration steady);

 private:
  struct source {
    levada::file file;
    void (machine::*parse)(std::string_view text, const std::string& label);
    std::string label;
  };

  void add(const char* path, void (machine::*parse)(std::string_view, const std::string&), std::string label = {});
  void emit(std::string_view prefix, std::string_view what, std::string_view unit, double value);
  /// Emits the growth of a counter since the last sample, times `scale`, per second.
  void emit_rate(std::string_view prefix, std::string_view what, std::string_view unit, double counter, double scale);

  void parse_stat(std::string_view text, const std::string&);
  void parse_memory(std::string_view text, const std::string&);
  void parse_pressure(std::string_view text, const std::string& resource);
  void parse_disks(std::string_view text, const std::string&);
  void parse_network(std::string_view text, const std::string&);
  void parse_temperature(std::string_view text, const std::string& zone);

  struct counter {
    double value = 0;
    std::int64_t round = 0;
  };

  std::vector<source> sources_;
  std::vector<std::string> disks_;
  std::map<std::string, counter, std::less<>> counters_;  // by sensor name
  std::vector<reading> readings_;
  std::vector<char> text_;
  levada::timestamp now_{};
  levada::duration last_{};
  double seconds_ = 0;  // since the last sample
  std::int64_t round_ = 0;
};

}  // namespace box
