// SPDX-License-Identifier: BSL-1.0
#include "commands.hpp"
#include "table.hpp"

#include <levada/connect/model_file.hpp>
#include <levada/connect/signature.hpp>
#include <levada/model/any_model.hpp>
#include <levada/os/file.hpp>

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <random>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

namespace tool {

using levada::failure;
using levada::fault;
using levada::result;

namespace {

constexpr std::size_t golden_count = 64;

/// Bins with as many training rows in each as possible, for values that may be many times the same.
struct spread {
  static constexpr std::uint32_t bins = 10;
  std::vector<float> edges, counts;
  std::uint32_t features = 0;

  explicit spread(const table& data) : features(static_cast<std::uint32_t>(data.columns)) {
    std::vector<float> values;
    for (std::size_t f = 0; f < data.columns; ++f) {
      values.clear();
      for (std::size_t r = 0; r < data.rows(); ++r)
        if (const float v = data.row(r)[f]; !std::isnan(v)) values.push_back(v);
      const auto missing = static_cast<float>(data.rows() - values.size());
      if (values.empty()) values.push_back(0);
      std::sort(values.begin(), values.end());
      std::vector<float> own;
      for (std::uint32_t i = 1; i < bins; ++i) {
        const float edge = values[values.size() * i / bins];
        // Edges rise, whatever the values are.
        own.push_back(own.empty() || edge > own.back() ? edge : std::nextafter(own.back(), INFINITY));
      }
      std::array<float, bins + 1> own_counts{};
      for (const float v : values)
        own_counts[static_cast<std::size_t>(std::upper_bound(own.begin(), own.end(), v) - own.begin())] += 1;
      own_counts[bins] = missing;
      edges.insert(edges.end(), own.begin(), own.end());
      counts.insert(counts.end(), own_counts.begin(), own_counts.end());
    }
  }
  [[nodiscard]] levada::histogram_parts parts() const { return {features, bins, edges, counts}; }
};

/// Rows for golden vectors: of the training data, evenly; else from a normal distribution.
std::vector<float> golden_rows(const table& data, std::size_t features) {
  std::vector<float> rows;
  if (data.columns != 0) {
    for (std::size_t i = 0; i < golden_count; ++i) {
      const auto row = data.row(i * data.rows() / golden_count);
      rows.insert(rows.end(), row.begin(), row.end());
    }
  } else {
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    for (std::size_t i = 0; i < golden_count * features; ++i) rows.push_back(normal(random));
  }
  return rows;
}

}  // namespace

result<> run_keys(const options& o) {
  const auto keys = levada::make_keys();
  if (!keys) return keys.error();
  const std::string secret = o.file + ".secret", open = o.file + ".public";
  for (const auto& path : {secret, open})
    if (std::filesystem::exists(path))
      return fault::of(failure::usage, "'", path.c_str(), "' is there already: a key is never written over");
  const auto write = [](const std::string& path, const std::string& digits, unsigned mode) -> result<> {
    const auto to = levada::file::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL, mode);
    return to ? to->write_all(digits + '\n') : to.error();
  };
  if (auto written = write(secret, keys->secret.to_text(), 0600); !written) return written;
  return write(open, keys->open.to_text(), 0644);
}

namespace {

/// Columns are features in the model's order. One whose name the model has elsewhere was put elsewhere.
result<> check_names(std::string_view path, const table& data, std::span<const std::string_view> features) {
  const std::size_t n = std::min(data.names.size(), features.size());
  for (std::size_t f = 0; f < n; ++f)
    if (data.names[f] != features[f] && std::find(features.begin(), features.end(), data.names[f]) != features.end())
      return fault::of(failure::data, "'", path, "' has '", data.names[f].c_str(), "' in column ", f + 1,
                       ", where the model has '", features[f], "': put the columns into the model's order");
  return {};
}

/// Under its name there is always a whole file.
result<> write_whole(const std::string& path, std::span<const std::byte> bytes) {
  const std::string beside = path + ".new";
  const auto to = levada::file::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (!to) return to.error();
  auto done = to->write_all({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  std::error_code trouble;
  if (done) std::filesystem::rename(beside, path, trouble);
  if (trouble) done = fault::of(failure::io, "cannot write '", path.c_str(), "': ", trouble.message().c_str());
  if (!done) std::filesystem::remove(beside, trouble);
  return done;
}

}  // namespace

result<> run_convert(const options& o) {
  auto document = levada::load_model(o.file.c_str());
  if (!document) return document.error();
  const auto model = levada::any_model::make(document->parts);
  if (!model) return model.error();

  table data;
  if (!o.data.empty()) {
    auto read = read_table(o.data);
    if (!read) return read.error();
    data = std::move(*read);
    if (data.columns != model->features())
      return fault::of(failure::data, "'", o.data.c_str(), "' has ", data.columns, " columns, and the model ", model->features(),
                       " features");
    if (auto same = check_names(o.data, data, document->parts.feature_names); !same) return same;
    if (data.rows() < golden_count)
      return fault::of(failure::data, "'", o.data.c_str(), "' has ", data.rows(), " rows; ", golden_count, " are the least");
  }
  std::vector<float> rows, outputs;
  if (!o.golden.empty()) {
    const auto golden = read_table(o.golden);
    if (!golden) return golden.error();
    if (golden->columns != model->features() + model->outputs())
      return fault::of(failure::data, "'", o.golden.c_str(), "' has ", golden->columns, " columns; ", model->features(),
                       " features and ", model->outputs(), " outputs are expected");
    if (auto same = check_names(o.golden, *golden, document->parts.feature_names); !same) return same;
    for (std::size_t i = 0; i < golden->rows(); ++i) {
      const auto row = golden->row(i);
      rows.insert(rows.end(), row.begin(), row.begin() + static_cast<std::ptrdiff_t>(model->features()));
      outputs.insert(outputs.end(), row.begin() + static_cast<std::ptrdiff_t>(model->features()), row.end());
    }
  } else {
    rows = golden_rows(data, model->features());
    outputs.resize(rows.size() / model->features() * model->outputs());
    model->score_batch(rows, rows.size() / model->features(), outputs);
  }

  const std::string name = o.name.empty() ? std::filesystem::path(o.file).stem().string() : o.name;
  levada::artifact_contents contents{name, o.version, o.made_by, document->parts, rows, outputs};
  std::vector<std::string_view> names(data.names.begin(), data.names.end());
  if (contents.parts.feature_names.empty()) contents.parts.feature_names = names;
  const spread training(data);
  if (data.columns != 0) contents.parts.training = training.parts();

  std::vector<std::byte> bytes;
  if (o.key.empty()) {
    bytes = levada::write_artifact(contents);
  } else {
    const auto key = read_key<levada::secret_key>(o.key);
    if (!key) return key.error();
    bytes = levada::write_artifact(contents, levada::signed_by{*key});
  }
  // What is sent must be readable: it is read once more before it stands under its name.
  auto read = levada::artifact::read(bytes);
  if (!read) return read.error();
  levada::admission gate({.tolerance = static_cast<float>(o.tolerance)});
  if (auto good = gate.admit(*model, candidate_of(*read)); !good) return good;
  if (auto written = write_whole(o.output, bytes); !written) return written;
  std::printf("%s: model '%s', version %llu, %zu features, %zu outputs, %zu bytes%s\n", o.output.c_str(), name.c_str(),
              static_cast<unsigned long long>(o.version), model->features(), model->outputs(), bytes.size(),
              o.key.empty() ? ", not signed" : ", signed");
  return {};
}

}  // namespace tool
