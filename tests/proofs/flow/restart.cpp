// SPDX-License-Identifier: BSL-1.0
// restart: a flow from a topic to a file is killed again and again, at any instruction, and started again. In the end the file
// must be what a flow that was never stopped has written, byte for byte: totals, windows, sessions, patterns and alarms.
#include <levada/bus/publisher.hpp>
#include <levada/flow/checkpoint.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/fork.hpp>
#include <levada/flow/runner.hpp>
#include <levada/op/aggregate.hpp>
#include <levada/op/event_time.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/map.hpp>
#include <levada/op/pattern.hpp>
#include <levada/op/process.hpp>
#include <levada/op/scan.hpp>
#include <levada/op/session_window.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/json_lines.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/retained.hpp>
#include <levada/source/values.hpp>

#include "../harness.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using namespace proofs;
using namespace lv::literals;

namespace {

struct reading {
  lv::timestamp time;
  std::uint32_t sensor;
  std::uint32_t value;
};
/// A line of the file.
struct line {
  lv::text<16> what;
  std::uint32_t sensor = 0;
  std::uint64_t count = 0;
  std::uint64_t sum = 0;
};
struct total {
  std::uint64_t count = 0;
  std::uint64_t sum = 0;
};
line add(total& t, const reading& r) {
  ++t.count;
  t.sum += r.value;
  return {"total", r.sensor, t.count, t.sum};
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
  using output = lv::relayed_type<In, line>;
  void operator()(const In& e, auto out) {
    const line l = add(totals[lv::slot_of(e)], lv::payload(e));
    out(lv::relay(e, l));
  }
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
  lv::topic<reading> numbers{scratch.bus(), "readings", {.capacity = 1u << 18}};
  std::string file = (scratch.folder() / "totals.jsonl").string();
  lv::checkpoint_options options{.folder = (scratch.folder() / "state").c_str(), .every = 2_ms, .slice = 1024};
};

auto rising() {
  const auto any = [](const reading&) { return true; };
  const auto rises = [](const reading& r, const auto& so_far) { return r.value > so_far.last().value; };
  return lv::pattern<"rising", lv::matching{.partials = 4}>(
      lv::at(&reading::time), lv::every<"first">(any).then<"second">(rises).then<"third">(rises).within(60_ms));
}
/// Totals at once; windows and sessions when the watermark has passed them; three rising values, and nothing for a while, of a
/// sensor.
auto flow_of(auto source, auto memory, auto sink) {
  const auto at = lv::at(&reading::time);
  const auto row_as = [](const char* what) {
    return lv::map(
        [what](const auto& row) { return line{what, row.key, row.template get<lv::count>(), row.template get<lv::sum>()}; });
  };
  return lv::flow(
      lv::from(std::move(source)) | lv::event_time(&reading::time, lv::bounded{20_ms, 10_ms}) |
      lv::key_by(&reading::sensor, lv::keys{.bound = 256}) |
      lv::fork(std::move(memory),
               lv::window<lv::sliding{100_ms, 20_ms}>(at, lv::aggregate<lv::count, lv::sum>(&reading::value)) | row_as("window"),
               lv::session_window<"visits", 40_ms>(at, lv::aggregate<lv::count, lv::sum>(&reading::value)) | row_as("session"),
               rising() | lv::map([](const auto& m) {
                 return line{"rising", m.key, m.template get<"first">().value, m.template get<"third">().value};
               }),
               lv::process<"silence", line, lv::time_domain::event>(
                   std::uint64_t{0},
                   [](std::uint64_t& n, const reading& r, auto& c) {
                     ++n;
                     c.set_timer(r.time + 50_ms);
                   },
                   [](std::uint64_t& n, lv::timestamp, auto& c) { c.emit(line{"silence", c.key(), n, 0}); })) |
      lv::to(std::move(sink)));
}
int run(const scene& s, auto source, auto memory, auto sink) {
  auto flow = flow_of(std::move(source), std::move(memory), std::move(sink));
  lv::checkpoint saved(flow, s.options);
  lv::runner<> runner({.latency_budget = 100_us, .base = lv::time_base::events});
  const auto done = runner.run(flow);
  if (!done) std::fprintf(stderr, "proof: %s\n", done.error().sentence.c_str());
  return done ? 0 : 1;
}
/// Until the flow has made two more checkpoints, of which the first may be that of its start; at most ten seconds.
void await_checkpoints(const scene& s, auto meanwhile) {
  const auto latest = [&] {
    auto time = std::filesystem::file_time_type::min();
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(s.options.folder.view(), none))
      time = std::max(time, std::filesystem::last_write_time(entry.path(), none));
    return time;
  };
  auto seen = latest();
  const std::int64_t end = now_ns() + 10'000'000'000;
  for (int checkpoints = 0; checkpoints < 2 && now_ns() < end; meanwhile()) {
    const auto now = latest();
    checkpoints += now != seen ? 1 : 0;
    seen = now;
  }
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

  std::vector<reading> all;
  auto producer = opened(lv::publisher<reading>::open(s.numbers));
  std::uint64_t published = 0, refused = 0;
  const auto publish = [&](std::uint64_t n) {
    while (n > 0) {
      auto room = producer.claim(n < 64 ? n : 64);
      if (room.empty()) return;  // the flow has no checkpoint of what is there
      for (auto& slot : room) {  // a tenth of a millisecond apart, and in disorder; some are too late
        const auto disorder = static_cast<std::int64_t>(random() % 25'000'000);
        slot = {{static_cast<std::int64_t>(all.size()) * 100'000 - disorder},
                static_cast<std::uint32_t>(random() % 200),
                static_cast<std::uint32_t>(random() % 1000)};
        all.push_back(slot);
      }
      producer.commit(room.size(), {static_cast<std::int64_t>(published + 1)});
      published += room.size();
      n -= room.size();
    }
  };
  for (std::uint64_t i = 0; i < kills; ++i) {
    const pid_t child = start([&] { ::_exit(live(s, job.bug)); });
    // Half of the kills come at any time, however early; the others when it has got somewhere, for on a busy machine, or under a
    // sanitizer, none would come that late.
    const auto feed = [&] {
      if (published < 2000 * (i + 1)) publish(random() % 100);  // what comes while nobody lives must fit the ring
      dawdle(20'000);
    };
    if (random() % 2 == 0)
      await_checkpoints(s, [&] {
        publish(random() % 4);  // without events there is nothing to keep
        dawdle(20'000);
      });
    const std::int64_t end = now_ns() + static_cast<std::int64_t>(random() % 30'000'000);
    while (now_ns() < end) feed();
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
  const std::string unstopped = s.file + ".whole";
  {
    auto flow = flow_of(lv::values(std::span<const reading>(all)), lv::scan<"total">(total{}, add), lv::json_lines(unstopped));
    lv::runner<> runner({.base = lv::time_base::events});
    if (!runner.run(flow)) return 1;
  }
  const auto read = [](const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string{std::istreambuf_iterator<char>(in), {}};
  };
  const std::string written = read(s.file), expected = read(unstopped);
  const bool same = written == expected && !expected.empty();
  if (!same && job.bug.empty()) {
    const std::size_t at = static_cast<std::size_t>(
        std::mismatch(written.begin(), written.end(), expected.begin(), expected.end()).first - written.begin());
    std::fprintf(stderr, "proof: they differ at byte %zu: '%s' in place of '%s'\n", at,
                 written.substr(written.rfind('\n', at) + 1, 200).c_str(),
                 expected.substr(expected.rfind('\n', at) + 1, 200).c_str());
  }
  rows.row(
      "a flow of totals, windows, sessions, patterns and alarms from a topic to a file, killed with SIGKILL at any time and started again, writes what one that was never stopped does",
      print("%llu kills, %llu events", number(kills), number(published)),
      print("%llu bytes written, %s; %llu starts refused", number(written.size()),
            same ? "each as expected" : "others than expected", number(refused)),
      same && refused == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0);
  return rows.exit_code();
}
