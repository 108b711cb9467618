// SPDX-License-Identifier: BSL-1.0
// rings: levada's topic and its peers behind one face, so that all carry the same messages. push and pop move one message, send
// and receive a whole run of them, in the way that is the ring's best. A ring whose header is not installed is left out.
#pragma once

#include <levada/bus/frames.hpp>
#include <levada/bus/line.hpp>
#include <levada/bus/publisher.hpp>
#include <levada/bus/subscriber.hpp>

#include "cores.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#if __has_include(<boost/lockfree/spsc_queue.hpp>)
#include <boost/lockfree/spsc_queue.hpp>
#define LEVADA_BENCH_BOOST 1
#endif
#if __has_include(<atomic_queue/atomic_queue.h>)
#include <atomic_queue/atomic_queue.h>
#define LEVADA_BENCH_ATOMIC_QUEUE 1
#endif
#if __has_include(<readerwriterqueue/readerwriterqueue.h>)
#include <readerwriterqueue/readerwriterqueue.h>
#define LEVADA_BENCH_READERWRITERQUEUE 1
#endif
#if __has_include(<concurrentqueue/concurrentqueue.h>)
#include <concurrentqueue/concurrentqueue.h>
#define LEVADA_BENCH_CONCURRENTQUEUE 1
#endif

namespace bench {

namespace lv = levada;

template <std::size_t Size>
struct message {
  std::uint64_t words[Size / 8];

  void write(std::uint64_t sequence) {
    for (std::size_t i = 0; i < Size / 8; ++i) words[i] = sequence + i;
  }
};

/// What the receiver knows of the messages: each was read whole and in its turn, or the run counts for nothing.
struct ledger {
  std::uint64_t next = 0, sum = 0;
  std::uint64_t disorder =
      0;  ///< bits in which a message was not the one whose turn it was; without a branch, so that loops are vectors

  template <std::size_t Size>
  void take(const message<Size>& m) {
    disorder |= m.words[0] ^ next;
    ++next;
    for (const std::uint64_t w : m.words) sum += w;
  }
  template <std::size_t Size>
  [[nodiscard]] bool is_right(std::uint64_t total) const {
    std::uint64_t expected = 0, words = Size / 8;
    expected = words * (total * (total - 1) / 2) + total * (words * (words - 1) / 2);
    return disorder == 0 && next == total && sum == expected;
  }
};

inline constexpr std::size_t batch = 32;
template <std::size_t Size>
inline constexpr std::size_t slots = (std::size_t{4} << 20) / std::bit_ceil(Size);  // 4 MiB of messages

/// Bytes that a sample moves: enough for some ten milliseconds.
inline constexpr std::uint64_t bulk_volume = std::uint64_t{512} << 20, single_volume = std::uint64_t{64} << 20;

/// One message at a time: what most users of these queues write.
template <class Ring, std::size_t Size>
struct singly {
  using value_type = message<Size>;
  static constexpr std::uint64_t volume = single_volume;
  void prepare_send() {}
  void prepare_receive() {}
  void send(std::uint64_t total) {
    for (std::uint64_t i = 0; i < total; ++i) {
      value_type m;
      m.write(i);
      while (!self().push(m)) relax();
    }
  }
  void receive(std::uint64_t total, ledger& l) {
    value_type m;
    while (l.next < total) {
      if (self().pop(m))
        l.take(m);
      else
        relax();
    }
  }

 private:
  Ring& self() { return static_cast<Ring&>(*this); }
};

/// A folder in shared memory that goes with its ring.
class scratch_folder {
 public:
  scratch_folder() {
    if (::mkdtemp(path_.data()) == nullptr) std::perror("bench_bus: /dev/shm"), std::exit(71);
  }
  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  [[nodiscard]] lv::bus bus() const { return lv::bus::in(path_, "bus"); }

 private:
  std::string path_ = "/dev/shm/levada-bench-XXXXXX";
};
template <class T>
T opened(lv::result<T> made) {
  if (!made) std::fprintf(stderr, "bench_bus: %s\n", made.error().sentence.c_str()), std::exit(71);
  return std::move(*made);
}

/// A topic; the two sides open it on their own, as two processes do. `Argument` chooses its ring.
template <std::size_t Size, class Argument = message<Size>>
class topic_ring {
 public:
  using value_type = message<Size>;
  static constexpr const char* name = "levada";
  static constexpr std::uint64_t volume = bulk_volume;

  void prepare_send() { publisher_.emplace(opened(lv::publisher<Argument>::open(topic_))); }
  void prepare_receive() {
    constexpr bool is_line = !std::is_same_v<Argument, value_type>;  // it lives on lines that stay where they are
    constexpr auto policy = is_line ? lv::reclaim_policy::none : lv::reclaim_policy::automatic;
    subscriber_.emplace(opened(lv::subscriber<Argument>::open(topic_, {.reclaim = policy})));
  }

  bool push(const value_type& m) {
    const auto room = publisher_->claim(1);
    if (room.empty()) return false;
    room[0] = m;
    publisher_->commit(1, {});
    return true;
  }
  bool pop(value_type& m) {
    const auto turn = subscriber_->read();
    if (turn.events.empty()) return false;
    m = turn.events[0];
    subscriber_->release(1);
    return true;
  }
  void send(std::uint64_t total) {
    for (std::uint64_t done = 0; done < total;) {
      const auto room = publisher_->claim(std::min<std::uint64_t>(batch, total - done));
      if (room.empty()) relax();
      for (auto& m : room) m.write(done++);
      publisher_->commit(room.size(), {});
    }
  }
  void receive(std::uint64_t total, ledger& l) {
    while (l.next < total) {
      const auto turn = subscriber_->read();
      if (turn.events.empty()) relax();
      for (const value_type& m : turn.events) l.take(m);
      subscriber_->release(turn.events.size());
    }
  }

 private:
  scratch_folder folder_;
  lv::topic<Argument> topic_{folder_.bus(), "messages", {.capacity = slots<Size>}};
  alignas(128) std::optional<lv::publisher<Argument>> publisher_;  // each is written on a core of its own
  alignas(128) std::optional<lv::subscriber<Argument>> subscriber_;
};
/// The same with a header before each, and of any length.
template <std::size_t Size>
class frames_ring {
 public:
  static constexpr const char* name = "levada";
  static constexpr std::uint64_t volume = bulk_volume;

  void prepare_send() { publisher_.emplace(opened(lv::publisher<lv::frames<>>::open(topic_))); }
  void prepare_receive() {
    subscriber_.emplace(opened(lv::subscriber<lv::frames<>>::open(topic_, {.reclaim = lv::reclaim_policy::automatic})));
  }
  void send(std::uint64_t total) {
    for (std::uint64_t done = 0; done < total;) {
      for (std::size_t i = 0; i < batch && done < total; ++i) {
        const auto room = publisher_->claim(sizeof(message<Size>));
        if (room.empty()) break;
        reinterpret_cast<message<Size>*>(room.data())->write(done++);
        publisher_->add(room.size());
      }
      publisher_->accept({});
    }
  }
  void receive(std::uint64_t total, ledger& l) {
    while (l.next < total) {
      const auto turn = subscriber_->read();
      if (turn.events.empty()) relax();
      for (const lv::frame& f : turn.events)
        if (f.length == sizeof(message<Size>)) l.take(*reinterpret_cast<const message<Size>*>(f.data));
      subscriber_->release(turn.events.size());
    }
  }

 private:
  scratch_folder folder_;
  lv::topic<lv::frames<>> topic_{folder_.bus(), "messages", {.capacity = (std::size_t{4} << 20) / 8}};
  alignas(128) std::optional<lv::publisher<lv::frames<>>> publisher_;
  alignas(128) std::optional<lv::subscriber<lv::frames<>>> subscriber_;
};
template <std::size_t Size>
using line_ring = topic_ring<Size, lv::line<message<Size>>>;

#ifdef LEVADA_BENCH_BOOST
template <std::size_t Size>
struct boost_single : singly<boost_single<Size>, Size> {
  static constexpr const char* name = "boost spsc";
  boost::lockfree::spsc_queue<message<Size>, boost::lockfree::capacity<slots<Size>>> queue;
  bool push(const message<Size>& m) { return queue.push(m); }
  bool pop(message<Size>& m) { return queue.pop(m); }
};
template <std::size_t Size>
struct boost_bulk : boost_single<Size> {
  static constexpr const char* name = "boost spsc bulk";
  static constexpr std::uint64_t volume = bulk_volume;
  void send(std::uint64_t total) {
    message<Size> several[batch];
    for (std::uint64_t done = 0; done < total;) {
      const std::size_t n = std::min<std::uint64_t>(batch, total - done);
      for (std::size_t i = 0; i < n; ++i) several[i].write(done++);
      for (std::size_t pushed = 0; pushed < n;) {
        const std::size_t now = this->queue.push(several + pushed, n - pushed);
        if (now == 0) relax();
        pushed += now;
      }
    }
  }
  void receive(std::uint64_t total, ledger& l) {
    while (l.next < total)
      if (this->queue.consume_all([&l](const message<Size>& m) { l.take(m); }) == 0) relax();
  }
};
#endif

#ifdef LEVADA_BENCH_ATOMIC_QUEUE
template <std::size_t Size>
struct atomic_ring : singly<atomic_ring<Size>, Size> {
  static constexpr const char* name = "atomic_queue";
  atomic_queue::AtomicQueue2<message<Size>, slots<Size>, true, true, false, true> queue;  // the last: one producer, one consumer
  bool push(const message<Size>& m) { return queue.try_push(m); }
  bool pop(message<Size>& m) { return queue.try_pop(m); }
};
#endif

#ifdef LEVADA_BENCH_READERWRITERQUEUE
template <std::size_t Size>
struct reader_writer_ring : singly<reader_writer_ring<Size>, Size> {
  static constexpr const char* name = "readerwriterqueue";
  moodycamel::ReaderWriterQueue<message<Size>> queue{slots<Size>};
  bool push(const message<Size>& m) { return queue.try_enqueue(m); }
  bool pop(message<Size>& m) { return queue.try_dequeue(m); }
};
#endif

#ifdef LEVADA_BENCH_CONCURRENTQUEUE
template <std::size_t Size>
struct concurrent_bulk : singly<concurrent_bulk<Size>, Size> {
  static constexpr const char* name = "concurrentqueue bulk";
  static constexpr std::uint64_t volume = bulk_volume;
  moodycamel::ConcurrentQueue<message<Size>> queue{slots<Size>};
  moodycamel::ProducerToken producer{queue};
  moodycamel::ConsumerToken consumer{queue};
  bool push(const message<Size>& m) { return queue.try_enqueue(producer, m); }
  bool pop(message<Size>& m) { return queue.try_dequeue(consumer, m); }
  void send(std::uint64_t total) {
    message<Size> several[batch];
    for (std::uint64_t done = 0; done < total;) {
      const std::size_t n = std::min<std::uint64_t>(batch, total - done);
      for (std::size_t i = 0; i < n; ++i) several[i].write(done++);
      while (!queue.try_enqueue_bulk(producer, several, n)) relax();
    }
  }
  void receive(std::uint64_t total, ledger& l) {
    message<Size> several[batch];
    while (l.next < total) {
      const std::size_t n = queue.try_dequeue_bulk(consumer, several, batch);
      if (n == 0) relax();
      for (std::size_t i = 0; i < n; ++i) l.take(several[i]);
    }
  }
};
#endif

}  // namespace bench
