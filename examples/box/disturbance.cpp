// SPDX-License-Identifier: BSL-1.0
#include "disturbance.hpp"

#include "roles.hpp"

#include <levada/os/clock.hpp>

#include <algorithm>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

namespace box {

namespace {
constexpr double longest = 60;  // seconds
}

disturbance::~disturbance() {
  if (burner_.pid() <= 0) return;
  burner_.kill(SIGTERM);
  burner_.wait();
}

levada::result<> disturbance::look(double seconds) {
  const double half = options_.seconds > 0 ? options_.seconds / 2 : 15;
  if (!options_.disturb || started_ || seconds < half) return {};
  started_ = true;
  const std::string length = std::to_string(std::min(half, longest));
  auto started = levada::spawn(levada::self_path().c_str(), "burn", "--seconds", length.c_str());
  if (!started) return started.error();
  burner_ = *std::move(started);
  return {};
}

levada::result<> run_burner(const options& o) {
  const levada::wall_clock clock;
  const double end = clock.steady().seconds() + std::min(o.seconds > 0 ? o.seconds : longest, longest);
  auto burn = [&] {
    volatile double heat = 1;
    while (clock.steady().seconds() < end)
      for (int i = 0; i < 100'000; ++i) heat = heat * 1.0000001;
  };
  // All of them: where one is busy anyway, one more would look like an ordinary day.
  std::vector<std::jthread> others;
  for (unsigned n = 1; n < std::thread::hardware_concurrency(); ++n) others.emplace_back(burn);
  burn();
  return {};
}

}  // namespace box
