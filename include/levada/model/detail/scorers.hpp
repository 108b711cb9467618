// SPDX-License-Identifier: BSL-1.0
// scorers: whom infer asks for a score: a model that stays, or the one that a slot has now. A rollout has a scorer of its own.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/model.hpp>
#include <levada/state/slot.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace levada::inline v0::detail {

/// A row of another length would be read, or written, beyond its end.
template <model M>
LEVADA_INLINE bool takes_row(const M& m, std::size_t features, std::size_t outputs) {
  return static_cast<std::size_t>(m.features()) == features && static_cast<std::size_t>(m.outputs()) == outputs;
}

/// score: fills `out` and says which version did it; false where the model takes other rows. `key` gives the hash of the event's
/// key, for a scorer that goes by it. score_batch: n rows in a row, by one version.
template <model M>
struct model_scorer {
  using model_type = M;
  M of;

  [[nodiscard]] const M& now() const { return of; }
  template <class Key>
  LEVADA_INLINE bool score(std::span<const float> row, std::span<float> out, Key&&, std::uint64_t& version) const {
    if (!takes_row(of, row.size(), out.size())) [[unlikely]]
      return false;
    of.score(row, out);
    version = 0;
    return true;
  }
  LEVADA_INLINE bool score_batch(std::span<const float> rows, std::size_t n, std::span<float> out, std::uint64_t& version) const
    requires batch_model<M>
  {
    if (!takes_row(of, rows.size() / n, out.size() / n)) [[unlikely]]
      return false;
    of.score_batch(rows, n, out);
    version = 0;
    return true;
  }
};

template <model M>
struct slot_scorer {
  using model_type = M;
  slot<M> from;

  [[nodiscard]] const M& now() const { return *from; }
  template <class Key>
  LEVADA_INLINE bool score(std::span<const float> row, std::span<float> out, Key&&, std::uint64_t& version) const {
    const auto& now = from.now();
    if (!takes_row(now.value, row.size(), out.size())) [[unlikely]]
      return false;
    now.value.score(row, out);
    version = now.version();
    return true;
  }
  LEVADA_INLINE bool score_batch(std::span<const float> rows, std::size_t n, std::span<float> out, std::uint64_t& version) const
    requires batch_model<M>
  {
    const auto& now = from.now();
    if (!takes_row(now.value, rows.size() / n, out.size() / n)) [[unlikely]]
      return false;
    now.value.score_batch(rows, n, out);
    version = now.version();
    return true;
  }
};

template <class S>
concept scorer = model<typename S::model_type> &&
                 requires(const S& s, std::span<const float> row, std::span<float> out, std::uint64_t& version) {
                   { s.now() } -> std::same_as<const typename S::model_type&>;
                   {
                     s.score(row, out, [] { return std::uint64_t{}; }, version)
                   } -> std::same_as<bool>;
                 };
template <class S>
concept batch_scorer = scorer<S> && requires(const S& s, std::span<const float> rows, std::span<float> out, std::uint64_t& v) {
  { s.score_batch(rows, std::size_t{}, out, v) } -> std::same_as<bool>;
};

template <model M>
constexpr auto scorer_of(M&& m) {
  return model_scorer<M>{std::move(m)};
}
template <model M>
  requires std::copy_constructible<M>
constexpr auto scorer_of(const M& m) {
  return model_scorer<M>{m};
}
template <model M>
constexpr auto scorer_of(const slot<M>& s) {
  return slot_scorer<M>{s};
}
template <class R>
  requires requires(R& r) {
    { r.scorer() } -> scorer;
  }
constexpr auto scorer_of(R& r) {
  return r.scorer();
}

}  // namespace levada::inline v0::detail
