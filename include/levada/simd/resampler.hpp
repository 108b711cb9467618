// SPDX-License-Identifier: BSL-1.0
// resampler: a signal at another rate, without what the lower one of both rates cannot hold.
#pragma once

#include <levada/core/config.hpp>
#include <levada/simd/fir.hpp>

#include <array>
#include <cstddef>
#include <span>

namespace levada::inline v0 {

/// Takes  samples, span by span; from one call to the next they go on. A sample that is not finite spoils those that it is part
///        of.
/// Emits  Up samples for each Down: resampler<1, 4> is a decimation by four. What lies below 0.68 of half the lower rate keeps
///        its amplitude to one in a thousand; what lies above half of it, and would come back as something else, is 80 dB less.
///        It comes later by delay() samples of the input.
/// Holds  about 128 bytes for each of Up and Down, whichever is more, each way, and 1 KB: trivially copyable. Made once: a sine
///        a weight.
/// Costs  32 products an output sample, times Down / Up where that is above 1. Polyphase: of the Up - 1 zeros that would stand
///        between samples before the low pass, none is ever multiplied. (R. Crochiere, L. Rabiner, Multirate Digital Signal
///        Processing, 1983.)
template <std::size_t Up, std::size_t Down>
  requires(Up > 0 && Down > 0)
class resampler {
 public:
  resampler() {
    constexpr std::size_t most = Up > Down ? Up : Down;
    std::array<float, Up * part> all{};
    lowpass_weights(all, 0.42 / static_cast<double>(most));
    // Phase p is the weights p, p + Up ..., the last one first, as samples lie.
    for (std::size_t p = 0; p < Up; ++p)
      for (std::size_t k = 0; k < part; ++k) weights_[p][part - 1 - k] = static_cast<float>(Up) * all[p + k * Up];
  }

  /// How many samples resample(n of them) gives at most.
  [[nodiscard]] static constexpr std::size_t most_of(std::size_t n) { return (n * Up + Down - 1) / Down; }
  /// In samples of the input.
  [[nodiscard]] static constexpr double delay() { return (static_cast<double>(Up * part) - 1) / 2 / static_cast<double>(Up); }

  /// Fills `out`, which does not overlap the samples and has room for most_of(samples.size()); returns how many came out.
  std::size_t resample(std::span<const float> samples, std::span<float> out) {
    LEVADA_CHECK(out.size() >= most_of(samples.size()), out.size());
    std::size_t made = 0;
    for (std::size_t begin = 0; begin < samples.size(); begin += block) {
      const std::size_t n = samples.size() - begin < block ? samples.size() - begin : block;
      for (std::size_t i = 0; i < n; ++i) recent_[part - 1 + i] = samples[begin + i];
      // next_ is when the next output is due, in steps of 1 / Up of a sample, from the first of this block.
      for (; next_ < n * Up; next_ += Down)
        out[made++] = kernels<fir_kernels>().dot(recent_.data() + next_ / Up, weights_[next_ % Up].data(), part);
      next_ -= n * Up;
      for (std::size_t i = 0; i + 1 < part; ++i) recent_[i] = recent_[n + i];
    }
    return made;
  }

 private:
  static constexpr std::size_t block = 256, part = Up >= Down ? 32 : (32 * Down + Up - 1) / Up;  // samples under one output
  std::array<std::array<float, part>, Up> weights_{};
  std::array<float, part - 1 + block> recent_{};
  std::size_t next_ = 0;
};

}  // namespace levada::inline v0
