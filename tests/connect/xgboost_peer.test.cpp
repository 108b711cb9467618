// SPDX-License-Identifier: BSL-1.0
// Models that XGBoost has trained and written must say what XGBoost says. Built where its C library is.
#include <levada/connect/xgboost.hpp>

#include "naive_model.hpp"

#include <doctest/doctest.h>
#include <xgboost/c_api.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace lv = levada;

namespace {

constexpr std::size_t features = 6;
using settings = std::vector<std::pair<const char*, const char*>>;

#define PEER(call) REQUIRE_MESSAGE((call) == 0, XGBGetLastError())

/// Rows of which an eighth of the values is missing, and labels 0, 1, 2 that depend on them.
struct data {
  std::vector<float> rows, labels;
  DMatrixHandle matrix = nullptr;

  data(std::size_t n, std::uint32_t seed, bool binary) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    for (std::size_t r = 0; r < n; ++r) {
      float label = normal(random) * 0.3f;
      for (std::size_t f = 0; f < features; ++f) {
        // Some lie exactly on what may become a threshold.
        const float x = random() % 4 == 0 ? std::round(normal(random)) : normal(random);
        label += f % 2 == 0 ? x : x * x * 0.25f;
        rows.push_back(random() % 8 == 0 ? std::numeric_limits<float>::quiet_NaN() : x);
      }
      labels.push_back(label < 0 ? 0.0f : label < 1.5f || binary ? 1.0f : 2.0f);
    }
    PEER(XGDMatrixCreateFromMat(rows.data(), n, features, std::numeric_limits<float>::quiet_NaN(), &matrix));
    PEER(XGDMatrixSetFloatInfo(matrix, "label", labels.data(), n));
  }
  data(const data&) = delete;
  data& operator=(const data&) = delete;
  ~data() { XGDMatrixFree(matrix); }
};

struct booster {
  BoosterHandle handle = nullptr;

  booster(const data& from, const settings& with, int rounds) {
    PEER(XGBoosterCreate(&from.matrix, 1, &handle));
    for (const auto& [name, value] : with) PEER(XGBoosterSetParam(handle, name, value));
    PEER(XGBoosterSetParam(handle, "nthread", "1"));
    for (int i = 0; i < rounds; ++i) PEER(XGBoosterUpdateOneIter(handle, i, from.matrix));
  }
  booster(const booster&) = delete;
  booster& operator=(const booster&) = delete;
  ~booster() { XGBoosterFree(handle); }

  [[nodiscard]] std::string saved(const char* as) const {
    const char* bytes = nullptr;
    bst_ulong n = 0;
    PEER(XGBoosterSaveModelToBuffer(handle, as, &n, &bytes));
    return {bytes, n};
  }
  [[nodiscard]] std::vector<float> predictions(const data& of) const {
    const bst_ulong* shape = nullptr;
    bst_ulong dims = 0;
    const float* values = nullptr;
    const char* how = R"({"type":0,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false})";
    PEER(XGBoosterPredictFromDMatrix(handle, of.matrix, how, &shape, &dims, &values));
    std::size_t n = 1;
    for (bst_ulong i = 0; i < dims; ++i) n *= shape[i];
    return {values, values + n};
  }
};

void agree(const std::string& what, const settings& with, int rounds = 12, bool with_missing = true) {
  CAPTURE(what);
  const bool many = what.starts_with("multi");
  const data training(1500, 1, !many), judged(1000, 2, !many);
  const booster peer(training, with, rounds);
  const auto expected = peer.predictions(judged);
  for (const char* as : {R"({"format":"json"})", R"({"format":"ubj"})"}) {
    CAPTURE(as);
    const auto file = peer.saved(as);
    const auto read = lv::read_xgboost(naive::bytes_of(file));
    REQUIRE_MESSAGE(read, naive::refusal(read));
    const std::size_t outputs = expected.size() / judged.labels.size();
    double worst = 0;
    for (std::size_t r = 0; r < judged.labels.size(); ++r) {
      const naive::row x(&judged.rows[r * features], &judged.rows[r * features] + features);
      if (!with_missing && std::any_of(x.begin(), x.end(), [](float v) { return std::isnan(v); })) continue;
      const auto got = naive::score(*read, x);
      REQUIRE(got.size() == outputs);
      for (std::size_t o = 0; o < outputs; ++o)
        worst = std::max(worst, std::abs(static_cast<double>(got[o]) - static_cast<double>(expected[r * outputs + o])));
    }
    CHECK(worst <= 1e-5);
  }
}

}  // namespace

TEST_CASE("models of XGBoost say what XGBoost says") {
  agree("binary", {{"objective", "binary:logistic"}, {"base_score", "0.3"}, {"max_depth", "4"}, {"tree_method", "hist"}});
  agree("regression", {{"objective", "reg:squarederror"}, {"base_score", "-0.7"}});
  agree("deep", {{"objective", "reg:squarederror"}, {"max_depth", "8"}, {"tree_method", "exact"}});
  agree("pruned", {{"objective", "reg:squarederror"}, {"max_depth", "8"}, {"gamma", "5"}, {"tree_method", "exact"}});
  agree("multi", {{"objective", "multi:softprob"}, {"num_class", "3"}, {"max_depth", "3"}});
  agree("multi, random forest",
        {{"objective", "multi:softprob"}, {"num_class", "3"}, {"num_parallel_tree", "3"}, {"subsample", "0.5"}}, 2);
  agree("poisson", {{"objective", "count:poisson"}, {"base_score", "0.4"}});
  agree("tweedie", {{"objective", "reg:tweedie"}});
  agree("logitraw", {{"objective", "binary:logitraw"}, {"base_score", "0.2"}});
  agree("ranking", {{"objective", "rank:pairwise"}});
  agree("dart", {{"objective", "binary:logistic"}, {"booster", "dart"}, {"rate_drop", "0.3"}, {"seed", "5"}});
  agree("linear", {{"objective", "reg:squarederror"}, {"booster", "gblinear"}}, 5, false);
}
