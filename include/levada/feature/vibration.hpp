// SPDX-License-Identifier: BSL-1.0
// vibration: the features that diagnosis of machines usually begins with, as one set: of the signal, of its spectrum, and of its
// envelope at the orders of a bearing. 49 numbers of one channel of an accelerometer.
#pragma once

#include <levada/core/statistic.hpp>
#include <levada/feature/detail/feature_list.hpp>
#include <levada/feature/envelope.hpp>
#include <levada/feature/spectral.hpp>
#include <levada/feature/time_domain.hpp>

namespace levada::inline v0 {

/// Strength, shape, liveliness and likeness to itself after 1, 2, 4 and 8 samples.
using vibration_in_time = feature_set<mean, stddev, rms, peak, peak_to_peak, crest_factor, shape_factor, impulse_factor,
                                      clearance_factor, skewness, kurtosis, zero_crossing_rate, hjorth_activity, hjorth_mobility,
                                      hjorth_complexity, slope, autocorrelation_at<1, 2, 4, 8>>;
/// Sixteen bands, and where the power lies. Needs a sample_rate.
using vibration_in_frequency = feature_set<band_energies<16>, dominant_frequency, spectral_centroid, spectral_spread,
                                           spectral_rolloff<85>, spectral_flatness, spectral_entropy>;

/// All of these, the first three orders of the shaft, and the four lines of a bearing in the envelope of a band.
/// Needs a sample_rate and the speed: features<sample_rate<12000>, vibration<bearing>>(&event::g, rpm{&event::speed}).
template <bearing_geometry Bearing, class Band = ringing_band<>>
using vibration = feature_set<vibration_in_time, vibration_in_frequency, order_line<1>, order_line<2>, order_line<3>,
                              bearing_lines<Bearing, Band>>;

}  // namespace levada::inline v0
