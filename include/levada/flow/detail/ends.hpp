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
#include <string_view>
#include <utility>

namespace levada::inline v0::detail {

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
  template <class>
  using output = nothing;

  template <class In>
  LEVADA_INLINE void operator()(const In& e, auto out) {
    this->write(levada::payload(e), out);
  }
  using base::on;
  /// Time on the thread below is that of this one. Where nothing waits for time there, nobody is woken for it.
  void on(const tick& t, auto out) {
    base::on(t, out);
    if (tells_time_) this->publisher_->tell_time(t.now);
  }
  /// Below, too, the stream goes on another day.
  void on(const suspend&, auto out) { this->put(lane_kind::end, 0, out); }
  /// The slots that it speaks of are not known beyond the boundary.
  void on(const retire&, auto) {}
  void on(const end_of_stream&, auto out) { this->put(lane_kind::end, 0, out); }

  void begin(publisher<carried<E>>&& p, const word<std::uint32_t>& abandoned, bool tells_time) {
    this->publisher_.emplace(std::move(p));
    this->give_up_.flag = &abandoned;
    tells_time_ = tells_time;
  }

 private:
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
  auto in = subscriber<carried<E>>::over(*ring, {.reclaim = reclaim_policy::automatic});
  const auto gone = forget_topic(ring->files());  // before any fault is told
  if (!out) return out.error();
  if (!in) return in.error();
  if (!gone) return gone.error();
  from.begin(*std::move(out), abandoned, tells_time);
  to.begin(*std::move(in));
  return ring;
}

}  // namespace levada::inline v0::detail
