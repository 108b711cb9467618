// SPDX-License-Identifier: BSL-1.0
// restart: a flow from a topic to a file is killed again and again, at any instruction, and started again. In the end the file
// must be what a flow that was never stopped would have written, byte for byte.
#include <levada/bus/publisher.hpp>
#include <levada/flow/checkpoint.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/runner.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/scan.hpp>
#include <levada/sink/json_lines.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/retained.hpp>

#include "../harness.hpp"

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <string_view>

using namespace proofs;
using namespace lv::literals;

namespace {

struct reading {
  std::uint32_t sensor;
  std::uint32_t value;
};
struct total {
  std::uint32_t sensor = 0;
  std::uint32_t count = 0;
  std::uint64_t sum = 0;
};
total add(total& t, const reading& r) {
  t.sensor = r.sensor;
  ++t.count;
  t.sum += r.value;
  return t;
}

/// Bugs, made on purpose. Goes on where it stopped, whatever the checkpoint says;
struct heedless : lv::retained_topic<reading> {
  using lv::retained_topic<reading>::retained_topic;
  lv::result<> seek(std::uint64_t) { return {}; }
};
/// takes nothing back;
struct unashamed : lv::json_lines_sink {
  using lv::json_lines_sink::json_lines_sink;
  void persist(auto&) {}
};
/// and forgets.
template <class In>
struct forgetful {
  static constexpr std::string_view kind = "scan", name = "total";
  lv::slots<total> totals{};
  template <class>
  using output = total;
  void operator()(const In& e, auto out) { out(add(totals[lv::slot_of(e)], lv::payload(e))); }
  void on(const lv::start& s, auto out) {
    totals.resize(s.slots);
    out.raise(s);
  }
};
struct forgetful_description {
  template <class>
  static consteval bool fits() {
    return true;
  }
  template <class E>
  auto bind() && {
    return forgetful<E>{};
  }
};

struct scene {
  scratch_bus scratch;
  lv::topic<reading> numbers{scratch.bus(), "readings", {.capacity = 1u << 15}};
  std::string file = (scratch.folder() / "totals.jsonl").string();
  lv::checkpoint_options options{.folder = (scratch.folder() / "state").c_str(), .every = 2_ms, .slice = 1024};
};

int run(const scene& s, auto source, auto memory, auto sink) {
  auto flow = lv::flow(lv::from(std::move(source)) | lv::key_by(&reading::sensor, lv::keys{.bound = 256}) | std::move(memory) |
                       lv::to(std::move(sink)));
  lv::checkpoint saved(flow, s.options);
  lv::runner<> runner({.latency_budget = 100_us});
  const auto done = runner.run(flow);
  if (!done) std::fprintf(stderr, "proof: %s\n", done.error().sentence.c_str());
  return done ? 0 : 1;
}
int live(const scene& s, const std::string& bug) {
  const auto source = [&] { return lv::retained(s.numbers, "adder"); };
  const auto memory = [] { return lv::scan<"total">(total{}, add); };
  const auto sink = [&] { return lv::json_lines(s.file); };
  if (bug == "heedless") return run(s, heedless(s.numbers, "adder"), memory(), sink());
  if (bug == "unashamed") return run(s, source(), memory(), unashamed(s.file));
  if (bug == "forgetful") return run(s, source(), lv::link{forgetful_description{}}, sink());
  return run(s, source(), memory(), sink());
}

}  // namespace

int main(int argc, char** argv) {
  task job(argc, argv, {"heedless", "unashamed", "forgetful"});
  board rows(job.bug);
  std::mt19937_64 random(job.seed);
  const scene s;
  const std::uint64_t kills = job.effort(1000, 60);

  std::map<std::uint32_t, total> totals;
  std::string expected;
  auto producer = opened(lv::publisher<reading>::open(s.numbers));
  std::uint64_t published = 0, refused = 0;
  const auto publish = [&](std::uint64_t n) {
    while (n > 0) {
      auto room = producer.claim(n < 64 ? n : 64);
      if (room.empty()) return;  // the flow has no checkpoint of what is there
      for (auto& slot : room) {
        slot = {static_cast<std::uint32_t>(random() % 200), static_cast<std::uint32_t>(random() % 1000)};
        const total t = add(totals[slot.sensor], slot);
        expected += "{\"sensor\":" + std::to_string(t.sensor) + ",\"count\":" + std::to_string(t.count) +
                    ",\"sum\":" + std::to_string(t.sum) + "}\n";
      }
      producer.commit(room.size(), {static_cast<std::int64_t>(published + 1)});
      published += room.size();
      n -= room.size();
    }
  };
  for (std::uint64_t i = 0; i < kills; ++i) {
    const pid_t child = start([&] { ::_exit(live(s, job.bug)); });
    const std::int64_t end = now_ns() + static_cast<std::int64_t>(random() % 30'000'000);
    while (now_ns() < end) {
      if (published < 2000 * (i + 1)) publish(random() % 100);  // what comes while nobody lives must fit the ring
      dawdle(20'000);
    }
    ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    refused += WIFEXITED(status) ? 1 : 0;  // nothing has asked it to end
  }
  while (!producer.signal(lv::lane_kind::end, 0, {static_cast<std::int64_t>(published + 1)})) {
  }
  const pid_t last = start([&] { ::_exit(live(s, job.bug)); });
  int status = 0;
  while (::waitpid(last, &status, 0) < 0 && errno == EINTR) {
  }
  std::ifstream in(s.file, std::ios::binary);
  const std::string written{std::istreambuf_iterator<char>(in), {}};
  const bool same = written == expected;
  rows.row(
      "a flow from a topic to a file, killed with SIGKILL at any time and started again, writes what one that was never stopped does",
      print("%llu kills, %llu events", number(kills), number(published)),
      print("%llu bytes written, %s; %llu starts refused", number(written.size()),
            same ? "each as expected" : "others than expected", number(refused)),
      same && refused == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0);
  return rows.exit_code();
}
