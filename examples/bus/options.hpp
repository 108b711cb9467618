// SPDX-License-Identifier: BSL-1.0
// options: the command line of the tool.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace tool {

enum class verb : unsigned char { ls, stat, tap, pub, doctor, bench, bench_peer, rm, forget, completion };

struct options {
  verb what = verb::ls;
  std::string directory;    ///< instead of $LEVADA_DIR
  std::string group;        ///< the buses are a group's
  bool json = false;        ///< one object a line, for programs
  std::string topic;        ///< BUS/TOPIC; of ls: BUS, or nothing
  std::string subscriber;   ///< of forget
  bool names = false;       ///< of ls: nothing but names
  bool watch = false;       ///< of stat: again and again
  double interval = 0.2;    ///< seconds over which a rate is taken, and between two looks
  std::uint64_t count = 0;  ///< of tap: events, of stat --watch: looks; 0: no end
  std::string from = "latest";
  bool signals = false;  ///< of tap: what the lane says as well
  bool no_wait = false;  ///< of tap: end when all is read
  bool clean = false;    ///< of doctor: remove what nobody uses
  double seconds = 2;    ///< of bench, in all
  std::vector<std::size_t> sizes;
  std::string shell;  ///< of completion
};

/// The options, or the exit code with which to end at once: help was asked for, or a sentence about the usage was printed.
std::variant<options, int> parse(int argc, char** argv);

}  // namespace tool
