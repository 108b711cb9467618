// SPDX-License-Identifier: BSL-1.0
#include <levada/simd/taper.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

namespace lv = levada;

namespace {
constexpr lv::taper all[] = {lv::taper::rectangular, lv::taper::hann, lv::taper::hamming, lv::taper::blackman,
                             lv::taper::flat_top};
}

TEST_CASE("gain and noise bandwidth are those of the weights") {
  for (const lv::taper t : all)
    for (const std::size_t n : {16u, 100u, 1024u}) {
      std::vector<float> weights(n);
      const lv::taper_view view = lv::fill_taper(t, weights);
      CHECK(view.shape == t);
      CHECK(view.weights.data() == weights.data());
      double sum = 0, squares = 0;
      for (const float w : weights) {
        sum += static_cast<double>(w);
        squares += static_cast<double>(w) * static_cast<double>(w);
      }
      const double count = static_cast<double>(n);
      CHECK(lv::coherent_gain(t) == doctest::Approx(sum / count).epsilon(1e-6));
      CHECK(lv::noise_bandwidth(t) == doctest::Approx(count * squares / (sum * sum)).epsilon(1e-6));
    }
}

TEST_CASE("noise bandwidths are those of the literature") {
  const double bins[] = {1, 1.5, 1.3628, 1.7268, 3.7702};
  for (std::size_t i = 0; i < 5; ++i) CHECK(lv::noise_bandwidth(all[i]) == doctest::Approx(bins[i]).epsilon(1e-4));
}

TEST_CASE("weights begin low, are periodic and symmetric, and reach 1 in the middle") {
  const float first[] = {1, 0, 0.08f, 0, -0.000421051f};
  for (std::size_t i = 0; i < 5; ++i) {
    std::vector<float> w(64);
    lv::fill_taper(all[i], w);
    CHECK(std::fabs(w[0] - first[i]) < 1e-7f);
    CHECK(w[32] == doctest::Approx(1).epsilon(1e-6));
    for (std::size_t k = 1; k < 64; ++k) CHECK(std::fabs(w[k] - w[64 - k]) < 1e-7f);
  }
}
