// SPDX-License-Identifier: BSL-1.0
#include "commands.hpp"
#include "table.hpp"

#include <levada/connect/signature.hpp>
#include <levada/model/any_model.hpp>
#include <levada/model/tree_explanation.hpp>
#include <levada/os/clock.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <random>
#include <vector>

namespace tool {

using levada::artifact;
using levada::failure;
using levada::fault;
using levada::model_part;
using levada::result;

namespace {

std::string shape_of(const model_part& step) {
  using enum model_part::kind_t;
  const auto text = [](auto... n) {
    std::string all;
    ((all += n), ...);
    return all;
  };
  const auto digits = [](auto n) { return std::to_string(n); };
  switch (step.kind) {
    case scaler: return text(digits(step.scaler.features), " features");
    case linear: return text(digits(step.linear.features), " -> ", digits(step.linear.outputs));
    case trees:
      return text(digits(step.trees.trees.size()), " trees, ", digits(step.trees.nodes.size()), " nodes, ",
                  digits(step.trees.features), " -> ", digits(step.trees.outputs));
    case network: {
      std::string all = digits(step.network.features);
      for (const auto& layer : step.network.layers) all += " -> " + digits(layer.outputs);
      return all;
    }
    case components:
      return text(digits(step.components.features), " features, ", digits(step.components.components), " components");
    case centres: return text(digits(step.centres.centres), " centres of ", digits(step.centres.features), " features");
    case mixture: return text(digits(step.mixture.parts), " Gaussians of ", digits(step.mixture.features), " features");
    case none: break;
  }
  return "nothing";
}
/// The file's own names, or "feature 7".
std::vector<std::string> names_of(std::span<const std::string_view> own, const char* otherwise, std::size_t n) {
  std::vector<std::string> names(own.begin(), own.end());
  for (std::size_t i = names.size(); i < n; ++i) names.push_back(otherwise + (' ' + std::to_string(i)));
  return names;
}
void print_names(const char* of_what, std::span<const std::string_view> names) {
  if (names.empty()) return;
  std::printf("%-11s", of_what);
  const char* comma = "";
  for (const auto name : names) {
    std::printf("%s%.*s", comma, static_cast<int>(name.size()), name.data());
    comma = ", ";
  }
  std::printf("\n");
}

}  // namespace

levada::candidate candidate_of(const artifact& a) {
  levada::candidate c;
  c.name = a.name().substr(0, 63);
  c.version = a.version();
  c.schema = levada::schema_hash(a.parts().feature_names);
  c.golden_rows = a.golden_rows();
  c.golden_outputs = a.golden_outputs();
  c.bytes = a.file();
  c.signed_part = a.signed_bytes();
  c.signature = a.signature();
  return c;
}

result<> run_inspect(const options& o) {
  const auto read = artifact::load(o.file.c_str());
  if (!read) return read.error();
  const auto name = read->name(), made_by = read->made_by();
  std::printf("model      %.*s\nversion    %llu\n", static_cast<int>(name.size()), name.data(),
              static_cast<unsigned long long>(read->version()));
  if (!made_by.empty()) std::printf("made by    %.*s\n", static_cast<int>(made_by.size()), made_by.data());
  for (const model_part& step : read->parts().steps) {
    const auto kind = name_of(step.kind);
    std::printf("step       %.*s: %s\n", static_cast<int>(kind.size()), kind.data(), shape_of(step).c_str());
  }
  const auto& parts = read->parts();
  print_names("features", parts.feature_names);
  print_names("outputs", parts.output_names);
  std::printf("schema     %016llx\n", static_cast<unsigned long long>(levada::schema_hash(parts.feature_names)));
  std::printf("golden     %zu values in rows, %zu in outputs\n", read->golden_rows().size(), read->golden_outputs().size());
  std::printf("training   %s\n", parts.training.features == 0 ? "not known" : "a histogram of each feature");
  std::printf("signature  %s\n",
              read->signature().empty() ? "none" : "there; `model verify --key` says whether it is that of a key");
  return {};
}

result<> run_verify(const options& o) {
  const auto read = artifact::load(o.file.c_str());
  if (!read) return read.error();
  const auto model = levada::any_model::make(read->parts());
  if (!model) return model.error();
  const levada::admission_options wanted{.tolerance = static_cast<float>(o.tolerance)};
  result<> good;
  if (o.key.empty()) {
    levada::admission gate(wanted);
    good = gate.admit(*model, candidate_of(*read));
  } else {
    const auto key = read_key<levada::public_key>(o.key);
    if (!key) return key.error();
    levada::admission gate(wanted, levada::verified_by{*key});
    good = gate.admit(*model, candidate_of(*read));
  }
  if (!good) return good;
  std::printf("%s: %s, its golden vectors hold, its outputs are numbers\n", o.file.c_str(),
              o.key.empty() ? "not asked who signed it" : "signed");
  return {};
}

result<> run_bench(const options& o) {
  const auto read = artifact::load(o.file.c_str());
  if (!read) return read.error();
  const auto model = levada::any_model::make(read->parts());
  if (!model) return model.error();
  // Rows like the golden ones, and different each time: what repeats itself a processor learns by heart.
  constexpr std::size_t rows = 4096, block = 256;
  const std::size_t features = model->features(), outputs = model->outputs(), golden = read->golden_rows().size() / features;
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> values(rows * features), scores(block * outputs);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = golden == 0 ? normal(random)
                            : read->golden_rows()[random() % golden * features + i % features] * (1 + 0.1f * normal(random));
  const levada::wall_clock clock;
  std::vector<double> one, many;
  float kept = 0;
  for (int round = 0; round < 21; ++round) {
    auto begin = clock.steady();
    for (std::size_t r = 0; r < rows; ++r) {
      model->score(std::span(values).subspan(r * features, features), scores);
      kept += scores[0];
    }
    one.push_back(static_cast<double>((clock.steady() - begin).ns) / rows);
    begin = clock.steady();
    for (std::size_t r = 0; r < rows; r += block) {
      model->score_batch(std::span(values).subspan(r * features, block * features), block, scores);
      kept += scores[0];
    }
    many.push_back(static_cast<double>((clock.steady() - begin).ns) / rows);
  }
  std::nth_element(one.begin(), one.begin() + 10, one.end());
  std::nth_element(many.begin(), many.begin() + 10, many.end());
  std::printf("one row at a time  %8.1f ns\n%zu at a time      %8.1f ns a row\n", one[10], block, many[10]);
  return std::isnan(kept) ? result<>(fault::of(failure::data, "it gives no numbers")) : result<>{};
}

result<> run_explain(const options& o) {
  const auto read = artifact::load(o.file.c_str());
  if (!read) return read.error();
  const auto model = levada::any_model::make(read->parts());
  if (!model) return model.error();
  const auto rows = read_table(o.row);
  if (!rows) return rows.error();
  const std::size_t features = model->features();
  if (rows->columns != features)
    return fault::of(failure::data, "'", o.row.c_str(), "' has ", rows->columns, " columns, and the model ", features,
                     " features");
  const auto& steps = read->parts().steps;
  const bool trees_alone = steps.size() == 1 && steps[0].kind == model_part::kind_t::trees;
  if (!model->can_explain())
    return fault::of(failure::usage, "this kind of model does not know why: trees, linear models and components do");
  const auto exact =
      trees_alone
          ? levada::tree_explanation::make(steps[0].trees)
          : result<levada::tree_explanation>(fault::of(failure::usage, "exact values are for models that are trees alone"));
  if (o.exact && !exact) return exact.error();
  if (o.exact && exact->depth() > levada::tree_explanation::deepest)
    return fault::of(failure::usage, "exact values are for trees of ", levada::tree_explanation::deepest,
                     " levels at most, and these have ", exact->depth());
  const auto names = names_of(read->parts().feature_names, "feature", features);
  const auto output_names = names_of(read->parts().output_names, "output", model->outputs());
  std::vector<float> scores(model->outputs()), contributions(features + 1);
  std::vector<std::size_t> order(features);
  for (std::size_t r = 0; r < rows->rows(); ++r) {
    model->score(rows->row(r), scores);
    for (std::size_t output = 0; output < scores.size(); ++output) {
      if (o.exact)
        exact->shapley(rows->row(r), output, contributions);
      else
        model->explain(rows->row(r), output, contributions);
      std::iota(order.begin(), order.end(), 0u);
      std::stable_sort(order.begin(), order.end(),
                       [&](std::size_t a, std::size_t b) { return std::fabs(contributions[a]) > std::fabs(contributions[b]); });
      std::printf("row %zu, %s: %g\n  %-24s %+g\n", r, output_names[output].c_str(), static_cast<double>(scores[output]), "base",
                  static_cast<double>(contributions[features]));
      for (std::size_t i = 0; i < std::min(o.top, features); ++i)
        std::printf("  %-24s %+g  (%g)\n", names[order[i]].c_str(), static_cast<double>(contributions[order[i]]),
                    static_cast<double>(rows->row(r)[order[i]]));
    }
  }
  return {};
}

}  // namespace tool
