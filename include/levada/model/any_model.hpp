// SPDX-License-Identifier: BSL-1.0
// any_model: a model whose kind is known when the program runs: a row of steps, each fed with what the one before it gives.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/model.hpp>
#include <levada/core/result.hpp>
#include <levada/model/components.hpp>
#include <levada/model/detail/rows.hpp>
#include <levada/model/linear.hpp>
#include <levada/model/mixture.hpp>
#include <levada/model/nearest.hpp>
#include <levada/model/network.hpp>
#include <levada/model/scaler.hpp>
#include <levada/model/tree_explanation.hpp>
#include <levada/model/trees.hpp>
#include <levada/wire/model_parts.hpp>

#include <cstddef>
#include <new>
#include <span>
#include <utility>

namespace levada::inline v0 {

namespace detail {

/// What a step can do, whatever it is.
struct step_functions {
  void (*score)(const void*, std::span<const float> rows, std::size_t n, std::span<float> out);
  void (*explain)(const void*, std::span<const float> row, std::size_t output, std::span<float> contributions);  // or null
  void (*destroy)(void*);
};
template <class M>
inline constexpr step_functions functions_of{[](const void* m, std::span<const float> rows, std::size_t n, std::span<float> out) {
                                               const M& step = *static_cast<const M*>(m);
                                               if constexpr (batch_model<M>) {
                                                 if (n > 1) return static_cast<void>(step.score_batch(rows, n, out));
                                               }
                                               const std::size_t in = step.features(), given = step.outputs();
                                               for (std::size_t r = 0; r < n; ++r)
                                                 step.score(rows.subspan(r * in, in), out.subspan(r * given, given));
                                             },
                                             [] {
                                               decltype(step_functions::explain) f = nullptr;
                                               if constexpr (explains<M>)
                                                 f = [](const void* m, std::span<const float> row, std::size_t output,
                                                        std::span<float> contributions) {
                                                   static_cast<const M*>(m)->explain(row, output, contributions);
                                                 };
                                               return f;
                                             }(),
                                             [](void* m) { delete static_cast<M*>(m); }};

/// A model on the heap, and a table of what it can do.
class model_step {
 public:
  model_step() = default;
  template <model M>
  static model_step of(M m) {
    model_step step;
    step.features_ = m.features();
    step.outputs_ = m.outputs();
    step.does_ = &functions_of<M>;
    if constexpr (requires { m.keeps_features_apart(); }) step.keeps_features_apart_ = m.keeps_features_apart();
    step.model_ = new (std::nothrow) M(std::move(m));
    LEVADA_CHECK(step.model_ != nullptr, sizeof(M));
    return step;
  }
  model_step(model_step&& other) noexcept { *this = std::move(other); }
  model_step& operator=(model_step&& other) noexcept {
    std::swap(model_, other.model_);
    std::swap(does_, other.does_);
    std::swap(features_, other.features_);
    std::swap(outputs_, other.outputs_);
    std::swap(keeps_features_apart_, other.keeps_features_apart_);
    return *this;
  }
  ~model_step() {
    if (model_ != nullptr) does_->destroy(model_);
  }

  [[nodiscard]] std::size_t features() const { return features_; }
  [[nodiscard]] std::size_t outputs() const { return outputs_; }
  [[nodiscard]] bool can_explain() const { return does_->explain != nullptr; }
  [[nodiscard]] bool keeps_features_apart() const { return keeps_features_apart_; }
  void score(std::span<const float> rows, std::size_t n, std::span<float> out) const { does_->score(model_, rows, n, out); }
  void explain(std::span<const float> row, std::size_t output, std::span<float> contributions) const {
    does_->explain(model_, row, output, contributions);
  }

 private:
  void* model_ = nullptr;
  std::size_t features_ = 0, outputs_ = 0;
  const step_functions* does_ = nullptr;
  bool keeps_features_apart_ = false;
};

/// A forest that can say why.
class explained_trees {
 public:
  static result<explained_trees> make(const tree_parts& p) {
    auto forest = trees::make(p);
    if (!forest) return forest.error();
    auto why = tree_explanation::make(p);
    if (!why) return why.error();
    return explained_trees(std::move(*forest), std::move(*why));
  }
  [[nodiscard]] std::size_t features() const { return forest_.features(); }
  [[nodiscard]] std::size_t outputs() const { return forest_.outputs(); }
  void score(std::span<const float> row, std::span<float> out) const { forest_.score(row, out); }
  void score_batch(std::span<const float> rows, std::size_t n, std::span<float> out) const { forest_.score_batch(rows, n, out); }
  void explain(std::span<const float> row, std::size_t output, std::span<float> contributions) const {
    why_.path(row, output, contributions);
  }

 private:
  explained_trees(trees forest, tree_explanation why) : forest_(std::move(forest)), why_(std::move(why)) {}
  trees forest_;
  tree_explanation why_;
};

}  // namespace detail

/// Takes  rows of what its first step takes.
/// Emits  what its last step gives.
/// Holds  its steps, on the heap, and with trees what explains them.
/// Fails  in make, by a sentence that names the step: as the step does, or where one does not take what the one before it gives.
/// Costs  the steps, and a call by pointer for each and block of rows; nothing is allocated. score_batch gives each step as many
///        rows at once as fit in 16 KB.
class any_model {
 public:
  static constexpr std::size_t most_steps = 8;

  static result<any_model> make(const model_parts& p) {
    if (auto ok = detail::check_length("model", "steps", p.steps.size(), most_steps); !ok) return ok.error();
    any_model whole;
    for (const model_part& part : p.steps) {
      const std::size_t i = whole.length_;
      auto step = step_of(part);
      if (!step) return fault::of(step.error().kind, "step ", i, ": ", step.error().sentence.view());
      if (i > 0) {
        const std::size_t given = whole.steps_[i - 1].outputs();
        if (step->features() != given)
          return fault::of(failure::data, "step ", i, ": ", name_of(part.kind), " with ", step->features(), " features behind ",
                           name_of(p.steps[i - 1].kind), " with ", given,
                           " outputs: the steps are not of one model, or one is missing");
        if (given > detail::longest_row)
          return fault::of(failure::data, "step ", i, ": rows between steps have at most ", detail::longest_row, " numbers, not ",
                           given);
        whole.widest_ = given > whole.widest_ ? given : whole.widest_;
      }
      whole.steps_[whole.length_++] = std::move(*step);
    }
    return whole;
  }
  /// A model of one step, of any kind, also of your own.
  template <model M>
  [[nodiscard]] static any_model of(M m) {
    any_model whole;
    whole.steps_[whole.length_++] = detail::model_step::of(std::move(m));
    return whole;
  }

  [[nodiscard]] std::size_t features() const { return steps_[0].features(); }
  [[nodiscard]] std::size_t outputs() const { return last().outputs(); }

  void score(std::span<const float> row, std::span<float> out) const { score_batch(row, 1, out); }
  void score_batch(std::span<const float> rows, std::size_t n, std::span<float> out) const {
    LEVADA_CHECK(rows.size() >= n * features(), rows.size());
    LEVADA_CHECK(out.size() >= n * outputs(), out.size());
    if (length_ == 1) return steps_[0].score(rows, n, out);
    scratch between;
    const std::size_t block = scratch::size / widest_;
    for (std::size_t r = 0; r < n; r += block) {
      const std::size_t some = block < n - r ? block : n - r;
      last().score(before_last(rows.subspan(r * features()), some, between), some, out.subspan(r * outputs()));
    }
  }

  /// Whether the last step knows why, and those before it keep features apart, as offsets and factors do: then what is
  /// said of its features is true of those that come in.
  [[nodiscard]] bool can_explain() const {
    for (std::size_t i = 0; i + 1 < length_; ++i)
      if (!steps_[i].keeps_features_apart()) return false;
    return last().can_explain();
  }
  /// Only where can_explain(); of trees: along the path.
  void explain(std::span<const float> row, std::size_t output, std::span<float> contributions) const {
    LEVADA_CHECK(can_explain(), length_);
    LEVADA_CHECK(row.size() >= features(), row.size());
    LEVADA_CHECK(output < outputs() && contributions.size() > features(), output);
    scratch between;
    last().explain(before_last(row, 1, between), output, contributions);
  }

 private:
  /// What a step gives lies in one half, while the next one writes to the other.
  struct scratch {
    static constexpr std::size_t size = 4 * detail::longest_row;
    float halves[2][size];
  };

  any_model() = default;
  template <class M>
  static result<detail::model_step> step_from(const auto& parts) {
    auto made = M::make(parts);
    if (!made) return made.error();
    return detail::model_step::of(std::move(*made));
  }
  static result<detail::model_step> step_of(const model_part& p) {
    switch (p.kind) {
      case model_part::kind_t::scaler: return step_from<scaler>(p.scaler);
      case model_part::kind_t::linear: return step_from<linear>(p.linear);
      case model_part::kind_t::trees: return step_from<detail::explained_trees>(p.trees);
      case model_part::kind_t::network: return step_from<network>(p.network);
      case model_part::kind_t::components: return step_from<components>(p.components);
      case model_part::kind_t::centres: return step_from<nearest>(p.centres);
      case model_part::kind_t::mixture: return step_from<mixture>(p.mixture);
      case model_part::kind_t::none: break;
    }
    return fault::of(failure::data, "a kind of model that is not known here, number ", static_cast<unsigned>(p.kind));
  }

  [[nodiscard]] const detail::model_step& last() const { return steps_[length_ - 1]; }
  /// The rows as the last step takes them.
  std::span<const float> before_last(std::span<const float> rows, std::size_t n, scratch& between) const {
    for (std::size_t i = 0; i + 1 < length_; ++i) {
      const std::span<float> out(between.halves[i % 2], n * steps_[i].outputs());
      steps_[i].score(rows, n, out);
      rows = out;
    }
    return rows;
  }

  detail::model_step steps_[most_steps];
  std::size_t length_ = 0;
  std::size_t widest_ = 1;  // row between two steps
};
static_assert(batch_model<any_model> && explains<any_model>);

}  // namespace levada::inline v0
