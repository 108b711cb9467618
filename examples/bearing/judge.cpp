// SPDX-License-Identifier: BSL-1.0
#include "commands.hpp"
#include "diagnosis.hpp"

#include <levada/connect/artifact.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/runner.hpp>
#include <levada/model/admission.hpp>
#include <levada/model/any_model.hpp>
#include <levada/op/map.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/values.hpp>

#include <algorithm>
#include <cstdio>
#include <map>

namespace bearing {

using levada::failure;
using levada::fault;
using levada::result;

namespace {

/// What was said of the windows of a condition.
struct verdicts {
  std::vector<std::size_t> of;  ///< windows that were taken for each condition of the model
  std::size_t windows = 0, alerts = 0;
};

result<> judge(const recording& r, const levada::any_model& model, std::size_t normal, verdicts& v) {
  const auto samples = r.samples();
  std::vector<float> outputs(model.outputs());
  struct state_of_health {
    levada::timestamp time;
    bool worn;
  };
  // How many conditions a model knows is known when it is read, so it is asked here and not by infer, whose rows have a length
  // that the compiler knows.
  const auto diagnose = [&](const auto& row) {
    model.score(row.features(), outputs);
    const auto label = static_cast<std::size_t>(std::max_element(outputs.begin(), outputs.end()) - outputs.begin());
    ++v.of[label];
    ++v.windows;
    return state_of_health{row.end, label != normal};
  };
  auto flow = levada::flow(levada::from(levada::values(std::span(samples))) | features_of_windows<window_length>() |
                           levada::map<"diagnosis">(diagnose) |
                           levada::to([&](const state_of_health& s) { v.alerts += s.worn ? 1u : 0u; }));
  return levada::runner<>({.base = levada::time_base::events}).run(flow);
}

}  // namespace

result<> run_judge(const options& o) {
  const auto read = levada::artifact::load(o.model.c_str());
  if (!read) return read.error();
  const auto model = levada::any_model::make(read->parts());
  if (!model) return model.error();
  levada::candidate sent;
  sent.name = read->name().substr(0, 63);
  sent.version = read->version();
  sent.schema = levada::schema_hash(read->parts().feature_names);
  sent.golden_rows = read->golden_rows();
  sent.golden_outputs = read->golden_outputs();
  levada::admission gate({.schema = levada::schema_hash(feature_names)});
  if (auto admitted = gate.admit(*model, sent); !admitted) return admitted;
  const auto conditions = read->parts().output_names;
  if (conditions.size() != model->outputs())
    return fault::of(failure::data, "the model does not say what its outputs are: this one was not made by `bearing train`");
  const auto normal = static_cast<std::size_t>(std::find(conditions.begin(), conditions.end(), "Normal") - conditions.begin());

  const auto recordings = read_recordings(o.folder, o.rpm);
  if (!recordings) return recordings.error();
  std::map<std::string, verdicts> all;
  for (const recording& r : *recordings) {
    auto& v = all[r.condition];
    v.of.resize(conditions.size());
    if (auto done = judge(r, *model, normal, v); !done) return done;
  }
  std::size_t right = 0, windows = 0;
  std::printf("{\n  \"classes\": {\n");
  for (auto it = all.begin(); it != all.end(); ++it) {
    const auto& [condition, v] = *it;
    const auto at = std::find(conditions.begin(), conditions.end(), std::string_view(condition));
    const std::size_t hits = at == conditions.end() ? 0 : v.of[static_cast<std::size_t>(at - conditions.begin())];
    right += hits;
    windows += v.windows;
    std::printf("    \"%s\": {\"windows\": %zu, \"accuracy\": %.4f, \"alerts\": %zu, \"taken_for\": {", condition.c_str(),
                v.windows, static_cast<double>(hits) / static_cast<double>(v.windows), v.alerts);
    const char* comma = "";
    for (std::size_t c = 0; c < conditions.size(); ++c) {
      if (v.of[c] == 0) continue;
      std::printf("%s\"%.*s\": %zu", comma, static_cast<int>(conditions[c].size()), conditions[c].data(), v.of[c]);
      comma = ", ";
    }
    std::printf("}}%s\n", std::next(it) == all.end() ? "" : ",");
  }
  std::printf("  },\n  \"windows\": %zu,\n  \"accuracy\": %.4f\n}\n", windows,
              static_cast<double>(right) / static_cast<double>(windows));
  return {};
}

}  // namespace bearing
