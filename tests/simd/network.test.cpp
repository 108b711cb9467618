// SPDX-License-Identifier: BSL-1.0
#include <levada/simd/network.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace lv = levada;
namespace {

template <class Check>
void with_each_isa(Check&& check) {
  for (const lv::isa i : lv::isas)
    if (const auto* set = lv::kernels_for<lv::network_kernels>(i)) {
      INFO(lv::name_of(i));
      check(*set);
    }
}

}  // namespace

TEST_CASE("a layer is a product, a sum, and what is done below zero") {
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  const auto drawn = [&](std::size_t n) {
    std::vector<float> v(n);
    for (float& x : v) x = normal(random);
    return v;
  };
  for (const std::size_t inputs : {1u, 7u, 32u, 87u})
    for (const std::size_t outputs : {1u, 4u, 5u, 16u, 30u, 48u, 64u, 65u, 150u})
      for (const lv::rectifier then : {lv::rectifier::none, lv::rectifier::zero, lv::rectifier::leaky}) {
        constexpr std::size_t rows = 5;
        const std::size_t from_pitch = inputs + 2, to_pitch = outputs + 1;
        const auto weights = drawn(inputs * outputs), x = drawn(rows * from_pitch);
        std::vector<lv::dense_layer::weight_lane> lanes;
        const std::vector<float> bias = drawn(outputs);
        lv::dense_layer layer{.inputs = inputs, .outputs = outputs, .then = then};
        lanes.resize((layer.whole_weights() + layer.whole_outputs()) / lv::dense_layer::lane);
        float* const packed = lanes[0].of;
        float* const packed_bias = packed + layer.whole_weights();
        std::copy(bias.begin(), bias.end(), packed_bias);
        for (std::size_t o = 0; o < outputs; ++o)
          for (std::size_t i = 0; i < inputs; ++i) packed[layer.place(o, i)] = weights[o * inputs + i];
        layer.weights = packed, layer.bias = packed_bias;
        with_each_isa([&](const lv::network_kernels& set) {
          std::vector<float> y(rows * to_pitch, 77), alone(outputs);
          set.dense(layer, x.data(), from_pitch, rows, y.data(), to_pitch);
          double worst = 0;
          bool same = true;
          for (std::size_t r = 0; r < rows; ++r) {
            for (std::size_t o = 0; o < outputs; ++o) {
              double sum = static_cast<double>(bias[o]), size = std::fabs(sum);
              for (std::size_t i = 0; i < inputs; ++i) {
                const double part = static_cast<double>(x[r * from_pitch + i]) * static_cast<double>(weights[o * inputs + i]);
                sum += part, size += std::fabs(part);
              }
              if (sum < 0 && then != lv::rectifier::none) sum *= then == lv::rectifier::zero ? 0 : 0.01;
              worst = std::max(worst, std::fabs(static_cast<double>(y[r * to_pitch + o]) - sum) / size);
            }
            same &= y[r * to_pitch + outputs] == 77;
            set.dense(layer, &x[r * from_pitch], from_pitch, 1, alone.data(), to_pitch);
            same &= std::equal(alone.begin(), alone.end(), &y[r * to_pitch]);
          }
          CHECK(worst < 1e-6);
          CHECK(same);
        });
      }
}

TEST_CASE("what is not a number stays so, and infinities are cut off as numbers are") {
  constexpr float missing = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  const lv::dense_layer::weight_lane weights{{1}}, bias{};
  with_each_isa([&](const lv::network_kernels& set) {
    for (const float x : {missing, infinity, -infinity}) {
      float y = 0;
      const lv::dense_layer layer{weights.of, bias.of, 1, 1, lv::rectifier::zero};
      set.dense(layer, &x, 1, 1, &y, 1);
      CHECK((x == x ? y == std::max(x, 0.0f) : y != y));
      float s = x, t = x;
      set.logistic(&s, 1);
      set.tanh(&t, 1);
      CHECK((x == x ? s == (x > 0 ? 1.0f : 0.0f) && t == (x > 0 ? 1.0f : -1.0f) : s != s && t != t));
    }
  });
}

TEST_CASE("logistic and tanh are within 1e-6 of what double says") {
  std::vector<float> x;
  for (int i = -40'000; i <= 40'000; ++i) x.push_back(static_cast<float>(i) / 2000 + (i % 7 == 0 ? 1e-5f : 0));
  with_each_isa([&](const lv::network_kernels& set) {
    std::vector<float> s = x, t = x;
    set.logistic(s.data(), s.size());
    set.tanh(t.data(), t.size());
    double worst_logistic = 0, worst_tanh = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double v = static_cast<double>(x[i]), logistic = 1 / (1 + std::exp(-v)), tangent = std::tanh(v);
      worst_logistic = std::max(worst_logistic, std::fabs(static_cast<double>(s[i]) / logistic - 1));
      if (tangent != 0) worst_tanh = std::max(worst_tanh, std::fabs(static_cast<double>(t[i]) / tangent - 1));
    }
    CHECK(worst_logistic < 1e-6);
    CHECK(worst_tanh < 1e-6);
  });
}
