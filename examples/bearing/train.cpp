// SPDX-License-Identifier: BSL-1.0
#include "commands.hpp"
#include "diagnosis.hpp"

#include <levada/connect/artifact.hpp>
#include <levada/connect/xgboost.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/runner.hpp>
#include <levada/model/any_model.hpp>
#include <levada/simd/resampler.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/values.hpp>

#if defined(LEVADA_XGBOOST)
#include <xgboost/c_api.h>
#endif

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

namespace bearing {

using levada::failure;
using levada::fault;
using levada::result;

namespace {

constexpr std::size_t training_slide = 512;

result<> add_windows(training_set& set, const recording& r, std::size_t label) {
  const auto samples = r.samples();
  auto flow = levada::flow(levada::from(levada::values(std::span(samples))) | features_of_windows<training_slide>() |
                           levada::to([&](const auto& row) {
                             if (set.features == 0) set.names.assign(row.names.begin(), row.names.end());
                             set.features = row.names.size();
                             const auto features = row.features();
                             set.rows.insert(set.rows.end(), features.begin(), features.end());
                             set.labels.push_back(static_cast<float>(label));
                           }));
  return levada::runner<>({.base = levada::time_base::events}).run(flow);
}

/// Every fourth sample, of what is below 1.5 kHz.
recording at_a_quarter(const recording& r) {
  recording slow = r;
  levada::resampler<1, 4> quarter;
  slow.g.resize(quarter.most_of(r.g.size()));
  slow.g.resize(quarter.resample(r.g, slow.g));
  return slow;
}

}  // namespace

result<training_set> make_training_set(const options& o) {
  const auto recordings = read_recordings(o.folder, o.rpm);
  if (!recordings) return recordings.error();
  training_set set;
  for (const recording& r : *recordings) {
    auto at = std::find(set.conditions.begin(), set.conditions.end(), r.condition);
    if (at == set.conditions.end()) at = set.conditions.insert(at, r.condition);
    const auto label = static_cast<std::size_t>(at - set.conditions.begin());
    if (auto done = add_windows(set, r, label); !done) return done.error();
    // It is disputed whether the healthy bearing was recorded at 12 or at 48 kHz. A model must not live on that, so it learns
    // both readings of it as healthy.
    if (r.condition == "Normal" && r.g.size() >= 4 * window_length)
      if (auto done = add_windows(set, at_a_quarter(r), label); !done) return done.error();
  }
  return set;
}

result<> run_features(const options& o) {
  const auto set = make_training_set(o);
  if (!set) return set.error();
  std::ofstream file(o.output);
  file.precision(9);  // a float, whole
  for (const auto& name : set->names) file << '"' << name << "\",";
  file << "condition\n";
  for (std::size_t r = 0; r < set->labels.size(); ++r) {
    for (std::size_t f = 0; f < set->features; ++f) file << set->rows[r * set->features + f] << ',';
    file << set->conditions[static_cast<std::size_t>(set->labels[r])] << '\n';
  }
  if (!file.flush()) return fault::of(failure::io, "cannot write '", o.output.c_str(), "'");
  std::printf("{\"rows\": %zu, \"features\": %zu, \"conditions\": %zu}\n", set->labels.size(), set->features,
              set->conditions.size());
  return {};
}

namespace {

/// A model as XGBoost writes it, and what XGBoost itself says of some of the rows.
struct trained {
  std::vector<char> json;
  std::vector<float> rows, outputs;
};

#if defined(LEVADA_XGBOOST)
/// The parameters of trainer.py: a random forest. Boosted trees are surer of these recordings and worse on those of another load:
/// they take the strength of a signal for its cause.
result<trained> train_here(const training_set& set) {
  DMatrixHandle data = nullptr, some = nullptr;
  BoosterHandle booster = nullptr;
  bool good = true;
  const auto ok = [&](int code) { good = good && code == 0; };
  ok(XGDMatrixCreateFromMat(set.rows.data(), set.labels.size(), set.features, std::numeric_limits<float>::quiet_NaN(), &data));
  ok(XGDMatrixSetFloatInfo(data, "label", set.labels.data(), set.labels.size()));
  ok(XGBoosterCreate(&data, 1, &booster));
  const std::string classes = std::to_string(set.conditions.size());
  for (const auto& [name, value] : std::initializer_list<std::pair<const char*, const char*>>{{"objective", "multi:softprob"},
                                                                                              {"num_class", classes.c_str()},
                                                                                              {"tree_method", "hist"},
                                                                                              {"num_parallel_tree", "100"},
                                                                                              {"max_depth", "6"},
                                                                                              {"eta", "1"},
                                                                                              {"subsample", "0.6"},
                                                                                              {"colsample_bynode", "0.15"},
                                                                                              {"lambda", "1e-5"},
                                                                                              {"nthread", "1"},
                                                                                              {"seed", "1"},
                                                                                              {"verbosity", "0"}})
    ok(XGBoosterSetParam(booster, name, value));
  ok(XGBoosterUpdateOneIter(booster, 0, data));
  trained t;
  constexpr std::size_t golden = 64;
  for (std::size_t i = 0; i < golden; ++i) {
    const auto* row = set.rows.data() + i * set.labels.size() / golden * set.features;
    t.rows.insert(t.rows.end(), row, row + set.features);
  }
  ok(XGDMatrixCreateFromMat(t.rows.data(), golden, set.features, std::numeric_limits<float>::quiet_NaN(), &some));
  bst_ulong n = 0;
  const float* outputs = nullptr;
  ok(XGBoosterPredict(booster, some, 0, 0, 0, &n, &outputs));
  if (good) t.outputs.assign(outputs, outputs + n);
  const char* json = nullptr;
  ok(XGBoosterSaveModelToBuffer(booster, "{\"format\": \"json\"}", &n, &json));
  if (good) t.json.assign(json, json + n);
  const std::string why = good ? "" : XGBGetLastError();
  XGBoosterFree(booster);
  XGDMatrixFree(data);
  XGDMatrixFree(some);
  if (!good) return fault::of(failure::internal, "XGBoost: ", why.substr(0, 200).c_str());
  return t;
}
#endif

/// By the Python script, through files beside the model.
result<trained> train_by(const std::string& script, const options& o) {
  options features = o;
  features.output = o.model + ".features.csv";
  if (auto written = run_features(features); !written) return written.error();
  const std::string json = o.model + ".json";
  const std::string command = "python3 '" + script + "' '" + features.output + "' '" + json + "' >&2";
  if (std::system(command.c_str()) != 0) return fault::of(failure::unavailable, "the trainer failed: ", command.c_str());
  std::ifstream file(json, std::ios::binary);
  return trained{{std::istreambuf_iterator<char>(file), {}}, {}, {}};
}

}  // namespace

result<> run_train(const options& o) {
  const auto set = make_training_set(o);
  if (!set) return set.error();
#if defined(LEVADA_XGBOOST)
  auto done = o.trainer.empty() ? train_here(*set) : train_by(o.trainer, o);
#else
  if (o.trainer.empty())
    return fault::of(failure::usage,
                     "this program was built without libxgboost: install libxgboost-dev and build again, or say "
                     "--trainer examples/bearing/trainer.py, which needs Python's xgboost");
  auto done = train_by(o.trainer, o);
#endif
  if (!done) return done.error();
  auto document = levada::read_xgboost(std::as_bytes(std::span(done->json)));
  if (!document) return document.error();
  const auto model = levada::any_model::make(document->parts);
  if (!model) return model.error();
  if (model->features() != set->features || model->outputs() != set->conditions.size())
    return fault::of(failure::data, "the trainer made a model of ", model->features(), " features and ", model->outputs(),
                     " outputs; there are ", set->features, " features and ", set->conditions.size(), " conditions");
  if (done->rows.empty()) {  // the script's own predictions do not come back: the rows are there, and this machine's outputs
    const std::size_t some = std::min<std::size_t>(64, set->labels.size());
    done->rows.assign(set->rows.begin(), set->rows.begin() + static_cast<std::ptrdiff_t>(some * set->features));
    done->outputs.resize(some * model->outputs());
    model->score_batch(done->rows, some, done->outputs);
  }
  const std::vector<std::string_view> names(set->names.begin(), set->names.end()),
      conditions(set->conditions.begin(), set->conditions.end());
  levada::artifact_contents contents{"bearing", 1, "examples/bearing", document->parts, done->rows, done->outputs};
  contents.parts.feature_names = names;
  contents.parts.output_names = conditions;
  const auto bytes = levada::write_artifact(contents);
  std::ofstream file(o.model, std::ios::binary);
  if (!file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size())).flush())
    return fault::of(failure::io, "cannot write '", o.model.c_str(), "'");
  std::printf("{\"model\": \"%s\", \"windows\": %zu, \"features\": %zu, \"conditions\": %zu, \"bytes\": %zu}\n", o.model.c_str(),
              set->labels.size(), set->features, set->conditions.size(), bytes.size());
  return {};
}

}  // namespace bearing
