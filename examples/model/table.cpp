// SPDX-License-Identifier: BSL-1.0
#include "table.hpp"

#include <charconv>
#include <fstream>
#include <limits>
#include <string_view>

namespace tool {

namespace {

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  for (;;) {
    const auto comma = line.find(',');
    auto field = line.substr(0, comma);
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
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  return error == std::errc() && end == field.data() + field.size();
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
