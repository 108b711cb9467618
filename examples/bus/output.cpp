// SPDX-License-Identifier: BSL-1.0
#include "output.hpp"

#include <levada/os/file.hpp>

#include <algorithm>
#include <cstdio>
#include <iterator>

#include <unistd.h>

namespace tool {

namespace {
constexpr std::string_view standard_output = "standard output";
}

lv::result<> print(std::string_view lines) {
  const bool written = std::fwrite(lines.data(), 1, lines.size(), stdout) == lines.size() && std::fputc('\n', stdout) != EOF &&
                       std::fflush(stdout) == 0;
  if (written) return {};
  if (errno == EPIPE) return lv::fault{lv::failure::io, {}};
  return lv::os_fault("write", standard_output, errno);
}
bool is_terminal() { return ::isatty(STDOUT_FILENO) == 1; }
bool reader_is_gone(const lv::fault& why) { return why.sentence.empty(); }

std::string printable(std::string_view s) {
  std::string shown(s);
  for (char& c : shown)
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  return shown;
}

namespace {
std::string in_units(double value, const char* unit) {
  char text[32];
  std::snprintf(text, sizeof text, value < 9.95 ? "%.1f %s" : "%.0f %s", value, unit);
  return text;
}
}  // namespace

std::string with_unit(double seconds) {
  if (seconds < 0.9995e-3) return in_units(seconds * 1e6, "us");
  if (seconds < 0.9995) return in_units(seconds * 1e3, "ms");
  if (seconds < 119.5) return in_units(seconds, "s");
  if (seconds < 119.5 * 60) return in_units(seconds / 60, "min");
  if (seconds < 47.5 * 3600) return in_units(seconds / 3600, "h");
  return in_units(seconds / 86400, "days");
}
std::string with_unit_bytes(std::uint64_t bytes) {
  const char* const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1023.5 && unit + 1 < std::size(units)) value /= 1024, ++unit;
  return unit == 0 ? std::to_string(bytes) + " B" : in_units(value, units[unit]);
}
std::string count_of(std::uint64_t n, std::string_view thing) {
  return std::to_string(n) + " " + std::string(thing) + (n == 1 ? "" : "s");
}

std::string table::str() const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_)
    for (std::size_t i = 0; row.size() > 1 && i < row.size(); ++i) {
      if (widths.size() <= i) widths.resize(i + 1);
      widths[i] = std::max(widths[i], row[i].size());
    }
  std::string all;
  for (const auto& row : rows_) {
    if (!all.empty()) all += '\n';
    for (std::size_t i = 0; i < row.size(); ++i) {
      all += row[i];
      if (i + 1 < row.size()) all.append(widths[i] - row[i].size() + 2, ' ');
    }
    all.erase(all.find_last_not_of(' ') + 1);
  }
  return all;
}

}  // namespace tool
