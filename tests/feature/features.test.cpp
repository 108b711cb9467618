// SPDX-License-Identifier: BSL-1.0
#include <levada/feature/features.hpp>

#include <levada/feature/spectral.hpp>
#include <levada/feature/time_domain.hpp>
#include <levada/flow/flow.hpp>
#include <levada/op/event_time.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using doctest::Approx;

namespace {
struct sample {
  std::uint32_t sensor = 0;
  double g = 0;
  std::int16_t x = 0;
  float speed = 0;
};
std::vector<sample> some(std::size_t n, std::uint32_t sensors = 1) {
  std::vector<sample> all(n);
  for (std::size_t i = 0; i < n; ++i)
    all[i] = {static_cast<std::uint32_t>(i) % sensors, std::sin(0.7 * static_cast<double>(i)) + 0.01 * static_cast<double>(i % 7),
              static_cast<std::int16_t>(i % 5), 60.0f * static_cast<float>(i % 2)};
  return all;
}
/// What is in the last n events of a span, as an extractor says it.
template <class... Fs>
std::vector<float> by_hand(std::span<const sample> events, auto value) {
  std::vector<float> x;
  for (const sample& e : events) x.push_back(static_cast<float>(value(e)));
  const auto v = lv::feature_extractor<4096, Fs...>{}(x);
  return {v.features().begin(), v.features().end()};
}
constexpr auto g = [](const sample& e) { return e.g; };

bool same(std::span<const float> a, const std::vector<float>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < b.size(); ++i)
    if (!(std::fabs(a[i] - b[i]) <= 1e-5f * (1 + std::fabs(b[i])))) return false;
  return true;
}

/// A feature of one's own, and a part that it shares: the samples above their mean.
struct above_mean {
  using needs = lv::sharing<lv::window_moments>;
  static std::size_t of(const auto& w) {
    std::size_t n = 0;
    for (const float x : w.samples()) n += std::size_t{static_cast<double>(x) > w[lv::window_moments{}].mean};
    return n;
  }
};
struct balance {
  static constexpr std::string_view name = "balance";
  using needs = lv::sharing<lv::window_moments, above_mean>;
  static double of(const auto& w) {
    return static_cast<double>(w[above_mean{}]) / static_cast<double>(w[lv::window_moments{}].n);
  }
};
}  // namespace

TEST_CASE("a window that counts events gives rows with features, as computed of its samples") {
  const auto events = some(700, 3);
  std::size_t rows = 0;
  auto flow = lv::flow(lv::from(lv::input<sample>()) | lv::key_by(&sample::sensor, lv::keys{8}) |
                       lv::window<lv::sliding{96, 32}>(lv::aggregate<lv::count>(&sample::g),
                                                       lv::features<lv::rms, lv::mean, lv::kurtosis, lv::last>(&sample::g)) |
                       lv::to([&](const auto& row) {
                         ++rows;
                         std::vector<sample> own;
                         for (const sample& e : events)
                           if (e.sensor == row.key) own.push_back(e);
                         const std::size_t end = 96 + 32 * ((rows - 1) / 3);
                         const auto expected =
                             by_hand<lv::rms, lv::mean, lv::kurtosis, lv::last>(std::span(own).subspan(end - 96, 96), g);
                         CHECK(same(row.features(), expected));
                         CHECK(row.template get<lv::kurtosis>() == row.features()[2]);
                         CHECK(row.template get<lv::last>() == static_cast<float>(own[end - 1].g));
                         CHECK(row.template get<lv::count>() == 96);
                         CHECK(row.names[0] == "rms");
                       }));
  REQUIRE(flow.open());
  flow.push(events);
  CHECK(rows == 3 * 5);
}

TEST_CASE("a window of time has the samples that it has room for, and counts the others") {
  std::vector<std::uint32_t> missed;
  std::vector<float> counts;
  auto flow = lv::flow(lv::from(lv::input<sample>()) |
                       lv::window<lv::sliding{2_s, 1_s}>(lv::features<lv::count, lv::rms>(&sample::g, lv::at_most<100>{})) |
                       lv::to([&](const auto& row) {
                         counts.push_back(row.features()[0]);
                         missed.push_back(lv::get<0>(row.groups).missed);
                       }));
  REQUIRE(flow.open());
  flow.advance({1'000'000'000});
  flow.push(some(30));
  flow.advance({2'000'000'000});
  flow.push(some(70));  // a slide has room for 50
  flow.advance({4'000'000'000});
  CHECK(counts == std::vector<float>{30, 80, 50});
  CHECK(missed == std::vector<std::uint32_t>{0, 20, 20});
}

TEST_CASE("a window in event time puts samples in order by their panes, as other aggregates do") {
  std::vector<float> firsts, lasts;
  const auto time = [](const sample& e) { return lv::timestamp{static_cast<std::int64_t>(e.g * 1e9)}; };
  auto flow =
      lv::flow(lv::from(lv::input<sample>()) | lv::event_time(time, lv::bounded{5_s}) |
               lv::window<lv::sliding{4_s, 2_s}>(lv::at(time), lv::features<lv::first, lv::last>(&sample::g, lv::at_most<8>{})) |
               lv::to([&](const auto& row) {
                 firsts.push_back(row.features()[0]);
                 lasts.push_back(row.features()[1]);
               }));
  REQUIRE(flow.open());
  for (const double second : {1.0, 3.0, 2.0, 0.5, 1.5, 20.0}) flow.push(sample{.g = second});
  CHECK(firsts == std::vector<float>{1, 1, 3});
  CHECK(lasts == std::vector<float>{1.5, 2, 2});
}

TEST_CASE("buffers of windows that count events have exactly the size of their panes") {
  using all = decltype(lv::features<lv::rms>(&sample::g));
  using shaped = all::in_shape<4, 256>;
  CHECK(sizeof(shaped::in_pane<sample>::values) == 256 * sizeof(float));
  CHECK(sizeof(shaped::in_window<sample>::values) == 1024 * sizeof(float));
  CHECK(std::is_trivially_copyable_v<shaped::in_pane<sample>>);
  using timed = decltype(lv::features<lv::rms>(&sample::g, lv::at_most<2048>{}))::in_shape<10, 0>;
  CHECK(sizeof(timed::in_pane<sample>::values) == 205 * sizeof(float));
  CHECK(sizeof(timed::in_window<sample>::values) == 2048 * sizeof(float));
}

TEST_CASE("several values have the features each, under names of their own") {
  const auto events = some(64);
  bool called = false;
  auto flow = lv::flow(lv::from(lv::input<sample>()) |
                       lv::window<lv::tumbling{64}>(lv::features<lv::peak, lv::autocorrelation_at<1, 3>>(
                           lv::channel<"g">(&sample::g), lv::channel<"x">(&sample::x))) |
                       lv::to([&](const auto& row) {
                         called = true;
                         auto expected = by_hand<lv::peak, lv::autocorrelation_at<1, 3>>(events, g);
                         const auto second =
                             by_hand<lv::peak, lv::autocorrelation_at<1, 3>>(events, [](const sample& e) { return e.x; });
                         expected.insert(expected.end(), second.begin(), second.end());
                         CHECK(same(row.features(), expected));
                         CHECK(row.names[0] == "g.peak");
                         CHECK(row.names[5] == "x.autocorrelation_at_3");
                         CHECK(lv::get<0>(row.groups).template get<lv::peak, 1>() == 4);
                       }));
  REQUIRE(flow.open());
  flow.push(events);
  CHECK(called);
}

TEST_CASE("the speed of the shaft is a number, or the mean of a member") {
  using line = lv::order_line<1>;
  std::vector<float> lines;
  auto flow =
      lv::flow(lv::from(lv::input<sample>()) |
               lv::window<lv::tumbling{256}>(lv::features<lv::sample_rate<128>, line>(&sample::g, lv::rpm{855.62}),
                                             lv::features<lv::sample_rate<128>, line>(&sample::g, lv::rpm{&sample::speed})) |
               lv::to([&](const auto& row) { lines = {row.template get<line>(), row.template get<line, 1>()}; }));
  REQUIRE(flow.open());
  flow.push(some(256));  // 0.7 rad a sample are 855.62 a minute; the member has a mean of 30
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == Approx(std::sqrt(0.5)).epsilon(0.01));
  CHECK(lines[1] < 0.05);
}

TEST_CASE("a sample that is not finite makes the features of its channel NaN, until it has left the window") {
  std::vector<bool> known;
  auto flow =
      lv::flow(lv::from(lv::input<sample>()) |
               lv::window<lv::sliding{32, 16}>(
                   lv::features<lv::sample_rate<100>, lv::peak, lv::value_entropy<>, lv::dominant_frequency, lv::value_at<50>>(
                       lv::channel<"g">(&sample::g), lv::channel<"x">(&sample::x))) |
               lv::to([&](const auto& row) {
                 const auto f = row.features();
                 for (std::size_t i = 1; i < 4; ++i) CHECK(std::isnan(f[i]) == std::isnan(f[0]));
                 for (std::size_t i = 4; i < 8; ++i) CHECK(!std::isnan(f[i]));
                 known.push_back(!std::isnan(f[0]));
               }));
  REQUIRE(flow.open());
  auto events = some(80);
  events[40].g = std::numeric_limits<double>::quiet_NaN();
  flow.push(events);
  events[40].g = -std::numeric_limits<double>::infinity();
  flow.push(events);
  CHECK(known == std::vector<bool>{true, false, false, true, true, true, false, false, true});
}

TEST_CASE("denormal samples count as they are, or as nothing where their squares are too small") {
  std::vector<float> x(64, 0.0f);
  x[1] = 1e-40f;
  const auto v = lv::feature_extractor<64, lv::peak, lv::kurtosis>{}(x);
  CHECK(v.get<lv::peak>() == 1e-40f);
  CHECK(std::isfinite(v.get<lv::kurtosis>()));
}

TEST_CASE("of no samples nothing is known") {
  const auto v = lv::feature_extractor<64, lv::peak, lv::mean>{}({});
  CHECK(std::isnan(v.get<lv::peak>()));
  CHECK(std::isnan(v.get<lv::mean>()));
}

TEST_CASE("a feature of one's own takes a few lines; sets stand where features may") {
  using set = lv::feature_set<lv::min, lv::feature_set<balance, lv::max>>;
  const auto v = lv::feature_extractor<8, set, lv::rms>{}(std::vector<float>{0, 0, 0, 4});
  CHECK(v.names == std::array<std::string_view, 4>{"min", "balance", "max", "rms"});
  CHECK(v.values == std::array<float, 4>{0, 0.25f, 4, 2});
  CHECK(v.get<balance>() == 0.25f);
}

TEST_CASE("names say the numbers that features were given") {
  CHECK(lv::band_energy<500, 2000>::name == "band_energy_500_2000");
  CHECK(lv::band_energy<0.5, 12.25>::name == "band_energy_0.5_12.25");
  CHECK(lv::order_line<0.398278>::name == "order_line_0.398278");
  CHECK(std::is_same_v<lv::order_line<2>, lv::order_line<2.0>>);
  constexpr lv::feature_extractor<16, lv::sample_rate<10>, lv::band_energies<2>> bands;
  CHECK(bands({}).names[1] == "band_energies_1");
}
