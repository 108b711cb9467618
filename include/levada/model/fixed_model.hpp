// SPDX-License-Identifier: BSL-1.0
// fixed_model: a model whose shape the program knows and whose weights it does not: what has another shape is refused when it
// comes, and rows are arrays of the right length.
#pragma once

#include <levada/core/model.hpp>
#include <levada/core/result.hpp>
#include <levada/model/any_model.hpp>
#include <levada/wire/model_parts.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <utility>

namespace levada::inline v0 {

/// Takes  rows of Features numbers: an array, or a span of that length.
/// Emits  Outputs numbers.
/// Holds  any_model.
/// Fails  in make, by a sentence: as any_model does, or when the model has another shape.
template <std::size_t Features, std::size_t Outputs>
class fixed_model {
 public:
  static result<fixed_model> make(const model_parts& p) {
    auto made = any_model::make(p);
    if (!made) return made.error();
    return make(std::move(*made));
  }
  static result<fixed_model> make(any_model m) {
    if (m.features() != Features || m.outputs() != Outputs)
      return fault::of(failure::data, "model: it makes ", m.outputs(), " outputs of ", m.features(),
                       " features, and this program wants ", Outputs, " of ", Features,
                       ": train it with the features of this version, or update the program");
    return fixed_model(std::move(m));
  }

  [[nodiscard]] static constexpr std::size_t features() { return Features; }
  [[nodiscard]] static constexpr std::size_t outputs() { return Outputs; }

  [[nodiscard]] std::array<float, Outputs> operator()(std::span<const float, Features> row) const {
    std::array<float, Outputs> out;
    model_.score(row, out);
    return out;
  }
  void score(std::span<const float> row, std::span<float> out) const { model_.score(row, out); }
  void score_batch(std::span<const float> rows, std::size_t n, std::span<float> out) const { model_.score_batch(rows, n, out); }
  [[nodiscard]] bool can_explain() const { return model_.can_explain(); }
  void explain(std::span<const float> row, std::size_t output, std::span<float> contributions) const {
    model_.explain(row, output, contributions);
  }

 private:
  explicit fixed_model(any_model m) : model_(std::move(m)) {}
  any_model model_;
};
static_assert(batch_model<fixed_model<2, 1>> && explains<fixed_model<2, 1>>);

}  // namespace levada::inline v0
