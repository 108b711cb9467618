// SPDX-License-Identifier: BSL-1.0
#include <levada/model/network.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <list>
#include <random>
#include <string>
#include <vector>

namespace lv = levada;
using kind = lv::layer_parts::kind_t;
using lv::activation;
namespace {

/// Layers with random weights, and what they give in double.
struct drawn_network {
  std::mt19937 random{9};
  std::list<std::vector<float>> weights;
  std::vector<lv::layer_parts> layers;
  std::size_t features, first_steps, steps, channels;

  explicit drawn_network(std::size_t f, std::size_t s = 1) : features(f), first_steps(s), steps(s), channels(f / s) {}

  std::span<const float> draw(std::size_t n, double size) {
    auto& v = weights.emplace_back(n);
    std::normal_distribution<float> normal(0, static_cast<float>(size));
    for (float& x : v) x = normal(random);
    return v;
  }
  drawn_network& add(kind k, std::size_t outputs, activation then = activation::none, std::size_t kernel = 1,
                     std::size_t stride = 1) {
    if (k == kind::dense || k == kind::flatten) channels *= steps, steps = 1;
    lv::layer_parts l{.kind = k,
                      .inputs = static_cast<std::uint32_t>(channels),
                      .outputs = static_cast<std::uint32_t>(outputs),
                      .kernel = static_cast<std::uint32_t>(kernel),
                      .stride = static_cast<std::uint32_t>(stride),
                      .then = then};
    if (k == kind::dense || k == kind::conv1d) {
      l.weights = draw(channels * kernel * outputs, 1 / std::sqrt(static_cast<double>(channels * kernel)));
      l.bias = draw(outputs, 0.1);
    }
    if (k != kind::flatten) channels = outputs;
    if (k != kind::dense && k != kind::flatten) steps = (steps - kernel) / stride + 1;
    layers.push_back(l);
    return *this;
  }
  lv::network_parts parts() const {
    return {.features = static_cast<std::uint32_t>(features),
            .outputs = static_cast<std::uint32_t>(steps * channels),
            .steps = static_cast<std::uint32_t>(first_steps),
            .layers = layers};
  }

  static void activate(std::vector<double>& v, std::size_t step, activation a) {
    double sum = 0;
    for (std::size_t i = 0; i < v.size(); ++i) {
      double& x = v[i];
      if (a == activation::relu) x = std::max(x, 0.0);
      if (a == activation::leaky_relu) x = x < 0 ? 0.01 * x : x;
      if (a == activation::tanh) x = std::tanh(x);
      if (a == activation::sigmoid) x = 1 / (1 + std::exp(-x));
      if (a != activation::softmax) continue;
      sum += x = std::exp(x);
      if ((i + 1) % step != 0) continue;
      for (std::size_t k = i + 1 - step; k <= i; ++k) v[k] /= sum;
      sum = 0;
    }
  }
  std::vector<double> run(std::span<const float> row) const {
    std::vector<double> x(row.begin(), row.end());
    std::size_t n = first_steps, c = features / first_steps;
    for (const lv::layer_parts& l : layers) {
      if (l.kind == kind::flatten || l.kind == kind::dense) c *= n, n = 1;
      if (l.kind == kind::flatten) continue;
      const std::size_t after = (n - l.kernel) / l.stride + 1;
      std::vector<double> y(after * l.outputs);
      for (std::size_t s = 0; s < after; ++s)
        for (std::size_t o = 0; o < l.outputs; ++o) {
          double& to = y[s * l.outputs + o];
          const auto at = [&](std::size_t k, std::size_t i) { return x[(s * l.stride + k) * c + i]; };
          to = l.kind == kind::max_pool ? at(0, o) : l.kind == kind::mean_pool ? 0 : static_cast<double>(l.bias[o]);
          for (std::size_t k = 0; k < l.kernel; ++k) {
            if (l.kind == kind::max_pool) to = std::max(to, at(k, o));
            if (l.kind == kind::mean_pool) to += at(k, o) / l.kernel;
            if (l.kind == kind::dense || l.kind == kind::conv1d)
              for (std::size_t i = 0; i < c; ++i) to += at(k, i) * static_cast<double>(l.weights[(o * l.kernel + k) * c + i]);
          }
        }
      activate(y, l.outputs, l.then);
      x = y, n = after, c = l.outputs;
    }
    return x;
  }
};

void check(drawn_network& d, std::size_t rows = 35) {
  const auto made = lv::network::make(d.parts());
  REQUIRE_MESSAGE(made, made.error().sentence.c_str());
  const std::size_t outputs = made->outputs();
  const auto x = d.draw(rows * d.features, 1);
  std::vector<float> batch(rows * outputs + 1, 77), alone(outputs);
  made->score_batch(x, rows, batch);
  CHECK(batch.back() == 77);
  double worst = 0;
  bool same = true;
  for (std::size_t r = 0; r < rows; ++r) {
    made->score(x.subspan(r * d.features, d.features), alone);
    same &= std::equal(alone.begin(), alone.end(), &batch[r * outputs]);
    const auto expected = d.run(x.subspan(r * d.features, d.features));
    REQUIRE(expected.size() == outputs);
    for (std::size_t o = 0; o < outputs; ++o)
      worst = std::max(worst, std::fabs(static_cast<double>(alone[o]) - expected[o]) / (1 + std::fabs(expected[o])));
  }
  CHECK(same);
  CHECK(worst < 2e-6);
}

std::string refused(const lv::network_parts& p) {
  const auto made = lv::network::make(p);
  REQUIRE(!made);
  return made.error().sentence.c_str();
}

}  // namespace

TEST_CASE("dense layers give what they give in double") {
  drawn_network usual(32);
  check(usual.add(kind::dense, 64, activation::relu).add(kind::dense, 32, activation::relu).add(kind::dense, 1));
  for (const activation a :
       {activation::none, activation::relu, activation::tanh, activation::sigmoid, activation::softmax, activation::leaky_relu}) {
    INFO(static_cast<int>(a));
    drawn_network d(7);
    check(d.add(kind::dense, 19, a).add(kind::dense, 130, a).add(kind::dense, 3, a));
  }
  drawn_network wide(5);
  check(wide.add(kind::dense, 3000, activation::relu).add(kind::dense, 2), 9);
}

TEST_CASE("convolution and pooling over time") {
  drawn_network d(64 * 3, 64);
  check(d.add(kind::conv1d, 8, activation::relu, 5, 2)
            .add(kind::max_pool, 8, activation::none, 2, 2)
            .add(kind::conv1d, 17, activation::tanh, 3)
            .add(kind::mean_pool, 17, activation::sigmoid, 4, 3)
            .add(kind::flatten, 0)
            .add(kind::dense, 4, activation::softmax));
  drawn_network steps_stay(20, 10);
  check(steps_stay.add(kind::conv1d, 3, activation::softmax, 2));
}

TEST_CASE("what is not a number comes out as such") {
  drawn_network d(12, 6);
  d.add(kind::conv1d, 4, activation::relu, 2).add(kind::max_pool, 4, activation::none, 5).add(kind::dense, 2, activation::tanh);
  const auto made = lv::network::make(d.parts());
  REQUIRE(made);
  for (std::size_t f = 0; f < 12; ++f) {
    std::vector<float> row(12, 1), out(2);
    row[f] = std::numeric_limits<float>::quiet_NaN();
    made->score(row, out);
    CHECK(std::isnan(out[0]));
    CHECK(std::isnan(out[1]));
  }
}

TEST_CASE("layers that do not fit are refused in a sentence") {
  const auto with = [](auto change) {
    drawn_network d(12, 6);
    d.add(kind::conv1d, 4, activation::relu, 3).add(kind::max_pool, 4, activation::none, 2, 2).add(kind::dense, 2);
    lv::network_parts p = d.parts();
    change(d.layers, p);
    p.layers = d.layers;
    return refused(p);
  };
  for (const auto change : {+[](lv::layer_parts& l) { l.kind = static_cast<kind>(5); },
                            +[](lv::layer_parts& l) { l.then = static_cast<activation>(6); }})
    CHECK(with([&](auto& l, auto&) { change(l[0]); }) ==
          "network: layer 0 is of a kind, or has an activation, that is not known here");
  CHECK(with([](auto& l, auto&) { l[0].inputs = 3; }) == "network: layer 0 (conv1d) takes 3 values, but gets 2");
  CHECK(with([](auto& l, auto&) { l[0].kernel = 7; }) == "network: layer 0 (conv1d) looks at 7 steps every 1, but there are 6");
  CHECK(with([](auto& l, auto&) { l[1].stride = 0; }) == "network: layer 1 (max_pool) looks at 2 steps every 0, but there are 4");
  CHECK(with([](auto& l, auto&) { l[1].outputs = 3; }) == "network: layer 1 (max_pool) gives 3 channels of 4");
  CHECK(with([](auto& l, auto&) { l[1].then = activation::relu; }) ==
        "network: layer 1 (max_pool) has an activation that belongs to the layer before it");
  CHECK(with([](auto& l, auto&) { l[2].weights = l[2].weights.first(15); }) ==
        "network: layer 2 (dense) has 15 weights, but should have 16");
  CHECK(with([](auto& l, auto&) { l[2].bias = l[2].bias.first(1); }) == "network: layer 2 (dense) has 1 biases for 2 outputs");
  CHECK(with([](auto&, auto& p) { p.outputs = 3; }) == "network: the last layer gives 2 values for 3 outputs");
  CHECK(with([](auto&, auto& p) { p.steps = 5; }) == "network: 12 features are not 5 steps of some channels");
  CHECK(with([](auto& l, auto&) { l.clear(); }) == "network: there is no layer");
  drawn_network wide(1);
  CHECK(refused(wide.add(kind::dense, 16'385).parts()) == "network: layer 0 (dense) gives 16385 values; it may be 1 to 16384");
  std::vector<float> bad{std::numeric_limits<float>::infinity()};
  const lv::layer_parts infinite{.inputs = 1, .outputs = 1, .weights = bad};
  CHECK(refused({.features = 1, .outputs = 1, .layers = {&infinite, 1}}) ==
        "network: layer 0 (dense) has a weight that is not finite");
}
