// SPDX-License-Identifier: BSL-1.0
// output: lines on standard output, each as soon as it is there, and numbers as people read them.
#pragma once

#include <levada/core/result.hpp>
#include <levada/core/time.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tool {

namespace lv = levada;

/// One line, or several. Fails  io: nobody can read it any more.
lv::result<> print(std::string_view lines);

/// Does standard output lead to a terminal, and not to a file or a program?
bool is_terminal();

/// A reader that went away is no reason to complain.
bool reader_is_gone(const lv::fault& why);

/// What may stand on a terminal: bytes of control become '?'. Names of subscribers come out of memory that others write.
std::string printable(std::string_view s);

std::string with_unit(double seconds);                          ///< "3.2 s", "250 ms", "2.5 h"
std::string with_unit_bytes(std::uint64_t bytes);               ///< "64 KiB"
std::string count_of(std::uint64_t n, std::string_view thing);  ///< "1 event", "2 events"

/// Rows below one another, with blanks between the columns.
class table {
 public:
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// A line that is not in columns.
  void line(std::string text) { rows_.push_back({std::move(text)}); }
  [[nodiscard]] std::string str() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace tool
