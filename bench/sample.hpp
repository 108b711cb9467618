// SPDX-License-Identifier: BSL-1.0
// sample: what a benchmark program prints: one measured value of one contestant, a line with tabs between its members. The board
// makes medians, ratios and rows of them, so that no program judges itself.
#pragma once

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

namespace bench {

#ifndef LEVADA_BENCH_FLAGS
#define LEVADA_BENCH_FLAGS ""
#endif

#if defined(__clang__)
inline const std::string compiler = "clang++ " + std::to_string(__clang_major__) + "." + std::to_string(__clang_minor__);
#else
inline const std::string compiler = "g++ " + std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__);
#endif

struct sample {
  std::string name{};           ///< of the case, as "flow/a"
  std::string metric{};         ///< what was measured: "time", "rate", "instructions"
  std::string unit{};           ///< of the value
  std::string better = "less";  ///< "more" or "less"
  std::string who = "levada";   ///< or the name of a peer
  std::string state = "na";     ///< of the machine: "near", "far" or "na"
  double value = 0;
  std::string note{};  ///< what a reader of the row should know
  std::string compiler = bench::compiler;
  std::string flags = LEVADA_BENCH_FLAGS;
};

inline void print(const sample& s) {
  std::printf("%s\t%s\t%s\t%s\t%s\t%s\t%.9g\t%s\t%s\t%s\n", s.name.c_str(), s.metric.c_str(), s.unit.c_str(), s.better.c_str(),
              s.who.c_str(), s.state.c_str(), s.value, s.note.c_str(), s.compiler.c_str(), s.flags.c_str());
  std::fflush(stdout);
}

/// What print has written; nothing if a line is not one of its own.
inline std::optional<sample> parse_sample(const std::string& line) {
  std::array<std::string, 10> member;
  std::size_t n = 0;
  for (std::size_t begin = 0; n < member.size(); ++n) {
    const std::size_t end = line.find('\t', begin);
    member[n] = line.substr(begin, end - begin);
    if (end == std::string::npos) break;
    begin = end + 1;
  }
  if (n + 1 != member.size()) return {};
  char* end = nullptr;
  const double value = std::strtod(member[6].c_str(), &end);
  if (member[6].empty() || *end != '\0') return {};
  return sample{member[0], member[1], member[2], member[3], member[4], member[5], value, member[7], member[8], member[9]};
}

}  // namespace bench
