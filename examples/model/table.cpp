// SPDX-License-Identifier: BSL-1.0
#include "table.hpp"

#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>
#include <string_view>

namespace tool {

namespace {

/// A field in quotes may have commas in it; quotes in quotes are not known.
std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  for (;;) {
    const auto quote = line.starts_with('"') ? line.find('"', 1) : line.npos;
    const auto comma = line.find(',', quote == line.npos ? 0 : quote);
    auto field = line.substr(0, comma);
    if (quote != line.npos && field.ends_with('"')) field = field.substr(1, field.size() - 2);
    while (!field.empty() && field.front() == ' ') field.remove_prefix(1);
    while (!field.empty() && field.back() == ' ') field.remove_suffix(1);
    fields.push_back(field);
    if (comma == line.npos) return fields;
    line.remove_prefix(comma + 1);
  }
}
bool number_of(std::string_view field, float& value) {
  value = std::numeric_limits<float>::quiet_NaN();
  if (field.empty() || field == "?" || field == "nan" || field == "NaN" || field == "NA") return true;
  double read = 0;  // a probability that is too small for a float is a zero, and no mistake
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), read);
  if (error != std::errc() || end != field.data() + field.size()) return false;
  constexpr double most = std::numeric_limits<float>::max();
  value = std::fabs(read) > most ? (read > 0 ? INFINITY : -INFINITY) : static_cast<float>(read);
  return true;
}

}  // namespace

levada::result<table> read_table(const std::string& path) {
  using levada::failure;
  using levada::fault;
  std::ifstream file(path);
  if (!file) return fault::of(failure::unreadable, "cannot read '", path.c_str(), "'");
  table all;
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (number == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);  // a spreadsheet's
    if (line.empty() || line == "\r") continue;
    const auto fields = fields_of(line);
    float value = 0;
    if (all.columns == 0) {
      all.columns = fields.size();
      if (!number_of(fields[0], value)) {
        all.names.assign(fields.begin(), fields.end());
        continue;
      }
    }
    if (fields.size() != all.columns)
      return fault::of(failure::data, path.c_str(), ":", number, ": ", fields.size(), " fields, where the first line has ",
                       all.columns);
    for (const auto field : fields) {
      if (!number_of(field, value))
        return fault::of(failure::data, path.c_str(), ":", number, ": '", field.substr(0, 40), "' is no number");
      all.values.push_back(value);
    }
  }
  if (all.rows() == 0) return fault::of(failure::data, "'", path.c_str(), "' has no rows");
  return all;
}

}  // namespace tool
