// SPDX-License-Identifier: BSL-1.0
#include <levada/model/training_histogram.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <string_view>
#include <vector>

namespace lv = levada;

namespace {
/// Two features with four bins each.
const std::vector<float> edges{0, 1, 2, -10, 0.5f, 10}, counts{10, 20, 30, 40, 0, 1, 0, 98, 1, 100};
lv::histogram_parts parts() { return {2, 4, edges, counts}; }
lv::training_histogram made() {
  auto h = lv::training_histogram::make(parts());
  if (!h) FAIL(h.error().sentence.c_str());
  return std::move(*h);
}
/// By the definition, of counts with half a value more.
double psi(std::vector<double> a, std::vector<double> b) {
  double of_a = 0, of_b = 0, sum = 0;
  for (double& v : a) of_a += v += 0.5;
  for (double& v : b) of_b += v += 0.5;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] / of_a - b[i] / of_b) * std::log((a[i] / of_a) / (b[i] / of_b));
  return sum;
}
}  // namespace

TEST_CASE("a value lies above the edges that it reaches, and NaN behind all bins") {
  const auto h = made();
  CHECK(h.features() == 2);
  CHECK(h.cells() == 5);
  CHECK(h.cell_of(0, -0.1f) == 0);
  CHECK(h.cell_of(0, 0) == 1);
  CHECK(h.cell_of(0, 1.9f) == 2);
  CHECK(h.cell_of(0, 2) == 3);
  CHECK(h.cell_of(0, INFINITY) == 3);
  CHECK(h.cell_of(0, -INFINITY) == 0);
  CHECK(h.cell_of(0, NAN) == 4);
  CHECK(h.cell_of(1, 0) == 1);
  CHECK(h.cell_of(1, 9) == 2);
}

TEST_CASE("the population stability index is that of its definition") {
  const auto h = made();
  std::mt19937 random(1);
  for (int i = 0; i < 50; ++i) {
    const std::size_t f = random() % 2;
    std::vector<std::uint32_t> now(5);
    for (auto& n : now) n = random() % 3 == 0 ? 0 : static_cast<std::uint32_t>(random() % 1000);
    const std::vector<double> then(counts.begin() + static_cast<std::ptrdiff_t>(5 * f),
                                   counts.begin() + static_cast<std::ptrdiff_t>(5 * f + 5));
    CHECK(double{h.distance(f, now).psi} == doctest::Approx(psi(then, {now.begin(), now.end()})).epsilon(1e-4));
  }
}

TEST_CASE("the same shares are no distance; all values elsewhere are nearly the whole") {
  const auto h = made();
  const std::vector<std::uint32_t> same{10, 20, 30, 40, 0}, missing{0, 0, 0, 0, 1000}, half{0, 0, 300, 400, 0};
  CHECK(h.distance(0, same).psi < 1e-6f);
  CHECK(h.distance(0, same).ks < 1e-6f);
  CHECK(h.distance(0, missing).ks > 0.98f);
  CHECK(h.distance(0, missing).psi > 5);
  CHECK(h.distance(0, half).ks == doctest::Approx(0.3).epsilon(0.02));
}

TEST_CASE("parts that are no histogram are refused in words") {
  const auto refused = [](const lv::histogram_parts& p, std::string_view sentence) {
    auto h = lv::training_histogram::make(p);
    REQUIRE_FALSE(h);
    CHECK_MESSAGE(h.error().sentence.view().starts_with(sentence), h.error().sentence.view());
  };
  auto falling = edges, few = edges;
  falling[4] = falling[3];
  few.pop_back();
  auto negative = counts, never = counts;
  negative[2] = -1;
  for (std::size_t i = 5; i < 10; ++i) never[i] = 0;
  refused({2, 4, falling, counts}, "training histogram: edge 1 of feature 1 is not above the one before it");
  refused({2, 4, few, counts}, "training histogram: 6 edges are needed and 5 are there");
  refused({2, 4, edges, edges}, "training histogram: 10 counts are needed and 6 are there");
  refused({2, 4, edges, negative}, "training histogram: a count of feature 0 is negative");
  refused({2, 4, edges, never}, "training histogram: feature 1 has no counts");
  refused({2, 1, {}, counts}, "training histogram: 1 bins");
  refused({0, 4, edges, counts}, "training histogram: 0 features");
}
