// SPDX-License-Identifier: BSL-1.0
// ends: the two ends of a ring between two threads of a flow: a sink for the part above, a source for the part below.
#pragma once

#include <levada/bus/detail/inlet.hpp>
#include <levada/bus/detail/outlet.hpp>
#include <levada/bus/segment.hpp>
#include <levada/bus/topic.hpp>
#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/result.hpp>
#include <levada/core/word.hpp>
#include <levada/os/clock.hpp>
#include <levada/os/process.hpp>
#include <levada/os/thread.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// What becomes of events when the ring between two threads is full. Signals are never lost.
enum class overflow : std::uint8_t {
  block,        ///< the thread above waits: that is back-pressure
  drop_newest,  ///< what comes is dropped, until there is room
  drop_oldest   ///< what lies there is overwritten, and the thread below finds out what it has missed. It copies what it reads
};

namespace detail {

/// An event as the ring of a boundary sees it. Nobody reads it by its members, so any trivially copyable type will do.
template <class E>
struct carried {
  alignas(E) std::byte bytes[sizeof(E)];
};

/// Set when the flow has failed: nobody will make room.
struct is_abandoned {
  const word<std::uint32_t>* flag = nullptr;
  bool operator()() const { return flag->acquire() != 0; }  // pairs with the release in staged_graph::abandon
};

/// The end of a thread's part: a sink.
template <fixed_string Name, class E>
class stage_outlet : public outlet<E, carried<E>, is_abandoned> {
  using base = outlet<E, carried<E>, is_abandoned>;

 public:
  static constexpr std::string_view kind = "stage";
  static constexpr std::string_view name = Name.view();
  static constexpr bool one_to_one = true;
  overflow when_full = overflow::block;
  template <class>
  using output = nothing;

  explicit stage_outlet(overflow policy) : when_full(policy) {}

  template <class In>
  LEVADA_INLINE void operator()(const In& e, auto out) {
    this->write(levada::payload(e), out);
  }
  using base::on;
  /// Time on the thread below is that of this one. Where nothing waits for time there, nobody is woken for it.
  void on(const tick& t, auto out) {
    if (lags(half)) return this->accept();
    base::on(t, out);
    if (tells_time_) this->publisher_->tell_time(t.now);
  }
  /// Below, too, the stream goes on another day.
  void on(const suspend&, auto out) { this->put(lane_kind::end, 0, out); }
  /// The slots that it speaks of are not known beyond the boundary.
  void on(const retire&, auto) {}
  void on(const watermark& w, auto out) {
    owed_ = w;
    owes_idle_ = false;
    if (!lags(half)) pay(out);
  }
  void on(const idle&, auto out) {
    owes_idle_ = true;
    if (!lags(half)) pay(out);
  }
  void on(const barrier& b, auto out) {
    pay(out);
    base::on(b, out);
  }
  void on(const end_of_stream&, auto out) {
    pay(out);
    this->put(lane_kind::end, 0, out);
  }
  void on(const flush& f, auto out) {
    base::on(f, out);
    if (!lags(most)) pay(out);
  }

  void begin(publisher<carried<E>>&& p, const ring_view& ring, const word<std::uint32_t>& abandoned, bool tells_time) {
    this->publisher_.emplace(std::move(p));
    this->give_up_.flag = &abandoned;
    this->keeps_signals_ = true;
    if (when_full == overflow::drop_newest) this->patience_ = duration{};
    if (when_full != overflow::block) ring_ = ring;
    tells_time_ = tells_time;
  }

 private:
  // Where events may be lost, signals must not hold this thread up, and must not be overwritten like the events. So when the
  // thread below has not read half of the lane, time is not written any more, and of watermarks and idleness only the newest,
  // once a turn. That leaves an eighth for barriers and the end: a barrier that is lost has that many successors, and was given
  // up long before.
  static constexpr std::uint64_t half = 4, most = 7;  // eighths

  [[nodiscard]] bool lags(std::uint64_t eighths) const {
    if (!ring_) return false;
    const std::uint64_t written = ring_->control->lane_head.relaxed();  // by this thread
    const std::uint64_t read = ring_->cursor(0).lane.acquire();         // pairs with the release in consumer::publish
    return written - read >= ring_->measure.lane_capacity / 8 * eighths;
  }
  void pay(auto out) {
    if (const auto w = std::exchange(owed_, std::nullopt)) base::on(*w, out);
    if (std::exchange(owes_idle_, false)) base::on(idle{}, out);
  }

  std::optional<ring_view> ring_;
  std::optional<watermark> owed_;
  bool owes_idle_ = false;  // after that watermark
  bool tells_time_ = false;
};

/// The beginning of the next thread's part: a source.
template <fixed_string Name, class E>
class stage_inlet : public inlet<E, carried<E>> {
 public:
  static constexpr std::string_view kind = "stage";
  static constexpr std::string_view name = Name.view();
  core on{};

  explicit stage_inlet(core where) : on(where) {}
  void begin(subscriber<carried<E>>&& s) { this->subscriber_.emplace(std::move(s)); }
};

/// Opens the ring between the two. Its files are gone when this returns, so nobody else can find it.
template <fixed_string Name, class E>
result<segment> connect(stage_outlet<Name, E>& from, stage_inlet<Name, E>& to, const word<std::uint32_t>& abandoned,
                        bool tells_time) {
  static word<std::uint32_t> made{};
  constexpr std::size_t bytes = std::size_t{4} << 20;  // large enough for a subscriber that lags: see bus/reclaim.hpp
  constexpr std::size_t most = 262144, least = 64;
  constexpr std::size_t fit = bytes / sizeof(E);
  // The number tells the rings of a process apart, the time those of processes that share /dev/shm and not their numbers.
  const auto name = compose<64>(process_id(), '-', made.fetch_add(1), '-', wall_clock{}.steady().ns);
  const topic<carried<E>> between(bus("stages"), name.view(),
                                  {.capacity = fit < least  ? least
                                               : fit > most ? most
                                                            : fit,
                                   .grain = duration{1}});
  auto ring = segment::open_both(between);
  if (!ring) return ring.error();
  auto out = publisher<carried<E>>::over(*ring);
  const bool loses = from.when_full == overflow::drop_oldest;
  auto in = subscriber<carried<E>>::over(*ring, {.overflow = loses ? overflow_policy::overwrite : overflow_policy::block,
                                                 .reclaim = loses ? reclaim_policy::none : reclaim_policy::automatic});
  const auto gone = forget_topic(ring->files());  // before any fault is told
  if (!out) return out.error();
  if (!in) return in.error();
  if (!gone) return gone.error();
  from.begin(*std::move(out), ring->view(), abandoned, tells_time);
  to.begin(*std::move(in));
  return ring;
}

}  // namespace detail

}  // namespace levada::inline v0
