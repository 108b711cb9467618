// SPDX-License-Identifier: BSL-1.0
#include "series_file.hpp"

#include <levada/wire/iso8601.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

namespace detector {

namespace lv = levada;
namespace fs = std::filesystem;

namespace {

/// Without spaces, a carriage return, or quotes around it.
std::string_view trimmed(std::string_view cell) {
  const auto strip = [&cell](std::string_view what) {
    cell.remove_prefix(std::min(cell.find_first_not_of(what), cell.size()));
    cell.remove_suffix(cell.size() - (cell.find_last_not_of(what) + 1));
  };
  strip(" \t\r");
  strip("\"");
  return cell;
}

/// The cells of a line; a comma between quotes parts nothing.
std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  bool is_quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') is_quoted = !is_quoted;
    if (line[i] != ',' || is_quoted) continue;
    cells.push_back(trimmed(line.substr(begin, i - begin)));
    begin = i + 1;
  }
  cells.push_back(trimmed(line.substr(begin)));
  return cells;
}

/// NaN for an empty cell; nothing for what is no number.
bool read_number(std::string_view cell, double& value) {
  value = NAN;
  if (cell.starts_with('+') && !cell.starts_with("+-")) cell.remove_prefix(1);
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  return cell.empty() || (error == std::errc() && end == cell.data() + cell.size());
}

}  // namespace

lv::result<std::vector<row>> read_series(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string line;
  if (!file || !std::getline(file, line))
    return lv::fault::of(lv::failure::unreadable, path.c_str(), ": cannot be read, or is empty");
  if (line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
  const auto header = cells_of(line);
  const auto time_at = std::ranges::find(header, "timestamp"), value_at = std::ranges::find(header, "value");
  if (time_at == header.end() || value_at == header.end())
    return lv::fault::of(lv::failure::data, path.c_str(), ":1: the first line must name the columns `timestamp` and `value`");
  const auto time_column = static_cast<std::size_t>(time_at - header.begin());
  const auto value_column = static_cast<std::size_t>(value_at - header.begin());

  std::vector<row> rows;
  for (std::size_t number = 2; std::getline(file, line); ++number) {
    const auto cells = cells_of(line);
    if (cells.size() == 1 && cells[0].empty()) continue;
    if (cells.size() <= std::max(time_column, value_column))
      return lv::fault::of(lv::failure::data, path.c_str(), ":", number, ": ", cells.size(), " cells, too few");
    const auto time = lv::parse_time(cells[time_column]);
    if (!time) return lv::fault::of(lv::failure::data, path.c_str(), ":", number, ": ", time.error().sentence.view());
    row one{levada::text<48>(cells[time_column]), *time};
    if (!read_number(cells[value_column], one.value))
      return lv::fault::of(lv::failure::data, path.c_str(), ":", number, ": `", cells[value_column], "` is not a number");
    rows.push_back(std::move(one));
  }
  return rows;
}

lv::result<> write_scores(const fs::path& path, const std::vector<row>& rows, const std::vector<float>& scores) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  std::ofstream file(path, std::ios::binary);
  file << "timestamp,anomaly_score\n";
  char score[32];
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::snprintf(score, sizeof score, ",%.6f\n", static_cast<double>(scores[i]));
    file << rows[i].written.c_str() << score;
  }
  file.close();
  if (!file) return lv::fault::of(lv::failure::io, path.c_str(), ": cannot be written");
  return {};
}

lv::result<std::vector<fs::path>> series_below(const fs::path& folder, const fs::path& except) {
  std::error_code error;
  std::vector<fs::path> found;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code none;  // of a folder that is not there yet
    if (fs::equivalent(at->path(), except, none))
      at.disable_recursion_pending();
    else if (at->path().extension() == ".csv" && at->is_regular_file(error))
      found.push_back(at->path().lexically_relative(folder));
  }
  if (error) return lv::fault::of(lv::failure::unreadable, folder.c_str(), ": ", error.message().c_str());
  if (found.empty()) return lv::fault::of(lv::failure::usage, folder.c_str(), ": there is no .csv file in it or below it");
  std::ranges::sort(found);
  return found;
}

}  // namespace detector
