// SPDX-License-Identifier: BSL-1.0
#include <levada/connect/onnxruntime.hpp>

#include <levada/connect/onnx.hpp>
#include <levada/model/any_model.hpp>
#include <levada/model/infer.hpp>
#include <levada/state/slot.hpp>

#include "naive_model.hpp"
#include "onnx_writer.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

namespace lv = levada;
using naive::floats;
using naive::integers;
using naive::node;
using naive::words;

namespace {

std::mt19937 random_bits(23);

floats random_floats(std::size_t n) {
  std::normal_distribution<float> normal;
  floats values(n);
  for (float& v : values) v = normal(random_bits);
  return values;
}

/// 4 features, 8 hidden, 3 outputs.
std::string network(const integers& dims = {0, 4}) {
  return naive::onnx(dims, {node("Gemm", {"x", "w1", "b1"}, {"h"}), node("Tanh", {"h"}, {"t"}), node("Gemm", {"t", "w2"}, {"y"})},
                     {naive::tensor("w1", {4, 8}, random_floats(32)), naive::tensor("b1", {8}, random_floats(8)),
                      naive::tensor("w2", {8, 3}, random_floats(24))});
}
/// Probabilities of two classes: "p", as a table, or "z", as a sequence of maps.
std::string classifier(const words& outputs) {
  return naive::onnx({0, 2},
                     {node("LinearClassifier", {"x"}, {"label", "p"})
                          .with("coefficients", floats{1, 2, -1, -2})
                          .with("intercepts", floats{0.5f, -0.5f})
                          .with("classlabels_ints", integers{0, 1})
                          .with("post_transform", std::string("SOFTMAX")),
                      node("ZipMap", {"p"}, {"z"}).with("classlabels_int64s", integers{0, 1})},
                     {}, outputs);
}
std::string trees() {
  return naive::onnx({0, 2}, {node("TreeEnsembleRegressor", {"x"}, {"y"}, "trees")
                                  .with("nodes_treeids", integers{0, 0, 0, 0, 0})
                                  .with("nodes_nodeids", integers{0, 1, 2, 3, 4})
                                  .with("nodes_featureids", integers{0, 0, 1, 0, 0})
                                  .with("nodes_modes", words{"BRANCH_LEQ", "LEAF", "BRANCH_LEQ", "LEAF", "LEAF"})
                                  .with("nodes_values", floats{0.5f, 0, -1, 0, 0})
                                  .with("nodes_truenodeids", integers{1, 0, 3, 0, 0})
                                  .with("nodes_falsenodeids", integers{2, 0, 4, 0, 0})
                                  .with("target_treeids", integers{0, 0, 0})
                                  .with("target_nodeids", integers{1, 3, 4})
                                  .with("target_ids", integers{0, 0, 0})
                                  .with("target_weights", floats{10, 20, 30})
                                  .with("n_targets", std::int64_t{1})});
}

auto theirs(const std::string& file, std::string_view output = {}) {
  return lv::onnxruntime_model::make(naive::bytes_of(file), output);
}
std::string refusal_of(const std::string& file, std::string_view output = {}) {
  const auto made = theirs(file, output);
  return made ? std::string() : std::string(made.error().sentence.view());
}
#define CHECK_NOT_RUN(refusal, words) CHECK_MESSAGE((refusal).find(words) != std::string::npos, "it said '", refusal, "'")

struct event {
  float values[4];
};
struct collector {
  std::vector<lv::scored<event, 3>>& to;
  void operator()(const lv::scored<event, 3>& s) const { to.push_back(s); }
  void drop() const { FAIL("nothing should be dropped"); }
};

/// What we read of the same file.
lv::any_model ours(const std::string& file) {
  const auto document = lv::read_onnx(naive::bytes_of(file));
  REQUIRE_MESSAGE(document, naive::refusal(document));
  auto made = lv::any_model::make(document->parts);
  REQUIRE(made);
  return std::move(*made);
}

void check_alike(const std::string& file) {
  const lv::any_model expected = ours(file);
  auto made = theirs(file);
  REQUIRE_MESSAGE(made, made.error().sentence.view());
  REQUIRE(made->features() == expected.features());
  REQUIRE(made->outputs() == expected.outputs());
  constexpr std::size_t n = 100;
  const std::size_t in = expected.features(), given = expected.outputs();
  const auto rows = random_floats(n * in);
  floats alone(n * given), together(n * given), right(n * given);
  expected.score_batch(rows, n, right);
  made->score_batch(rows, n, together);
  for (std::size_t r = 0; r < n; ++r)
    made->score(std::span(rows).subspan(r * in, in), std::span(alone).subspan(r * given, given));
  for (std::size_t i = 0; i < right.size(); ++i) {
    CHECK(alone[i] == doctest::Approx(right[i]).epsilon(1e-5));
    CHECK(together[i] == doctest::Approx(right[i]).epsilon(1e-5));
  }
  CHECK(made->failures() == 0);
}

}  // namespace

TEST_CASE("a row gives what our own model of the same file gives, alone and in a batch") {
  check_alike(network());
  check_alike(network({1, 4}));  // a batch of one: row by row
  check_alike(trees());
  check_alike(classifier({"label", "p"}));
}

TEST_CASE("it stands wherever a model stands") {
  const auto file = network();
  const auto x = random_floats(4);
  floats expected(3), got(3);
  ours(file).score(x, expected);
  const auto check = [&](const auto& m) {
    m.score(x, got);
    for (std::size_t i = 0; i < 3; ++i) CHECK(got[i] == doctest::Approx(expected[i]).epsilon(1e-5));
  };
  check(lv::any_model::of(std::move(*theirs(file))));

  lv::slot<lv::onnxruntime_model> place("onnxruntime", std::move(*theirs(network())));
  place.put(std::move(*theirs(file)), 2);
  auto ask = std::move(lv::infer<"ask", 3>(place, &event::values).op).bind<event>();
  REQUIRE(ask.open());
  std::vector<lv::scored<event, 3>> given;
  ask(event{{x[0], x[1], x[2], x[3]}}, collector{given});
  REQUIRE(given.size() == 1);
  CHECK(given[0].model_version == 2);
  for (std::size_t i = 0; i < 3; ++i) CHECK(given[0].outputs[i] == doctest::Approx(expected[i]).epsilon(1e-5));
}

TEST_CASE("threads share one model, and it brings none of its own") {
  const auto threads = [] {
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return std::distance(begin(tasks), end(tasks));
  };
  const auto before = threads();
  const auto made = theirs(network());
  REQUIRE(made);
  CHECK(threads() == before);
  const auto rows = random_floats(500 * 4);
  const auto score_all = [&] {
    floats out(500 * 3);
    for (std::size_t r = 0; r < 500; ++r) made->score(std::span(rows).subspan(r * 4, 4), std::span(out).subspan(r * 3, 3));
    return out;
  };
  const auto expected = score_all();
  floats here, there;
  std::thread other([&] { there = score_all(); });
  here = score_all();
  other.join();
  CHECK(here == expected);
  CHECK(there == expected);
}

TEST_CASE("a model is loaded from a file, too") {
  const auto path = (std::filesystem::temp_directory_path() / ("levada-ort-" + std::to_string(getpid()) + ".onnx")).string();
  std::ofstream(path, std::ios::binary) << trees();
  const auto made = lv::onnxruntime_model::load(path.c_str());
  std::remove(path.c_str());
  REQUIRE_MESSAGE(made, made.error().sentence.view());
  float y = 0;
  made->score(floats{1, 0}, {&y, 1});
  CHECK(y == 30);
  CHECK(lv::onnxruntime_model::load("/nowhere.onnx").error().kind == lv::failure::unreadable);
}

TEST_CASE("of several outputs, one is meant") {
  CHECK_NOT_RUN(refusal_of(classifier({"label", "z"})), "export it without ZipMap");
  const auto two = naive::onnx({0, 4}, {node("Tanh", {"x"}, {"t"}), node("Neg", {"x"}, {"n"})}, {}, {"t", "n"});
  CHECK_NOT_RUN(refusal_of(two), "of the outputs 't', 'n' several are floats");
  CHECK_NOT_RUN(refusal_of(two, "m"), "no output 'm' of floats; the outputs are 't', 'n'");
  CHECK_NOT_RUN(refusal_of(naive::onnx({0, 4}, {node("Shape", {"x"}, {"y"})})), "none is a tensor of floats");
  const auto made = theirs(two, "n");
  REQUIRE_MESSAGE(made, made.error().sentence.view());
  floats out(4);
  made->score(floats{1, 2, 3, 4}, out);
  CHECK(out == floats{-1, -2, -3, -4});
}

TEST_CASE("what does not turn rows of floats into rows of floats is refused") {
  const auto negated = [](const integers& dims, std::int32_t element = 1) {
    return refusal_of(naive::onnx(dims, {node("Neg", {"x"}, {"y"})}, {}, {"y"}, element));
  };
  CHECK_NOT_RUN(negated({0, 4}, 11), "input 'x' is not a tensor of floats");  // double
  CHECK_NOT_RUN(negated({0, 4, 2}), "input 'x' has the shape [?, 4, 2]");
  CHECK_NOT_RUN(negated({0, 0}), "has the shape [?, ?]; [None, features] is needed");
  CHECK_NOT_RUN(negated({8, 4}), "has the shape [8, 4]");
  const auto turned = node("Transpose", {"x"}, {"y"}).with("perm", integers{1, 0});
  CHECK_NOT_RUN(refusal_of(naive::onnx({0, 4}, {turned})), "for 2 rows output 'y' has the shape [4, 2]");
  CHECK_NOT_RUN(refusal_of(""), "onnxruntime: ");
  CHECK_NOT_RUN(refusal_of("no model"), "onnxruntime: ");
  CHECK_NOT_RUN(refusal_of(naive::onnx({0, 4}, {node("Unheard", {"x"}, {"y"})})), "Unheard");
}

TEST_CASE("a row that the runtime cannot run gives NaN, and is counted") {
  // A place in a table is a feature: outside of it there is nothing. It runs for zeros.
  const auto made = theirs(
      naive::onnx({0, 1}, {node("Cast", {"x"}, {"i"}).with("to", std::int64_t{7}), node("GatherElements", {"table", "i"}, {"y"})},
                  {naive::tensor("table", {2, 1}, floats{5, 6})}));
  REQUIRE_MESSAGE(made, made.error().sentence.view());
  float y = 0;
  made->score(floats{1}, {&y, 1});
  CHECK(y == 6);
  made->score(floats{2}, {&y, 1});
  CHECK(std::isnan(y));
  CHECK(made->failures() == 1);
  floats two(2);
  made->score_batch(floats{0, 7}, 2, two);
  CHECK(two[0] == 5);  // not drawn into it
  CHECK(std::isnan(two[1]));
  CHECK(made->failures() == 2);
}
