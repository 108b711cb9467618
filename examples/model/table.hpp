// SPDX-License-Identifier: BSL-1.0
// table: rows of numbers from a CSV file whose columns nobody has declared.
#pragma once

#include <levada/core/result.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace tool {

struct table {
  std::vector<std::string> names;  ///< of the first line, if it has words
  std::size_t columns = 0;
  std::vector<float> values;

  [[nodiscard]] std::size_t rows() const { return columns == 0 ? 0 : values.size() / columns; }
  [[nodiscard]] std::span<const float> row(std::size_t i) const { return std::span(values).subspan(i * columns, columns); }
};

/// Fails  by a sentence with the line, where one has another number of fields than the first, or a field is no number. An empty
/// field, "nan" and "?" are NaN.
levada::result<table> read_table(const std::string& path);

}  // namespace tool
