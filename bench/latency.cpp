// SPDX-License-Identifier: BSL-1.0
// latency: what publishing costs when nobody waits, and how long it takes to wake somebody who sleeps.
//   bench_latency [--rounds N]
#include <levada/bus/publisher.hpp>
#include <levada/bus/subscriber.hpp>

#include "contest.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <ctime>

namespace {

using namespace bench;

using event = message<8>;

/// Something that the optimiser takes for used and for changed.
template <class T>
void keep(T& value) {
  asm volatile("" : "+m"(value) : : "memory");
}

// ---- publish -----------------------------------------------------------------------------------------------------------

constexpr std::uint64_t publications = 500'000;
constexpr int parts = 41;  // of each, in turns

/// ns an event that is written, and accepted on its own. `publish(i)` does both.
template <class Publish>
double each(Publish publish) {
  const double begin = seconds_now();
  for (std::uint64_t i = 0; i < publications; ++i) publish(i);
  return (seconds_now() - begin) * 1e9 / static_cast<double>(publications);
}
double through_topic(lv::publisher<event>& p) {
  return each([&p](std::uint64_t i) {
    const auto room = p.claim(1);
    if (room.empty()) std::abort();  // nobody subscribes
    room[0].write(i);
    p.commit(1, {});
  });
}
/// The least that anybody must do: the event, and a counter that others may see.
struct plain_ring {
  event events[8192];
  alignas(128) std::atomic<std::uint64_t> head{0};
};
double plain_store(plain_ring& r) {
  return each([&r](std::uint64_t i) {
    r.events[i % 8192].write(i);
    r.head.store(i + 1, std::memory_order_release);  // as publisher::commit does
    keep(r.events[i % 8192]);
  });
}

bool publish_cost() {
  scratch_folder folder;
  auto p = opened(lv::publisher<event>::open({folder.bus(), "t", {.capacity = 8192}}));
  const auto r = std::make_unique<plain_ring>();
  std::vector<double> by_topic, by_store;
  plain_store(*r), through_topic(p);  // their pages
  for (int i = 0; i < parts; ++i) {
    by_store.push_back(plain_store(*r));
    by_topic.push_back(through_topic(p));
  }
  const auto median = [](std::vector<double>& all) {
    std::ranges::nth_element(all, all.begin() + parts / 2);
    return all[parts / 2];
  };
  const double topic = median(by_topic), plain = median(by_store);
  const sample s{
      .name = "bus/publish/cost",
      .metric = "over a plain store",
      .unit = "ns",
      .note = "claim, write and commit of one event that nobody waits for, less a store of the event and of a counter"};
  sample own = s, all = s;
  own.value = std::max(0.0, topic - plain);
  print(own);
  all.metric = "an event";
  all.value = topic;
  print(all);
  all.who = "plain store";
  all.value = plain;
  print(all);
  return true;
}

// ---- wake --------------------------------------------------------------------------------------------------------------

constexpr int wakes = 400;

std::int64_t now_ns() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

struct trial {
  std::atomic<std::int64_t> sent{0}, took{0};
  std::atomic<std::uint32_t> turn{0};
  std::atomic<double> share{0};
  std::atomic<std::uint32_t> word{0};  // the futex
};

/// p50 from the wake to the woken, in ns, and how much of a processor the sleeper takes while nothing comes for a while, in %.
/// `sleep(i)` returns when the i-th wake has come; `wake(i)` wakes; `is_asleep()` says that a wake will find a sleeper.
template <class Sleep, class Wake, class Asleep>
std::array<measured, 2> time_wakes(sides how, trial& t, Sleep sleep, Wake wake, Asleep is_asleep) {
  std::vector<std::int64_t> took;
  took.reserve(wakes);
  const outcome ran = race(
      how, cores, [] {},
      [&] {
        for (std::uint32_t i = 0; i < wakes; ++i) {
          const share_of_core had;
          sleep(i);
          t.took.store(now_ns() - t.sent.load());
          if (i == 0) t.share.store(had());
          t.turn.store(i + 1, std::memory_order_release);  // pairs with the acquire below
        }
      },
      [&] {
        for (std::uint32_t i = 0; i < wakes; ++i) {
          const auto pause = i == 0 ? 500'000'000 : 1'000'000;  // the first sleep is long, the others are deep
          for (const auto until = now_ns() + pause; now_ns() < until || !is_asleep();) ::sched_yield();
          t.sent.store(now_ns());
          wake(i);
          while (t.turn.load(std::memory_order_acquire) != i + 1) relax();  // pairs with the release above
          took.push_back(t.took.load());
        }
      });
  std::ranges::nth_element(took, took.begin() + wakes / 2);
  return {measured{static_cast<double>(took[wakes / 2]), ran.ended_well, true},
          measured{100 * t.share.load(), ran.ended_well, true}};
}

std::array<measured, 2> wake_by_topic(sides how) {
  scratch_folder folder;
  const lv::topic<event> topic{folder.bus(), "t", {.capacity = 512}};
  shared<trial> t;
  auto p = opened(lv::publisher<event>::open(topic));
  auto look = opened(lv::detail::segment::open(*topic.files(), lv::detail::side::publisher));
  std::optional<lv::subscriber<event>> s;
  return time_wakes(
      how, *t,
      [&](std::uint32_t) {
        if (!s) s.emplace(opened(lv::subscriber<event>::open(topic)));
        for (;;) {
          if (const auto turn = s->read(); !turn.events.empty()) return s->release(turn.events.size());
          [[maybe_unused]] const bool more = s->wait(lv::duration{10'000'000'000});
        }
      },
      [&](std::uint32_t i) {
        p.claim(1)[0].write(i);
        p.commit(1, {});
      },
      [&] { return look.view().doors->sleepers.acquire() != 0; });
}
std::array<measured, 2> wake_by_futex(sides how) {
  shared<trial> t;
  const auto futex = [&](int operation, std::uint32_t value) {
    return ::syscall(SYS_futex, &t->word, operation, value, nullptr, nullptr, 0);
  };
  return time_wakes(
      how, *t,
      [&](std::uint32_t i) {
        while (t->word.load(std::memory_order_acquire) == i) futex(FUTEX_WAIT, i);
      },
      [&](std::uint32_t i) {
        t->word.store(i + 1, std::memory_order_release);
        futex(FUTEX_WAKE, 1);
      },
      [] { return true; });  // a millisecond has passed
}

bool wake_parked() {
  const sample s{.name = "bus/wake/parked", .metric = "p50", .unit = "ns", .note = "from before the commit to behind the read"};
  sample used = s;
  used.metric = "processor while parked";
  used.unit = "%";
  used.note = "of the thread that sleeps for half a second, with the wake";
  bool right = take(std::array{s, used}, [] { return wake_by_topic(sides::processes); });
  sample peer = s;
  peer.who = used.who = "futex";
  return take(std::array{peer, used}, [] { return wake_by_futex(sides::processes); }) && right;
}

}  // namespace

int main(int argc, char** argv) {
  const long rounds = argc == 3 && std::string_view(argv[1]) == "--rounds" ? std::strtol(argv[2], nullptr, 10) : 9;
  find_cores();
  bool right = true;
  for (long i = 0; i < rounds && right; ++i) right = publish_cost() && wake_parked();
  return right ? 0 : 1;
}
