// SPDX-License-Identifier: BSL-1.0
#include <levada/op/quantile.hpp>

#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/fold.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;

namespace {

constexpr lv::percentage ranks[] = {0, 0.1, 1, 5, 25, 50, 75, 95, 99, 99.9, 100};

/// The value of that rank, as one finds it in a sorted list.
template <class V>
V exact(std::vector<V> values, lv::percentage p) {
  std::sort(values.begin(), values.end());
  const auto rank =
      static_cast<std::size_t>(std::ceil(static_cast<double>(p.millionths) * static_cast<double>(values.size()) / 1e6));
  return values[rank == 0 ? 0 : rank - 1];
}

enum class shape { uniform, normal, exponential, pareto, bimodal, constant, signs, tiny };
std::vector<double> numbers(shape of, std::size_t n, std::uint64_t seed) {
  support::random r{seed};
  std::vector<double> all(n);
  for (double& v : all) {
    const double u = r.between(0, 1);
    switch (of) {
      case shape::uniform: v = r.between(1, 1000); break;
      case shape::normal: v = r.normal(1e6, 1e5); break;
      case shape::exponential: v = -20 * std::log1p(-u); break;
      case shape::pareto: v = std::pow(1 - u, -2.0); break;
      case shape::bimodal: v = r.one_in(10) ? r.normal(2000, 10) : r.normal(3, 0.1); break;
      case shape::constant: v = 42.5; break;
      case shape::signs: v = r.one_in(50) ? 0.0 : r.normal(0, 30); break;
      case shape::tiny: v = r.between(-1, 2) * 1e-200; break;
    }
  }
  return all;
}
constexpr shape shapes[] = {shape::uniform, shape::normal,   shape::exponential, shape::pareto,
                            shape::bimodal, shape::constant, shape::signs,       shape::tiny};

template <class Sketch, class V>
Sketch sketch_of(const std::vector<V>& values) {
  Sketch s;
  for (const V v : values) s.add(v);
  return s;
}
/// How far a quantile is from the truth: within its part of the value, or of the greatest magnitude for the smallest of them.
template <class Sketch, class V>
void is_right(const Sketch& s, const std::vector<V>& values, double absolute) {
  double most = 0;
  for (const V v : values) most = std::max(most, std::fabs(static_cast<double>(v)));
  for (const lv::percentage p : ranks) {
    const auto truth = static_cast<double>(exact(values, p)), found = static_cast<double>(s.quantile(p));
    CAPTURE(p.millionths);
    CAPTURE(truth);
    CAPTURE(found);
    CHECK(std::fabs(found - truth) <= std::fabs(truth) * Sketch::error * (1 + 1e-12) + most * absolute);
  }
}
template <class T>
bool same_bytes(const T& a, const T& b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

}  // namespace

TEST_CASE("a percent is written as one says it") {
  static_assert(lv::percentage(99).millionths == 990'000 && lv::percentage(99.9).millionths == 999'000);
  static_assert(lv::percentage(0.0001).millionths == 1 && lv::percentage(100) == lv::percentage(100.0));
  static_assert(lv::ddsketch<double>::error <= 0.01 && lv::ddsketch<double>::error > 0.005);
  static_assert(lv::ddsketch<double, 0.1>::error <= 0.001);
}

TEST_CASE("a quantile is within its error of the truth, whatever the values are like") {
  for (const shape of : shapes)
    for (std::size_t n : {std::size_t{1}, std::size_t{2}, std::size_t{101}, std::size_t{20'000}}) {
      CAPTURE(static_cast<int>(of));
      CAPTURE(n);
      const auto values = numbers(of, n, n + 7);
      is_right(sketch_of<lv::ddsketch<double>>(values), values, 0x1p-16);
      is_right(sketch_of<lv::ddsketch<double, 5, 256>>(values), values, 0x1p-8);
      is_right(sketch_of<lv::ddsketch<double, 0.1, 16'384>>(values), values, 0x1p-16);
      const std::vector<float> singles(values.begin(), values.end());
      is_right(sketch_of<lv::ddsketch<float>>(singles), singles, 0x1p-16);
    }
}

TEST_CASE("small whole numbers are exact, large ones within the error") {
  support::random r{5};
  std::vector<std::uint64_t> values(5000);
  for (auto& v : values) v = r.next() >> (r.below(60) + 4);
  is_right(sketch_of<lv::ddsketch<std::uint64_t>>(values), values, 0x1p-32);
  std::vector<std::int32_t> levels(5000);
  for (auto& v : levels) v = static_cast<std::int32_t>(r.below(200)) - 100;
  const auto s = sketch_of<lv::ddsketch<std::int32_t>>(levels);
  for (const lv::percentage p : ranks) CHECK(s.quantile(p) == exact(levels, p));
  const auto ends = sketch_of<lv::ddsketch<std::int64_t>>(std::vector<std::int64_t>{INT64_MIN, 0, INT64_MAX});
  CHECK(ends.quantile(0) == INT64_MIN);
  CHECK(ends.quantile(50) == 0);
  CHECK(ends.quantile(100) == INT64_MAX);
}

TEST_CASE("sketches of parts, merged in any order, are the sketch of the whole, byte for byte") {
  using sketch = lv::ddsketch<double, 1, 512>;  // few bins, so that some fall out
  support::random r{11};
  for (int round = 0; round < 200; ++round) {
    const shape of = shapes[r.below(std::size(shapes))], other = shapes[r.below(std::size(shapes))];
    auto values = numbers(of, r.below(300) + 1, r.next());
    for (const double v : numbers(other, r.below(300), r.next())) values.push_back(r.one_in(3) ? -v : v);
    if (r.one_in(5)) values.push_back(std::numeric_limits<double>::infinity());
    const auto whole = sketch_of<sketch>(values);
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[r.below(i)]);
    std::vector<sketch> parts(r.below(6) + 1);
    for (const double v : values) parts[r.below(parts.size())].add(v);
    sketch merged;
    for (const sketch& part : parts) merged.merge(part);
    CHECK(same_bytes(merged, whole));
  }
}

TEST_CASE("values that fall out of the bins count as zero, and the ends stay exact") {
  lv::ddsketch<double, 1, 64> s;  // one power of two
  for (int i = 0; i < 100; ++i) s.add(1e-9);
  CHECK(s.quantile(50) == 1e-9);
  for (int i = 0; i < 100; ++i) s.add(1e9);
  CHECK(s.quantile(25) == 1e-9);  // zero, but no value was below this
  CHECK(s.quantile(75) == 1e9);
  s.add(-1e-9);
  CHECK(s.quantile(0) == -1e-9);
  CHECK(s.quantile(25) == 0);
  CHECK(s.count() == 201);
}

TEST_CASE("infinities are values, a NaN makes every quantile NaN, and nothing has the quantile zero") {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  lv::ddsketch<double> s;
  CHECK(s.quantile(50) == 0);
  s.add(infinite);
  CHECK(s.quantile(50) == infinite);
  s.add(-infinite);
  s.add(5);
  CHECK(s.quantile(0) == -infinite);
  CHECK(std::fabs(s.quantile(50) - 5) <= 0.05);
  CHECK(s.quantile(100) == infinite);
  lv::ddsketch<double> other;
  other.add(std::numeric_limits<double>::quiet_NaN());
  CHECK(std::isnan(other.quantile(50)));
  s.merge(other);
  CHECK(std::isnan(s.quantile(1)));
  CHECK(s.count() == 4);
}

TEST_CASE("a sketch is its bytes: a copy of them goes on as the sketch does") {
  const auto values = numbers(shape::pareto, 2000, 3);
  lv::ddsketch<double> live, restored;
  for (std::size_t i = 0; i < 1000; ++i) live.add(values[i]);
  std::memcpy(&restored, &live, sizeof live);
  for (std::size_t i = 1000; i < 2000; ++i) live.add(values[i]), restored.add(values[i]);
  CHECK(same_bytes(live, restored));
}

TEST_CASE("in windows: each row has the quantiles of the last events of its key, however spans are cut") {
  const auto events = support::readings(4000);
  struct found {
    std::uint32_t sensor;
    std::int32_t median;
    double high;
    bool operator==(const found&) const = default;
  };
  std::map<std::uint32_t, std::vector<reading>> past;
  std::vector<found> expected;
  for (const reading& e : events) {
    auto& own = past[e.sensor];
    own.push_back(e);
    if (own.size() % 20 != 0 || own.size() < 100) continue;
    lv::ddsketch<std::int32_t> levels;
    lv::ddsketch<double, 5, 512> values;
    for (std::size_t i = own.size() - 100; i < own.size(); ++i) levels.add(own[i].level), values.add(own[i].value);
    expected.push_back({e.sensor, levels.quantile(50), values.quantile(99)});
  }
  for (std::size_t length : support::span_lengths)
    CHECK(support::outcome<found>(events, length, [](auto& output) {
            return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) |
                            lv::window<lv::sliding{100, 20}>(lv::aggregate<lv::quantile<50>, lv::quantile<1>>(&reading::level),
                                                             lv::aggregate<lv::quantile<99, 5, 512>>(&reading::value),
                                                             lv::aggregate<lv::mean>(&reading::value)) |
                            lv::to([&](const auto& row) {
                              output.push_back(
                                  {row.key, row.template get<lv::quantile<50>>(), row.template get<lv::quantile<99, 5, 512>>()});
                            }));
          }) == expected);
}

TEST_CASE("alone: a sketch is a value that fold fills") {
  const auto events = support::readings(3000);
  std::vector<double> values;
  for (const reading& e : events) values.push_back(e.value);
  auto flow = lv::flow(lv::from(lv::input<reading>()) |
                       lv::fold(lv::ddsketch<double>{}, [](auto& s, const reading& e) { s.add(e.value); }) |
                       lv::to([&](const lv::ddsketch<double>& s) { is_right(s, values, 0x1p-16); }));
  REQUIRE(flow.open());
  flow.push(events);
  flow.finish();
}
