// SPDX-License-Identifier: BSL-1.0
// model: what everybody who runs a model knows of it. A row of features goes in, a row of outputs comes out; weights are values
// inside, made before the first row.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace levada::inline v0 {

/// features() and outputs() are how long the rows are; score() takes a row and fills one, and neither allocates nor throws. A
/// model is a value that is made whole, by `static result<M> M::make(parts)`, and does not change: threads may share it.
template <class M>
concept model = std::movable<M> && requires(const M& m, std::span<const float> row, std::span<float> out) {
  { m.features() } -> std::convertible_to<std::size_t>;
  { m.outputs() } -> std::convertible_to<std::size_t>;
  m.score(row, out);
};

/// score_batch: takes n rows that lie one behind the other and fills n rows of outputs. It gives what score gives, bit for bit,
/// and is worth having where it is faster.
template <class M>
concept batch_model = model<M> && requires(const M& m, std::span<const float> rows, std::size_t n, std::span<float> out) {
  m.score_batch(rows, n, out);
};

/// explain: how much each feature has added to an output: `contributions` has one value a feature and the base value behind them,
/// and their sum is the output (before a link function, where the model has one).
template <class M>
concept explains = model<M> && requires(const M& m, std::span<const float> row, std::size_t output,
                                        std::span<float> contributions) { m.explain(row, output, contributions); };

}  // namespace levada::inline v0
