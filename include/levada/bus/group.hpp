// SPDX-License-Identifier: BSL-1.0
// group: several processes or threads that read a partitioned topic together. Each partition has one member at a time, so the
// events of a key come in order; who joins gets a fair share, and what belonged to one who died or stands still is taken over, at
// the position that the group has committed.
//
// Nobody directs this. Each member looks at the table of leases now and then, inside its own read() and wait(): it counts who
// lives, knows by that what its share is, gives back what it has too much, and takes what nobody has. See detail/lease_table.hpp
// for how a lease is taken, held and lost, detail/census.hpp for who counts, detail/group_cursor.hpp for what the producer sees.
#pragma once

#include <levada/bus/detail/census.hpp>
#include <levada/bus/detail/group_partition.hpp>
#include <levada/bus/detail/lease_table.hpp>
#include <levada/bus/detail/optional_array.hpp>
#include <levada/bus/detail/ring_of.hpp>
#include <levada/bus/layout.hpp>
#include <levada/bus/partition.hpp>
#include <levada/bus/subscriber.hpp>
#include <levada/bus/topic.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/core/time.hpp>
#include <levada/os/barrier.hpp>
#include <levada/os/clock.hpp>
#include <levada/os/epoll_loop.hpp>
#include <levada/os/process.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// Who says how far the group has read.
enum class commit_policy : std::uint8_t {
  automatic,  ///< what was released is committed every eighth of the ring and when all is read, as subscribers do it
  manual      ///< nothing is until commit(): the publisher waits for it, and partitions are given back only behind one
};

/// How a member joins. Members of one group should agree.
struct group_options {
  start_at from = start_at::earliest;  ///< for a group that has no position yet
  /// What happens when a ring is full of what the group has not committed, while any member lives.
  overflow_policy overflow = overflow_policy::block;
  /// For how long a member may make no turn while there is something to read for it. Then the others take over what it has. With
  /// overflow_policy::evict also for how long the group may keep a publisher waiting without a commit.
  duration lease{1'000'000'000};
  duration look_every{50'000'000};  ///< how soon a death is noticed, while the member waits
  commit_policy commits = commit_policy::automatic;
};

/// What comes next: events of one partition in a row, or one signal of it, or neither.
template <class T>
struct group_turn : turn<T> {
  std::uint32_t partition = 0;
  std::uint64_t sequence = 0;  ///< of the first event: with the partition it names it for good
};

/// Takes  nothing; what is published to the partitions that it owns comes to it.
/// Emits  turns, one partition after the other. Every event at least once: what a member had read and not committed when it was
///        killed, stopped past its lease or gone comes again to the next owner; nothing else does.
/// Holds  the mappings of all partitions and 2 descriptors for each, 4 more for each that it owns, and 4 of its own. Two of a
///        partition's 16 places: the group's, and the owner's.
/// Fails  at open in words; later in status(), if a partition cannot be opened or the table is damaged. Otherwise it counts:
///        events that were lost(), partitions that it was fenced() from, commits that were refused().
/// Costs  a turn: a copy of its events, two loads and a store; a commit: a compare-and-swap. Every
///        `look_every`, and when the group has changed, a look: a system call for each other member.
template <wire_event Topic>
  requires(detail::ring_of<Topic>::kind != detail::ring_kind::frames && !detail::has_many<Topic>)
class group_member {
 public:
  using event_type = typename subscriber<Topic>::event_type;

  /// Makes the topic's partitions and the group if they are not there. Alone, it has all partitions when this returns.
  static result<group_member> open(const partitioned_topic<Topic>& where, std::string_view group,
                                   const group_options& options = {}) {
    const auto name = compose<64>("group/", group);
    if (!detail::is_plain_name(group) || group.size() + sizeof("group/") > sizeof(detail::subscriber_name))
      return fault::of(failure::usage, "'", group, "' is not a name for a group: use letters, digits, '.', '_', '-', at most ",
                       sizeof(detail::subscriber_name) - sizeof("group/"), " in all");
    if (options.lease <= duration{} || options.look_every <= duration{})
      return fault::of(failure::usage, "group '", group,
                       "': its lease and the time between two looks must be longer than nothing");
    auto files = where.files();
    if (!files) return files.error();
    auto family = detail::open_or_make_partitions(*files, where.options().partitions);
    if (!family) return family.error();
    group_member m(options);
    m.parts_ = detail::optional_array<part>(family->partitions);
    for (std::uint32_t p = 0; p < family->partitions; ++p) {
      auto opened = part::open(where.partition(p), name.view(), options.from, {options.overflow, options.lease});
      if (!opened) return opened.error();
      m.parts_[p].emplace(std::move(*opened));
    }
    auto waits = epoll_loop::make();
    if (!waits) return waits.error();
    m.waits_.emplace(std::move(*waits));
    auto table = detail::lease_table::join(*files, group, family->partitions);
    if (!table) return table.error();
    m.table_ = std::move(*table);
    for (std::uint32_t p = 0; p < m.partitions(); ++p) m.parts_[p]->join(m.words(), p);
    m.progress_ = m.words().member(m.table_.own()).progress.relaxed();
    m.owner_ = process_id();
    m.look();
    if (!m.status_) return m.status_.error();
    return m;
  }

  group_member(group_member&&) noexcept = default;
  group_member& operator=(group_member&& other) noexcept {  // a defaulted one would leave the leases of this one to nobody
    if (this != &other) {
      this->~group_member();
      ::new (static_cast<void*>(this)) group_member(std::move(other));
    }
    return *this;
  }
  ~group_member() { leave(); }

  /// What comes next. Events stay readable until they are released, and not beyond the next read or wait: what was not released
  /// until then comes again.
  [[nodiscard]] LEVADA_INLINE group_turn<event_type> read() {
    begin_turn();
    for (auto left = owned_count_; left > 0 && owned_count_ > 0; --left) {
      at_ = at_ + 1 < owned_count_ ? at_ + 1 : 0;
      const auto p = owned_[at_];
      part& of = *parts_[p];
      const auto next = of.from().read();
      if (!of.is_held()) [[unlikely]] {  // asked afterwards: to one who was fenced events may look lost that others have read
        fence(p);
        continue;
      }
      if (next) {
        current_ = p;
        const auto lost = of.untold();
        lost_ += lost;
        return {{next.events, next.signal, lost}, p, of.from().position()};
      }
      if (is_automatic()) settle(of);
    }
    current_ = nobody;
    return {};
  }
  /// The first n events of the last turn are done with.
  LEVADA_INLINE void release(std::size_t n) {
    if (n == 0) return;
    part& of = current();
    of.from().release(n);
    if (is_automatic() && of.uncommitted() >= of.slice()) settle(of);
  }
  /// All that was released is read by the group. Fails with failure::unavailable if a partition was taken over meanwhile: what
  /// was read of it since its last commit is not committed, and comes to its new owner. The other partitions are committed.
  result<> commit() {
    result<> all;
    for (std::uint32_t i = 0; i < owned_count_; ++i)
      if (!settle(*parts_[owned_[i]]))
        all = fault::of(failure::unavailable, "partition ", owned_[i],
                        " was taken over by another member of the group: this one ", "made no turn for longer than its lease");
    if (owes_) look_now_ = true;
    return all;
  }

  /// The record that holds at the last turn: when its producer's span began, and which producer.
  [[nodiscard]] timestamp time() { return current().from().time(); }
  [[nodiscard]] std::uint32_t epoch() { return current().from().epoch(); }

  [[nodiscard]] std::uint32_t partitions() const { return static_cast<std::uint32_t>(parts_.size()); }
  /// The partitions that it has now, as far as it knows.
  [[nodiscard]] std::span<const std::uint32_t> owned() const { return {owned_, owned_count_}; }
  [[nodiscard]] bool owns(std::uint32_t p) const { return parts_[p]->is_owned(); }
  /// Grows with every owner of a partition that it owns: where results are kept outside, whoever comes with a smaller one than
  /// was seen there is one of yesterday.
  [[nodiscard]] std::uint64_t term(std::uint32_t p) const {
    LEVADA_CHECK(owns(p), p);
    return parts_[p]->term();
  }
  /// How many share the work, this one included, as of its last look.
  [[nodiscard]] std::uint32_t members() const { return census_.active(); }
  /// Events of a partition that the group has not committed; and of all.
  [[nodiscard]] std::uint64_t lag(std::uint32_t p) const { return parts_[p]->lag(); }
  [[nodiscard]] std::uint64_t lag() const {
    std::uint64_t all = 0;
    for (std::uint32_t p = 0; p < partitions(); ++p) all += lag(p);
    return all;
  }
  /// Events that were overwritten before this member came to read them. What it had not committed then is counted again by the
  /// next owner.
  [[nodiscard]] std::uint64_t lost() const { return lost_; }
  /// Partitions that others took over, because this member stood still past its lease.
  [[nodiscard]] std::uint64_t fenced() const { return fenced_; }
  /// Commits that came too late.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  /// What has kept it from a partition of its share, if anything has.
  [[nodiscard]] const result<>& status() const { return status_; }

  /// Before a wait on wake_fd(), an epoll descriptor: true promises that it becomes readable when there is something to read;
  /// false: there is already. A wait must not last longer than patience(): then the group is looked at.
  [[nodiscard]] bool park() {
    LEVADA_CHECK(!has_left(), words().partitions());
    current_ = nobody;
    step();
    look_if_due();
    for (const auto p : owned()) {
      part& of = *parts_[p];
      if (is_automatic() && of.from().unread() == 0) settle(of);
      of.from().lie_down();
    }
    const bool fenced = barrier_everywhere();
    bool all_stay = true;
    for (const auto p : owned()) all_stay &= parts_[p]->from().stays(fenced);
    if (!all_stay) unpark();
    return all_stay;
  }
  void unpark(bool timed_out = false) {
    for (const auto p : owned()) parts_[p]->from().unpark(timed_out);
  }
  [[nodiscard]] int wake_fd() const { return waits_->fd(); }
  [[nodiscard]] duration patience() const { return interval_; }
  /// Park, wait, unpark. True if there is something to read.
  [[nodiscard]] bool wait(duration timeout) {
    const wall_clock clock;
    const auto end = clock.steady() + timeout;
    for (;;) {
      if (!park()) return true;
      const auto now = clock.steady(), next = now + patience();
      const bool woken = now < end && waits_->wait(next < end ? next : end);
      unpark(!woken && now < end);
      if (now >= end) return false;
    }
  }

  /// Gives its partitions back, for others to go on with, and reads nothing more. Its destruction does it as well.
  void leave() {
    if (has_left() || owner_ != process_id()) return;
    while (owned_count_ > 0) {
      const auto p = owned_[owned_count_ - 1];
      if (is_automatic()) settle(*parts_[p]);
      parts_[p]->give_back();
      let_go(p);
    }
    for (std::uint32_t p = 0; p < partitions(); ++p) parts_[p]->leave();
    table_.leave();
  }

 private:
  static constexpr std::uint32_t nobody = UINT32_MAX;
  static constexpr std::uint32_t turns_a_reading = 8;  // of the clock
  using part = detail::group_partition<Topic>;

  explicit group_member(const group_options& options)
      : options_(options), interval_(options.look_every < options.lease / 4 ? options.look_every : options.lease / 4) {}

  [[nodiscard]] LEVADA_INLINE const detail::lease_words& words() const { return table_.words(); }
  [[nodiscard]] part& current() {
    LEVADA_CHECK(current_ != nobody && owns(current_), current_);
    return *parts_[current_];
  }
  [[nodiscard]] LEVADA_INLINE bool has_left() const { return !table_; }
  [[nodiscard]] LEVADA_INLINE bool is_automatic() const { return options_.commits == commit_policy::automatic; }

  LEVADA_INLINE void step() { words().member(table_.own()).progress.relaxed(++progress_); }  // pairs with nothing: it has to move
  [[nodiscard]] LEVADA_INLINE bool is_changed() const { return look_now_ || words().header().changes.relaxed() != changes_; }
  LEVADA_INLINE void begin_turn() {
    LEVADA_CHECK(!has_left(), words().partitions());
    step();
    if (is_changed() || ++turns_ % turns_a_reading == 0) [[unlikely]]
      look_if_due();
  }
  LEVADA_COLD void look_if_due() {
    if (is_changed() || wall_clock{}.steady() - looked_ >= interval_) look();
  }
  LEVADA_COLD void look() {
    looked_ = wall_clock{}.steady();
    look_now_ = false;
    changes_ = words().header().changes.relaxed();  // before the look: a change meanwhile is looked at next time
    for (auto i = owned_count_; i-- > 0;) {
      if (auto& of = *parts_[owned_[i]]; of.is_held())
        of.renew_cursor();
      else
        fence(owned_[i]);
    }
    census_.take(table_, looked_, options_.lease, [this](std::uint32_t member) { return is_behind(member); });
    const auto share = census_.share_of(table_.own(), partitions()), had = owned_count_;
    for (auto i = owned_count_; i-- > 0 && owned_count_ > share;) hand_over(owned_[i]);
    owes_ = owned_count_ > share;
    if (owned_count_ < had) words().announce();
    for (std::uint32_t p = 0; p < partitions() && owned_count_ < share; ++p) take_over(p);
  }
  [[nodiscard]] bool is_behind(std::uint32_t member) const {
    for (std::uint32_t p = 0; p < partitions(); ++p)
      if (words().at(p).owner == member + 1 && lag(p) > 0) return true;
    return false;
  }

  void take_over(std::uint32_t p) {
    const auto seen = words().at(p);
    if (!seen.is_sound()) {
      status_ = fault::of(failure::data, "the table of a group is damaged: the lease of partition ", p, " is ", seen.word(),
                          " (stop its members and remove the group)");
      return;
    }
    if (!seen.is_free() && census_.is_active(seen.owner - 1)) return;
    const auto taken = parts_[p]->take(seen, table_.own());
    if (!taken) status_ = taken.error();
    if (!taken || !*taken) return;
    owned_[owned_count_++] = p;
    if (auto watched = waits_->watch(parts_[p]->from().wake_fd()); !watched) status_ = watched;
  }
  void hand_over(std::uint32_t p) {
    part& of = *parts_[p];
    if (!is_automatic() && of.uncommitted() > 0) return;  // when the user has committed
    if (!settle(of)) return fence(p);
    of.give_back();
    let_go(p);
  }
  void fence(std::uint32_t p) {
    ++fenced_;
    let_go(p);
  }
  void let_go(std::uint32_t p) {
    waits_->forget(parts_[p]->from().wake_fd());
    parts_[p]->let_go();
    for (std::uint32_t i = 0; i < owned_count_; ++i)
      if (owned_[i] == p) owned_[i] = owned_[--owned_count_];
    if (current_ == p) current_ = nobody;
  }
  LEVADA_INLINE bool settle(part& of) {
    const bool held = of.settle();
    refused_ += held ? 0u : 1u;
    return held;
  }

  group_options options_;
  duration interval_;
  detail::optional_array<part> parts_;
  std::optional<epoll_loop> waits_;
  detail::lease_table table_;
  detail::census census_;
  std::uint32_t owned_[most_partitions]{};
  std::uint32_t owned_count_ = 0;
  std::uint32_t at_ = 0;            // in owned_
  std::uint32_t current_ = nobody;  // the partition of the last turn
  std::uint32_t turns_ = 0;
  std::uint64_t progress_ = 0;
  std::uint64_t changes_ = 0;
  duration looked_{};
  bool look_now_ = false;
  bool owes_ = false;  // it has more than its share, and waits for a commit to give it back
  std::uint64_t lost_ = 0;
  std::uint64_t fenced_ = 0;
  std::uint64_t refused_ = 0;
  result<> status_;
  int owner_ = 0;
};

}  // namespace levada::inline v0
