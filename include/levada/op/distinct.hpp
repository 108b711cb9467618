// SPDX-License-Identifier: BSL-1.0
// distinct: how many different values there were, in fixed memory, with a stated standard error.
#pragma once

#include <levada/core/config.hpp>
#include <levada/op/sketch.hpp>
#include <levada/state/key_table.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace levada::inline v0 {

/// HyperLogLog (Flajolet, Fusy, Gandouet, Meunier, AofA 2007) with the estimator of Ertl (New cardinality estimation algorithms
/// for HyperLogLog sketches, 2017, algorithm 6), which is unbiased from none to 2^64 and needs no table of corrections.
/// Two of them make the one of all values.
/// Takes  keys, in any order, as often as they come.
/// Holds  2^Bits bytes: 4 KiB for 12 bits.
/// Fails  never. The standard error is 1.04 / sqrt(2^Bits): 1.6 % for 12 bits, 6.5 % for 8; small numbers are nearly exact.
/// Costs  an add is a hash and a compare; an estimate or a merge a pass over the bytes.
template <unsigned Bits = 12>
class hyperloglog {
  static_assert(Bits >= 4 && Bits <= 16, "hyperloglog: from 4 to 16 bits choose a register");
  static constexpr std::size_t size = std::size_t{1} << Bits;
  static constexpr unsigned most = 64 - Bits;  // zeros that a hash can have behind the bits which choose

 public:
  template <key K>
  LEVADA_INLINE void add(const K& k) {
    // hash_of is one product of a short key; what counts zeros wants every bit to depend on every other (MurmurHash3's end).
    std::uint64_t hash = hash_of(k);
    hash = (hash ^ hash >> 33) * 0xFF51AFD7ED558CCDu;
    hash = (hash ^ hash >> 33) * 0xC4CEB9FE1A85EC53u;
    add_hash(hash ^ hash >> 33);
  }
  /// One for which the caller has 64 well-mixed bits.
  LEVADA_INLINE void add_hash(std::uint64_t hash) {
    const std::uint64_t rest = hash << Bits | (size - 1);
    const auto rank = static_cast<std::uint8_t>(std::countl_zero(rest) + 1);
    std::uint8_t& one = registers_[hash >> most];
    one = rank > one ? rank : one;
  }
  void merge(const hyperloglog& other) {
    for (std::size_t i = 0; i < size; ++i)
      registers_[i] = other.registers_[i] > registers_[i] ? other.registers_[i] : registers_[i];
  }

  [[nodiscard]] double estimate() const {
    std::array<std::uint32_t, most + 2> having{};  // registers by what they hold
    for (const std::uint8_t one : registers_) ++having[one];
    constexpr auto m = static_cast<double>(size);
    double z = m * tau(1 - having[most + 1] / m);
    for (unsigned k = most; k >= 1; --k) z = 0.5 * (z + having[k]);
    z += m * sigma(having[0] / m);
    return m * m / (2 * 0.693147180559945309 * z);
  }

 private:
  /// x + x^2 + 2 x^4 + 4 x^8 + ...; infinite for 1, where nothing was added.
  static double sigma(double x) {
    if (x == 1) return HUGE_VAL;
    double y = 1, z = x;
    for (double before = -1; z != before; y += y) {
      x *= x;
      before = z;
      z += x * y;
    }
    return z;
  }
  /// (1 - x - (1 - sqrt x)^2 / 2 - (1 - sqrt sqrt x)^2 / 4 - ...) / 3
  static double tau(double x) {
    if (x == 0 || x == 1) return 0;
    double y = 1, z = 1 - x;
    for (double before = -1; z != before;) {
      x = std::sqrt(x);
      before = z;
      y *= 0.5;
      z -= (1 - x) * (1 - x) * y;
    }
    return z / 3;
  }

  std::array<std::uint8_t, size> registers_{};
};

/// aggregate<distinct<>>(&visit::user): how many there were, from a hyperloglog<Bits> a pane.
template <unsigned Bits = 12>
struct distinct {
  static constexpr std::string_view name = "distinct";
  template <class V>
  static constexpr bool computes = key<V>;
  template <class>
  using sketch = hyperloglog<Bits>;
  static std::uint64_t of(const auto& s) { return static_cast<std::uint64_t>(s.estimate() + 0.5); }
};

}  // namespace levada::inline v0
