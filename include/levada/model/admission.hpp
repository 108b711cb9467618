// SPDX-License-Identifier: BSL-1.0
// admission: what a model that was sent must show before it may score: who made it, that it is newer, that it was made for these
// features, that it says here what it said where it was made, that its outputs are numbers, and that it is fast enough.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/hash.hpp>
#include <levada/core/model.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/core/time.hpp>
#include <levada/os/clock.hpp>
#include <levada/state/slots.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// What comes with a model. Views: whoever has loaded it keeps the memory until it is admitted.
struct candidate {
  text<64> name{};
  std::uint64_t version = 0;
  std::uint64_t schema = 0;                  ///< schema_hash of the features that it was trained with
  std::span<const float> golden_rows{};      ///< features() values each,
  std::span<const float> golden_outputs{};   ///< and what its maker's program said of each: outputs() values
  std::span<const std::byte> bytes{};        ///< the file, as it may be kept,
  std::span<const std::byte> signature{};    ///< what its maker has signed it with,
  std::span<const std::byte> signed_part{};  ///< and what of it he has signed; empty: all
};

/// Names of features in their order, as one number: two models with the same one can stand in for each other.
template <class Names>
[[nodiscard]] std::uint64_t schema_hash(const Names& names) {
  std::uint64_t all = 0;
  for (const std::string_view name : names) {
    const std::uint64_t part[] = {all, name.size(), hash_of_bytes(name.data(), name.size())};
    all = hash_of_bytes(part, sizeof part);
  }
  return all;
}

/// In the order in which they are made: no row is scored by what was not signed.
enum class admission_check : std::uint8_t { signature, version, schema, golden_vectors, finite_outputs, time };
[[nodiscard]] constexpr std::string_view name_of(admission_check c) {
  constexpr std::string_view names[] = {"signature", "version", "schema", "golden vectors", "finite outputs", "time"};
  return names[static_cast<std::size_t>(c)];
}

struct admission_options {
  std::uint64_t schema = 0;    ///< that a model must have; 0: any
  std::uint64_t above = 0;     ///< the version that is there already
  float tolerance = 1e-5f;     ///< of a golden output: absolute, and relative where the output is greater than 1
  std::uint32_t probes = 256;  ///< random rows, drawn from where the golden rows lie and as far again on both sides
  duration row_budget{};       ///< the longest time a row may take on this machine; 0: any
};

/// For models that come from where nobody else can write.
struct unsigned_models {};

namespace detail {
inline text<24> digits_of(float v) {
  char room[24]{};
  const auto written = std::to_chars(room, room + sizeof room - 1, v);
  return std::string_view(room, static_cast<std::size_t>(written.ptr - room));
}
}  // namespace detail

/// Takes  models with what came with them. verify(bytes, signature) says by bool or result<> whether the signature is the
///        maker's; unsigned_models: nobody asks.
/// Emits  admit(): nothing, or the sentence of the first check that was not passed. A version that was admitted is the one that
///        the next must be above.
/// Holds  counts of what was admitted, and of what each check has refused.
/// Fails  of kind data. A model without golden vectors is refused: nobody knows whether it was read as it was meant.
/// Costs  five times golden and random rows through the model, the fastest of which counts: for a thread that may take its time.
///        One thread at a time.
template <class Verify = unsigned_models, clock_source Clock = wall_clock>
class admission {
 public:
  explicit admission(admission_options options = {}, Verify verify = {}, Clock clock = {})
      : options_(options), verify_(std::move(verify)), clock_(std::move(clock)) {}

  template <model M>
  result<> admit(const M& m, const candidate& c) {
    using enum admission_check;
    if (result<> signed_by = check_signature(c); !signed_by) return refuse(signature, c, signed_by.error().sentence);
    if (c.version <= options_.above)
      return refuse(version, c, "it must be above ", options_.above, ", which was there before it");
    if (options_.schema != 0 && c.schema != options_.schema)
      return refuse(schema, c, "it was trained with other features, or with the same in another order");
    const rows_of<M> rows(m, c);
    if (!rows.fit) return refuse(golden_vectors, c, rows.why);
    slots<float> room;
    room.resize(rows.outputs);
    const std::span<float> out(room.begin(), rows.outputs);
    if (result<> same = check_golden(m, c, rows, out); !same) return same;

    slots<float> probes;
    probes.resize(options_.probes * rows.features);
    draw(rows, c, probes);
    for (std::size_t i = 0; i < options_.probes; ++i) {
      m.score({probes.begin() + i * rows.features, rows.features}, out);
      for (const float o : out)
        if (!std::isfinite(o))
          return refuse(finite_outputs, c, "of random row ", i, " it says ", detail::digits_of(o), ", which is no number");
    }
    if (options_.row_budget.ns > 0)
      if (const duration took = time_of_row(m, c, rows, probes, out); took > options_.row_budget)
        return refuse(time, c, "a row takes ", took.ns, " ns, and may take ", options_.row_budget.ns);
    options_.above = c.version;
    ++admitted_;
    return {};
  }

  [[nodiscard]] std::uint64_t admitted() const { return admitted_; }
  [[nodiscard]] std::uint64_t refused(admission_check by) const { return refused_[static_cast<std::size_t>(by)]; }
  [[nodiscard]] std::uint64_t refused() const {
    std::uint64_t all = 0;
    for (const std::uint64_t n : refused_) all += n;
    return all;
  }
  /// A version that is there already, wherever it came from: the next one must be above it as well.
  void above(std::uint64_t there) { options_.above = there > options_.above ? there : options_.above; }
  /// The version that the next one must be above.
  [[nodiscard]] std::uint64_t version() const { return options_.above; }

 private:
  /// How the golden vectors lie.
  template <class M>
  struct rows_of {
    std::size_t features, outputs, count = 0;
    std::string_view why{};
    bool fit = false;

    rows_of(const M& m, const candidate& c)
        : features(static_cast<std::size_t>(m.features())), outputs(static_cast<std::size_t>(m.outputs())) {
      if (c.golden_rows.empty()) {
        why = "it has none: let its maker's program score a few rows";
      } else if (features == 0 || outputs == 0) {
        why = "it has no features, or no outputs";
      } else {
        count = c.golden_rows.size() / features;
        fit = count * features == c.golden_rows.size() && count * outputs == c.golden_outputs.size();
        if (!fit) why = "they have other numbers of features and outputs than the model";
      }
    }
  };

  template <class... Part>
  LEVADA_COLD fault refuse(admission_check by, const candidate& c, const Part&... why) {
    ++refused_[static_cast<std::size_t>(by)];
    return fault::of(failure::data, "model '", c.name, "', version ", c.version, ", is refused by its ", name_of(by), ": ",
                     why...);
  }
  result<> check_signature(const candidate& c) {
    if constexpr (std::is_same_v<Verify, unsigned_models>) {
      return {};
    } else {
      auto good = verify_(c.signed_part.empty() ? c.bytes : c.signed_part, c.signature);
      if constexpr (std::is_same_v<decltype(good), result<>>) return good;
      if (static_cast<bool>(good)) return {};
      return fault::of(failure::data, "it is not that of anybody who may send models");
    }
  }
  template <model M>
  result<> check_golden(const M& m, const candidate& c, const rows_of<M>& rows, std::span<float> out) {
    for (std::size_t i = 0; i < rows.count; ++i) {
      m.score(c.golden_rows.subspan(i * rows.features, rows.features), out);
      for (std::size_t o = 0; o < rows.outputs; ++o) {
        const float expected = c.golden_outputs[i * rows.outputs + o];
        if (!std::isfinite(out[o]))
          return refuse(admission_check::finite_outputs, c, "of golden row ", i, " it says ", detail::digits_of(out[o]),
                        ", which is no number");
        const float scale = std::fabs(expected) > 1 ? std::fabs(expected) : 1;
        if (!(std::fabs(out[o] - expected) <= options_.tolerance * scale))
          return refuse(admission_check::golden_vectors, c, "of row ", i, ", output ", o, ", it says ", detail::digits_of(out[o]),
                        ", and its maker's program said ", detail::digits_of(expected));
      }
    }
    return {};
  }
  /// Evenly from the range of each feature in the golden rows, three times as wide; of one with a single value: 1 on both sides.
  template <class M>
  void draw(const rows_of<M>& rows, const candidate& c, slots<float>& into) const {
    std::uint64_t state = 0x9E3779B97F4A7C15u;
    for (std::size_t f = 0; f < rows.features; ++f) {
      double least = INFINITY, most = -INFINITY;
      for (std::size_t i = 0; i < rows.count; ++i) {
        const float x = c.golden_rows[i * rows.features + f];
        if (!std::isfinite(x)) continue;
        if (x < least) least = x;
        if (x > most) most = x;
      }
      if (!(least <= most)) least = most = 0;
      const double width = most > least ? most - least : 1;
      for (std::size_t i = 0; i < options_.probes; ++i) {
        state = hash_of_bytes(&state, sizeof state);
        const double share = static_cast<double>(state >> 40) * 0x1p-24, x = least - width + share * (most - least + 2 * width);
        constexpr double end = 0x1.fffffep127;  // a float beyond it would be infinite, which no row was
        into[i * rows.features + f] = static_cast<float>(x > end ? end : x < -end ? -end : x);
      }
    }
  }
  template <model M>
  duration time_of_row(const M& m, const candidate& c, const rows_of<M>& rows, const slots<float>& probes, std::span<float> out) {
    duration best{INT64_MAX};
    for (int pass = 0; pass < 5; ++pass) {
      const duration begin = clock_.steady();
      for (std::size_t i = 0; i < rows.count; ++i) m.score(c.golden_rows.subspan(i * rows.features, rows.features), out);
      for (std::size_t i = 0; i < options_.probes; ++i) m.score({probes.begin() + i * rows.features, rows.features}, out);
      if (const duration took = clock_.steady() - begin; took < best) best = took;
    }
    const auto n = static_cast<std::int64_t>(rows.count + options_.probes);
    return duration{(best.ns + n - 1) / n};
  }

  admission_options options_;
  [[no_unique_address]] Verify verify_;
  [[no_unique_address]] Clock clock_;
  std::uint64_t admitted_ = 0;
  std::array<std::uint64_t, 6> refused_{};
};

}  // namespace levada::inline v0
