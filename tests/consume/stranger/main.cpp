// SPDX-License-Identifier: BSL-1.0
// Somebody else's program. It runs a flow, and writes to a topic and reads from it without one; 0 if both went well.
#include <levada/levada.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>

namespace lv = levada;

struct sample {
  std::uint32_t machine;
  double value;
};
constexpr sample samples[] = {{1, 3.0}, {2, 5.0}, {1, -1.0}, {1, 9.0}, {2, 7.0}};

static bool runs_a_flow() {
  double means = 0;
  auto flow = lv::flow(lv::from(lv::values(std::span(samples))) | lv::filter([](const sample& s) { return s.value > 0; }) |
                       lv::key_by(&sample::machine) | lv::window<lv::tumbling{2}>(lv::aggregate<lv::mean>(&sample::value)) |
                       lv::to([&](const auto& row) { means += row.template get<lv::mean>(); }));
  return lv::run(flow) == 0 && means == 12.0;
}

static bool writes_and_reads(const std::string& folder) {
  const lv::topic<sample> topic(lv::bus::in(folder, "stranger"), "samples");
  auto writer = lv::publisher<sample>::open(topic);
  auto reader = lv::subscriber<sample>::open(topic);
  if (!writer || !reader) return false;
  auto room = writer->claim(1);
  if (room.empty()) return false;
  room[0] = {3, 4.5};
  writer->commit(1, lv::timestamp{});
  const auto turn = reader->read();
  return turn.events.size() == 1 && turn.events[0].value == 4.5;
}

/// Whether kernels were linked, where they should be, and give what the twins give.
static bool has_kernels() {
  float values[100];
  for (int i = 0; i < 100; ++i) values[i] = static_cast<float>(i);
  const bool linked = &lv::kernels<lv::moment_kernels>() != &lv::moment_kernels::baseline;
#if defined(STRANGER_HAS_KERNELS)
  if (!linked) return false;
#else
  if (linked) return false;
#endif
  return lv::moments_of(values).mean == 49.5;
}

int main() {
  std::string folder = (std::filesystem::temp_directory_path() / "levada-stranger-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) return 1;
  const bool flow = runs_a_flow(), topic = writes_and_reads(folder);
  std::filesystem::remove_all(folder);
  const bool kernels = has_kernels();
  std::printf("levada %d.%d: flow %s, topic %s, kernels %s\n", LEVADA_VERSION_MAJOR, LEVADA_VERSION_MINOR, flow ? "runs" : "fails",
              topic ? "works" : "fails", kernels ? "are right" : "are wrong");
  return flow && topic && kernels ? 0 : 1;
}
