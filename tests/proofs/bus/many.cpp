// SPDX-License-Identifier: BSL-1.0
// many: what a topic of many producers promises when several of them are killed at a time. Made on purpose:
//   head-first   a publisher commits before it has written
//   forgotten    a publisher counts what it has not committed
//   intruder     a publisher's lock is not the one that the next publisher asks for, so that two are at one place
#include <levada/bus/many.hpp>

#include "../harness.hpp"

#include <random>

namespace {

using namespace levada::literals;
using namespace proofs;
using topic = lv::topic<lv::many<event>>;
using publisher = lv::publisher<lv::many<event>>;
using subscriber = lv::subscriber<lv::many<event>>;

constexpr std::uint32_t places = 3;

topic many_on(const scratch_bus& scratch) { return {scratch.bus(), "t", {.capacity = 4096, .producers = places}}; }

/// The stream as the subscriber sees it: each producer's events by themselves.
struct ledgers {
  std::uint64_t next[places]{}, torn = 0, misplaced = 0, signals = 0, misplaced_signals = 0;

  /// One turn; false if nothing came.
  bool take(subscriber& s) {
    const auto turn = s.read();
    const auto from = s.producer();
    if (turn.signal != nullptr) {
      ++signals;
      misplaced_signals += turn.signal->value == next[from] && turn.signal->sequence == next[from] ? 0u : 1u;
    }
    for (const auto& e : turn.events) {
      torn += is_whole(e) && e.epoch == (s.epoch() << 4 | from) ? 0u : 1u;
      misplaced += e.index == next[from] ? 0u : 1u;
      next[from] = e.index + 1;
    }
    s.release(turn.events.size());
    return static_cast<bool>(turn);
  }
  [[nodiscard]] std::uint64_t events() const { return next[0] + next[1] + next[2]; }
};

// ---- kills of publishers -----------------------------------------------------------------------------------------------

struct account {
  std::atomic<std::uint64_t> accepted[places]{};  // by place: the sequence up to which commits have returned
  std::atomic<std::uint32_t> opened{0};           // how many publishers have, or could not
  std::atomic<std::uint32_t> refused{0};          // and how many could not
};

void publish_for_ever(const topic& where, account& all, const std::string& bug, std::uint64_t number) {
  auto made = publisher::open(where);
  if (!made) all.refused.fetch_add(1), all.opened.fetch_add(1), ::_exit(1);
  auto& p = *made;
  const auto place = p.producer();
  if (bug == "intruder") {
    const auto files = where.files()->of_place(place);
    opened(lv::file::open(files.file("other").c_str(), O_RDWR | O_CREAT));
    if (!lv::rename_file(files.file("other"), files.file("producer"))) std::exit(1);
  }
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
    if (bug == "forgotten") all.accepted[place].store(first + room.size());
    for (std::size_t i = 0; i < room.size(); ++i) room[i] = make_event(first + i, p.epoch() << 4 | place);
    if (bug != "head-first") p.commit(room.size(), now);
    all.accepted[place].store(p.sequence());
    if (random() % 3 == 0) [[maybe_unused]]
      const bool sent = p.signal(lv::lane_kind::watermark, p.sequence(), now);
  }
}

void kill_publishers(board& rows, const task& run, std::uint64_t rounds) {
  const scratch_bus scratch;
  const auto where = many_on(scratch);
  auto s = opened(subscriber::open(where));
  const shared<account> all;
  ledgers read;
  pid_t children[places]{};
  std::uint64_t kills = 0, lost = 0, started = 0;
  std::mt19937_64 random(run.seed);
  for (std::uint64_t i = 0; i < rounds; ++i) {
    for (auto& child : children)
      if (child == 0)
        child = start([&, n = started++] { publish_for_ever(where, *all, run.bug, run.seed * rounds * places + n); });
    if (random() % 4 != 0)  // else they may be killed while they open it
      while (all->opened.load() < started) read.take(s);
    for (const auto until = now_ns() + static_cast<std::int64_t>(random() % 600'000); now_ns() < until;) read.take(s);
    if (!run.bug.empty() && lost + read.torn + read.misplaced + read.misplaced_signals > 0) break;  // caught
    const auto spared = random() % (2 * places);                                                    // two or three at a time
    for (std::size_t k = 0; k < places; ++k)
      if (k != spared) ::kill(children[k], SIGKILL);
    for (std::size_t k = 0; k < places; ++k)
      if (k != spared) kill_now(std::exchange(children[k], 0)), ++kills;
    all->opened.store(static_cast<std::uint32_t>(started));
    for (std::uint32_t place = 0; place < places; ++place) {
      const auto accepted = all->accepted[place].load();
      const auto until = now_ns() + 1'000'000'000;  // where two are at one place it may never come there
      for (int dry = 0; dry < 2 && read.next[place] < accepted && now_ns() < until;) dry = read.take(s) ? 0 : dry + 1;
      lost += read.next[place] < accepted ? 1u : 0u;
    }
  }
  for (const auto child : children)
    if (child != 0) kill_now(child);
  rows.row(
      "publishers of one topic killed at any instruction, two or three at a time",
      print("%llu kills, %llu events, %llu signals", number(kills), number(read.events()), number(read.signals)),
      print("accepted and lost %llu, torn or of another producer %llu, lost, doubled or out of a producer's order %llu, signals "
            "misplaced %llu",
            number(lost), number(read.torn), number(read.misplaced), number(read.misplaced_signals)),
      all->refused.load() + lost + read.torn + read.misplaced + read.misplaced_signals == 0 && read.events() > 0);
}

// ---- kills of those who make and remove ---------------------------------------------------------------------------------

void kill_makers(board& rows, const task& run, std::uint64_t rounds) {
  const scratch_bus scratch;
  const auto where = many_on(scratch);
  std::uint64_t cut_short = 0, wrong = 0;
  std::mt19937_64 random(run.seed);
  for (std::uint64_t i = 0; i < rounds; ++i) {
    const pid_t child = start([&] {
      for (;;) {
        opened(subscriber::open(where));
        [[maybe_unused]] const auto gone = scratch.bus().remove("t");
      }
    });
    for (const auto until = now_ns() + static_cast<std::int64_t>(random() % 16'000'000); now_ns() < until;) dawdle(100);
    kill_now(child);
    std::uint32_t there = 0;
    for (std::uint32_t place = 0; place < places; ++place)
      there += lv::exists(where.files()->of_place(place).file("ring")) ? 1u : 0u;
    cut_short += there != 0 && there != places ? 1u : 0u;
    auto s = opened(subscriber::open(where, {.from = lv::start_at::latest}));
    publisher all[places] = {opened(publisher::open(where)), opened(publisher::open(where)), opened(publisher::open(where))};
    std::uint64_t came = 0;
    for (auto& p : all) {
      const auto room = p.claim(1);
      for (auto& slot : room) slot = make_event(p.sequence(), p.epoch());
      p.commit(room.size(), {});
    }
    while (const auto turn = s.read()) came += turn.events.size(), s.release(turn.events.size());
    wrong += came == places ? 0u : 1u;
  }
  rows.row("processes killed while they make or remove a topic of many producers",
           print("%llu kills, of which %llu left some of the rings", number(rounds), number(cut_short)),
           print("not whole for who opened it next %llu", number(wrong)), wrong == 0 && cut_short > 0);
}

}  // namespace

int main(int argc, char** argv) {
  const task run(argc, argv, {"head-first", "forgotten", "intruder"});
  board rows(run.bug);
  if (run.wants({"head-first", "forgotten", "intruder"})) kill_publishers(rows, run, run.effort(4'000, 150));
  if (run.wants()) kill_makers(rows, run, run.effort(2'000, 100));
  return rows.exit_code();
}
