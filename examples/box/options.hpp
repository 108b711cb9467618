// SPDX-License-Identifier: BSL-1.0
// options: the command line of the box.
#pragma once

#include <levada/core/result.hpp>
#include <levada/core/time.hpp>
#include <levada/flow/draw.hpp>
#include <levada/flow/runner.hpp>

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace box {

enum class part : unsigned char { both, probe, guard, replay, burner };

struct options {
  part role = part::both;
  double seconds = 30;  ///< 0: until it is stopped
  double rate = 1000;   ///< timer ticks a second
  levada::profile mode = levada::profile::eco;
  bool disturb = false;
  bool json = false;
  bool quiet = false;  ///< nothing but alerts, sentences and the summary
  std::string replay;  ///< the CSV file
  std::string alerts = "alerts.jsonl";
  std::string bus = "box";
  std::vector<std::string> set;          ///< NAME=VALUE parameters
  std::optional<levada::picture> graph;  ///< draw the flow; after a replay, and instead of running otherwise

  /// What to type for a partner of this process: "box probe", and the bus where it is not the usual one.
  [[nodiscard]] std::string command(const char* partner) const {
    return std::string("box ") + partner + (bus == options{}.bus ? "" : " --bus " + bus);
  }
};

/// The options, or the exit code with which to end at once: help was asked for, or a sentence about the usage was printed.
std::variant<options, int> parse(int argc, char** argv);

/// Gives the parameters of --set their values. After the flow was made: only then do its parameters exist.
levada::result<> apply_parameters(const options& o);

/// The picture of a flow on standard output.
template <class Flow>
void print_graph(const Flow& flow, levada::picture how) {
  levada::draw(flow, how, [](std::string_view piece) { std::fwrite(piece.data(), 1, piece.size(), stdout); });
}

}  // namespace box
