// SPDX-License-Identifier: BSL-1.0
// series_file: a series in a CSV file with the columns `timestamp` and `value`, and its scores in another one.
#pragma once

#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/core/time.hpp>

#include <filesystem>
#include <vector>

namespace detector {

struct row {
  levada::text<48> written;  ///< the timestamp, as it stands in the file
  levada::timestamp time;
  double value = 0;  ///< NaN where the file has none
};

/// Fails  with file and line, if a column is missing or a cell is neither empty nor a number.
levada::result<std::vector<row>> read_series(const std::filesystem::path& path);

/// Writes `timestamp,anomaly_score`; makes the folder.
levada::result<> write_scores(const std::filesystem::path& path, const std::vector<row>& rows, const std::vector<float>& scores);

/// All .csv files below a folder but those below the other one, relative to it, sorted.
levada::result<std::vector<std::filesystem::path>> series_below(const std::filesystem::path& folder,
                                                                const std::filesystem::path& except);

}  // namespace detector
