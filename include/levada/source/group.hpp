// SPDX-License-Identifier: BSL-1.0
// group_source: a member of a group as a source, so that several processes, each with the same flow, share a partitioned topic.
// What a turn of the runner has handed down is committed at the beginning of the next one, when sinks have written it: a flow
// that is killed has its successor see again what it had in its hands, and nothing else.
#pragma once

#include <levada/bus/group.hpp>
#include <levada/bus/layout.hpp>
#include <levada/bus/partition.hpp>
#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

namespace detail {

/// The event time of several partitions, of which a member has now these and now those: the least of what they have said since it
/// has them. One that has said nothing yet holds back the others, one that is idle does not.
class partition_marks {
 public:
  void note(std::uint32_t p, std::uint64_t term, timestamp time, bool idle) {
    if (marks_[p].term != term || marks_[p].time < time) marks_[p].time = time;
    marks_[p].term = term;
    marks_[p].idle = idle;
  }
  struct news {
    std::optional<timestamp> time;  ///< to which it has moved
    bool is_idle = false;           ///< from now on nobody holds back anybody
  };
  template <class Member>
  [[nodiscard]] news combine(const Member& of) {
    auto least = never;
    for (const auto p : of.owned()) {
      const auto& m = marks_[p];
      const bool is_of_now = m.term == of.term(p);
      if (is_of_now && m.idle) continue;
      const auto time = is_of_now ? m.time : long_ago;
      if (time < least) least = time;
    }
    const bool idle = least == never;
    news told{{}, idle && !idle_};
    idle_ = idle;
    if (!idle && least > said_) told.time = said_ = least;
    return told;
  }

 private:
  struct mark {
    std::uint64_t term = 0;
    timestamp time = long_ago;
    bool idle = false;
  };
  mark marks_[most_partitions]{};
  timestamp said_ = long_ago;
  bool idle_ = false;
};

}  // namespace detail

/// Emits  the events of the partitions that it owns, those of each key in order, each at least once; the least watermark of these
///        partitions; one idle when all are; the end when all that it owns have ended. No barriers: those of partitions do not
///        meet.
/// Holds  a group_member, from open() on.
/// Fails  where a member does.
/// Costs  what a member does, and a commit a turn for each partition that brought something.
template <wire_event T>
class group_source {
 public:
  using event_type = typename topic<T>::event_type;
  static constexpr bool brings_time = true;

  group_source(partitioned_topic<T> from, std::string_view group, const group_options& options)
      : topic_(std::move(from)), group_(group), options_(options) {
    options_.commits = commit_policy::manual;
  }

  [[nodiscard]] result<> open() {
    auto opened = group_member<T>::open(topic_, group_.view(), options_);
    if (!opened) return opened.error();
    member_.emplace(*std::move(opened));
    return {};
  }

  [[nodiscard]] polled poll(auto out, std::size_t budget) {
    commit();
    if (has_ended()) {
      member_->leave();
      return polled::end;
    }
    polled came = polled::nothing;
    for (std::size_t brought = 0; brought < budget;) {
      const auto next = member_->read();
      if (next.lost > 0) [[unlikely]]
        out.drop(next.lost);
      if (!next) break;
      came = polled::events;
      handed_ = true;
      out.advance(member_->time());
      if (next.signal != nullptr) {
        ++brought;
        hear(next, out);
      } else {
        out(next.events);
        member_->release(next.events.size());
        brought += next.events.size();
        events_ += next.events.size();
      }
    }
    return came;
  }
  /// Events so far.
  [[nodiscard]] std::uint64_t position() const { return events_; }

  [[nodiscard]] int wake_fd() const { return member_->wake_fd(); }
  [[nodiscard]] bool park() {
    commit();
    return member_->park();
  }
  void unpark(bool timed_out) { member_->unpark(timed_out); }
  [[nodiscard]] duration patience() const { return member_->patience(); }

  /// To ask about partitions, lag and loss. Not before open().
  [[nodiscard]] group_member<T>& member() {
    LEVADA_CHECK(member_.has_value(), member_.has_value());
    return *member_;
  }

 private:
  /// What is refused here is counted by the member: it comes again to whoever has the partition now.
  void commit() {
    if (std::exchange(handed_, false)) [[maybe_unused]]
      const result<> done = member_->commit();
  }
  void hear(const group_turn<event_type>& next, auto out) {
    const auto p = next.partition;
    const auto term = member_->term(p);
    switch (next.signal->kind()) {
      case lane_kind::watermark: marks_.note(p, term, timestamp{static_cast<std::int64_t>(next.signal->value)}, false); break;
      case lane_kind::idle: marks_.note(p, term, long_ago, true); break;
      case lane_kind::end: ended_[p] = term; break;
      case lane_kind::barrier: return;
      case lane_kind::commit: return;  // never given out
    }
    const auto told = marks_.combine(*member_);
    if (told.time) out.raise(watermark{*told.time});
    if (told.is_idle) out.raise(idle{});
  }
  [[nodiscard]] bool has_ended() const {
    for (const auto p : member_->owned())
      if (ended_[p] != member_->term(p)) return false;
    return !member_->owned().empty();
  }

  partitioned_topic<T> topic_;
  text<64> group_;
  group_options options_;
  std::optional<group_member<T>> member_;
  detail::partition_marks marks_;
  std::uint64_t ended_[most_partitions]{};  // the term under which the partition's end came
  std::uint64_t events_ = 0;
  bool handed_ = false;  // something went down that is not committed
};

/// from(group(topic, "name")).
template <wire_event T>
[[nodiscard]] group_source<T> group(partitioned_topic<T> from, std::string_view name, const group_options& options = {}) {
  return {std::move(from), name, options};
}

}  // namespace levada::inline v0
