// SPDX-License-Identifier: BSL-1.0
// bus: model checking of the rings and of the wake protocol, over the headers themselves (machine.hpp says how). Each model is a
// scene: what has happened before, what the threads do, and what must hold whatever order their steps come in. Bugs are made on
// purpose in the memory below: the list in main says which model must catch which.
#include "tiny_ring.hpp"

#include "../proofs/harness.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace models;
using machine::require;

/// Two words, so that half an event is not one.
struct event {
  std::uint64_t index, twice;

  friend bool operator==(const event&, const event&) = default;
};
event event_at(std::uint64_t sequence) { return {sequence, 2 * sequence + 1}; }
lv::timestamp time_of(std::uint64_t sequence) { return {static_cast<std::int64_t>(sequence)}; }

using stream = event;
using line = lv::line<event>;

constexpr lv::duration for_ever{10'000'000'000}, an_hour{3'600'000'000'000};

/// Reads what is there. Every event must be the next one, and whole, with the time of its record; every signal in its place.
/// Emits how many events.
template <class Topic>
std::uint64_t read_all(lv::subscriber<Topic>& s, std::uint64_t& next, bool timed = true) {
  std::uint64_t n = 0;
  while (const auto turn = s.read()) {
    next += turn.lost;
    if (turn.signal != nullptr)
      require(turn.signal->value == next && turn.signal->sequence == next, "a signal came out of its place");
    for (const auto& e : turn.events) {
      require(e == event_at(next), "an event was not whole, or not the next one");
      require(!timed || s.time() == time_of(next), "an event was seen before its record");
      ++next;
    }
    n += turn.events.size();
    s.release(turn.events.size());
  }
  return n;
}
template <class Topic>
bool send(lv::publisher<Topic>& p, std::uint64_t n) {
  return publish(p, event_at(n), time_of(n));
}

class scene : public machine::program {
 public:
  std::string_view proof;
  unsigned threads = 2;
  /// Makes the bug, if this scene is to catch it.
  bool broken_by(std::string_view bug) {
    for (const auto& [name, breaks] : bugs_)
      if (name == bug) return breaks(), true;
    return false;
  }

 protected:
  void breaks(std::string_view name, std::function<void()> how) { bugs_.emplace_back(name, std::move(how)); }

 private:
  std::vector<std::pair<std::string_view, std::function<void()>>> bugs_;
};

// ---- what is published is whole ------------------------------------------------------------------------------------------

template <class Topic>
class publication : public scene {
 public:
  explicit publication(std::string_view what) {
    proof = what;
    for (; next_ < 7;) require_set_up(send(p_, next_)), read_all(s_, next_);  // the last slot comes next, then the first again
    ring_.share(1, 8, 6);
    machine::keep(p_), machine::keep(s_), machine::keep(next_);
    auto& c = ring_.memory.control;
    breaks("relaxed-lane-head", [&] { machine::relax(&c.lane_head); });
    if constexpr (std::is_same_v<Topic, line>)
      breaks("relaxed-word", [&] {
        for (std::uint64_t i = 0; i < ring_.capacity; ++i) machine::relax(&bus::line_word::at(ring_.view(), i).said);
      });
    else
      breaks("head-first", [&] { machine::swap(&c.lane_head, &c.head); }),
          breaks("relaxed-head", [&] { machine::relax(&c.head); });
  }
  void thread(unsigned i) override {
    if (i == 0) {
      for (std::uint64_t n = 7; n < 10; ++n) {
        while (!send(p_, n)) machine::yield();
        if (n == 8) require(p_.signal(lv::lane_kind::watermark, 9, time_of(8)), "there was no room for a signal");
      }
    } else {
      while (next_ < 10)
        if (read_all(s_, next_) == 0) machine::yield();
    }
  }

 private:
  tiny_ring<Topic> ring_;
  lv::publisher<Topic> p_ = ring_.publisher();
  lv::subscriber<Topic> s_ = ring_.subscriber();
  std::uint64_t next_ = 0;
};

// ---- what is not read is not overwritten -----------------------------------------------------------------------------------

/// The ring is full; the subscriber reads in place, and the publisher goes on as soon as there is room.
class full_ring : public scene {
 public:
  explicit full_ring(std::string_view what) {
    proof = what;
    for (std::uint64_t n = 0; n < 8; ++n) require_set_up(send(p_, n));
    ring_.share(1, 1);
    machine::keep(p_), machine::keep(s_);
    breaks("relaxed-position", [this] { machine::relax(&ring_.memory.cursors[0].position); });
  }
  void thread(unsigned i) override {
    if (i == 0) {
      for (std::uint64_t n = 8; n < 11; ++n)
        while (!send(p_, n)) machine::yield();
    } else {
      for (std::uint64_t next = 0; next < 11;)
        if (read_all(s_, next, false) == 0) machine::yield();
    }
  }

 private:
  tiny_ring<stream> ring_{"t", an_hour};
  lv::publisher<stream> p_ = ring_.publisher();
  lv::subscriber<stream> s_ = ring_.subscriber();
};

/// The publisher overwrites what nobody keeps, and somebody joins meanwhile who wants all that is there.
class late_joiner : public scene {
 public:
  explicit late_joiner(std::string_view what, bool resumes) : options_{.name = resumes ? "guard" : ""} {
    proof = what;
    for (std::uint64_t n = 0; n < 8; ++n) {
      require_set_up(send(p_, n));
      if (resumes && n == 1) [[maybe_unused]]
        const auto position_kept = ring_.subscriber(options_);
    }
    machine::let_go(0);
    ring_.share(1, 1);
    machine::keep(p_);
    breaks("no-gate", [this] { machine::omit(&ring_.memory.doors.gate); });
  }
  void thread(unsigned i) override {
    if (i == 0) {
      for (std::uint64_t n = 8; n < 11; ++n)
        while (!send(p_, n)) machine::yield();
    } else {
      machine::take(0);
      auto s = ring_.subscriber(options_);
      for (std::uint64_t next = s.position(); next < 11;)
        if (read_all(s, next, false) == 0) machine::yield();
    }
  }

 private:
  lv::subscriber_options options_;
  tiny_ring<stream> ring_{"t", an_hour};
  lv::publisher<stream> p_ = ring_.publisher();
};

// ---- who is not waited for copies, and asks afterwards -----------------------------------------------------------------------

/// The publisher does not wait; the subscriber is a ring behind.
class overwritten : public scene {
 public:
  explicit overwritten(std::string_view what) {
    proof = what;
    for (std::uint64_t n = 0; n < 8; ++n) require_set_up(send(p_, n));
    ring_.share(1, 1);
    machine::keep(p_), machine::keep(s_);
    breaks("unvalidated", [this] { machine::freeze(&ring_.memory.control.reserve, 1); });
    breaks("no-fence", [] { machine::omit_fences(); });
  }
  void thread(unsigned i) override {
    if (i == 0) {
      for (std::uint64_t n = 8; n < 11; ++n) require(send(p_, n), "a publisher waited for somebody who can be overwritten");
    } else {
      std::uint64_t next = 0, got = 0;
      while (next < 11) {
        const auto n = read_all(s_, next, false);
        got += n;
        if (n == 0) machine::yield();
      }
      require(got + s_.lost() == 11, "what was lost was not counted right");
    }
  }

 private:
  tiny_ring<stream> ring_{"t", an_hour};
  lv::publisher<stream> p_ = ring_.publisher();
  lv::subscriber<stream> s_ = ring_.subscriber({.overflow = lv::overflow_policy::overwrite});
};

/// The same of the lane: nothing but signals, numbered.
class overwritten_lane : public scene {
 public:
  explicit overwritten_lane(std::string_view what) {
    proof = what;
    for (std::uint64_t n = 0; n < 30; ++n) require_set_up(p_.signal(lv::lane_kind::watermark, n, {}));
    ring_.share(1, 32);
    machine::keep(p_), machine::keep(s_);
    breaks("unvalidated", [this] { machine::freeze(&ring_.memory.control.lane_reserve, 1); });
    breaks("no-fence", [] { machine::omit_fences(); });
  }
  void thread(unsigned i) override {
    if (i == 0) {
      for (std::uint64_t n = 30; n < 36; ++n)
        require(p_.signal(lv::lane_kind::watermark, n, {}), "a publisher waited for somebody who can be overwritten");
    } else {
      for (std::uint64_t got = 0; got + s_.lost_records() < 36;) {
        const auto turn = s_.read();
        if (turn.signal == nullptr) {
          machine::yield();
          continue;
        }
        const auto& r = *turn.signal;
        require(r.value < 36 && r.sequence == 0 && r.kind() == lv::lane_kind::watermark && r.epoch == 1,
                "a record was not whole");
        require(r.value <= got + s_.lost_records(), "a record that was lost was not counted");
        ++got;
      }
    }
  }

 private:
  tiny_ring<stream> ring_{"t", an_hour};
  lv::publisher<stream> p_ = ring_.publisher();
  lv::subscriber<stream> s_ = ring_.subscriber({.overflow = lv::overflow_policy::overwrite});
};

/// The publisher waits for as long as a lease, and then no longer; the subscriber may be reading right then.
class evicted : public scene {
 public:
  explicit evicted(std::string_view what) {
    proof = what;
    machine::set_tick(6'000'000);
    for (std::uint64_t n = 0; n < 8; ++n) require_set_up(send(p_, n));
    ring_.share(1, 1);
    machine::keep(p_), machine::keep(s_);
    breaks("unvalidated", [this] { machine::freeze(&ring_.memory.control.reserve, 1); });
  }
  void thread(unsigned i) override {
    if (i == 0) {
      for (std::uint64_t n = 8; n < 11; ++n)
        while (!send(p_, n)) machine::yield();
    } else {
      std::uint64_t next = 0;
      while (next < 11 && s_.status())
        if (read_all(s_, next, false) == 0) machine::yield();
      if (!s_.status()) require(!s_.read(), "an evicted subscriber was given something");
    }
  }

 private:
  tiny_ring<stream> ring_{"t", an_hour};
  lv::publisher<stream> p_ = ring_.publisher();
  lv::subscriber<stream> s_ = ring_.subscriber({.overflow = lv::overflow_policy::evict});
};

// ---- death -------------------------------------------------------------------------------------------------------------------

/// A publisher is killed at any of its steps, and the next one goes on.
template <class Topic>
class takeover : public scene {
 public:
  explicit takeover(std::string_view what) {
    proof = what;
    for (; next_ < 6;) require_set_up(send(p_, next_)), read_all(s_, next_);
    ring_.share(1, 12, 5);
    machine::keep(p_), machine::keep(s_), machine::keep(next_), machine::keep(accepted_);
    breaks("head-first", [this] { machine::swap(&ring_.memory.control.lane_head, &ring_.memory.control.head); });
  }
  void thread(unsigned i) override {
    if (i == 0) {
      [[maybe_unused]] const bool lived = machine::mortal(120, [this] {
        for (std::uint64_t n = 6; n < 9; ++n) {
          while (!send(p_, n)) machine::yield();
          accepted_ = n + 1;
        }
      });
      auto successor = ring_.publisher();
      require(successor.sequence() >= accepted_, "an accepted event was lost");
      require(successor.epoch() == 2, "the epoch has not grown");
      for (auto n = successor.sequence(); n < 10; ++n)
        while (!send(successor, n)) machine::yield();
    } else {
      while (next_ < 10)
        if (read_all(s_, next_) == 0) machine::yield();
      require(s_.epoch() == 2 || next_ < 10, "an event has another's epoch");
    }
  }

 private:
  tiny_ring<Topic> ring_;
  lv::publisher<Topic> p_ = ring_.publisher();
  lv::subscriber<Topic> s_ = ring_.subscriber();
  std::uint64_t next_ = 0, accepted_ = 0;
};

/// A subscriber is killed at any of its steps while the publisher waits for it.
class dead_subscriber : public scene {
 public:
  explicit dead_subscriber(std::string_view what) {
    proof = what;
    machine::set_tick(700'000);
    for (std::uint64_t n = 0; n < 8; ++n) require_set_up(send(p_, n));
    ring_.share(1, 1);
    machine::keep(p_), machine::keep(s_);
    breaks("undead", [this] { undead_ = true; });
  }
  void thread(unsigned i) override {
    if (i == 0) {
      for (std::uint64_t n = 8; n < 11; ++n)
        while (!send(p_, n)) require(p_.wait_for_room(for_ever), "a publisher waited for ever");
    } else {
      std::uint64_t next = 0;
      const bool lived = machine::mortal(60, [&] {
        while (next < 11)
          if (read_all(s_, next, false) == 0) require(s_.wait(for_ever), "a subscriber waited for ever");
      });
      if (!lived && !undead_) machine::let_go(0);  // the kernel gives back what the dead held
    }
  }

 private:
  tiny_ring<stream> ring_{"t", an_hour};
  lv::publisher<stream> p_ = ring_.publisher();
  lv::subscriber<stream> s_ = ring_.subscriber();
  bool undead_ = false;
};

// ---- nobody sleeps over something --------------------------------------------------------------------------------------------

/// A subscriber sleeps until there is something. Once by membarrier, and once where the kernel refuses it.
template <class Topic>
class sleeping_subscriber : public scene {
 public:
  explicit sleeping_subscriber(std::string_view what, bool by_exchange) {
    proof = what;
    if (by_exchange) {
      machine::break_barriers();
      breaks("relaxed-exchange", [this] { machine::relax(&ring_.memory.doors.sleepers); });
    } else {
      breaks("no-barrier", [] { machine::omit_barriers(); });
      breaks("unregistered", [] { machine::hide(0); });
    }
    p_.emplace(ring_.publisher());
    s_.emplace(ring_.subscriber());
    ring_.share(1, 1);
    machine::keep(p_), machine::keep(s_);
  }
  void thread(unsigned i) override {
    if (i == 0) {
      for (std::uint64_t n = 0; n < 2; ++n) require(send(*p_, n), "there was no room");
    } else {
      for (std::uint64_t next = 0; next < 2;)
        if (read_all(*s_, next, false) == 0) require(s_->wait(for_ever), "a subscriber waited for ever");
      require(s_->rescued() == 0, "patience ended a wait");
    }
  }

 private:
  tiny_ring<Topic> ring_{"t", an_hour};
  std::optional<lv::publisher<Topic>> p_;
  std::optional<lv::subscriber<Topic>> s_;
};

/// The ring is full: the publisher sleeps until there is room. The subscriber reads two events, and then does something else.
class sleeping_publisher : public scene {
 public:
  explicit sleeping_publisher(std::string_view what) {
    proof = what;
    machine::set_tick(30'000);  // longer than it would spin
    machine::set_patient();     // who is in the way lives: it needs no other look
    for (std::uint64_t n = 0; n < 8; ++n) require_set_up(send(p_, n));
    ring_.share(1, 1);
    machine::keep(p_), machine::keep(s_);
    breaks("no-barrier", [] { machine::omit_barriers(); });
    breaks("unregistered", [] { machine::hide(1); });
  }
  void thread(unsigned i) override {
    if (i == 0) {
      for (std::uint64_t n = 8; n < 10; ++n)
        while (!send(p_, n)) require(p_.wait_for_room(for_ever), "a publisher waited for ever");
    } else {
      for (std::uint64_t n = 0; n < 2; ++n) {
        const auto turn = s_.read();
        require(turn.events.size() == 1 && turn.events[0] == event_at(n), "an event was not whole, or not the next one");
        s_.release(1);
      }
    }
  }

 private:
  tiny_ring<stream> ring_{"t", an_hour};
  lv::publisher<stream> p_ = ring_.publisher();
  lv::subscriber<stream> s_ = ring_.subscriber();
};

/// Many producers are a ring each: their subscriber parks at every door, and sleeps on all bells.
class two_rings : public scene {
 public:
  explicit two_rings(std::string_view what) {
    proof = what;
    threads = 3;
    for (auto* r : {&a_, &b_}) r->share(1, 1);
    machine::keep(p_[0]), machine::keep(p_[1]), machine::keep(s_[0]), machine::keep(s_[1]);
    breaks("no-barrier", [] { machine::omit_barriers(); });
    breaks("unregistered", [] { machine::hide(1); });
    breaks("one-door", [this] { one_door_ = true; });
  }
  void thread(unsigned i) override {
    if (i < 2) return require(send(p_[i], 0), "there was no room");
    std::uint64_t next[2]{};
    while (next[0] + next[1] < 2) {
      if (read_all(s_[0], next[0], false) + read_all(s_[1], next[1], false) > 0) continue;
      if (!s_[0].park()) continue;
      if (one_door_ || s_[1].park()) {
        require(machine::wait({s_[0].wake_fd(), s_[1].wake_fd()}, false), "nobody rang");
        s_[1].unpark();
      }
      s_[0].unpark();
    }
  }

 private:
  tiny_ring<stream> a_{"a", an_hour}, b_{"b", an_hour};
  lv::publisher<stream> p_[2]{a_.publisher(), b_.publisher()};
  lv::subscriber<stream> s_[2]{a_.subscriber(), b_.subscriber()};
  bool one_door_ = false;
};

// ---- all of them
// ---------------------------------------------------------------------------------------------------------------

template <class Scene, class... Arguments>
std::function<std::unique_ptr<scene>()> of(Arguments... arguments) {
  return [=] { return std::make_unique<Scene>(arguments...); };
}

}  // namespace

int main(int argc, char** argv) {
  using proofs::number, proofs::print;
  const proofs::task run(argc, argv,
                         {"head-first", "relaxed-head", "relaxed-lane-head", "relaxed-word", "relaxed-position", "no-gate",
                          "unvalidated", "no-fence", "undead", "no-barrier", "unregistered", "relaxed-exchange", "one-door"});
  proofs::board rows(run.bug);
  const std::function<std::unique_ptr<scene>()> scenes[] = {
      of<publication<stream>>("a stream: nothing is seen before it is whole"),
      of<publication<line>>("a line: nothing is seen before it is whole"),
      of<full_ring>("a full ring: nothing is overwritten before it is released"),
      of<late_joiner>("a subscriber joins while the publisher advances", false),
      of<late_joiner>("a named subscriber returns while the publisher advances", true),
      of<overwritten>("an overwritten subscriber: copies, and asks afterwards"),
      of<overwritten_lane>("the same of the lane"),
      of<evicted>("an evicted subscriber: copies, and asks afterwards"),
      of<takeover<stream>>("a publisher killed at any step, and its successor: stream"),
      of<takeover<line>>("a publisher killed at any step, and its successor: line"),
      of<dead_subscriber>("a subscriber killed at any step while the publisher sleeps"),
      of<sleeping_subscriber<stream>>("sleep and wake by membarrier: stream", false),
      of<sleeping_subscriber<line>>("sleep and wake by membarrier: line", false),
      of<sleeping_subscriber<stream>>("sleep and wake by exchange, where membarrier is refused", true),
      of<sleeping_publisher>("a publisher that sleeps until there is room"),
      of<two_rings>("a subscriber that sleeps on the rings of two publishers"),
  };
  bool all_caught = true;
  for (const auto& make : scenes) {
    machine::forget_all();
    const auto s = make();
    const bool is_broken = s->broken_by(run.bug);
    if (!run.bug.empty() && !is_broken) continue;
    const auto schedules = is_broken ? 100'000 : run.effort(100'000, 1'000);
    const auto o = machine::explore(*s, {.threads = s->threads, .schedules = schedules, .seed = run.seed});
    rows.row(std::string("model: ").append(s->proof), print("%llu schedules of %u threads", number(o.schedules), s->threads),
             o.held ? "no schedule breaks it" : o.sentence, o.held);
    all_caught = all_caught && !(is_broken && o.held);
  }
  return all_caught ? rows.exit_code() : 1;
}
