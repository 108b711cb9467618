// SPDX-License-Identifier: BSL-1.0
// infer: asks a model about every event. The model may be a value, or stand in a slot and be replaced while the flow runs.
//   infer<"bearing">(forest)                                 events with features(), as rows of a window of features have it
//   infer<"bearing", 3>(slot, &reading::rms, &reading::kurtosis)   three outputs; the features are members
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/hash.hpp>
#include <levada/core/model.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/result.hpp>
#include <levada/model/detail/feature_row.hpp>
#include <levada/model/detail/scorers.hpp>
#include <levada/model/scored.hpp>
#include <levada/state/key_table.hpp>
#include <levada/state/slots.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// Takes  events E with features(), or what the members or functions behind the model give: an array of floats, or a number for
///        each feature. NaN goes to the model, which knows what it makes of it.
/// Emits  scored<Event, Outputs> for each: event, outputs, and the version of the model that stood in the slot (0 of a model that
///        stays). Within one turn of a thread that is one version.
/// Holds  the model, or a reference to the slot; for a model that scores many rows at once, 64 rows.
/// Fails  at the start, in a sentence, where the model has other numbers of features or outputs than this operator can give it. A
///        row of another length than the model takes, as after a swap that nobody admitted, is dropped and counted.
/// Costs  the model. Events that come as a span (straight from a source or a stage) are given to a batch_model by up to 64, those
///        that are there: none waits for another, and nothing is held from one span to the next.
template <fixed_string Name, std::size_t Outputs, class Scorer, class E, class... Values>
struct infer_operator {
  static constexpr std::string_view kind = "infer";
  static constexpr std::string_view name = Name.view();
  static constexpr bool one_to_one = true;
  static constexpr std::size_t most_rows = 64;
  using event_type = payload_type<E>;
  using result_type = scored<event_type, Outputs>;
  using row = detail::feature_row<E, Values...>;

  Scorer scorer;
  [[no_unique_address]] row features;
  slots<float> rows{};  // of a batch, one behind the other
  slots<float> outputs{};

  template <class>
  using output = relayed_type<E, result_type>;

  result<> open() {
    const auto [takes, has] = scorer.shape();
    if (has != Outputs)
      return fault::of(failure::usage, "infer '", name, "': the model has ", has, " outputs, and the operator is made for ",
                       Outputs, ": write infer<\"", name, "\", ", has, ">(...)");
    if (row::length != 0 && takes != row::length)
      return fault::of(failure::usage, "infer '", name, "': the model takes ", takes, " features, and an event gives ",
                       row::length, ": name as many as it was trained with, in their order");
    if constexpr (detail::batch_scorer<Scorer>) {
      rows.resize(most_rows * takes);
      outputs.resize(most_rows * Outputs);
    }
    return {};
  }

  LEVADA_INLINE void operator()(const E& e, auto out) {
    result_type r{levada::payload(e), {}, 0};
    const bool done = features.with(r.event, [&](std::span<const float> given) LEVADA_INLINE_LAMBDA {
      const auto key = [&] {
        if constexpr (is_keyed<E>)
          return hash_of(e.key);
        else if constexpr (requires { hash_of(r.event.key); })  // a row of a window below key_by
          return hash_of(r.event.key);
        else
          return hash_of_bytes(given.data(), given.size_bytes());
      };
      return scorer.score(given, r.outputs, key, r.model_version);
    });
    if (!done) [[unlikely]]
      return out.drop();
    out(levada::relay(e, r));
  }
  void batch(std::span<const E> events, auto out)
    requires detail::batch_scorer<Scorer>
  {
    for (std::size_t n = 0; !events.empty(); events = events.subspan(n)) {
      n = events.size() < most_rows ? events.size() : most_rows;
      score_together(events.first(n), out);
    }
  }

 private:
  void score_together(std::span<const E> events, auto out) {
    const std::size_t length = rows.size() / most_rows;
    bool alike = true;
    for (std::size_t i = 0; i < events.size(); ++i)
      features.with(levada::payload(events[i]), [&](std::span<const float> given) {
        alike = alike && given.size() == length;
        if (alike && length > 0) std::memcpy(rows.begin() + i * length, given.data(), given.size_bytes());
      });
    std::uint64_t version = 0;
    const std::span<float> filled(outputs.begin(), events.size() * Outputs);
    if (!alike || !scorer.score_batch({rows.begin(), events.size() * length}, events.size(), filled, version)) [[unlikely]] {
      for (const E& e : events) (*this)(e, out);  // one by one, each is dropped or not
      return;
    }
    for (std::size_t i = 0; i < events.size(); ++i) {
      result_type r{levada::payload(events[i]), {}, version};
      std::memcpy(r.outputs, filled.data() + i * Outputs, sizeof r.outputs);
      out(levada::relay(events[i], r));
    }
  }
};

namespace detail {

template <fixed_string Name, std::size_t Outputs, class Scorer, class... Values>
struct infer_description {
  Scorer scorer;
  [[no_unique_address]] pack<Values...> values;

  template <class E>
  static consteval bool fits() {
    using row = feature_row<E, Values...>;
    constexpr bool has_features = row::has_own || row::has_one || row::has_numbers;
    static_assert(
        has_features,
        "infer: the event type that arrives here must have features(), or name behind the model what gives them: members "
        "that are numbers, or one that is an array of floats");
    constexpr bool copies = std::is_copy_constructible_v<payload_type<E>>;
    static_assert(copies, "infer: events are copied beside their score, so they must be copyable");
    return has_features && copies;
  }
  template <class E>
  constexpr auto bind() && {
    return infer_operator<Name, Outputs, Scorer, E, Values...>{std::move(scorer), {std::move(values)}};
  }
};

struct infer_nothing {
  template <class>
  static consteval bool fits() {
    return false;
  }
};

}  // namespace detail

/// infer<"name", outputs>(model, slot or rollout, what gives the features...)
template <fixed_string Name = "", std::size_t Outputs = 1, class Model, class... Values>
constexpr auto infer(Model&& model, Values... values) {
  constexpr bool scores = requires { detail::scorer_of(std::forward<Model>(model)); };
  static_assert(scores, "infer: the first argument must be a model (moved in), a slot of one, or a rollout");
  if constexpr (scores) {
    auto scorer = detail::scorer_of(std::forward<Model>(model));
    return link{
        detail::infer_description<Name, Outputs, decltype(scorer), Values...>{std::move(scorer), {{std::move(values)}...}}};
  } else {
    return link{detail::infer_nothing{}};
  }
}

}  // namespace levada::inline v0
