// SPDX-License-Identifier: BSL-1.0
// group: what the members of a group promise each other when some of them are killed, or stopped past their lease and go on. Made
// on purpose:
//   termless     a commit that was refused is made all the same         from-head    a takeover begins at the head
//   early        a member commits what it has not done yet
#include <levada/bus/group.hpp>

#include "../harness.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace levada::literals;
using namespace proofs;

constexpr std::uint32_t partitions = 8, crew = 3;
constexpr lv::duration lease = 20_ms;
constexpr std::int64_t patience_ns = 20'000'000'000;  // when nothing moves any more

/// What all members together have done.
struct ledger_of_group {
  struct partition {
    std::atomic<std::uint64_t> done{0};       // events below it were done; the one who does the next one moves it
    std::atomic<std::uint64_t> committed{0};  // the most that a commit which has returned was for
    std::atomic<std::uint64_t> term{0};       // the last owner's
    std::atomic<std::uint32_t> who{0};
  };
  std::array<partition, partitions> of;
  std::atomic<std::uint64_t> torn{0}, skipped{0}, again{0}, again_though_committed{0}, fenced_commits{0}, refused{0};
  std::atomic<std::uint32_t> joined{0};
};
void raise_to(std::atomic<std::uint64_t>& word, std::uint64_t value) {
  for (auto was = word.load(); was < value && !word.compare_exchange_weak(was, value);) {
  }
}

lv::partitioned_topic<event> topic_in_parts(const scratch_bus& scratch) {
  return {scratch.bus(), "t", {.partitions = partitions, .each = {.capacity = 1024}}};
}

class worker {
 public:
  worker(const lv::partitioned_topic<event>& topic, ledger_of_group& all, std::uint32_t id, const std::string& bug)
      : all_(all),
        m_(opened(lv::group_member<event>::open(topic, "crew",
                                                {.lease = lease, .look_every = 2_ms, .commits = lv::commit_policy::manual}))),
        id_(id),
        bug_(bug),
        random_(id) {
    all_.joined.fetch_add(1);
  }
  void work_for_ever() {
    for (;;) {
      std::array<std::uint64_t, partitions> committed{};
      for (std::uint32_t p = 0; p < partitions; ++p) committed[p] = all_.of[p].committed.load();
      const auto turn = m_.read();
      if (turn.events.empty()) {
        commit();
        [[maybe_unused]] const bool more = m_.wait(10_ms);
        continue;
      }
      // Its lease was held after `committed` was looked at, so it is behind all that was committed before.
      all_.again_though_committed.fetch_add(turn.sequence < committed[turn.partition] ? 1 : 0);
      all_.skipped.fetch_add(turn.lost);
      const auto term = m_.term(turn.partition);
      const bool is_new = term_[turn.partition] != term;
      term_[turn.partition] = term;
      raise_to(all_.of[turn.partition].term, term);
      all_.of[turn.partition].who.store(id_);
      const auto first = bug_ == "from-head" && is_new && term > 1 ? turn.events.size() : 0;
      if (bug_ == "early") release_and_commit(turn);
      for (auto i = first; i < turn.events.size(); ++i) work(turn, i);
      if (bug_ != "early") m_.release(turn.events.size());
      read_[turn.partition] = turn.sequence + turn.events.size();
      if (random_() % 2 == 0) commit();
    }
  }

 private:
  void work(const lv::group_turn<event>& turn, std::size_t i) {
    dawdle(random_() % 4000);  // slower than the publisher: it is stopped with work in its hands
    auto& of = all_.of[turn.partition];
    const auto& e = turn.events[i];
    all_.torn.fetch_add(is_whole(e) && e.index == turn.sequence + i ? 0 : 1);
    auto next = of.done.load();
    if (e.index > next)
      all_.skipped.fetch_add(1);
    else if (e.index < next || !of.done.compare_exchange_strong(next, next + 1))
      all_.again.fetch_add(1);
  }
  void release_and_commit(const lv::group_turn<event>& turn) {
    m_.release(turn.events.size());
    [[maybe_unused]] const bool done = static_cast<bool>(m_.commit());
  }
  void commit() {
    std::array<std::uint64_t, partitions> owner_before{};
    for (std::uint32_t p = 0; p < partitions; ++p) owner_before[p] = all_.of[p].term.load();
    const auto refused = m_.refused();
    if (!m_.commit() && bug_ != "termless") {
      all_.refused.fetch_add(m_.refused() - refused);
      return;
    }
    for (const auto p : m_.owned())
      if (m_.term(p) == term_[p] && read_[p] > committed_[p]) {  // else there was nothing to commit
        committed_[p] = read_[p];
        all_.fenced_commits.fetch_add(owner_before[p] > term_[p] ? 1 : 0);
        raise_to(all_.of[p].committed, read_[p]);
      }
  }

  ledger_of_group& all_;
  lv::group_member<event> m_;
  std::uint32_t id_;
  std::string bug_;
  std::mt19937_64 random_;
  std::array<std::uint64_t, partitions> term_{}, read_{}, committed_{};  // of the last turn of a partition
};

/// Publishes, and plays fate.
class fate {
 public:
  fate(const task& run)
      : run_(run),
        topic_(topic_in_parts(scratch_)),
        p_(opened(lv::partitioned_publisher<event>::open(topic_))),
        random_(run.seed) {
    for (auto& one : crew_) one = start_worker();
  }
  ~fate() {
    for (const auto& one : crew_) kill_now(one.pid);
  }
  fate(const fate&) = delete;
  fate& operator=(const fate&) = delete;

  /// Kills one, and has another one join.
  void kill_one() {
    auto& victim = crew_[random_() % crew];
    const auto had = partitions_of(victim);
    const auto killed = now_ns();
    kill_now(victim.pid);
    watch_takeover(victim, had, killed);
    victim = start_worker();
    publish_for(random_() % 2'000'000);
  }
  /// Stops one until all that it had is somebody else's; then it goes on, or is killed.
  void stop_one() {
    auto& victim = crew_[random_() % crew];
    const auto stopped = now_ns();
    ::kill(victim.pid, SIGSTOP);
    watch_takeover(victim, partitions_of(victim), stopped);
    if (random_() % 4 == 0) {
      kill_now(victim.pid);
      victim = start_worker();
    } else {
      ::kill(victim.pid, SIGCONT);
    }
    publish_for(random_() % 10'000'000);
  }
  /// Until all that was published is done. False if it will never be.
  bool drain() {
    const auto until = now_ns() + patience_ns;
    for (std::uint32_t p = 0; p < partitions; ++p)
      while (all_->of[p].done.load() < p_.partition(p).sequence())
        if (is_over() || now_ns() > until) return false;
    return true;
  }
  /// Something has gone wrong that will not come right again.
  [[nodiscard]] bool is_over() const { return stuck_ || all_->skipped.load() + all_->fenced_commits.load() > 0; }

  void report(board& rows, const char* proof, std::uint64_t rounds, const char* what) {
    const bool done = drain();
    std::uint64_t events = 0, left = 0;
    for (std::uint32_t p = 0; p < partitions; ++p) {
      events += p_.partition(p).sequence();
      left += p_.partition(p).sequence() - std::min(p_.partition(p).sequence(), all_->of[p].done.load());
    }
    auto& a = *all_;
    rows.row(
        proof,
        print("%llu %s of %u members, %llu events in %u partitions", number(rounds), what, crew, number(events), partitions),
        print("accepted and lost %llu, out of order %llu, torn %llu; came again %llu, though committed %llu; ", number(left),
              number(a.skipped.load()), number(a.torn.load()), number(a.again.load()), number(a.again_though_committed.load())) +
            print("commits refused %llu, of fenced members accepted %llu; until the next owner reads: p50 %.1f ms, p99 %.1f ms",
                  number(a.refused.load()), number(a.fenced_commits.load()), takeovers_.at(0.5) / 1e3, takeovers_.at(0.99) / 1e3),
        done && left + a.skipped.load() + a.torn.load() + a.again_though_committed.load() + a.fenced_commits.load() == 0);
  }

 private:
  struct child {
    pid_t pid = 0;
    std::uint32_t id = 0;
  };

  child start_worker() {
    const auto id = ++ids_;
    const auto before = all_->joined.load();
    const child made{start([&] { worker(topic_, *all_, id, run_.bug).work_for_ever(); }), id};
    const auto until = now_ns() + patience_ns;
    while (all_->joined.load() == before && !is_over()) {
      if (before > 0) publish();  // what was there before the group is nobody's
      stuck_ = now_ns() > until;
    }
    return made;
  }
  [[nodiscard]] std::vector<std::uint32_t> partitions_of(const child& one) const {
    std::vector<std::uint32_t> all;
    for (std::uint32_t p = 0; p < partitions; ++p)
      if (all_->of[p].who.load() == one.id) all.push_back(p);
    return all;
  }
  /// What the victim had is read by others.
  void watch_takeover(const child& victim, const std::vector<std::uint32_t>& had, std::int64_t since) {
    const auto until = since + patience_ns;
    for (const auto p : had) {
      while (all_->of[p].who.load() == victim.id && !is_over()) {
        publish();
        stuck_ = now_ns() > until;
      }
      takeovers_.add(now_ns() - since);
    }
  }
  void publish_for(std::uint64_t ns) {
    for (const auto until = now_ns() + static_cast<std::int64_t>(ns); now_ns() < until;) publish();
  }
  void publish() {
    const auto i = random_() % partitions;
    auto& to = p_.partition(i);
    const auto room = to.claim(1 + random_() % 20);
    for (std::size_t k = 0; k < room.size(); ++k) room[k] = make_event(to.sequence() + k, to.epoch());
    to.commit(room.size(), {});
    dawdle(random_() % 2000);
  }

  const task& run_;
  scratch_bus scratch_;
  lv::partitioned_topic<event> topic_;
  lv::partitioned_publisher<event> p_;
  const shared<ledger_of_group> all_;
  std::mt19937_64 random_;
  std::array<child, crew> crew_;
  std::uint32_t ids_ = 0;
  times takeovers_;
  bool stuck_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  const task run(argc, argv, {"termless", "from-head", "early"});
  board rows(run.bug);
  if (run.wants({"from-head", "early"})) {
    const auto rounds = run.bug.empty() ? run.effort(5'000, 60) : 3'000;  // few are killed between a commit and what it is of
    fate f(run);
    for (std::uint64_t i = 0; i < rounds && !f.is_over(); ++i) f.kill_one();
    f.report(rows, "members of a group killed at any instruction, by SIGKILL; the others take over", rounds, "kills");
  }
  if (run.wants({"termless"})) {
    const auto rounds = run.bug.empty() ? run.effort(800, 25) : 500;  // few are stopped with a commit in their hands
    fate f(run);
    for (std::uint64_t i = 0; i < rounds && !f.is_over(); ++i) f.stop_one();
    f.report(rows, "members stopped past their lease (SIGSTOP), taken over, and then going on", rounds, "stops");
  }
  return rows.exit_code();
}
