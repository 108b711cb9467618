// SPDX-License-Identifier: BSL-1.0
// rings: what a topic promises when processes are killed, rings are full, files are damaged and everybody sleeps. Made on
// purpose:
//   head-first   a publisher commits before it has written      forgotten    a publisher counts what it has not committed
//   unvalidated  an overwritten subscriber is believed when it reads in place
//   deaf         a sleeper that nobody rings
#include <levada/bus/frames.hpp>
#include <levada/bus/line.hpp>
#include <levada/bus/publisher.hpp>
#include <levada/bus/subscriber.hpp>

#include "../harness.hpp"

#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <thread>
#include <type_traits>

namespace {

using namespace levada::literals;
using namespace proofs;

// ---- kills of publishers -----------------------------------------------------------------------------------------------

struct account {
  std::atomic<std::uint64_t> accepted{0};  // the sequence up to which commits have returned
  std::atomic<std::uint32_t> opened{0};    // how many publishers have
};

void publish_for_ever(const lv::topic<event>& topic, account& all, const std::string& bug, std::uint64_t number) {
  auto p = opened(lv::publisher<event>::open(topic));
  all.opened.fetch_add(1);
  std::mt19937_64 random(number);
  for (;;) {
    const auto room = p.claim(1 + random() % 60);
    if (room.empty()) {
      [[maybe_unused]] const bool freed = p.wait_for_room(1_s);
      continue;
    }
    const auto first = p.sequence();
    const lv::timestamp now{static_cast<std::int64_t>(first) * 50'000};
    if (bug == "head-first") p.commit(room.size(), now);
    if (bug == "forgotten") all.accepted.store(first + room.size());
    for (std::size_t i = 0; i < room.size(); ++i) room[i] = make_event(first + i, p.epoch());
    if (bug != "head-first") p.commit(room.size(), now);
    all.accepted.store(p.sequence());
    if (random() % 3 == 0) [[maybe_unused]]
      const bool sent = p.signal(lv::lane_kind::watermark, p.sequence(), now);
  }
}

void kill_publishers(board& rows, const task& run, std::uint64_t rounds) {
  const scratch_bus scratch;
  const auto topic = topic_on(scratch);
  auto s = opened(lv::subscriber<event>::open(topic));
  const shared<account> all;
  ledger read{s.position()};
  times takeovers;
  std::mt19937_64 random(run.seed);
  std::uint64_t lost = 0;
  std::int64_t killed_at = 0;
  for (std::uint64_t i = 0; i < rounds; ++i) {
    const auto before = all->opened.load();
    const pid_t child = start([&] { publish_for_ever(topic, *all, run.bug, run.seed * rounds + i); });
    while (all->opened.load() == before) read.take(s);
    if (killed_at != 0) takeovers.add(now_ns() - killed_at);
    for (const auto until = now_ns() + static_cast<std::int64_t>(random() % 400'000); now_ns() < until;) read.take(s);
    killed_at = now_ns();
    kill_now(child);
    read.take(s);
    lost += all->accepted.load() > read.next ? 1u : 0u;
  }
  rows.row(
      "publishers killed at any instruction, by SIGKILL; the next one goes on",
      print("%llu kills, %llu events, %llu signals", number(rounds), number(read.next), number(read.signals)),
      print(
          "accepted and lost %llu, torn %llu, lost or doubled %llu, signals misplaced %llu; kill to the next publisher, with its "
          "start: p50 %.0f us, p99 %.0f us",
          number(lost), number(read.torn), number(read.misplaced), number(read.misplaced_signals), takeovers.at(0.5),
          takeovers.at(0.99)),
      read.is_right() && lost == 0);
}

// ---- kills of subscribers ----------------------------------------------------------------------------------------------

struct witness {
  std::atomic<std::uint64_t> wrong{0}, read{0};
  std::atomic<std::uint32_t> opened{0};
};

void kill_subscribers(board& rows, const task& run, std::uint64_t rounds) {
  const scratch_bus scratch;
  const auto topic = topic_on(scratch, 512);
  auto p = opened(lv::publisher<event>::open(topic));
  const shared<witness> all;
  times stalls;
  std::mt19937_64 random(run.seed);
  const auto publish = [&] {
    const auto room = p.claim(1 + random() % 60);
    for (std::size_t k = 0; k < room.size(); ++k) room[k] = make_event(p.sequence() + k, p.epoch());
    p.commit(room.size(), {static_cast<std::int64_t>(p.sequence())});
    return !room.empty();
  };
  for (std::uint64_t i = 0; i < rounds; ++i) {
    const auto before = all->opened.load();
    const bool blocks = random() % 2 == 0;  // stops reading, so that the publisher waits for it
    const pid_t child = start([&, i] {
      auto s = opened(lv::subscriber<event>::open(topic, {.name = i % 3 == 0 ? lv::text<64>("guard") : lv::text<64>{}}));
      ledger read{s.position()};
      all->opened.fetch_add(1);
      while (!blocks || read.next < s.position() + 100) {
        all->read.fetch_add(read.take(s));
        if (!read.is_right()) all->wrong.fetch_add(1);
        [[maybe_unused]] const bool more = s.wait(1_ms);
      }
      for (;;) ::pause();
    });
    while (all->opened.load() == before) publish();
    for (const auto until = now_ns() + static_cast<std::int64_t>(random() % 400'000); now_ns() < until;) publish();
    ::kill(child, SIGKILL);
    const auto killed = now_ns();
    while (!publish()) [[maybe_unused]]
      const bool freed = p.wait_for_room(1_s);
    stalls.add(now_ns() - killed);
    kill_now(child);
  }
  const double p99 = stalls.at(0.99);
  rows.row("subscribers killed at any instruction, also while the publisher waits for them",
           print("%llu kills, %llu events read", number(rounds), number(all->read.load())),
           print("torn or misplaced %llu; kill to the next commit: p50 %.0f us, p99 %.0f us", number(all->wrong.load()),
                 stalls.at(0.5), p99),
           all->wrong.load() == 0 && all->read.load() > 0);
}

// ---- nobody waits ------------------------------------------------------------------------------------------------------

void overwrite(board& rows, const task& run, std::uint64_t events) {
  const scratch_bus scratch;
  auto segment = opened(lv::detail::segment::open_both(topic_on(scratch, 512)));
  auto p = opened(lv::publisher<event>::over(segment));
  auto s = opened(lv::subscriber<event>::over(segment, {.overflow = lv::overflow_policy::overwrite}));
  std::thread writer([&] {
    std::mt19937_64 random(run.seed);
    while (p.sequence() < events) {
      const auto room = p.claim(std::min<std::uint64_t>(1 + random() % 64, events - p.sequence()));
      for (std::size_t k = 0; k < room.size(); ++k) room[k] = make_event(p.sequence() + k, p.epoch());
      p.commit(room.size(), {});
      if (p.sequence() % 1000 < room.size()) std::this_thread::yield();  // on a busy machine the two must meet as well
    }
  });
  std::mt19937_64 random(run.seed + 1);
  std::uint64_t got = 0, torn = 0, gaps = 0, next = s.position();
  while (next < events) {
    auto turn = s.read();
    gaps += turn.lost > 0 ? 1u : 0u;
    next += turn.lost;
    if (run.bug == "unvalidated" && !turn.events.empty()) {  // what would lie there if it were read in place
      const auto* in_place = reinterpret_cast<const event*>(segment.view().data) + (next & (p.capacity() - 1));
      turn.events = {in_place, turn.events.size()};
    }
    for (const auto& e : turn.events) {
      dawdle(random() % 200);  // slower than the publisher
      torn += is_whole(e) && e.index == next ? 0u : 1u;
      ++next;
    }
    got += turn.events.size();
    s.release(turn.events.size());
  }
  writer.join();
  rows.row("a subscriber that is overwritten beside a publisher that never waits",
           print("%llu events, %llu gaps", number(events), number(gaps)),
           print("read %llu + counted as lost %llu - sent = %lld, torn or misplaced %llu", number(got), number(s.lost()),
                 static_cast<long long>(got + s.lost() - events), number(torn)),
           got + s.lost() == events && torn == 0 && got > 0);
}

// ---- sleep and wake ----------------------------------------------------------------------------------------------------

void sleep_and_wake(board& rows, const task& run, std::uint64_t rounds) {
  const scratch_bus scratch;
  const lv::topic<event> there{scratch.bus(), "there", {.capacity = 512}}, back{scratch.bus(), "back", {.capacity = 512}};
  auto ask = opened(lv::publisher<event>::open(there));
  auto hear = opened(lv::subscriber<event>::open(back));
  const auto send = [](lv::publisher<event>& p) {
    const auto room = p.claim(1);
    room[0] = make_event(p.sequence(), p.epoch());
    p.commit(1, {});
  };
  const auto receive = [](lv::subscriber<event>& s) {
    for (;;) {
      if (const auto turn = s.read(); !turn.events.empty()) return s.release(turn.events.size());
      [[maybe_unused]] const bool more = s.wait(10_s);
    }
  };
  const shared<std::atomic<std::uint64_t>> rescued;
  const pid_t child = start([&] {
    auto s = opened(lv::subscriber<event>::open(there));
    auto p = opened(lv::publisher<event>::open(back));
    std::mt19937_64 random(run.seed + 1);
    for (;;) {
      receive(s);
      rescued->store(s.rescued());
      dawdle(random() % 2000);  // so that they meet in any phase
      send(p);
    }
  });
  const auto segment = opened(lv::detail::segment::open(*there.files(), lv::detail::side::publisher));
  auto* doors = segment.view().doors;
  std::mt19937_64 random(run.seed);
  const auto began = now_ns();
  for (std::uint64_t i = 0; i < rounds; ++i) {
    if (run.bug == "deaf") {  // somebody takes the sleeper's bit away and rings nobody
      while (doors->sleepers.acquire() == 0) std::this_thread::yield();
      doors->sleepers.fetch_and(0);
    }
    send(ask);
    dawdle(random() % 2000);
    receive(hear);
  }
  const double seconds = static_cast<double>(now_ns() - began) * 1e-9;
  const auto all = hear.rescued() + rescued->load();
  kill_now(child);
  rows.row("sleeps and wakes between two processes", print("%llu round trips", number(rounds)),
           print("rescued by patience %llu; %.1f us a round trip", number(all), seconds * 1e6 / static_cast<double>(rounds)),
           all == 0);
}

// ---- damaged files -----------------------------------------------------------------------------------------------------

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void put_byte(const std::string& path, std::size_t at, char value) {
  std::fstream out(path, std::ios::binary | std::ios::in | std::ios::out);
  out.seekp(static_cast<std::streamoff>(at)).put(value);
}

// The same ring of any kind: an event, or a frame of its bytes.

template <class Topic>
bool publish_one(lv::publisher<Topic>& p, const event& e) {
  const auto room = p.claim(1);
  if (room.empty()) return false;
  room[0] = e;
  p.commit(1, {static_cast<std::int64_t>(e.index) * 200'000});
  return true;
}
bool publish_one(lv::publisher<lv::frames<>>& p, const event& e) {
  const auto room = p.claim(sizeof e + e.index % 16);
  if (room.empty()) return false;
  std::memset(room.data(), 0, room.size());
  std::memcpy(room.data(), &e, sizeof e);
  p.commit(room.size(), {static_cast<std::int64_t>(e.index) * 200'000});
  return true;
}
template <class E>
void touch(const E& e) {
  [[maybe_unused]] volatile const auto touched = e.sum;
}
void touch(const lv::frame& f) {
  for (const auto b : f.bytes()) [[maybe_unused]]
    volatile const auto touched = b;
}

/// Changes one byte at a time, opens both ends and uses them.
template <class Topic>
void damage(board& rows, const char* kind, std::size_t step) {
  constexpr bool is_stream = std::is_same_v<Topic, event>;
  const scratch_bus scratch;
  const lv::topic<Topic> topic{scratch.bus(), "t", {.capacity = is_stream ? 512u : 2048u}};
  const auto files = *topic.files();
  {
    auto p = opened(lv::publisher<Topic>::open(topic));
    auto s = opened(lv::subscriber<Topic>::open(topic, {.name = "guard"}));
    for (std::uint64_t i = 0; i < 250; ++i) {
      publish_one(p, make_event(i, p.epoch()));
      if (i % 50 == 49) [[maybe_unused]]
        const bool sent = p.signal(lv::lane_kind::watermark, 1, {});
    }
    s.release(s.read().events.size());
  }
  const std::string ring = files.file("ring").c_str(), cursor = files.cursor(0).c_str();
  const std::string whole_ring = contents(ring), whole_cursor = contents(cursor);
  std::uint64_t tried = 0, refused = 0;
  const auto use = [&](const std::string& path, std::size_t at, const std::string& whole) {
    for (const int mask : {0x01, 0x80, 0xFF}) {
      put_byte(path, at, static_cast<char>(whole[at] ^ mask));
      ++tried;
      {
        auto s = lv::subscriber<Topic>::open(topic, {.name = "guard"});
        auto late = lv::subscriber<Topic>::open(
            topic, {.overflow = is_stream ? lv::overflow_policy::overwrite : lv::overflow_policy::block});
        auto p = lv::publisher<Topic>::open(topic);
        refused += s && late && p ? 0u : 1u;
        for (auto* reader : {&s, &late})
          if (*reader)
            for (int turns = 0; turns < 2000; ++turns) {
              const auto turn = (*reader)->read();
              if (!turn) break;
              for (const auto& e : turn.events) touch(e);
              (*reader)->release(turn.events.size());
            }
        if (p)
          for (std::uint64_t i = 0; i < 1280 && publish_one(*p, make_event(i, 1)); ++i) {
          }
      }
      // Whatever they have done to it, the next one is damaged anew.
      std::ofstream(ring, std::ios::binary | std::ios::in | std::ios::out) << whole_ring;
      std::ofstream(cursor, std::ios::binary | std::ios::in | std::ios::out) << whole_cursor;
    }
  };
  const auto page = lv::page_size();
  const auto data =
      whole_ring.size() - (is_stream ? 512 * sizeof(event) : 2048 * (std::is_same_v<Topic, lv::frames<>> ? 8u : 64u));
  for (std::size_t at = 0; at < 512; ++at) use(ring, at, whole_ring);                          // header and description
  for (std::size_t at = page; at < page + 512; at += step) use(ring, at, whole_ring);          // the producer's words
  for (std::size_t at = 2 * page; at < 2 * page + 384; at += step) use(ring, at, whole_ring);  // the lane
  if (!is_stream)
    for (std::size_t at = data; at < data + 384; at += step)
      use(ring, at, whole_ring);  // words that say what is whole, and lengths
  for (std::size_t at = 0; at < 256; ++at) use(cursor, at, whole_cursor);
  rows.row(print("%s with one byte changed: header, description, counters, lane, %scursor", kind, is_stream ? "" : "data, "),
           print("%llu files", number(tried)), print("refused in words %llu, the others used without harm", number(refused)),
           refused > 0 && refused < tried);
}

}  // namespace

int main(int argc, char** argv) {
  const task run(argc, argv, {"head-first", "forgotten", "unvalidated", "deaf"});
  board rows(run.bug);
  if (run.wants({"head-first", "forgotten"})) kill_publishers(rows, run, run.effort(10'000, 300));
  if (run.wants()) kill_subscribers(rows, run, run.effort(10'000, 200));
  if (run.wants({"unvalidated"})) overwrite(rows, run, run.effort(100'000'000, 2'000'000));
  if (run.wants({"deaf"})) sleep_and_wake(rows, run, run.bug.empty() ? run.effort(1'000'000, 3'000) : 2);
  if (run.wants()) {
    const auto step = run.effort(1, 16);
    damage<event>(rows, "a stream", step);
    damage<lv::line<event>>(rows, "a line", step);
    damage<lv::frames<>>(rows, "frames", step);
  }
  return rows.exit_code();
}
