// SPDX-License-Identifier: BSL-1.0
// leases: how long a topic's users keep each other waiting: when a publisher dies and a standby has waited for that, when a
// subscriber is evicted, stopped, continued or killed, and when one is a hundred times slower than the publisher. Made on
// purpose:
//   unvalidated  an evicted subscriber is believed when it reads in place
//   overtaken    a standby counts what the dead one had not committed
//   uncounted    a loss that nobody counts
#include <levada/bus/publisher.hpp>
#include <levada/bus/subscriber.hpp>

#include "../harness.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace {

using namespace levada::literals;
using namespace proofs;

void publish(lv::publisher<event>& p, std::uint64_t n) {
  const auto room = p.claim(n);
  for (std::size_t k = 0; k < room.size(); ++k) room[k] = make_event(p.sequence() + k, p.epoch());
  p.commit(room.size(), {static_cast<std::int64_t>(p.sequence())});
}

// ---- a standby ---------------------------------------------------------------------------------------------------------

struct succession {
  std::atomic<std::uint64_t> accepted{0}, began{0};  // up to where commits have returned, and where the last successor began
  std::atomic<std::uint32_t> waiting{0};
};

void standbys(board& rows, const task& run, std::uint64_t rounds) {
  const scratch_bus scratch;
  const auto topic = topic_on(scratch);
  auto s = opened(lv::subscriber<event>::open(topic));
  const shared<succession> all;
  const auto start_standby = [&](std::uint64_t number) {
    const auto before = all->waiting.load();
    const pid_t child = start([&, number] {
      std::mt19937_64 random(number);
      all->waiting.fetch_add(1);
      auto p = opened(lv::publisher<event>::open(topic, 60_s));
      all->began.store(p.sequence());
      for (;;) {
        publish(p, 1 + random() % 60);
        all->accepted.store(p.sequence() + (run.bug == "overtaken" ? 60 : 0));
        if (p.claim(1).empty()) [[maybe_unused]]
          const bool freed = p.wait_for_room(1_s);
      }
    });
    while (all->waiting.load() == before) std::this_thread::yield();
    return child;
  };
  ledger read{s.position()};
  const auto take = [&] {
    const auto n = read.take(s);
    return n > 0 || s.wait(1_ms);
  };
  times stalls;
  std::mt19937_64 random(run.seed);
  std::uint64_t lost = 0;
  pid_t publisher = start_standby(run.seed);
  while (read.next == 0) take();
  for (std::uint64_t i = 0; i < rounds; ++i) {
    const pid_t next = start_standby(run.seed + i + 1);
    for (const auto until = now_ns() + 2'000'000 + static_cast<std::int64_t>(random() % 400'000); now_ns() < until;) take();
    const auto epoch = s.epoch();
    const auto killed = now_ns();
    ::kill(publisher, SIGKILL);
    const auto accepted = all->accepted.load();
    while (s.epoch() == epoch) take();
    stalls.add(now_ns() - killed);
    lost += accepted > all->began.load() ? 1u : 0u;
    kill_now(publisher);
    publisher = next;
  }
  kill_now(publisher);
  const double p50 = stalls.at(0.5), p99 = stalls.at(0.99);
  rows.row(
      "publishers killed while a standby waits for the place",
      print("%llu kills, %llu events", number(rounds), number(read.next)),
      print("accepted and lost %llu, torn %llu, lost or doubled %llu; kill to the first event of the successor: p50 %.0f us, p99 "
            "%.0f us",
            number(lost), number(read.torn), number(read.misplaced), p50, p99),
      read.is_right() && lost == 0);
}

// ---- evictions ---------------------------------------------------------------------------------------------------------

struct witness {
  std::atomic<std::uint64_t> wrong{0}, read{0}, evicted{0}, missed{0};
  std::atomic<std::uint64_t> end{UINT64_MAX};  // the sequence at which all is over
  std::atomic<bool> guard_stands{false};
};

/// Subscribers that may be evicted are stopped past their lease and continued, or killed, while one that is waited for must see
/// all.
void evictions(board& rows, const task& run, std::uint64_t rounds) {
  const scratch_bus scratch;
  const auto topic = topic_on(scratch, 512);
  auto p = opened(lv::publisher<event>::open(topic));
  const shared<witness> all;
  const pid_t guard = start([&] {
    auto s = opened(lv::subscriber<event>::open(topic));
    ledger read{s.position()};
    all->guard_stands.store(true);
    while (read.next < all->end.load()) {
      read.take(s);
      [[maybe_unused]] const bool more = s.wait(1_ms);
    }
    all->missed.fetch_add(read.is_right() && s.lost() == 0 && s.status() ? 0u : 1u);
  });
  while (!all->guard_stands.load()) std::this_thread::yield();
  const auto start_one = [&](std::uint64_t number) {
    return start([&, number] {
      const auto segment = opened(lv::detail::segment::open(*topic.files(), lv::detail::side::subscriber));
      std::mt19937_64 random(number);
      for (;;) {
        auto s = opened(lv::subscriber<event>::open(
            topic, {.overflow = lv::overflow_policy::evict,
                    .lease = lv::duration{1'000'000 + static_cast<std::int64_t>(random() % 4'000'000)}}));
        for (auto next = s.position(); s.status();) {
          auto turn = s.read();
          next += turn.lost;
          if (run.bug == "unvalidated" && !turn.events.empty()) {  // what would lie there if it were read in place
            std::this_thread::yield();
            turn.events = {reinterpret_cast<const event*>(segment.view().data) + (next & 511), turn.events.size()};
          }
          for (const auto& e : turn.events) all->wrong.fetch_add(is_whole(e) && e.index == next++ ? 0u : 1u);
          all->read.fetch_add(turn.events.size());
          s.release(turn.events.size());
          if (!turn) [[maybe_unused]]
            const bool more = s.wait(1_ms);
        }
        all->evicted.fetch_add(1);
      }
    });
  };
  times stalls;
  std::mt19937_64 random(run.seed);
  pid_t readers[2] = {start_one(run.seed), start_one(run.seed + 1)};
  std::uint64_t stops = 0, kills = 0;
  const auto publish_for = [&](std::int64_t ns) {
    for (const auto until = now_ns() + ns; now_ns() < until;) {
      publish(p, 1 + random() % 60);
      if (!p.claim(1).empty()) continue;
      const auto began = now_ns();
      const auto before = p.evictions();
      while (p.claim(1).empty()) [[maybe_unused]]
        const bool freed = p.wait_for_room(1_s);
      if (p.evictions() != before) stalls.add(now_ns() - began);
    }
  };
  for (std::uint64_t i = 0; i < rounds; ++i) {
    auto& one = readers[random() % 2];
    publish_for(static_cast<std::int64_t>(random() % 400'000));
    if (random() % 4 == 0) {
      kill_now(one);
      one = start_one(run.seed + 2 + i);
      ++kills;
    } else {
      ::kill(one, SIGSTOP);
      publish_for(static_cast<std::int64_t>(random() % 10'000'000));
      ::kill(one, SIGCONT);
      ++stops;
    }
  }
  all->end.store(p.sequence());
  for (const pid_t one : readers) kill_now(one);
  while (::waitpid(guard, nullptr, 0) < 0 && errno == EINTR) continue;
  const double p50 = stalls.at(0.5), p99 = stalls.at(0.99);
  rows.row("subscribers that may be evicted, stopped past their lease of 1 to 5 ms and continued, or killed",
           print("%llu stops, %llu kills, %llu evictions", number(stops), number(kills), number(p.evictions())),
           print("%llu events read by them, torn or misplaced %llu; missed by one that is waited for %llu; publisher's stall an "
                 "eviction: p50 %.0f us, p99 %.0f us",
                 number(all->read.load()), number(all->wrong.load()), number(all->missed.load()), p50, p99),
           all->wrong.load() == 0 && all->missed.load() == 0 && p.evictions() > 0 && all->read.load() > 0);
}

// ---- a slow one --------------------------------------------------------------------------------------------------------

/// Without the pages of files, which come as code is run; those of the topic are counted by its folder.
std::int64_t private_kib(pid_t process) {
  std::ifstream in("/proc/" + std::to_string(process) + "/smaps_rollup");
  for (std::string word; in >> word;)
    if (word == "Anonymous:") {
      std::int64_t kib = 0;
      in >> kib;
      return kib;
    }
  return 0;
}
std::uint64_t bytes_in(const std::filesystem::path& folder) {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) bytes += entry.file_size();
  return bytes;
}

struct race {
  std::atomic<std::uint64_t> sent{0}, read{0}, slow_read{0}, slow_lost{0}, wrong{0};
  std::atomic<std::uint32_t> ready{0};
  std::atomic<bool> goes{false}, slow_done{false};
};
struct lap {
  double seconds = 0;
  std::int64_t grown = 0;  // KiB of all
  bool bytes_changed = false;
};

/// Events through a ring, from one process to another; and perhaps to a third, which reads a hundredth of them.
lap send(const task& run, std::uint64_t events, race& all, bool with_slow) {
  const scratch_bus scratch;
  const auto topic = topic_on(scratch);
  std::vector<pid_t> children;
  children.push_back(start([&] {
    auto s = opened(lv::subscriber<event>::open(topic));
    ledger read{s.position()};
    all.ready.fetch_add(1);
    while (read.next < events) {
      if (read.take(s) == 0) [[maybe_unused]]
        const bool more = s.wait(10_ms);
      all.read.store(read.next);
    }
    all.wrong.fetch_add(read.is_right() ? 0u : 1u);
    for (;;) ::pause();
  }));
  if (with_slow)
    children.push_back(start([&] {
      auto s = opened(lv::subscriber<event>::open(topic, {.overflow = lv::overflow_policy::overwrite}));
      std::uint64_t got = 0, lost = 0, next = s.position();
      all.ready.fetch_add(1);
      while (next < events) {
        const auto turn = s.read();
        next += turn.lost;
        lost += run.bug == "uncounted" && lost == 0 ? 0 : turn.lost;
        for (const auto& e : turn.events) all.wrong.fetch_add(is_whole(e) && e.index == next++ ? 0u : 1u);
        got += turn.events.size();
        all.slow_read.store(got);
        s.release(turn.events.size());
        while (got * 100 > all.sent.load() && all.sent.load() < events) ::usleep(200);
        if (!turn) ::usleep(200);
      }
      all.slow_lost.store(lost);
      all.slow_done.store(true);
      for (;;) ::pause();
    }));
  while (all.ready.load() < children.size()) std::this_thread::yield();
  children.push_back(start([&] {
    auto p = opened(lv::publisher<event>::open(topic));
    while (!all.goes.load()) std::this_thread::yield();
    while (p.sequence() < events) {
      publish(p, std::min<std::uint64_t>(64, events - p.sequence()));
      if (p.claim(1).empty() && p.sequence() < events) [[maybe_unused]]
        const bool freed = p.wait_for_room(1_s);
      all.sent.store(p.sequence());
    }
    for (;;) ::pause();
  }));
  const auto memory = [&] {
    std::int64_t sum = 0;
    for (const pid_t one : children) sum += private_kib(one);
    return sum;
  };
  const auto began = now_ns();
  all.goes.store(true);
  lap l;
  std::int64_t early = 0;
  std::uint64_t bytes = 0;
  while (all.read.load() < events) {
    // Not before everybody has touched everything.
    if (early == 0 && all.read.load() > events / 2 && (!with_slow || all.slow_read.load() > 2 * topic.options().capacity))
      early = memory(), bytes = bytes_in(scratch.folder());
    ::usleep(500);
  }
  l.seconds = static_cast<double>(now_ns() - began) * 1e-9;
  while (with_slow && !all.slow_done.load()) ::usleep(500);
  if (early != 0) l = {l.seconds, memory() - early, bytes_in(scratch.folder()) != bytes};
  for (const pid_t one : children) kill_now(one);
  return l;
}

void slow(board& rows, const task& run, std::uint64_t events) {
  const shared<race> alone, both;
  const auto without = send(run, events, *alone, false), with = send(run, events, *both, true);
  const auto counted = both->slow_read.load() + both->slow_lost.load();
  rows.row(
      "a subscriber at a hundredth of the publisher's speed, overwritten, beside one that is waited for",
      print("%llu events, %llu read by the slow one", number(events), number(both->slow_read.load())),
      print("read + counted as lost - sent = %lld, torn or misplaced %llu; private memory of all grew by %lld KiB, the topic's "
            "files by nothing; speed of the other with it / without %.2f",
            static_cast<long long>(counted - events), number(both->wrong.load()), static_cast<long long>(with.grown),
            without.seconds / with.seconds),
      counted == events && both->wrong.load() + alone->wrong.load() == 0 && with.grown < 64 && !with.bytes_changed);
}

}  // namespace

int main(int argc, char** argv) {
  const task run(argc, argv, {"unvalidated", "overtaken", "uncounted"});
  board rows(run.bug);
  if (run.wants({"overtaken"})) standbys(rows, run, run.effort(5'000, 100));
  if (run.wants({"unvalidated"})) evictions(rows, run, run.effort(4'000, 100));
  if (run.wants({"uncounted"})) slow(rows, run, run.effort(400'000'000, 4'000'000));
  return rows.exit_code();
}
