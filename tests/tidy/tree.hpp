// SPDX-License-Identifier: BSL-1.0
// tree: the headers of the library as text, with what each includes. Tests run in the root of the project.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tidy {

struct header {
  std::string path;  // op/filter.hpp
  std::string room;  // op; empty for levada.hpp and fwd.hpp
  std::vector<std::string> lines;
  std::vector<std::string> includes;  // what stands between <> or ""

  [[nodiscard]] bool is_detail() const { return path.find("/detail/") != std::string::npos; }
  [[nodiscard]] bool has(std::string_view line) const { return std::ranges::find(lines, line) != lines.end(); }
};

/// The rooms and their floors. A room sees lower floors and itself.
// clang-format off
inline const std::map<std::string, int> floors = {
    {"core", 0},
    {"os", 1}, {"wire", 1}, {"simd", 1},
    {"bus", 2}, {"log", 2}, {"state", 2},
    {"flow", 3}, {"source", 3}, {"op", 3}, {"feature", 3}, {"model", 3}, {"rule", 3}, {"sink", 3}, {"connect", 3},
    {"query", 4},
    {"box", 5},
};
// clang-format on

inline std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

/// What follows `#include`, without its brackets; empty for other lines.
inline std::string included_by(std::string_view line) {
  if (!line.starts_with("#include ")) return {};
  auto begin = line.find_first_of("<\""), end = line.find_last_of(">\"");
  return begin < end ? std::string(line.substr(begin + 1, end - begin - 1)) : std::string();
}

inline std::vector<std::string> includes_of(const std::vector<std::string>& lines) {
  std::vector<std::string> includes;
  for (auto& line : lines)
    if (auto file = included_by(line); !file.empty()) includes.push_back(file);
  return includes;
}

inline const std::vector<header>& headers() {
  static const auto all = [] {
    std::vector<header> found;
    const std::filesystem::path root = "include/levada";
    for (auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      if (entry.path().extension() != ".hpp") continue;
      auto path = entry.path().lexically_relative(root);
      auto room = path.has_parent_path() ? path.begin()->string() : std::string();
      auto lines = lines_of(entry.path());
      found.push_back({path.string(), room, lines, includes_of(lines)});
    }
    std::ranges::sort(found, {}, &header::path);
    return found;
  }();
  return all;
}

/// The header that `#include <levada/...>` names, or nothing for files that are not ours.
inline const header* find(std::string_view file) {
  if (!file.starts_with("levada/")) return nullptr;
  auto found = std::ranges::find(headers(), file.substr(7), &header::path);
  return found == headers().end() ? nullptr : &*found;
}

}  // namespace tidy
