// SPDX-License-Identifier: BSL-1.0
// crowd: more threads than two cores have room for: several producers of one topic, and several subscribers of one. Whoever waits
// lets others have its core.
//   bench_crowd [--rounds N]
#include <levada/bus/many.hpp>

#include "contest.hpp"

namespace {

using namespace bench;

constexpr std::size_t size = 64;
constexpr std::uint64_t each = 4'000'000;
using item = message<size>;
using lv::reclaim_policy;

/// Whose it is, and its number: producer p sends p * step, p * step + 1, ...
constexpr std::uint64_t step = std::uint64_t{1} << 40;

/// Every producer's messages whole and in order.
struct ledgers {
  std::uint64_t next[2]{0, step};
  std::uint64_t disorder = 0, sum = 0;
  LEVADA_INLINE void take(const item& m) {
    auto& expected = next[m.words[0] / step % 2];
    disorder |= m.words[0] ^ expected;
    ++expected;
    for (const std::uint64_t w : m.words) sum += w;
  }
  [[nodiscard]] std::uint64_t taken() const { return next[0] + (next[1] - step); }
  [[nodiscard]] bool is_right() const {
    std::uint64_t wanted = 0;
    for (const std::uint64_t first : {std::uint64_t{0}, step}) wanted += 8 * (each * first + each * (each - 1) / 2) + each * 28;
    return disorder == 0 && next[0] == each && next[1] == step + each && sum == wanted;
  }
};

// ---- two producers, one consumer ---------------------------------------------------------------------------------------

measured two_to_one(std::function<void(std::uint64_t)> produce, std::function<void(ledgers&)> consume) {
  ledgers read;
  const outcome ran =
      crowd(cores, std::array<std::function<void()>, 3>{[&] { produce(0); }, [&] { produce(step); }, [&] { consume(read); }});
  return {2 * each * 1e-6 / ran.seconds, read.is_right(), ran.undisturbed};
}

measured topic_of_many() {
  using ring = lv::many<item>;
  const scratch_folder folder;
  const lv::topic<ring> topic{folder.bus(), "t", {.capacity = slots<size>, .producers = 2}};
  auto s = opened(lv::subscriber<ring>::open(topic, {.reclaim = reclaim_policy::automatic}));
  return two_to_one(
      [&](std::uint64_t first) {
        auto p = opened(lv::publisher<ring>::open(topic));
        patient wait;
        for (std::uint64_t done = 0; done < each;) {
          const auto room = p.claim(std::min<std::uint64_t>(batch, each - done));
          if (room.empty()) wait();
          for (item& m : room) m.write(first + done++);
          p.commit(room.size(), {});
        }
      },
      [&](ledgers& read) {
        ledgers own;
        patient wait;
        while (own.taken() < 2 * each) {
          const auto turn = s.read();
          if (turn.events.empty()) wait();
          for (const item& m : turn.events) own.take(m);
          s.release(turn.events.size());
        }
        read = own;
      });
}

#ifdef LEVADA_BENCH_CONCURRENTQUEUE
/// Its blocks belong to the producer that was the first to fill them, so each fills its own before time is taken.
measured concurrent_queue() {
  moodycamel::ConcurrentQueue<item> queue{2 * slots<size>, 2, 0};
  moodycamel::ProducerToken tokens[2]{moodycamel::ProducerToken(queue), moodycamel::ProducerToken(queue)};
  std::vector<item> some(batch);
  for (auto& token : tokens)
    for (std::size_t i = 0; i < slots<size>; i += batch) queue.try_enqueue_bulk(token, some.data(), batch);
  while (queue.try_dequeue_bulk(some.data(), batch) > 0) {
  }
  return two_to_one(
      [&](std::uint64_t first) {
        auto& token = tokens[first == 0 ? 0 : 1];
        patient wait;
        item several[batch];
        for (std::uint64_t done = 0; done < each;) {
          const std::size_t n = std::min<std::uint64_t>(batch, each - done);
          for (std::size_t i = 0; i < n; ++i) several[i].write(first + done++);
          while (!queue.try_enqueue_bulk(token, several, n)) wait();
        }
      },
      [&](ledgers& read) {
        moodycamel::ConsumerToken token{queue};
        ledgers own;
        patient wait;
        item several[batch];
        while (own.taken() < 2 * each) {
          const std::size_t n = queue.try_dequeue_bulk(token, several, batch);
          if (n == 0) wait();
          for (std::size_t i = 0; i < n; ++i) own.take(several[i]);
        }
        read = own;
      });
}
#endif

// ---- one producer, several subscribers ---------------------------------------------------------------------------------

/// Million deliveries a second.
template <std::size_t Readers>
measured broadcast(reclaim_policy policy) {
  constexpr std::uint64_t total = 2 * each;
  const scratch_folder folder;
  const lv::topic<item> topic{folder.bus(), "t", {.capacity = slots<size>}};
  auto p = opened(lv::publisher<item>::open(topic));
  std::array<ledger, Readers> read;
  std::array<std::function<void()>, Readers + 1> bodies;
  bodies[Readers] = [&] {
    patient wait;
    for (std::uint64_t done = 0; done < total;) {
      const auto room = p.claim(std::min<std::uint64_t>(batch, total - done));
      if (room.empty()) wait();
      for (item& m : room) m.write(done++);
      p.commit(room.size(), {});
    }
  };
  std::vector<lv::subscriber<item>> subscribers;
  for (std::size_t i = 0; i < Readers; ++i) subscribers.push_back(opened(lv::subscriber<item>::open(topic, {.reclaim = policy})));
  for (std::size_t i = 0; i < Readers; ++i)
    bodies[i] = [&, i] {
      auto& s = subscribers[i];
      ledger own;
      patient wait;
      while (own.next < total) {
        const auto turn = s.read();
        if (turn.events.empty()) wait();
        for (const item& m : turn.events) own.take(m);
        s.release(turn.events.size());
      }
      read[i] = own;
    };
  const outcome ran = crowd(cores, bodies);
  const bool right = std::ranges::all_of(read, [](const ledger& l) { return l.is_right<size>(total); });
  return {Readers * total * 1e-6 / ran.seconds, right, ran.undisturbed};
}

bool round() {
  sample s{
      .name = "bus/mpsc/64B/2to1", .metric = "rate", .unit = "M msg/s", .better = "more", .note = "three threads on two cores"};
  bool right = take(s, topic_of_many);
#ifdef LEVADA_BENCH_CONCURRENTQUEUE
  s.who = "concurrentqueue bulk";
  right &= take(s, concurrent_queue);
#endif
  for (const auto& [policy, name] : {std::pair{reclaim_policy::none, "none"}, std::pair{reclaim_policy::lag, "lag"}}) {
    sample b{.name = "bus/broadcast/64B/1to2",
             .metric = std::string("deliveries, ") + name,
             .unit = "M/s",
             .better = "more",
             .note = "three threads on two cores, the peer is two on two; reclaim policy in the metric"};
    right &= take(b, [policy = policy] { return broadcast<2>(policy); });
    b.who = "one subscriber";
    right &= take(b, [policy = policy] { return broadcast<1>(policy); });
  }
  return right;
}

}  // namespace

int main(int argc, char** argv) {
  const long rounds = argc == 3 && std::string_view(argv[1]) == "--rounds" ? std::strtol(argv[2], nullptr, 10) : 9;
  find_cores();
  bool right = true;
  for (long i = 0; i < rounds && right; ++i) right = round();
  return right ? 0 : 1;
}
