// SPDX-License-Identifier: BSL-1.0
// diagnosis: what the flows of this program share: the bearing, its features, and a window.
#pragma once

#include "recording.hpp"

#include <levada/feature/features.hpp>
#include <levada/feature/vibration.hpp>
#include <levada/op/window.hpp>

#include <array>
#include <string_view>

namespace bearing {

/// SKF 6205-2RS JEM, at the drive end; millimetres.
inline constexpr levada::bearing_geometry skf_6205{9, 7.94, 39.04};
inline constexpr std::size_t window_length = 2048;

/// Windows of 2048 samples (171 ms), one beginning every Slide samples.
template <std::size_t Slide>
auto features_of_windows() {
  return levada::window<"features", levada::sliding{window_length, Slide}>(
      levada::features<levada::sample_rate<rate>, levada::vibration<skf_6205>>(&sample::g, levada::rpm{&sample::rpm}));
}

/// What they are called.
inline constexpr auto& feature_names =
    levada::feature_extractor<window_length, levada::sample_rate<rate>, levada::vibration<skf_6205>>::values::names;

}  // namespace bearing
