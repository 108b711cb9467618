// SPDX-License-Identifier: BSL-1.0
// checkpoint: how late a stream of 10 M events a second comes while 64 MiB of keyed state are brought to the disk. Events are due
// by a schedule, in spans of 256; a span is late by the time from when it was due to when it is done.
//   bench_checkpoint [FOLDER]
#include <levada/flow/checkpoint.hpp>
#include <levada/flow/flow.hpp>
#include <levada/op/fold.hpp>
#include <levada/op/key_by.hpp>
#include <levada/os/clock.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>

#include "sample.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <unistd.h>

namespace {

namespace lv = levada;
using namespace lv::literals;

constexpr std::uint32_t keys = 1u << 20;
constexpr std::size_t span_length = 256;
constexpr std::int64_t span_ns = 25'600;  // 10 M events a second

struct event {
  std::uint64_t key;
  double value;
};
/// A cell with its key and its mark has 64 bytes.
struct cell {
  double sum = 0, squares = 0, least = 0, greatest = 0, first = 0, last = 0;
};

/// Events that are due by the clock, one span a turn.
struct schedule {
  using event_type = event;
  const std::vector<event>* events;
  std::vector<std::int64_t>* late;
  std::int64_t begin = 0;
  std::int64_t span = 0;

  lv::polled poll(auto out, std::size_t) {
    const std::int64_t due = begin + span * span_ns;
    std::int64_t now = 0;
    do now = lv::wall_clock{}.steady().ns;
    while (now < due);
    const std::size_t at = static_cast<std::size_t>(span) * span_length % events->size();
    out(std::span<const event>(events->data() + at, span_length));
    late->push_back(lv::wall_clock{}.steady().ns - due);
    ++span;
    return lv::polled::events;
  }
  [[nodiscard]] std::uint64_t position() const { return static_cast<std::uint64_t>(span); }
};

}  // namespace

int main(int argc, char** argv) {
  std::string folder = std::string(argc > 1 ? argv[1] : std::filesystem::temp_directory_path().string()) + "/levada-bench-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return std::perror("bench_checkpoint"), 71;

  std::mt19937_64 random{5};
  std::vector<std::uint64_t> names(keys);
  for (auto& n : names) n = random();
  std::vector<event> events(1u << 21);
  for (std::size_t i = 0; i < events.size(); ++i)
    events[i] = {names[i < keys ? i : random() % keys], static_cast<double>(random() % 1000)};
  std::vector<std::int64_t> late;
  late.reserve(1u << 20);

  double total = 0;
  auto flow = lv::flow(lv::from<"schedule">(schedule{&events, &late}) | lv::key_by(&event::key, lv::keys{.bound = keys}) |
                       lv::fold(cell{},
                                [](cell& c, const event& e) {
                                  c.sum += e.value;
                                  c.squares += e.value * e.value;
                                  c.least = e.value < c.least ? e.value : c.least;
                                  c.greatest = e.value > c.greatest ? e.value : c.greatest;
                                  c.last = e.value;
                                }) |
                       lv::to([&](const lv::folded<std::uint64_t, cell>& f) { total += f.value.sum; }));
  int status = 0;
  {
    lv::checkpoint saved(flow, {.folder = folder.c_str(), .every = {}});
    if (const auto opened = flow.open(); !opened) return std::fprintf(stderr, "%s\n", opened.error().sentence.c_str()), 71;
    auto& source = flow.at<"schedule">();
    const auto spans = [&](std::size_t n) {
      for (; n > 0; --n) flow.poll();
    };
    source.begin = lv::wall_clock{}.steady().ns + 1'000'000;
    spans(keys / span_length);  // every key has a place

    const auto worst = [&](auto&& run) {
      source.begin = lv::wall_clock{}.steady().ns - source.span * span_ns;
      spans(2000);
      late.clear();
      run();
      return static_cast<double>(*std::max_element(late.begin(), late.end())) * 1e-6;
    };
    std::array<double, 3> quiet{}, during{};
    double seconds = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      quiet[i] = worst([&] { spans(8000); });
      during[i] = worst([&] {
        const auto before = saved.last();
        const auto began = lv::wall_clock{}.steady();
        saved.take();
        while (saved.last() == before && saved.status()) spans(100);
        seconds = (lv::wall_clock{}.steady() - began).seconds();
      });
      if (!saved.status()) {
        std::fprintf(stderr, "bench_checkpoint: %s\n", saved.status().error().sentence.c_str());
        status = 74;
      }
    }
    for (std::size_t i = 0; i < 3; ++i) {
      bench::print({.name = "flow/checkpoint/stall",
                    .metric = "lateness",
                    .unit = "ms",
                    .value = during[i],
                    .note = "worst of the spans of a checkpoint, 1 Mi keys by table, 64 MiB of cells; to the disk in " +
                            std::to_string(seconds).substr(0, 4) + " s"});
      bench::print(
          {.name = "flow/checkpoint/stall", .metric = "lateness", .unit = "ms", .who = "no-checkpoint", .value = quiet[i]});
    }
  }
  std::filesystem::remove_all(folder);
  return status;
}
