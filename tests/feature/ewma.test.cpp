// SPDX-License-Identifier: BSL-1.0
#include <levada/feature/ewma.hpp>

#include <levada/op/scan.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

namespace lv = levada;
using namespace lv::literals;

namespace {
/// Of all values, each with its weight.
struct weighted {
  double weight = 0, mean = 0, variance = 0;
  weighted(const std::vector<double>& values, auto weight_of) {
    for (std::size_t i = 0; i < values.size(); ++i) weight += weight_of(i), mean += weight_of(i) * values[i];
    mean /= weight;
    for (std::size_t i = 0; i < values.size(); ++i) variance += weight_of(i) * (values[i] - mean) * (values[i] - mean) / weight;
  }
};
struct reading {
  std::uint32_t sensor;
  double value;
};
struct port : lv::probe_port {
  std::vector<double>* output;
  void operator()(const lv::keyed<std::uint32_t, double>& e) const { output->push_back(e.event); }
};
}  // namespace

TEST_CASE("a value's weight falls by the same share with each that comes after it") {
  static_assert(std::is_trivially_copyable_v<lv::ewma> && std::is_trivially_copyable_v<lv::timed_ewma>);
  std::mt19937 random(3);
  std::normal_distribution<double> normal(100, 5);
  lv::ewma average(0.05);
  std::vector<double> values;
  for (int i = 0; i < 300; ++i) {
    values.push_back(normal(random));
    average.add(values.back());
    const weighted expected(values, [&](std::size_t k) { return std::pow(0.95, static_cast<double>(values.size() - 1 - k)); });
    CHECK(average.mean() == doctest::Approx(expected.mean).epsilon(1e-10));
    CHECK(average.variance() == doctest::Approx(expected.variance).epsilon(1e-8));
    CHECK(average.weight() == doctest::Approx(expected.weight));
  }
  CHECK(lv::ewma::of_last(19).weight() == 0);
  lv::ewma twenty = lv::ewma::of_last(19);
  for (int i = 0; i < 500; ++i) twenty.add(1);
  CHECK(twenty.weight() == doctest::Approx(10));
}

TEST_CASE("a value's weight falls with its age, whether values come evenly, in heaps, or late") {
  std::mt19937 random(5);
  std::normal_distribution<double> normal(-3, 2);
  lv::timed_ewma average(2_s);
  std::vector<double> values, ages;
  lv::timestamp now{1'700'000'000'000'000'000};
  for (int i = 0; i < 200; ++i) {
    const bool late = i % 7 == 6;
    const double seconds = late || i % 3 == 0 ? 0 : 0.01 * static_cast<double>(random() % 100);
    now = now + lv::duration(static_cast<std::int64_t>(seconds * 1e9));
    for (double& age : ages) age += seconds;
    values.push_back(normal(random));
    ages.push_back(0);
    average.add(values.back(), late ? now - 1_s : now);
    const weighted expected(values, [&](std::size_t k) { return std::exp(-ages[k] / 2); });
    CHECK(average.mean() == doctest::Approx(expected.mean).epsilon(1e-6));
    CHECK(average.variance() == doctest::Approx(expected.variance).epsilon(1e-5));
  }
}

TEST_CASE("what is not finite is passed over") {
  lv::ewma average;
  average.add(std::numeric_limits<double>::quiet_NaN());
  average.add(7);
  average.add(-std::numeric_limits<double>::infinity());
  CHECK(average.mean() == 7);
  CHECK(average.weight() == 1);
}

TEST_CASE("as the state of scan it is kept for each key, and forgotten with it") {
  auto scan = std::move(lv::scan(lv::ewma(0.5),
                                 [](lv::ewma& level, const reading& r) {
                                   level.add(r.value);
                                   return level.mean();
                                 })
                            .op)
                  .bind<lv::keyed<std::uint32_t, reading>>();
  std::vector<double> output;
  port out{{}, &output};
  scan.on(lv::start{.slots = 2}, out);
  const auto push = [&](std::uint32_t slot, double v) { scan(lv::keyed<std::uint32_t, reading>{slot, slot, {slot, v}}, out); };
  push(0, 1), push(1, 10), push(0, 4), push(1, 10);
  scan.on(lv::retire{.slot = 0}, out);
  push(0, 8);
  CHECK(output == std::vector<double>{1, 10, 3, 10, 8});
}
