// SPDX-License-Identifier: BSL-1.0
#include "commands.hpp"
#include "table.hpp"

#include <levada/connect/model_file.hpp>
#include <levada/connect/signature.hpp>
#include <levada/model/any_model.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
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

result<std::string> first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return fault::of(failure::unreadable, "cannot read '", path.c_str(), "'");
  return line;
}

result<> run_keys(const options& o) {
  const auto keys = levada::make_keys();
  if (!keys) return keys.error();
  const auto write = [&](const char* ending, const std::string& text, bool secret) -> result<> {
    const std::string path = o.file + ending;
    if (std::filesystem::exists(path))
      return fault::of(failure::usage, "'", path.c_str(), "' is there already: a key is never written over");
    std::ofstream file(path);
    if (secret) std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    if (!(file << text << '\n').flush()) return fault::of(failure::io, "cannot write '", path.c_str(), "'");
    return {};
  };
  if (auto secret = write(".secret", keys->secret.to_text(), true); !secret) return secret;
  return write(".public", keys->open.to_text(), false);
}

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
    const auto line = first_line(o.key);
    if (!line) return line.error();
    const auto key = levada::secret_key::from_text(*line);
    if (!key) return key.error();
    bytes = levada::write_artifact(contents, levada::signed_by{*key});
  }
  // What is sent must be readable: it is read once more before it stands under its name.
  auto read = levada::artifact::read(bytes);
  if (!read) return read.error();
  levada::admission gate({.tolerance = static_cast<float>(o.tolerance)});
  if (auto good = gate.admit(*model, candidate_of(*read)); !good) return good;
  std::ofstream file(o.output, std::ios::binary);
  if (!file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size())).flush())
    return fault::of(failure::io, "cannot write '", o.output.c_str(), "'");
  std::printf("%s: model '%s', version %llu, %zu features, %zu outputs, %zu bytes%s\n", o.output.c_str(), name.c_str(),
              static_cast<unsigned long long>(o.version), model->features(), model->outputs(), bytes.size(),
              o.key.empty() ? ", not signed" : ", signed");
  return {};
}

}  // namespace tool
