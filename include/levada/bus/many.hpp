// SPDX-License-Identifier: BSL-1.0
// many: several producers on one topic. Name a topic<many<T>>, topic<many<line<T>>> or topic<many<frames<>>>; all else is the
// same.
//
// Each producer has a ring of its own: the topic NAME is the topics NAME/0, NAME/1 and so on, one for each place that a producer
// can take, and a subscriber reads them in turn. So a claim leaves no hole, producers share no cache line and pay no
// read-modify-write, one that is killed is in nobody's way, and whatever holds for a ring holds for each. The price is that
// there is no order between the events of two producers: each one's own is kept, and (producer, epoch, sequence) names an event
// for good.
#pragma once

#include <levada/bus/detail/family.hpp>
#include <levada/bus/detail/inlet_of_many.hpp>
#include <levada/bus/detail/join.hpp>
#include <levada/bus/detail/ring_of.hpp>
#include <levada/bus/layout.hpp>
#include <levada/bus/publisher.hpp>
#include <levada/bus/subscriber.hpp>
#include <levada/bus/topic.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/core/time.hpp>
#include <levada/os/barrier.hpp>
#include <levada/os/clock.hpp>
#include <levada/os/descriptor_set.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace levada::inline v0 {

/// A topic of up to topic_options::producers producers at a time. Whoever makes it decides how many, once and for all.
/// Costs  as many rings, all of their memory from the beginning; a subscriber one look at each of them when nothing comes.
template <wire_event Ring>
struct many {};

namespace detail {

template <class Ring>
inline constexpr bool has_many<many<Ring>> = true;

template <class Ring>
struct ring_of<many<Ring>> : ring_of<Ring> {
  static_assert(!has_many<Ring>, "many: a topic has many producers or one: name it as topic<many<T>>");
};

}  // namespace detail

/// Takes, Emits, Costs  as the publisher of one such ring.
/// Holds  its place among the producers, and what the publisher of a ring holds.
/// Fails  at open only, in words; with failure::unavailable when all places are taken.
template <wire_event Ring>
class publisher<many<Ring>> : public publisher<Ring> {
  using base = publisher<Ring>;

 public:
  /// Makes the topic if it is not there. Takes the first free place, those first at which a producer was cut off before its end.
  static result<publisher> open(const topic<many<Ring>>& where) {
    auto all = detail::family<Ring>::open_or_make(where);
    if (!all) return all.error();
    return at_free_place(
        all->size(), where.name(), [&](std::size_t i) { return all->is_broken_off(i); },
        [&](std::size_t i) { return base::open(all->topic_at(i)); });
  }
  /// Over rings made by detail::family_rings::open_both, which must outlive the publisher.
  static result<publisher> over(const detail::family_rings& all) {
    return at_free_place(
        all.size(), all.name(), [&](std::size_t i) { return detail::is_broken_off(all[i].view()); },
        [&](std::size_t i) { return base::over(all[i]); });
  }

 private:
  explicit publisher(base&& one) : base(std::move(one)) {}

  template <class IsBrokenOff, class Open>
  static result<publisher> at_free_place(std::size_t places, std::string_view name, IsBrokenOff is_broken_off, Open open) {
    for (const bool wanted : {true, false})
      for (std::size_t i = 0; i < places; ++i) {
        if (is_broken_off(i) != wanted) continue;
        auto one = open(i);
        if (one) return publisher(std::move(*one));
        if (one.error().kind != failure::unavailable) return one.error();
      }
    return fault::of(failure::unavailable, "all ", places, " places for publishers of topic '", name,
                     "' are taken: stop one, or ", "make the topic anew for more (topic_options::producers, ", most_producers,
                     " at most)");
  }
};

/// Takes  nothing; what the topic's publishers commit comes to it.
/// Emits  turns, as the subscriber of one such ring: each is of one producer, and the next one begins with the next producer, so
///        that none waits for another that never pauses.
/// Holds  a subscriber to each ring, under the same name if it has one, and a descriptor more.
/// Fails  as that subscriber; status() is a fault as soon as it is for one of them.
/// Costs  a look at every ring when nothing comes; a park one fence for all of them.
template <wire_event Ring>
class subscriber<many<Ring>> {
  using one = subscriber<Ring>;

 public:
  using event_type = typename one::event_type;

  /// Makes the topic if it is not there. Begins at the earliest, the latest or a time: a sequence would mean another event for
  /// each producer. `more` is what the subscriber of one ring takes beyond that.
  template <class... More>
  static result<subscriber> open(const topic<many<Ring>>& where, const subscriber_options& options = {}, const More&... more) {
    auto all = detail::family<Ring>::open_or_make(where);
    if (!all) return all.error();
    return at_every_place(all->size(), where.name(), options,
                          [&](std::size_t i) { return one::open(all->topic_at(i), options, more...); });
  }
  /// Over rings made by detail::family_rings::open_both, which must outlive the subscriber.
  template <class... More>
  static result<subscriber> over(const detail::family_rings& all, const subscriber_options& options = {}, const More&... more) {
    return at_every_place(all.size(), all.name(), options, [&](std::size_t i) { return one::over(all[i], options, more...); });
  }

  /// What comes next from the next producer that has something. Events stay readable as those of the subscriber of one ring,
  /// until the next turn of the same producer.
  [[nodiscard]] LEVADA_INLINE turn<event_type> read() {
    for (std::size_t i = 0; i < places_; ++i) {
      last_ = next_;
      next_ = next_ + 1 < places_ ? next_ + 1 : 0;
      if (const auto came = at_[last_]->read()) return came;
    }
    return {};
  }
  /// The first n events of the last turn are done with.
  LEVADA_INLINE void release(std::size_t n) { at_[last_]->release(n); }

  // Of the last turn: when its producer's span began, and whose it was.
  [[nodiscard]] timestamp time() const { return at_[last_]->time(); }
  [[nodiscard]] std::uint32_t epoch() const { return at_[last_]->epoch(); }
  [[nodiscard]] std::uint32_t producer() const { return static_cast<std::uint32_t>(last_); }

  /// How many producers there can be at a time.
  [[nodiscard]] std::size_t places() const { return places_; }
  /// The subscriber to one of the rings, to ask it.
  [[nodiscard]] const one& at(std::size_t place) const {
    LEVADA_CHECK(place < places_, place);
    return *at_[place];
  }
  /// The sequence of the next event of one of the producers.
  [[nodiscard]] std::uint64_t position(std::size_t place) const { return at(place).position(); }

  // All together.
  [[nodiscard]] std::uint64_t unread() const {
    return sum([](const one& s) { return s.unread(); });
  }
  [[nodiscard]] std::uint64_t lost() const {
    return sum([](const one& s) { return s.lost(); });
  }
  [[nodiscard]] std::uint64_t lost_records() const {
    return sum([](const one& s) { return s.lost_records(); });
  }
  [[nodiscard]] std::uint64_t rescued() const {
    return sum([](const one& s) { return s.rescued(); });
  }
  [[nodiscard]] result<> status() const {
    for (std::size_t i = 0; i < places_; ++i)
      if (const result<> here = at_[i]->status(); !here) return here.error();
    return {};
  }
  [[nodiscard]] bool ready() const {
    for (std::size_t i = 0; i < places_; ++i)
      if (at_[i]->ready()) return true;
    return false;
  }

  // Waiting, as the subscriber of one ring does.
  [[nodiscard]] bool park() {
    for_each([](one& s) { s.lie_down(); });
    const bool fenced = barrier_everywhere();
    bool all_stay = true;
    for_each([&](one& s) { all_stay &= s.stays(fenced); });
    if (!all_stay) unpark();
    return all_stay;
  }
  void unpark(bool timed_out = false) {
    for_each([timed_out](one& s) { s.unpark(timed_out); });
  }
  [[nodiscard]] int wake_fd() const { return bells_.fd(); }
  [[nodiscard]] duration patience() const {
    duration least = at_[0]->patience();
    for (std::size_t i = 1; i < places_; ++i) least = least < at_[i]->patience() ? least : at_[i]->patience();
    return least;
  }
  [[nodiscard]] bool wait(duration timeout) {
    const wall_clock clock;
    const auto end = clock.steady() + timeout;
    for (;;) {
      if (!park()) return true;  // to park hurries: the next read finds what is found here
      const auto left = end - clock.steady(), enough = patience();
      const bool is_woken = left > duration{} && bells_.wait(left < enough ? left : enough);
      unpark(!is_woken && enough < left);
      if (ready()) return true;
      if (left <= duration{}) return false;
    }
  }

  void leave() {
    for_each([](one& s) { s.leave(); });
  }

 private:
  subscriber() = default;

  template <class Open>
  static result<subscriber> at_every_place(std::size_t places, std::string_view name, const subscriber_options& options,
                                           Open open) {
    if (detail::start_of::asks_for_sequence(options.from))
      return fault::of(failure::usage, "topic '", name,
                       "' has many producers, each of which counts its own events: begin at the ",
                       "earliest, the latest or a time");
    subscriber made;
    auto bells = descriptor_set::make();
    if (!bells) return bells.error();
    for (std::size_t i = 0; i < places; ++i) {
      auto here = open(i);
      if (!here) return here.error();
      if (auto watched = bells->add(here->wake_fd()); !watched) return watched.error();
      made.at_[i].emplace(std::move(*here));
    }
    made.bells_ = std::move(*bells);
    made.places_ = places;
    return made;
  }

  template <class F>
  void for_each(F f) {
    for (std::size_t i = 0; i < places_; ++i) f(*at_[i]);
  }
  template <class Count>
  [[nodiscard]] std::uint64_t sum(Count count) const {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < places_; ++i) all += count(*at_[i]);
    return all;
  }

  std::optional<one> at_[most_producers];
  std::size_t places_ = 0;
  std::size_t last_ = 0;  // whose turn it was
  std::size_t next_ = 0;
  descriptor_set bells_;
};

}  // namespace levada::inline v0
