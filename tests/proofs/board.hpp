// SPDX-License-Identifier: BSL-1.0
// board: what a proof program prints: a row a proof, with its figure; and the measures that proofs share.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace proofs {

/// The rows, as a table in Markdown.
class board {
 public:
  explicit board(std::string_view bug) : bug_(bug) { std::printf("| proof | effort | figure | held |\n|---|---|---|---|\n"); }
  void row(std::string_view proof, std::string_view effort, std::string_view figure, bool held) {
    std::printf("| %.*s | %.*s | %.*s | %s |\n", width(proof), proof.data(), width(effort), effort.data(), width(figure),
                figure.data(), held ? "yes" : "**no**");
    std::fflush(stdout);
    held_ &= held;
  }
  /// 0: all proofs held; or, where a bug was asked for, one of them has caught it.
  [[nodiscard]] int exit_code() const { return held_ == bug_.empty() ? 0 : 1; }

 private:
  static int width(std::string_view text) { return static_cast<int>(text.size()); }
  std::string bug_;
  bool held_ = true;
};

inline std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Times in microseconds, and what they came to.
class times {
 public:
  void add(std::int64_t ns) { all_.push_back(static_cast<double>(ns) / 1e3); }
  [[nodiscard]] double at(double share) {
    if (all_.empty()) return 0;
    const auto place = static_cast<std::ptrdiff_t>(share * static_cast<double>(all_.size() - 1));
    std::nth_element(all_.begin(), all_.begin() + place, all_.end());
    return all_[static_cast<std::size_t>(place)];
  }

 private:
  std::vector<double> all_;
};

template <class... Parts>
std::string print(const char* format, Parts... parts) {
  char text[256];
  std::snprintf(text, sizeof text, format, parts...);
  return text;
}

}  // namespace proofs
