// SPDX-License-Identifier: BSL-1.0
// quadrature: the points and weights of Gauss and Legendre: n of them integrate a polynomial of degree 2n - 1 without error.
#pragma once

#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>

namespace levada::inline v0::detail {

/// Over 0 to 1. The points are the roots of the Legendre polynomial of degree n, found by Newton's method from Tricomi's guess.
inline void gauss_legendre(std::span<double> points, std::span<double> weights) {
  const std::size_t n = points.size();
  const auto degree = static_cast<double>(n);
  for (std::size_t i = 0; i < n; ++i) {
    double x = std::cos(std::numbers::pi * (static_cast<double>(i) + 0.75) / (degree + 0.5)), slope = 1;
    for (int step = 0; step < 8; ++step) {
      double value = 1, before = 0;
      for (std::size_t k = 1; k <= n; ++k) {
        const auto at = static_cast<double>(k);
        const double next = ((2 * at - 1) * x * value - (at - 1) * before) / at;
        before = value;
        value = next;
      }
      slope = degree * (x * value - before) / (x * x - 1);
      x -= value / slope;
    }
    points[i] = (1 - x) / 2;
    weights[i] = 1 / ((1 - x * x) * slope * slope);
  }
}

}  // namespace levada::inline v0::detail
