// SPDX-License-Identifier: BSL-1.0
// lookup: an event together with what a table far away knows of its key: a database, a web service. Rows are cached; what is not
// is fetched on a thread of its own, and the event waits without holding up the flow.
//   lookup<"tariff">(&call::number, [&](const lv::text<16>& number) { return service.find(number); },
//                    [](const call& c, const tariff& t) { return priced{c, t.cents}; })
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/time.hpp>
#include <levada/op/attempt.hpp>
#include <levada/op/detail/far_calls.hpp>
#include <levada/op/detail/held_event.hpp>
#include <levada/op/detail/clock.hpp>
#include <levada/state/key_table.hpp>
#include <levada/state/slots.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

struct lookup_options {
  std::uint32_t bound = 1024;             ///< rows in the cache
  duration time_to_live{60'000'000'000};  ///< an older row is not used
  duration refresh_after{};               ///< an older row is used, and fetched anew on the side; zero: half of its life
  duration patience{1'000'000'000};       ///< so long an event waits
  std::uint32_t waiting = 1024;           ///< so many events wait at a time
  bool inline_fetch = false;  ///< no thread: the flow's own one fetches, between spans. For tests, and for quick tables
};

/// What has become of events and calls so far.
struct lookup_counts {
  std::uint64_t hits = 0;        ///< events whose row was in the cache when they came
  std::uint64_t calls = 0;       ///< keys that were given to the fetcher
  std::uint64_t faults = 0;      ///< of them, those without a row
  std::uint64_t unanswered = 0;  ///< events whose patience was over
  std::uint64_t no_room = 0;     ///< events that could not wait
};

/// A fetcher for several keys at a time: void(std::span<const Key> keys, auto answer) calls answer(i, result<Row>) for the i-th.
template <class Row, class F>
constexpr auto in_batches(F function) {
  return detail::batch_fetcher<Row, F>{std::move(function)};
}

/// Takes  events E; the extractor gives the key, fetcher(const Key&) a result<Row>, combine(const Event&, const Row&) what is
///        emitted. A combine that takes a `const Row*` is also called with nullptr, when an event has waited for its patience.
/// Emits  what combine gives, in the order in which the events came: one whose row is there waits behind those that wait for
///        theirs. Watermarks keep their place among them.
///        Aside goes refusal{event, reason}: the fetcher had a fault, no answer came in time, or there was no room to wait; out
///        of order, as soon as that is known.
/// Holds  `bound` rows and `waiting` events, from the start on. A restart brings them back (if they are trivially copyable), and
///        what had been asked is asked again. When the cache is full those rows go that were not used for longest, about.
/// Fails  never by itself. A fault is not cached: the next event of that key asks again, once at a time. A row whose refreshing
///        fails is used until it is too old. At the end of the stream those that wait get their patience, once for all, by the
///        machine's clock. A fetcher that never returns holds up the end of the program: give it a time limit of its own.
/// Costs  a hit: a lookup of the key, and combine. A miss: the event is copied; one system call a turn. While a call is out the
///        flow is woken every millisecond, and else not at all.
/// When an answer comes is up to the other side: a replay has the same order, with the rows of its own time.
template <fixed_string Name, class Value, class Fetch, class Combine, class In>
class lookup_operator {
 public:
  static constexpr std::string_view kind = "lookup";
  static constexpr std::string_view name = Name.view();
  using event_type = payload_type<In>;
  using key_type = picked_type<Value, In>;
  using row_type = typename detail::fetched<Fetch, key_type>::type;
  using aside_type = relayed_type<In, refusal<event_type>>;
  static constexpr bool needs_row = std::is_invocable_v<Combine&, const event_type&, const row_type&>;

  lookup_operator(Value value, Fetch fetch, Combine combine, const lookup_options& options)
      : value_(std::move(value)), combine_(std::move(combine)), options_(options), calls_(std::move(fetch)) {
    if (options_.refresh_after == duration{}) options_.refresh_after = options_.time_to_live / 2;
  }

  template <class>
  using output =
      relayed_type<In, std::remove_cvref_t<std::invoke_result_t<
                           Combine&, const event_type&, std::conditional_t<needs_row, const row_type&, const row_type*>>>>;

  result<> open() { return calls_.open(name.empty() ? kind : name, options_.waiting, !options_.inline_fetch); }

  LEVADA_INLINE void operator()(const In& e, auto out) {
    const key_type k = levada::pick(value_, levada::payload(e));
    const std::uint32_t slot = intern(k);
    const entry& known = std::as_const(entries_)[slot];
    const timestamp now = out.now();
    if (known.is_known && now < detail::later(known.fetched, options_.time_to_live)) [[likely]] {
      ++counts_.hits;
      if (!known.is_asked && now >= detail::later(known.fetched, options_.refresh_after)) [[unlikely]]
        call(k, slot, now);
      if (size_ == 0) [[likely]]
        return emit(e, known.row, out);
    } else {
      miss(k, slot, now);
    }
    wait(e, now, out);
  }

  void on(const start& s, auto out) {
    cache_ = key_table<key_type>(options_.bound);
    entries_.resize(std::size_t{options_.bound} + 1);
    queue_.resize(options_.waiting);
    out.raise(s);
  }
  void on(const tick& t, auto out) {
    out.raise(t);
    due_ = t.now + granule;
    turn(out);
  }
  void on(const flush& f, auto out) {
    turn(out);
    out.raise(f);
  }
  void on(const watermark& w, auto out) {
    is_idle_ = false;
    if (size_ == 0) return out.raise(w);
    timestamp& behind = queue_[place(size_ - 1)].watermark_behind;
    if (behind < w.time) behind = w.time;
  }
  void on(const idle& i, auto out) {
    is_idle_ = size_ > 0;
    if (!is_idle_) out.raise(i);
  }
  /// A key of the stream goes: what waits for it would come out under the next one's.
  void on(const retire& r, auto out) {
    if constexpr (is_keyed<In>) refuse_those([&](const waiting& w) { return w.held.slot == r.slot; }, "its key was retired", out);
    out.raise(r);
  }
  void on(const end_of_stream& end, auto out) {
    const duration limit{detail::later({wall_clock{}.steady().ns}, options_.patience).ns};
    for (turn(out); size_ > 0 && calls_->waits() && wall_clock{}.steady() < limit; turn(out)) calls_->wait_until(limit);
    release(never, out);
    out.raise(end);
  }
  [[nodiscard]] timestamp due() const { return size_ > 0 || (calls_ && calls_->waits()) ? due_ : never; }

  void persist(auto& archive)
    requires std::is_trivially_copyable_v<event_type>
  {
    if constexpr (std::is_trivially_copyable_v<row_type>) archive(cache_, entries_, generation_, oldest_, called_);
    archive(queue_, head_, size_, is_idle_);
  }
  /// Who was asked is not there any more. What waits asks again, at the first turn, and has all its patience.
  void restored() {
    for (entry& e : entries_) e.is_asked = false;
    is_restored_ = true;
    due_ = long_ago;
  }

  [[nodiscard]] const lookup_counts& counts() const { return counts_; }
  [[nodiscard]] std::uint32_t held() const { return size_; }

 private:
  struct entry {
    row_type row{};
    timestamp fetched{};
    bool is_known = false;
    bool is_asked = false;
  };
  struct waiting {
    detail::held_event<In> held{};
    timestamp until{};
    timestamp watermark_behind = long_ago;
    bool is_gone = false;  // refused while others waited before it
  };
  static constexpr duration granule{1'000'000};

  [[nodiscard]] std::uint32_t place(std::uint32_t nth) const {
    const std::uint32_t at = head_ + nth;
    return at < options_.waiting ? at : at - options_.waiting;
  }
  [[nodiscard]] key_type key_of(const waiting& w) { return levada::pick(value_, w.held.kept.event); }

  LEVADA_INLINE std::uint32_t intern(const key_type& k) {
    const std::uint32_t slot = cache_.intern(k, generation_);
    return slot != key_table<key_type>::none ? slot : make_room(k);
  }
  /// Ages are generations of an eighth of the cache: the oldest go, one generation or more.
  LEVADA_COLD std::uint32_t make_room(const key_type& k) {
    while (cache_.retire(oldest_, UINT32_MAX, [&](std::uint32_t slot) { entries_.reset(slot); }) == 0) ++oldest_;
    if (generation_ < oldest_) generation_ = oldest_;
    return cache_.intern(k, generation_);
  }

  LEVADA_COLD void miss(const key_type& k, std::uint32_t slot, timestamp now) {
    if (std::as_const(entries_)[slot].is_known) entries_[slot].is_known = false;  // it is too old
    if (!std::as_const(entries_)[slot].is_asked) call(k, slot, now);
  }
  /// Where there is no room for one more call, the event asks again when it is the first of those that wait.
  LEVADA_COLD void call(const key_type& k, std::uint32_t slot, timestamp now) {
    if (!calls_->ask(k)) return;
    entries_[slot].is_asked = true;
    due_ = detail::later(now, granule);
    ++counts_.calls;
    if (++called_ < options_.bound / 8) return;
    called_ = 0;
    ++generation_;
  }
  LEVADA_COLD void wait(const In& e, timestamp now, auto out) {
    is_idle_ = false;
    if (size_ == options_.waiting) {
      ++counts_.no_room;
      return refuse(e, "no room to wait for an answer: lookup_options::waiting", out);
    }
    waiting& w = queue_[place(size_++)];
    w.held.hold(e);
    w.until = detail::later(now, options_.patience);
    w.watermark_behind = long_ago;
    w.is_gone = false;
    due_ = detail::later(now, granule);
  }

  /// Between spans: asks, takes answers, and lets those go whose turn it is.
  void turn(auto out) {
    if (!calls_) return;  // time may move before the flow is open
    if (is_restored_) ask_again(out.now());
    calls_->tell();
    calls_->take([&](const key_type& k, detail::far_answer<row_type>& answer) {
      settle(k, answer, out);
      release(long_ago, out);  // nobody's patience is over while there are answers to look at
    });
    release(out.now(), out);
  }
  void settle(const key_type& k, detail::far_answer<row_type>& answer, auto out) {
    if (answer.is_there) {
      entries_[intern(k)] = {std::move(answer.row), out.now(), true, false};
      return;
    }
    ++counts_.faults;
    const std::uint32_t slot = cache_.find(k);  // it may have gone meanwhile
    if (slot != key_table<key_type>::none) entries_[slot].is_asked = false;
    if (slot != key_table<key_type>::none && std::as_const(entries_)[slot].is_known) return;
    const auto is_of_key = [&](const waiting& w) {
      const key_type own = key_of(w);
      return std::memcmp(&own, &k, sizeof k) == 0;
    };
    refuse_those(is_of_key, answer.reason.view(), out);
  }
  void release(timestamp now, auto out) {
    while (size_ > 0) {
      const waiting& first = std::as_const(queue_)[head_];
      if (!first.is_gone) {
        const key_type k = key_of(first);
        const std::uint32_t slot = cache_.find(k);
        const entry& known = std::as_const(entries_)[slot];  // slot 0 is nobody's, and never known
        if (known.is_known) {
          emit(first.held.view(), known.row, out);
        } else if (now >= first.until) {
          go_without(first.held.view(), out);
        } else {
          if (!known.is_asked) call(k, intern(k), out.now());
          return;
        }
      }
      const timestamp behind = first.watermark_behind;
      head_ = place(1);
      --size_;
      if (behind != long_ago) out.raise(watermark{behind});
      if (size_ == 0 && std::exchange(is_idle_, false)) out.raise(idle{});
    }
  }
  void ask_again(timestamp now) {
    is_restored_ = false;
    for (std::uint32_t i = 0; i < size_; ++i) {
      waiting& w = queue_[place(i)];
      w.until = detail::later(now, options_.patience);
      const key_type k = key_of(w);
      const std::uint32_t slot = intern(k);
      if (!w.is_gone && !entries_[slot].is_known && !entries_[slot].is_asked) call(k, slot, now);
    }
  }

  LEVADA_INLINE void emit(const In& e, const row_type& row, auto out) {
    if constexpr (needs_row) {
      const auto& result = combine_(levada::payload(e), row);
      out(levada::relay(e, result));
    } else {
      const auto& result = combine_(levada::payload(e), &row);
      out(levada::relay(e, result));
    }
  }
  void go_without(const In& e, auto out) {
    ++counts_.unanswered;
    if constexpr (needs_row) {
      refuse(e, "no answer came within its patience", out);
    } else {
      const auto& result = combine_(levada::payload(e), static_cast<const row_type*>(nullptr));
      out(levada::relay(e, result));
    }
  }
  void refuse_those(auto&& which, std::string_view reason, auto out) {
    for (std::uint32_t i = 0; i < size_; ++i) {
      const std::uint32_t at = place(i);
      const waiting& w = std::as_const(queue_)[at];
      if (w.is_gone || !which(w)) continue;
      refuse(w.held.view(), reason, out);
      queue_[at].is_gone = true;
    }
  }
  LEVADA_COLD void refuse(const In& e, std::string_view reason, auto out) {
    const refusal<event_type> why{levada::payload(e), reason};
    out.aside(levada::relay(e, why));
  }

  [[no_unique_address]] Value value_;
  [[no_unique_address]] Combine combine_;
  lookup_options options_;
  detail::far_calls<key_type, row_type, Fetch> calls_;
  key_table<key_type> cache_;
  slots<entry> entries_;
  slots<waiting> queue_;  // a ring
  std::uint32_t head_ = 0;
  std::uint32_t size_ = 0;
  std::uint32_t generation_ = 0;
  std::uint32_t oldest_ = 0;
  std::uint32_t called_ = 0;  // in this generation
  bool is_idle_ = false;      // the stream is, when the last one that waits has gone
  bool is_restored_ = false;
  timestamp due_ = long_ago;
  lookup_counts counts_;
};

template <fixed_string Name, class Value, class Fetch, class Combine>
struct lookup_description {
  [[no_unique_address]] Value value;
  [[no_unique_address]] Fetch fetch;
  [[no_unique_address]] Combine combine;
  lookup_options options;

  template <class E>
  static consteval bool fits() {
    if constexpr (has_key<E>()) {
      using P = payload_type<E>;
      using Row = typename detail::fetched<Fetch, picked_type<Value, E>>::type;
      constexpr bool fetches = !std::is_void_v<Row>;
      static_assert(fetches,
                    "lookup: the fetcher must be callable as result<Row>(const Key&), or be in_batches<Row>(function) with "
                    "void(std::span<const Key>, auto answer)");
      if constexpr (fetches) {
        constexpr bool combines = gives<const P&, const Row&> || gives<const P&, const Row*>;
        static_assert(combines,
                      "lookup: the last function must be callable as Result(const Event&, const Row&), or with a const Row* that "
                      "may be null, and return a value");
        constexpr bool keeps = std::semiregular<P> && std::semiregular<Row>;
        static_assert(!combines || keeps, "lookup: events wait and rows are kept, so both must be copyable and have a default");
        return combines && keeps;
      }
    } else {
      constexpr bool picks = has_key<E>();
      static_assert(picks,
                    "lookup: the key must be a member of the event type that arrives here, or what a function makes of one: an "
                    "integer, an enum or a text<N>");
    }
    return false;
  }
  template <class E>
  constexpr auto bind() && {
    return lookup_operator<Name, Value, Fetch, Combine, E>(std::move(value), std::move(fetch), std::move(combine), options);
  }

 private:
  template <class E>
  static consteval bool has_key() {
    if constexpr (picks_from<Value, E>)
      return key<picked_type<Value, E>>;
    else
      return false;
  }
  template <class... Arguments>
  static constexpr bool gives = [] {
    if constexpr (std::is_invocable_v<Combine&, Arguments...>)
      return event<std::remove_cvref_t<std::invoke_result_t<Combine&, Arguments...>>>;
    else
      return false;
  }();
};

/// lookup<"name">(&event::key, fetcher, combine, {.bound = 10'000, .patience = 200_ms})
template <fixed_string Name = "", class Value, class Fetch, class Combine>
constexpr auto lookup(Value value, Fetch fetch, Combine combine, lookup_options options = {}) {
  LEVADA_CHECK(options.bound > 0, options.bound);
  LEVADA_CHECK(options.waiting > 0 && options.waiting < (1u << 24), options.waiting);
  LEVADA_CHECK(options.time_to_live.ns > 0 && options.refresh_after.ns >= 0, options.time_to_live.ns);
  LEVADA_CHECK(options.patience.ns >= 0, options.patience.ns);
  return link{lookup_description<Name, Value, Fetch, Combine>{std::move(value), std::move(fetch), std::move(combine), options}};
}

}  // namespace levada::inline v0
