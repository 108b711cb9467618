// SPDX-License-Identifier: BSL-1.0
// feedback: a way back in a flow: what its sink is given comes out of its source in the next turn.
//   lv::feedback<order> again(1024);
//   flow("tried"_s = merge(from(orders), from(again.source())) | map(try_once),
//        "tried"_s | filter(failed) | to(again.sink()), "tried"_s | filter(done) | to(...))
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/state/slots.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace levada::inline v0 {

/// Takes  events E by its sink: to(again.sink()).
/// Emits  them by its source, from(again.source()), in the order in which they came: once a turn, what was there when the turn
///        came to it. Where it meets other streams it is idle: it never holds up their time. It ends when the other sources of
///        its thread have ended and a turn has brought nothing more; after a stop what is there goes round once more.
/// Holds  room for `bound` events, and for as many that are on their way, from the constructor on. It must outlive the flow.
/// Fails  at compile time, in one sentence: its sink stands below a stage. An event that finds no room, or comes
///        when it has ended, is dropped and counted (by the sink; by the source what is left over at the end).
/// Costs  a copy of the event.
template <event E>
  requires std::is_copy_assignable_v<E> && std::is_default_constructible_v<E>
class feedback {
 public:
  explicit feedback(std::uint32_t bound) : bound_(bound) {
    LEVADA_CHECK(bound > 0 && bound <= INT32_MAX, bound);
    ring_.resize(std::size_t{2} * bound);
  }
  feedback(const feedback&) = delete;
  feedback& operator=(const feedback&) = delete;

  class source_end {
   public:
    using event_type = E;

    [[nodiscard]] polled poll(auto out, std::size_t budget) { return queue_->poll(out, budget); }
    void close(auto out) { queue_->close(out); }
    [[nodiscard]] std::uint64_t position() const { return queue_->counters_.given; }
    /// At once, if something waits: it may have come by time alone.
    [[nodiscard]] duration wake_at() const { return queue_->waiting() > 0 ? duration{} : duration{INT64_MAX}; }

   private:
    friend feedback;
    explicit source_end(feedback* queue) : queue_(queue) {}
    feedback* queue_;
  };
  class sink_end {
   public:
    using is_sink = void;
    static constexpr bool goes_back = true;

    void write(const E& e, auto out) {
      if (!queue_->put(e)) [[unlikely]]
        out.drop();
    }
    /// What is on its way back belongs to a checkpoint, as the sink knows it: its source waits for the barrier of all others.
    void persist(auto& archive)
      requires std::is_trivially_copyable_v<E>
    {
      archive(queue_->ring_, queue_->counters_);
    }

   private:
    friend feedback;
    explicit sink_end(feedback* queue) : queue_(queue) {}
    feedback* queue_;
  };

  [[nodiscard]] source_end source() { return source_end(this); }
  [[nodiscard]] sink_end sink() { return sink_end(this); }

 private:
  [[nodiscard]] std::uint64_t waiting() const { return counters_.taken - counters_.given; }
  [[nodiscard]] bool put(const E& e) {
    if (waiting() == bound_ || closed_) [[unlikely]]
      return false;
    ring_[place(counters_.taken++)] = e;
    return true;
  }
  polled poll(auto out, std::size_t budget) {
    const std::uint64_t all = waiting() < budget ? waiting() : budget;
    // Those that are given out stay where they are meanwhile: behind them there is room for as many as may wait.
    for (std::uint64_t left = all; left > 0;) {
      const std::size_t from = place(counters_.given);
      const std::uint64_t in_a_row = ring_.size() - from < left ? ring_.size() - from : left;
      counters_.given += in_a_row;
      left -= in_a_row;
      out(std::span<const E>(ring_.begin() + from, static_cast<std::size_t>(in_a_row)));
    }
    return all > 0 ? polled::events : polled::nothing;
  }
  void close(auto out) {
    closed_ = true;
    out.drop(waiting());
    counters_.given = counters_.taken;
  }
  [[nodiscard]] std::size_t place(std::uint64_t sequence) const { return static_cast<std::size_t>(sequence % ring_.size()); }

  struct counters {
    std::uint64_t taken = 0;  // by the sink
    std::uint64_t given = 0;  // by the source
  };
  slots<E> ring_;
  counters counters_;
  std::uint32_t bound_;
  bool closed_ = false;
};

}  // namespace levada::inline v0
