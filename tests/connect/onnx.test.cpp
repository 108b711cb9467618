// SPDX-License-Identifier: BSL-1.0
#include <levada/connect/onnx.hpp>

#include "naive_model.hpp"
#include "onnx_writer.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace lv = levada;
using doctest::Approx;
using naive::floats;
using naive::integers;
using naive::node;
using naive::row;
using naive::words;

namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();

auto read(const std::string& file) { return lv::read_onnx(naive::bytes_of(file)); }
row score_of(const std::string& file, const row& x) {
  const auto got = read(file);
  REQUIRE_MESSAGE(got, naive::refusal(got));
  return naive::score(*got, x);
}
void check_row(const row& got, const row& expected) {
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == Approx(expected[i]).epsilon(1e-5));
}
floats random_floats(std::size_t n) {
  static std::mt19937 random(11);
  std::normal_distribution<float> normal;
  floats values(n);
  for (float& v : values) v = normal(random);
  return values;
}
double logistic(double x) { return 1 / (1 + std::exp(-x)); }

/// One tree of two splits: x0 <= 0.5, then x1 < -1 (NaN is taken for less).
node with_splits(node&& to) {
  return std::move(to)
      .with("nodes_treeids", integers{0, 0, 0, 0, 0})
      .with("nodes_nodeids", integers{0, 1, 2, 3, 4})
      .with("nodes_featureids", integers{0, 0, 1, 0, 0})
      .with("nodes_modes", words{"BRANCH_LEQ", "LEAF", "BRANCH_LT", "LEAF", "LEAF"})
      .with("nodes_values", floats{0.5f, 0, -1, 0, 0})
      .with("nodes_truenodeids", integers{1, 0, 3, 0, 0})
      .with("nodes_falsenodeids", integers{2, 0, 4, 0, 0})
      .with("nodes_missing_value_tracks_true", integers{0, 0, 1, 0, 0});
}
node regressor() {
  return with_splits(node("TreeEnsembleRegressor", {"x"}, {"y"}, "trees"))
      .with("target_treeids", integers{0, 0, 0})
      .with("target_nodeids", integers{1, 3, 4})
      .with("target_ids", integers{0, 0, 0})
      .with("target_weights", floats{10, 20, 30})
      .with("n_targets", std::int64_t{1});
}
node classifier(const integers& nodes, const integers& classes, const floats& weights, const integers& labels) {
  return with_splits(node("TreeEnsembleClassifier", {"x"}, {"label", "y"}, "trees"))
      .with("class_treeids", integers(nodes.size(), 0))
      .with("class_nodeids", nodes)
      .with("class_ids", classes)
      .with("class_weights", weights)
      .with("classlabels_int64s", labels);
}

}  // namespace

TEST_CASE("trees: a row goes the true way by each node's comparison") {
  const auto file = naive::onnx({0, 2}, {regressor().with("base_values", floats{1})});
  check_row(score_of(file, {0.5f, 0}), {11});
  check_row(score_of(file, {0.6f, -1}), {31});
  check_row(score_of(file, {0.6f, -1.5f}), {21});
  check_row(score_of(file, {missing, missing}), {21});
  check_row(score_of(naive::onnx({0, 2}, {regressor().with("aggregate_function", std::string("AVERAGE"))}), {0, 0}), {10});
  CHECK(read(naive::onnx({0, 0}, {regressor()}))->parts.steps[0].trees.features == 2);  // nobody says: what it asks for
  CHECK_REFUSED(read(naive::onnx({0, 2}, {regressor().with("aggregate_function", std::string("MIN"))})),
                "aggregate_function MIN");
}

TEST_CASE("trees: a forest of scikit-learn has a vector of probabilities in each leaf") {
  const auto forest = naive::onnx(
      {0, 2}, {classifier({1, 1, 3, 3, 4}, {0, 1, 0, 1, 1}, {0.75f, 0.25f, 0.5f, 0.5f, 1}, {7, 9}), node("ZipMap", {"y"}, {"z"})},
      {}, {"label", "z"});
  check_row(score_of(forest, {0, 0}), {0.75f, 0.25f});
  check_row(score_of(forest, {1, 0}), {0, 1});
  const auto got = read(forest);
  CHECK(got->parts.output_names[0] == "7");
  CHECK(got->parts.output_names[1] == "9");
  CHECK(got->parts.steps[0].trees.leaf_outputs == 2);
}

TEST_CASE("trees: two classes with one score give that of the second") {
  const auto one = classifier({1, 3, 4}, {0, 0, 0}, {-1, 0.5f, 2}, {0, 1}).with("post_transform", std::string("LOGISTIC"));
  const auto file = naive::onnx({0, 2}, {node(one).with("base_values", floats{0.25f})});
  check_row(score_of(file, {1, 0}), {static_cast<float>(logistic(2.25))});
  // ONNX does not say what other bases of two classes mean, and onnxruntime does not add them.
  const auto two = classifier({1, 3, 4}, {1, 1, 1}, {-1, 0.5f, 2}, {0, 1});
  check_row(score_of(naive::onnx({0, 2}, {node(two)}), {1, 0}), {2});
  CHECK_REFUSED(read(naive::onnx({0, 2}, {node(one).with("base_values", floats{9, 0.25f})})), "2 base_values for two classes");
  CHECK_REFUSED(read(naive::onnx({0, 2}, {node(two).with("base_values", floats{0.25f})})), "1 base_values for two classes");
  CHECK_REFUSED(read(naive::onnx({0, 2}, {classifier({1, 3, 4}, {0, 0, 0}, {-1, 0.5f, 2}, {0})})), "1 classes");
  const auto got = read(file);
  REQUIRE(got->parts.output_names.size() == 1);
  CHECK(got->parts.output_names[0] == "1");
}

TEST_CASE("trees: what cannot be expressed or is damaged is refused with the node's name") {
  const auto bad = [](node&& n) { return naive::refusal(read(naive::onnx({0, 2}, {std::move(n)}))); };
  // The first attribute of a name counts: these nodes are put together anew.
  const auto other = [](const char* name, auto value) {
    return node("TreeEnsembleRegressor", {"x"}, {"y"}, "trees").with(name, value);
  };
  const auto rest = [](node&& n) {
    return with_splits(std::move(n))
        .with("target_treeids", integers{0, 0, 0})
        .with("target_nodeids", integers{1, 3, 4})
        .with("target_ids", integers{0, 0, 0})
        .with("target_weights", floats{10, 20, 30});
  };
  const auto said = [&](const char* name, auto value) { return bad(rest(other(name, value))); };
  CHECK(said("nodes_modes", words{"BRANCH_GT", "LEAF", "BRANCH_LT", "LEAF", "LEAF"}).find("compares with BRANCH_GT") !=
        std::string::npos);
  CHECK(said("nodes_truenodeids", integers{0, 0, 3, 0, 0}).find("reached twice, or not at all") != std::string::npos);
  CHECK(said("nodes_truenodeids", integers{9, 0, 3, 0, 0}).find("a child does not exist") != std::string::npos);
  CHECK(said("nodes_featureids", integers{2, 0, 1, 0, 0}).find("asks for feature 2") != std::string::npos);
  CHECK(said("nodes_nodeids", integers{0, 0, 2, 3, 4}).find("node 0 twice") != std::string::npos);
  CHECK(said("nodes_values", floats{1}).find("columns of unequal length") != std::string::npos);
  CHECK(said("n_targets", std::int64_t{-1}).find("-1 outputs") != std::string::npos);
  CHECK(said("target_ids", integers{0, 1, 0}).find("adds to output 1 of 1") != std::string::npos);
  CHECK(said("target_weights", floats{1}).find("node 'trees' (TreeEnsembleRegressor)") != std::string::npos);
}

TEST_CASE("linear models, and what scikit-learn puts before and behind them") {
  const auto linear = [](std::string transform) {
    return node("LinearClassifier", {"s"}, {"label", "p"})
        .with("coefficients", floats{1, 2, -1, -2})
        .with("intercepts", floats{0.5f, -0.5f})
        .with("classlabels_strings", words{"idle", "worn"})
        .with("post_transform", transform);
  };
  const auto scaler = node("Scaler", {"x"}, {"s"}).with("offset", floats{1, 2}).with("scale", floats{2, 4});
  const auto file =
      naive::onnx({0, 2}, {scaler, linear("LOGISTIC"), node("Normalizer", {"p"}, {"n"}).with("norm", std::string("L1")),
                           node("Cast", {"label"}, {"l"}), node("ZipMap", {"n"}, {"y"})});
  const double margin = (1.5 - 1) * 2 + 2 * (1.75 - 2) * 4 + 0.5;
  check_row(score_of(file, {1.5f, 1.75f}), {static_cast<float>(logistic(margin)), static_cast<float>(logistic(-margin))});
  const auto got = read(file);
  CHECK(got->parts.steps.size() == 3);
  CHECK(got->parts.output_names[1] == "worn");

  const auto regressor =
      node("LinearRegressor", {"x"}, {"y"}).with("coefficients", floats{1, 2, 3}).with("intercepts", floats{4});
  check_row(score_of(naive::onnx({0, 3}, {regressor}), {1, 1, 1}), {10});
  CHECK_REFUSED(read(naive::onnx({0, 2}, {regressor})), "its row has 3 features, and what comes has 2");
  CHECK_REFUSED(read(naive::onnx({0, 2}, {scaler, linear("PROBIT")}, {}, {"p"})), "post_transform PROBIT");

  const auto arithmetic = naive::onnx({0, 2}, {node("Sub", {"x", "mean"}, {"a"}), node("Div", {"a", "deviation"}, {"y"})},
                                      {naive::tensor("mean", {2}, {1, 2}), naive::tensor("deviation", {1, 2}, {2, 4}, false)});
  check_row(score_of(arithmetic, {3, 10}), {1, 2});
}

TEST_CASE("dense layers: Gemm in both orders, MatMul and Add, and their activations") {
  const floats w1 = random_floats(3 * 4), b1 = random_floats(4), w2 = random_floats(4 * 2), b2 = random_floats(2);
  const row x = random_floats(3);
  row turned(12);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t o = 0; o < 4; ++o) turned[o * 3 + i] = w1[i * 4 + o];
  row hidden = b1, expected = b2;
  for (std::size_t o = 0; o < 4; ++o) {
    for (std::size_t i = 0; i < 3; ++i) hidden[o] += x[i] * w1[i * 4 + o];
    hidden[o] = std::max(0.0f, hidden[o]);
  }
  for (std::size_t o = 0; o < 2; ++o)
    for (std::size_t i = 0; i < 4; ++i) expected[o] += hidden[i] * w2[i * 2 + o];
  naive::apply(lv::link_function::softmax, expected);

  const std::vector<node> behind = {node("Relu", {"h"}, {"r"}), node("MatMul", {"r", "w2"}, {"m"}),
                                    node("Add", {"b2", "m"}, {"a"}), node("Softmax", {"a"}, {"y"})};
  const auto file = [&](node first, const std::string& weights) {
    std::vector<node> nodes{std::move(first)};
    nodes.insert(nodes.end(), behind.begin(), behind.end());
    return naive::onnx({0, 3}, nodes,
                       {weights, naive::tensor("b1", {4}, b1), naive::tensor("w2", {4, 2}, w2), naive::tensor("b2", {2}, b2)});
  };
  const auto gemm = [] { return node("Gemm", {"x", "w1", "b1"}, {"h"}); };
  check_row(score_of(file(gemm(), naive::tensor("w1", {3, 4}, w1)), x), expected);
  check_row(score_of(file(gemm().with("transB", std::int64_t{1}), naive::tensor("w1", {4, 3}, turned)), x), expected);
  const auto got = read(file(gemm(), naive::tensor("w1", {3, 4}, w1)));
  REQUIRE(got->parts.steps.size() == 1);
  CHECK(got->parts.steps[0].network.layers.size() == 2);
  CHECK(got->parts.steps[0].network.features == 3);
  CHECK_REFUSED(read(file(gemm().with("transA", std::int64_t{1}), naive::tensor("w1", {3, 4}, w1))), "constant matrix");
  CHECK_REFUSED(read(file(gemm(), naive::tensor("w1", {4, 4}, random_floats(16)))), "it takes 4 values, and 3 come");
  CHECK_REFUSED(read(file(gemm(), naive::tensor("w1", {3, 5}, w1))), "constant matrix");
}

TEST_CASE("convolutions: a series is step by step here and channel by channel there") {
  // [1, 12] -> conv 3 channels, kernel 3, stride 1 -> relu -> max pool 2 -> flatten -> dense 2.
  constexpr std::size_t steps = 12, channels = 3, kernel = 3, pooled = 5;
  const floats w = random_floats(channels * kernel), b = random_floats(channels), dense = random_floats(2 * channels * pooled);
  const row x = random_floats(steps);
  row expected(2);
  for (std::size_t c = 0; c < channels; ++c)
    for (std::size_t p = 0; p < pooled; ++p) {
      float most = 0;  // which is what relu leaves at least
      for (std::size_t s = 2 * p; s < 2 * p + 2; ++s) {
        float sum = b[c];
        for (std::size_t k = 0; k < kernel; ++k) sum += x[s + k] * w[c * kernel + k];
        most = std::max(most, sum);
      }
      for (std::size_t o = 0; o < 2; ++o) expected[o] += most * dense[o * channels * pooled + c * pooled + p];
    }
  const std::vector<std::string> constants = {naive::tensor("w", {3, 1, 3}, w), naive::tensor("b", {3}, b),
                                              naive::tensor("d", {2, 15}, dense), naive::tensor("one", integers{1})};
  const auto conv = [](const std::string& from) { return node("Conv", {from, "w", "b"}, {"c"}, "first"); };
  const auto chain = [&](std::vector<node> nodes) {
    nodes.push_back(node("Relu", {"c"}, {"r"}));
    nodes.push_back(node("MaxPool", {"r"}, {"p"}).with("kernel_shape", integers{2}).with("strides", integers{2}));
    nodes.push_back(node("Flatten", {"p"}, {"f"}));
    nodes.push_back(node("Gemm", {"f", "d"}, {"y"}).with("transB", std::int64_t{1}));
    return nodes;
  };
  check_row(score_of(naive::onnx({0, 1, 12}, chain({conv("x")}), constants), x), expected);
  check_row(score_of(naive::onnx({0, 12}, chain({node("Unsqueeze", {"x", "one"}, {"u"}), conv("u")}), constants), x), expected);
  const auto got = read(naive::onnx({0, 1, 12}, chain({conv("x")}), constants));
  CHECK(got->parts.steps[0].network.steps == 12);
  CHECK(got->parts.steps[0].network.layers.size() == 4);

  const auto with = [&](node&& n) { return read(naive::onnx({0, 1, 12}, chain({std::move(n)}), constants)); };
  CHECK_REFUSED(with(conv("x").with("pads", integers{1, 1})), "node 'first' (Conv): padding");
  CHECK_REFUSED(with(conv("x").with("dilations", integers{2})), "padding, dilation and groups");
  CHECK_REFUSED(read(naive::onnx({0, 1, 0}, chain({conv("x")}), constants)), "length of the series is not known");
  CHECK_REFUSED(read(naive::onnx({0, 2, 12}, chain({conv("x")}), constants)), "1 channels");
  CHECK_REFUSED(read(naive::onnx({0, 1, 12}, {conv("x")}, constants, {"c"})), "several channels");
}

TEST_CASE("convolutions: several channels in, a mean over time") {
  // Both [2, 6] and, transposed, [6, 2]: the row is step by step.
  const floats w = random_floats(3 * 2 * 2);
  const row x = random_floats(12);
  row expected(3);
  for (std::size_t o = 0; o < 3; ++o)
    for (std::size_t s = 0; s < 5; ++s)
      for (std::size_t c = 0; c < 2; ++c)
        for (std::size_t k = 0; k < 2; ++k) expected[o] += x[(s + k) * 2 + c] * w[(o * 2 + c) * 2 + k] / 5;
  const auto weights = naive::tensor("w", {3, 2, 2}, w);
  const std::vector<node> behind = {node("GlobalAveragePool", {"c"}, {"g"}), node("Flatten", {"g"}, {"y"})};
  const auto file = [&](const integers& dims, std::vector<node> nodes) {
    nodes.insert(nodes.end(), behind.begin(), behind.end());
    return naive::onnx(dims, nodes, {weights});
  };
  check_row(score_of(file({0, 2, 6}, {node("Conv", {"x", "w"}, {"c"})}), x), expected);
  const auto turn = node("Transpose", {"x"}, {"t"}).with("perm", integers{0, 2, 1});
  check_row(score_of(file({0, 6, 2}, {turn, node("Conv", {"t", "w"}, {"c"})}), x), expected);
}

TEST_CASE("convolutions: an activation may stand behind the pool or the flattening") {
  const auto file = [](std::string pool, const words& order) {
    std::vector<node> nodes{node("Conv", {"x", "w"}, {"y0"})};
    for (const auto& op : order) {
      const std::string from = "y" + std::to_string(nodes.size() - 1), to = "y" + std::to_string(nodes.size());
      if (op == "pool")
        nodes.push_back(node(pool, {from}, {to}).with("kernel_shape", integers{2}));
      else
        nodes.push_back(node(op, {from}, {to}));
    }
    nodes.push_back(node("Identity", {"y" + std::to_string(nodes.size() - 1)}, {"y"}));
    return naive::onnx({0, 1, 4}, nodes, {naive::tensor("w", {1, 1, 2}, {1, 1})});
  };
  const row x{1, -3, 1, 4};  // sums -2, -2, 5
  check_row(score_of(file("MaxPool", {"Relu", "pool", "Flatten"}), x), {0, 5});
  check_row(score_of(file("MaxPool", {"pool", "Relu", "Flatten"}), x), {0, 5});
  check_row(score_of(file("MaxPool", {"pool", "Flatten", "Relu"}), x), {0, 5});
  check_row(score_of(file("AveragePool", {"Relu", "pool", "Flatten"}), x), {0, 2.5f});
  CHECK_REFUSED(read(file("AveragePool", {"pool", "Relu", "Flatten"})), "does not follow a dense layer");
}

TEST_CASE("two classes of a network: the probability of the second, as scikit-learn's exporter writes it") {
  const auto graph = [](std::vector<node> behind, float one = 1) {
    std::vector<node> nodes{node("MatMul", {"x", "w"}, {"m"}), node("Add", {"m", "b"}, {"s"}), node("Sigmoid", {"s"}, {"p"}),
                            node("Sub", {"one", "p"}, {"q"})};
    nodes.insert(nodes.end(), behind.begin(), behind.end());
    return naive::onnx({0, 2}, nodes,
                       {naive::tensor("w", {2, 1}, {1, 2}), naive::tensor("b", {1}, {0.5f}), naive::tensor("one", {}, {one}),
                        naive::tensor("classes", {7, 9})},
                       {"label", "y"});
  };
  const auto both = node("Concat", {"q", "p"}, {"both"}).with("axis", std::int64_t{1});
  const auto names = node("ZipMap", {"both"}, {"y"}).with("classlabels_int64s", integers{7, 9});
  const auto file =
      graph({both, node("ArgMax", {"both"}, {"place"}), node("ArrayFeatureExtractor", {"classes", "place"}, {"label"}), names});
  check_row(score_of(file, {1, -1}), {static_cast<float>(logistic(-0.5))});
  const auto got = read(file);
  REQUIRE(got->parts.output_names.size() == 1);
  CHECK(got->parts.output_names[0] == "9");
  // What is made of both cannot be made of one.
  CHECK_REFUSED(read(graph({both, node("Softmax", {"both"}, {"y"})})), "it takes the scores of both classes");
  CHECK_REFUSED(read(graph({both, node("Normalizer", {"both"}, {"y"})})), "it takes the scores of both classes");
  CHECK_REFUSED(read(graph({node("Concat", {"p", "q"}, {"both"}), names})), "(Concat)");
  CHECK_REFUSED(read(graph({both, names}, 2)), "(Sub): its constant must be on the right");
  const auto one_score = classifier({1, 3, 4}, {0, 0, 0}, {-1, 0.5f, 2}, {0, 1});
  CHECK_REFUSED(
      read(naive::onnx({0, 2}, {one_score, node("Normalizer", {"y"}, {"z"}).with("norm", std::string("L1"))}, {}, {"z"})),
      "it takes the scores of both classes");
}

TEST_CASE("numbers stay what they are: casts, constants and links") {
  const auto cast = [](std::int64_t to) {
    return naive::onnx({0, 2}, {node("Cast", {"x"}, {"c"}).with("to", to), node("MatMul", {"c", "w"}, {"y"})},
                       {naive::tensor("w", {2, 1}, {1, 2})});
  };
  check_row(score_of(cast(1), {0.5f, 1}), {2.5f});
  check_row(score_of(cast(11), {0.5f, 1}), {2.5f});
  CHECK_REFUSED(read(cast(7)), "type 7");  // whole numbers: it would cut them off
  const auto add = [](const integers& dims, const floats& values) {
    return naive::onnx({0, 2}, {node("MatMul", {"x", "w"}, {"m"}), node("Add", {"m", "b"}, {"y"})},
                       {naive::tensor("w", {2, 2}, {1, 0, 0, 1}), naive::tensor("b", dims, values)});
  };
  check_row(score_of(add({1, 2}, {3, 4}), {1, 2}), {4, 6});
  check_row(score_of(add({1}, {3}), {1, 2}), {4, 5});
  CHECK_REFUSED(read(add({2, 1}, {3, 4})), "does not add a constant to each output");  // one a row
  CHECK_REFUSED(read(naive::onnx({0, 2}, {node("Mul", {"x", "b"}, {"y"})}, {naive::tensor("b", {2, 1}, {3, 4})})),
                "not a float, or a row of them");
  const auto behind = [](node&& n) { return naive::onnx({0, 2}, {regressor(), std::move(n)}, {}, {"z"}); };
  check_row(score_of(behind(node("Exp", {"y"}, {"z"})), {0, 0}), {std::exp(10.0f)});
  CHECK_REFUSED(read(behind(node("Softmax", {"y"}, {"z"}).with("axis", std::int64_t{0}))), "(Softmax)");
}

TEST_CASE("a graph that is not a chain of known nodes is refused with the node's name") {
  CHECK_REFUSED(read(naive::onnx({0, 2}, {node("LSTM", {"x"}, {"y"}, "memory")})),
                "node 'memory' (LSTM): this operator is not supported");
  CHECK_REFUSED(read(naive::onnx({0, 2}, {node("Relu", {"x"}, {"y"})})), "does not follow a dense layer");
  CHECK_REFUSED(read(naive::onnx({0, 2}, {node("Cast", {"x"}, {"y"})})), "no model in the graph");
  CHECK_REFUSED(read(naive::onnx({0, 2}, {regressor()}, {}, {"z"})), "does not give what its last node 'trees' does");
  CHECK_REFUSED(read(naive::onnx({0, 2}, {regressor(), node("Relu", {"x"}, {"z"}, "branch")})),
                "node 'branch' (Relu): it takes 'x'");
  CHECK_REFUSED(read(naive::onnx({0, 2, 3, 4}, {regressor()})), "4 dimensions");
  CHECK_REFUSED(read(naive::onnx({0, -5}, {regressor()})), "dimension of -5");
}

TEST_CASE("a damaged file gives a sentence or a sound model") {
  CHECK_REFUSED(read(""), "0 inputs");
  CHECK_REFUSED(read("\x3a\xff\xff\xff\xff\x0f"), "not a whole ONNX file");
  const auto judge = [](auto bytes) { return lv::read_onnx(bytes); };
  naive::survives(naive::onnx({0, 2}, {regressor()}), judge);
  naive::survives(naive::onnx({0, 2}, {classifier({1, 1, 3, 3, 4}, {0, 1, 0, 1, 1}, {0.75f, 0.25f, 0.5f, 0.5f, 1}, {7, 9})}),
                  judge);
  naive::survives(naive::onnx({0, 1, 6},
                              {node("Conv", {"x", "w"}, {"c"}), node("Relu", {"c"}, {"r"}),
                               node("MaxPool", {"r"}, {"p"}).with("kernel_shape", integers{2}), node("Flatten", {"p"}, {"f"}),
                               node("MatMul", {"f", "d"}, {"m"}), node("Add", {"m", "b"}, {"y"})},
                              {naive::tensor("w", {2, 1, 3}, random_floats(6)), naive::tensor("d", {6, 2}, random_floats(12)),
                               naive::tensor("b", {2}, {1, 2})}),
                  judge);
}
