// SPDX-License-Identifier: BSL-1.0
// What the examples of docs/features.md take for granted.
struct vibration {  // what a sensor sends
  lv::timestamp time;
  float g;
};
lv::timestamp now;
std::array<float, 1024> samples, acceleration, velocity;  // a window, at 12 or 25.6 kHz
std::span<const float, 1024> window(samples);             // the same, only read
std::array<float, 513> re, im;                            // its transform
lv::taper_view hann;                                      // Hann's weights for it
double milliseconds;                                      // that something took
int predicted, actual;                                    // classes
void retrain(std::size_t) {}
void tell(const auto&...) {}  // somebody
