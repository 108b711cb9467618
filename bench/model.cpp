// SPDX-License-Identifier: BSL-1.0
// model: trees beside libxgboost, which has trained them, and a small network beside OpenCV's. Prints samples.
//   bench_model [--rounds N]   N samples of each (default 11)
// Trees: 100 of depth 6 over 32 features, boosted with histograms, max_bin 256; each contestant takes 4096 different rows in
// turn, one or 256 at a time, from floats, on one thread. LEVADA_ISA=avx2 measures what older processors have; metrics say which.
// What is measured must agree: on 100 000 rows with missing values before any time is taken.
#include "sample.hpp"

#include <levada/model/network.hpp>
#include <levada/model/trees.hpp>
#include <levada/simd/network.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#if defined(LEVADA_BENCH_XGBOOST)
#include <xgboost/c_api.h>
#include <nlohmann/json.hpp>
#endif
#if defined(LEVADA_BENCH_OPENCV)
#include <opencv2/dnn.hpp>
#endif

namespace {

namespace lv = levada;
constexpr std::size_t features = 32, different_rows = 4096;

/// The instruction set of the kernels that are in use.
std::string kernels_in_use() {
  lv::isa used = lv::isa::baseline;
  for (const lv::isa i : lv::isas)
    if (i <= lv::greatest_isa() && lv::kernels_for<lv::network_kernels>(i) != nullptr) used = i;
  return std::string(name_of(used));
}

std::vector<float> drawn_rows(std::size_t n, unsigned seed, unsigned missing_one_in) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> rows(n * features);
  for (float& x : rows) {
    x = normal(random);
    if (missing_one_in != 0 && random() % missing_one_in == 0) x = std::numeric_limits<float>::quiet_NaN();
  }
  return rows;
}

/// Nanoseconds a row of a pass over all rows.
template <class Pass>
double time_of(Pass&& pass) {
  const auto begin = std::chrono::steady_clock::now();
  pass();
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
  return took.count() / static_cast<double>(different_rows);
}

[[noreturn]] void stop(const std::string& why) {
  std::fprintf(stderr, "bench_model: %s\n", why.c_str());
  std::exit(70);
}

template <class M>
M need(lv::result<M> made) {
  if (!made) stop(made.error().sentence.c_str());
  return std::move(*made);
}

#if defined(LEVADA_BENCH_XGBOOST)

void need(int status) {
  if (status != 0) stop(XGBGetLastError());
}

/// What XGBoost has learned of rows of this program's making.
class booster {
 public:
  explicit booster(unsigned classes) {
    constexpr std::size_t n = 20'000;
    const auto rows = drawn_rows(n, 1, 20);
    std::mt19937 random(2);
    std::normal_distribution<float> noise(0, 0.3f);
    std::vector<float> labels(n);
    for (std::size_t r = 0; r < n; ++r) {
      float y = noise(random);
      for (std::size_t f = 0; f < features; ++f) {
        const float a = rows[r * features + f], b = rows[r * features + (f * 7 + 3) % features];
        if (!std::isnan(a)) y += a > 0.3f ? 0.2f * a : std::isnan(b) ? 0.4f : std::sin(a + 2 * b) * 0.3f;
      }
      labels[r] = classes == 1 ? y : static_cast<float>(y < 1 ? 0 : y < 3 ? 1 : 2);
    }
    DMatrixHandle data = nullptr;
    need(XGDMatrixCreateFromMat(rows.data(), n, features, std::numeric_limits<float>::quiet_NaN(), &data));
    need(XGDMatrixSetFloatInfo(data, "label", labels.data(), n));
    need(XGBoosterCreate(&data, 1, &handle_));
    const auto set = [&](const char* name, const std::string& value) { need(XGBoosterSetParam(handle_, name, value.c_str())); };
    set("tree_method", "hist");
    set("max_bin", "256");
    set("max_depth", "6");
    set("nthread", "1");
    set("objective", classes == 1 ? "reg:squarederror" : "multi:softprob");
    if (classes > 1) set("num_class", std::to_string(classes));
    for (unsigned i = 0; i < (classes == 1 ? 100u : 20u); ++i) need(XGBoosterUpdateOneIter(handle_, static_cast<int>(i), data));
    XGDMatrixFree(data);
  }
  booster(const booster&) = delete;
  booster& operator=(const booster&) = delete;
  ~booster() { XGBoosterFree(handle_); }

  /// How its C API names n rows in memory.
  static std::string array_of(const float* rows, std::size_t n) {
    return R"({"data":[)" + std::to_string(reinterpret_cast<std::uintptr_t>(rows)) + R"(,true],"shape":[)" + std::to_string(n) +
           "," + std::to_string(features) + R"(],"typestr":"<f4","version":3})";
  }
  const float* predict(const std::string& array) const {
    static constexpr auto options =
        R"({"type":0,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false,"missing":NaN,"cache_id":0})";
    const bst_ulong* shape = nullptr;
    bst_ulong dimensions = 0;
    const float* out = nullptr;
    need(XGBoosterPredictFromDense(handle_, array.c_str(), options, nullptr, &shape, &dimensions, &out));
    return out;
  }

  /// The same trees as levada's.
  [[nodiscard]] lv::trees model(unsigned classes) const {
    const char* text = nullptr;
    bst_ulong size = 0;
    need(XGBoosterSaveModelToBuffer(handle_, R"({"format":"json"})", &size, &text));
    const auto learner = nlohmann::json::parse(text, text + size)["learner"];
    std::vector<lv::tree_node> nodes;
    std::vector<std::uint32_t> trees;
    for (const auto& tree : learner["gradient_booster"]["model"]["trees"]) {
      trees.push_back(static_cast<std::uint32_t>(nodes.size()));
      for (std::size_t i = 0; i < tree["left_children"].size(); ++i) {
        lv::tree_node n{.threshold = tree["split_conditions"][i].get<float>()};
        if (const int left = tree["left_children"][i].get<int>(); left >= 0) {
          n.feature = tree["split_indices"][i].get<std::uint16_t>();
          n.missing_left = tree["default_left"][i].get<int>() != 0;
          n.left = static_cast<std::uint32_t>(left);
          n.right = tree["right_children"][i].get<std::uint32_t>();
        }
        nodes.push_back(n);
      }
    }
    const std::vector<float> base(classes, std::stof(learner["learner_model_param"]["base_score"].get<std::string>()));
    return need(lv::trees::make({.features = features,
                                 .outputs = classes,
                                 .nodes = nodes,
                                 .trees = trees,
                                 .base = base,
                                 .link = classes == 1 ? lv::link_function::identity : lv::link_function::softmax}));
  }

 private:
  BoosterHandle handle_ = nullptr;
};

void measure_agreement(const lv::trees& value_model, const booster& value_peer) {
  constexpr std::size_t n = 100'000;
  const auto rows = drawn_rows(n, 3, 10);
  bench::sample s{.name = "model/trees/row", .metric = "agreement", .unit = "greatest difference"};
  s.note = "100 000 rows, one value in ten missing";
  std::vector<float> out(n);
  value_model.score_batch(rows, n, out);
  const float* expected = value_peer.predict(booster::array_of(rows.data(), n));
  for (std::size_t r = 0; r < n; ++r) s.value = std::max(s.value, static_cast<double>(std::fabs(out[r] - expected[r])));
  if (!(s.value <= 1e-5)) stop("the trees differ from XGBoost's by " + std::to_string(s.value));
  print(s);

  constexpr unsigned classes = 3;
  const booster peer(classes);
  const lv::trees model = peer.model(classes);
  if (!value_model.packed() || !model.packed()) stop("the trees are too large for their fast form");
  std::vector<float> probabilities(n * classes);
  model.score_batch(rows, n, probabilities);
  expected = peer.predict(booster::array_of(rows.data(), n));
  s.metric = "classes that differ", s.unit = "of 100 000 rows", s.note = "3 classes, one value in ten missing", s.value = 0;
  for (std::size_t r = 0; r < n; ++r) {
    const auto best = [&](const float* p) { return std::max_element(p, p + classes) - p; };
    s.value += best(&probabilities[r * classes]) != best(expected + r * classes) ? 1 : 0;
  }
  print(s);
}

void measure_trees(long rounds) {
  const booster peer(1);
  const lv::trees model = peer.model(1);
  measure_agreement(model, peer);
  const auto rows = drawn_rows(different_rows, 4, 0);
  std::vector<std::string> arrays;
  for (std::size_t r = 0; r < different_rows; ++r) arrays.push_back(booster::array_of(&rows[r * features], 1));
  std::vector<float> out(different_rows);
  double sum = 0;
  for (long i = 0; i < rounds; ++i)
    for (const std::size_t at_once : {1u, 256u}) {
      const std::span<const float> all(rows);
      bench::sample s{.name = at_once == 1 ? "model/trees/row" : "model/trees/batch256",
                      .metric = "time, " + kernels_in_use(),
                      .unit = "ns/row",
                      .note = "100 trees of depth 6, 32 features, from floats"};
      s.value = time_of([&] {
        if (at_once == 1)
          for (std::size_t r = 0; r < different_rows; ++r) model.score(all.subspan(r * features, features), {&out[r], 1});
        else
          for (std::size_t r = 0; r < different_rows; r += at_once)
            model.score_batch(all.subspan(r * features, at_once * features), at_once, {&out[r], at_once});
      });
      for (const float v : out) sum += static_cast<double>(v);
      print(s);
      s.who = "libxgboost";
      s.value = time_of([&] {
        for (std::size_t r = 0; r < different_rows; r += at_once)
          sum -= static_cast<double>(peer.predict(at_once == 1 ? arrays[r] : booster::array_of(&rows[r * features], at_once))[0]);
      });
      print(s);
    }
  if (!std::isfinite(sum)) stop("a score is not finite");
}

#else
void measure_trees(long) { std::fputs("bench_model: without libxgboost (libxgboost-dev) no trees are measured\n", stderr); }
#endif

/// 32-64-32-1 with random weights.
struct small_network {
  static constexpr std::uint32_t widths[] = {32, 64, 32, 1};
  std::vector<float> weights[3], bias[3];

  small_network() {
    std::mt19937 random(5);
    for (std::size_t l = 0; l < 3; ++l) {
      std::normal_distribution<float> normal(0, 1 / std::sqrt(static_cast<float>(widths[l])));
      weights[l].resize(widths[l] * widths[l + 1]);
      bias[l].resize(widths[l + 1]);
      for (float& w : weights[l]) w = normal(random);
      for (float& b : bias[l]) b = normal(random);
    }
  }
  [[nodiscard]] lv::network model() const {
    lv::layer_parts layers[3];
    for (std::size_t l = 0; l < 3; ++l)
      layers[l] = {.inputs = widths[l],
                   .outputs = widths[l + 1],
                   .weights = weights[l],
                   .bias = bias[l],
                   .then = l < 2 ? lv::activation::relu : lv::activation::none};
    return need(lv::network::make({.features = widths[0], .outputs = 1, .layers = layers}));
  }
};

#if defined(LEVADA_BENCH_OPENCV)
cv::dnn::Net opencv_net(small_network& n) {
  cv::dnn::Net net;
  for (std::size_t l = 0; l < 3; ++l) {
    const int inputs = static_cast<int>(small_network::widths[l]), outputs = static_cast<int>(small_network::widths[l + 1]);
    cv::dnn::LayerParams dense, relu;
    dense.set("num_output", outputs);
    dense.blobs = {cv::Mat(outputs, inputs, CV_32F, n.weights[l].data()), cv::Mat(1, outputs, CV_32F, n.bias[l].data())};
    const std::string number = std::to_string(l);
    net.addLayerToPrev("dense" + number, "InnerProduct", dense);
    if (l < 2) net.addLayerToPrev("relu" + number, "ReLU", relu);
  }
  net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
  return net;
}
#endif

void measure_network(long rounds) {
  small_network weights;
  const lv::network model = weights.model();
  auto rows = drawn_rows(different_rows, 6, 0);
  std::vector<float> out(different_rows), alone(different_rows);
  const std::span<const float> all(rows);
  const auto ours = [&] {
    for (std::size_t r = 0; r < different_rows; ++r) model.score(all.subspan(r * features, features), {&alone[r], 1});
  };
  ours();
#if defined(LEVADA_BENCH_OPENCV)
  cv::setNumThreads(1);
  cv::dnn::Net net = opencv_net(weights);
  const auto theirs = [&] {
    for (std::size_t r = 0; r < different_rows; ++r) {
      net.setInput(cv::Mat(1, static_cast<int>(features), CV_32F, &rows[r * features]));
      out[r] = net.forward().at<float>(0);
    }
  };
  theirs();
  for (std::size_t r = 0; r < different_rows; ++r)
    if (!(std::fabs(out[r] - alone[r]) <= 1e-5f * (1 + std::fabs(out[r])))) stop("the network differs from OpenCV's");
#endif
  for (long i = 0; i < rounds; ++i) {
    bench::sample s{.name = "model/mlp/row", .metric = "time, " + kernels_in_use(), .unit = "ns/row", .note = "32-64-32-1"};
    s.value = time_of(ours);
    print(s);
#if defined(LEVADA_BENCH_OPENCV)
    s.who = "OpenCV dnn";
    s.value = time_of(theirs);
    print(s);
    s.who = "levada";
#endif
    s.name = "model/mlp/batch256";
    s.value = time_of([&] {
      for (std::size_t r = 0; r < different_rows; r += 256)
        model.score_batch(all.subspan(r * features, 256 * features), 256, {&out[r], 256});
    });
    print(s);
    if (out != alone) stop("a batch of rows gives something else than its rows");
  }
}

}  // namespace

int main(int argc, char** argv) {
  const long rounds = argc == 3 && std::string_view(argv[1]) == "--rounds" ? std::strtol(argv[2], nullptr, 10) : 11;
  measure_trees(rounds);
  measure_network(rounds);
}
