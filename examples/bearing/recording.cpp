// SPDX-License-Identifier: BSL-1.0
#include "recording.hpp"

#include "diagnosis.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <numbers>
#include <random>

namespace bearing {

using levada::failure;
using levada::fault;
using levada::result;

static_assert(std::endian::native == std::endian::little);

std::vector<sample> recording::samples() const {
  std::vector<sample> all;
  all.reserve(g.size());
  for (std::size_t i = 0; i < g.size(); ++i) all.push_back({{static_cast<std::int64_t>(i * 1'000'000'000 / rate)}, g[i], rpm});
  return all;
}

namespace {

result<recording> read_recording(const std::filesystem::path& path) {
  recording r;
  r.file = path.filename().string();
  const std::string stem = path.stem().string();
  const auto bar = stem.find('_');
  const auto* end = stem.data() + (bar == stem.npos ? 0 : bar);
  if (bar == stem.npos || bar + 1 == stem.size() || std::from_chars(stem.data(), end, r.rpm).ptr != end || !(r.rpm > 0))
    return fault::of(failure::data, "'", r.file.c_str(), "' is not named RPM_CONDITION.f32, as 1797_IR_7.f32 is");
  r.condition = stem.substr(bar + 1);
  std::error_code trouble;
  const auto size = std::filesystem::file_size(path, trouble);
  if (trouble || size == 0 || size % sizeof(float) != 0)
    return fault::of(failure::data, "'", path.c_str(), "' is no row of float32: it has ", trouble ? 0 : size, " bytes");
  r.g.resize(size / sizeof(float));
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(r.g.data()), static_cast<std::streamsize>(size)))
    return fault::of(failure::unreadable, "cannot read '", path.c_str(), "'");
  for (std::size_t i = 0; i < r.g.size(); ++i)
    if (!std::isfinite(r.g[i])) return fault::of(failure::data, "'", path.c_str(), "': sample ", i, " is not finite");
  if (r.g.size() < window_length)
    return fault::of(failure::data, "'", path.c_str(), "' has ", r.g.size(), " samples; a window has ", window_length);
  return r;
}

}  // namespace

result<std::vector<recording>> read_recordings(const std::string& folder, float rpm) {
  std::vector<std::filesystem::path> paths;
  std::error_code trouble;
  for (const auto& entry : std::filesystem::directory_iterator(folder, trouble))
    if (entry.path().extension() == ".f32") paths.push_back(entry.path());
  if (trouble) return fault::of(failure::unreadable, "cannot read the folder '", folder.c_str(), "'");
  std::sort(paths.begin(), paths.end());
  std::vector<recording> all;
  for (const auto& path : paths) {
    auto one = read_recording(path);
    if (!one) return one.error();
    if (rpm == 0 || one->rpm == rpm) all.push_back(std::move(*one));
  }
  if (all.empty())
    return fault::of(failure::data, "'", folder.c_str(), "' has no recordings", rpm == 0 ? "" : " of that speed",
                     ": files named RPM_CONDITION.f32");
  return all;
}

result<> generate_recordings(const std::string& folder, float rpm, unsigned seed, std::size_t samples) {
  constexpr double turn = 2 * std::numbers::pi;
  struct condition {
    const char* name;
    double order, strength;
  };
  const double ball = 2 * skf_6205.bsf(), inner = skf_6205.bpfi(), outer = skf_6205.bpfo();
  const condition conditions[] = {{"Normal", 0, 0},       {"B_7", ball, 0.3},    {"B_14", ball, 0.6}, {"B_21", ball, 1.2},
                                  {"IR_7", inner, 1.0},   {"IR_14", inner, 2},   {"IR_21", inner, 4}, {"ORat6_7", outer, 1.5},
                                  {"ORat6_14", outer, 3}, {"ORat6_21", outer, 6}};
  std::error_code trouble;
  std::filesystem::create_directories(folder, trouble);
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  const double shaft = static_cast<double>(rpm) / 60;
  for (const condition& c : conditions) {
    std::vector<float> g(samples);
    std::vector<double> strokes(samples, 0.0);
    if (c.order > 0) {
      // Balls slip: the time from stroke to stroke is off by a percent or so. A damage of the inner race turns through the load.
      const double period = rate / (shaft * c.order);
      for (double at = period; at < static_cast<double>(samples); at += period * (1 + 0.01 * normal(random))) {
        const double load = c.order == inner ? 0.6 + 0.4 * std::cos(turn * shaft * at / rate) : 1;
        strokes[static_cast<std::size_t>(at)] += c.strength * load * (1 + 0.1 * normal(random));
      }
    }
    double ring = 0, before = 0;  // a resonator: 3.1 kHz, dying away within a millisecond
    const double decay = std::exp(-1.0 / (0.0008 * rate)), swing = 2 * decay * std::cos(turn * 3100 / rate);
    for (std::size_t i = 0; i < samples; ++i) {
      const double next = swing * ring - decay * decay * before + strokes[i];
      before = ring;
      ring = next;
      const double phase = turn * shaft * static_cast<double>(i) / rate;
      g[i] = static_cast<float>(0.05 * std::sin(phase) + 0.02 * std::sin(2 * phase + 1) + 0.06 * normal(random) + ring);
    }
    const auto path = std::filesystem::path(folder) / (std::to_string(static_cast<int>(rpm)) + "_" + c.name + ".f32");
    std::ofstream file(path, std::ios::binary);
    if (!file.write(reinterpret_cast<const char*>(g.data()), static_cast<std::streamsize>(samples * sizeof(float))).flush())
      return fault::of(failure::io, "cannot write '", path.c_str(), "'");
  }
  return {};
}

}  // namespace bearing
