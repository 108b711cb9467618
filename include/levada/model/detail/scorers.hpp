// SPDX-License-Identifier: BSL-1.0
// scorers: whom infer asks for a score: a model that stays, or the one that a slot has now. A rollout has a scorer of its own.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/model.hpp>
#include <levada/core/result.hpp>
#include <levada/state/slot.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace levada::inline v0::detail {

/// How long the rows are that a model takes and fills.
struct row_shape {
  std::size_t features, outputs;
  bool operator==(const row_shape&) const = default;
};
template <model M>
LEVADA_INLINE row_shape shape_of(const M& m) {
  return {static_cast<std::size_t>(m.features()), static_cast<std::size_t>(m.outputs())};
}
/// A row of another length would be read, or written, beyond its end: the model is not asked.
template <model M>
LEVADA_INLINE bool score_row(const M& m, std::span<const float> row, std::span<float> out) {
  if (shape_of(m) != row_shape{row.size(), out.size()}) [[unlikely]]
    return false;
  m.score(row, out);
  return true;
}
/// Whether a model can take the place of another one.
template <model M>
result<> fits_in(std::string_view kind, std::string_view place, const M& there, const M& fresh, std::uint64_t version) {
  const row_shape has = shape_of(fresh), wanted = shape_of(there);
  if (has == wanted) return {};
  return fault::of(failure::data, kind, " '", place, "': version ", version, " has ", has.features, " features and ", has.outputs,
                   " outputs, and the one that works has ", wanted.features, " and ", wanted.outputs);
}
template <batch_model M>
LEVADA_INLINE bool score_rows(const M& m, std::span<const float> rows, std::size_t n, std::span<float> out) {
  if (shape_of(m) != row_shape{rows.size() / n, out.size() / n}) [[unlikely]]
    return false;
  m.score_batch(rows, n, out);
  return true;
}

/// shape: of what stands there last, for a thread that drives nothing. score: fills `out` and says which version did it; false
/// where the model takes other rows. `key` gives the hash of the event's key, for a scorer that goes by it. score_batch: n rows
/// in a row, by one version.
template <model M>
struct model_scorer {
  using model_type = M;
  M of;

  [[nodiscard]] row_shape shape() const { return shape_of(of); }
  template <class Key>
  LEVADA_INLINE bool score(std::span<const float> row, std::span<float> out, Key&&, std::uint64_t& version) const {
    version = 0;
    return score_row(of, row, out);
  }
  LEVADA_INLINE bool score_batch(std::span<const float> rows, std::size_t n, std::span<float> out, std::uint64_t& version) const
    requires batch_model<M>
  {
    version = 0;
    return score_rows(of, rows, n, out);
  }
};

template <model M>
struct slot_scorer {
  using model_type = M;
  slot<M> from;

  [[nodiscard]] row_shape shape() const { return shape_of(*from.newest()); }
  template <class Key>
  LEVADA_INLINE bool score(std::span<const float> row, std::span<float> out, Key&&, std::uint64_t& version) const {
    const auto& now = from.now();
    version = now.version();
    return score_row(now.value, row, out);
  }
  LEVADA_INLINE bool score_batch(std::span<const float> rows, std::size_t n, std::span<float> out, std::uint64_t& version) const
    requires batch_model<M>
  {
    const auto& now = from.now();
    version = now.version();
    return score_rows(now.value, rows, n, out);
  }
};

template <class S>
concept scorer = model<typename S::model_type> &&
                 requires(const S& s, std::span<const float> row, std::span<float> out, std::uint64_t& version) {
                   { s.shape() } -> std::same_as<row_shape>;
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
