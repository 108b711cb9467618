// SPDX-License-Identifier: BSL-1.0
// junctions: signals where streams meet. Without merges a signal follows its one path; with them it moves as a wave: node by
// node in the order of the plan, so that a node hears it once, after all nodes above it. When a node that hears it raises it in
// turn, what lies below that node alone hears it at once, so that whatever the node does next comes after it there.
// What a merge makes of a signal depends on the edge that it came by:
//   watermark       the least of all edges that are neither idle nor ended goes on, when it has grown
//   idle            goes on when all edges that have not ended are idle
//   barrier         goes on when all edges that have not ended have brought it; until then their sources are not polled
//   end_of_stream   goes on when all edges have ended
//   all others      go on
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/signal.hpp>
#include <levada/core/time.hpp>
#include <levada/flow/plan.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace levada::inline v0::detail {

/// One signal on its way: the edges at whose ends it waits.
template <class Plan, class S>
struct wave {
  std::array<bool, Plan::edges.size()> waits{};
  std::array<S, Plan::edges.size()> value{};

  void leave(std::size_t node, const S& s) {
    for (std::size_t i = 0; i < Plan::edges.size(); ++i)
      if (Plan::edges[i].from == node) {
        waits[i] = true;
        value[i] = s;
      }
  }
};

/// The node that is hearing a signal now: what it raises of the same kind joins the wave, instead of beginning another.
struct hearing {
  const void* kind;
  std::size_t node;
  void* wave;
};
template <class S>
inline constexpr char kind_of_signal = 0;  // its address is the kind

template <class Plan>
class junctions {
 public:
  /// What goes on from `node`, of what waits there; nothing if it has to wait for more.
  template <class S>
  std::optional<S> pass(wave<Plan, S>& w, std::size_t node) {
    std::optional<S> on;
    for (std::size_t i = first(node); i < first(node + 1); ++i) {
      if (!std::exchange(w.waits[i], false)) continue;
      // Of slots only those of the first input are known below.
      if constexpr (std::same_as<S, start> || std::same_as<S, retire>)
        if (Plan::edges[i].input > 0) continue;
      on = w.value[i];
      if (Plan::fanin_of(node) > 1) note(lines_[i], w.value[i]);
    }
    if (on && Plan::fanin_of(node) > 1) settle(*on, on, node);
    return on;
  }
  /// Of a signal that lets others go on: the watermark that has grown because an edge is idle or has ended, ...
  std::optional<watermark> risen(std::size_t node) {
    const timestamp least = least_at(node);
    if (least <= passed_[node] || least == never) return {};
    passed_[node] = least;
    return watermark{least};
  }
  /// ... that all who remain are idle, ...
  std::optional<idle> paused(std::size_t node) {
    const bool was = paused_[node];
    paused_[node] = all(node, [](const line& l) { return l.idle || l.ended; });
    return paused_[node] && !was ? std::optional(idle{}) : std::nullopt;
  }
  /// ... and the barrier that nobody holds any more.
  std::optional<barrier> aligned(std::size_t node) {
    std::optional<std::uint64_t> id;
    for (std::size_t i = first(node); i < first(node + 1); ++i) {
      if (lines_[i].ended) continue;
      if (lines_[i].barrier == 0) return {};
      id = lines_[i].barrier - 1;
    }
    if (!id) return {};
    for (std::size_t i = first(node); i < first(node + 1); ++i) lines_[i].barrier = 0;
    return barrier{*id};
  }

  /// Has a barrier of this source come to a merge that waits for the same of others?
  [[nodiscard]] bool holds(const std::array<bool, Plan::nodes>& reached) const {
    for (std::size_t i = 0; i < edges; ++i)
      if (lines_[i].barrier != 0 && reached[Plan::edges[i].from]) return true;
    return false;
  }

  void persist(auto& archive) { archive(lines_, paused_, passed_); }

  const hearing* heard = nullptr;  ///< who hears a signal now

 private:
  static constexpr std::size_t edges = Plan::edges.size();
  static constexpr std::size_t first(std::size_t node) { return Plan::first_into[node]; }
  struct line {
    timestamp watermark = long_ago;
    std::uint64_t barrier = 0;  // id + 1; 0: none
    bool idle = false;
    bool ended = false;
  };

  static void note(line& l, const watermark& w) {
    if (l.watermark < w.time) l.watermark = w.time;
    l.idle = false;
  }
  static void note(line& l, const idle&) { l.idle = true; }
  static void note(line& l, const barrier& b) {
    if (l.barrier < b.id + 1) l.barrier = b.id + 1;
  }
  static void note(line& l, const end_of_stream&) { l.ended = true; }
  template <class S>
  static void note(line&, const S&) {}

  /// One that resumes after all were idle says the old time again: merges further down wait for this stream from now on.
  void settle(const watermark&, std::optional<watermark>& on, std::size_t node) {
    on = risen(node);
    if (std::exchange(paused_[node], false) && !on) on = watermark{passed_[node]};
  }
  void settle(const idle&, std::optional<idle>& on, std::size_t node) {
    paused_[node] = all(node, [](const line& l) { return l.idle || l.ended; });
    if (!paused_[node]) on.reset();
  }
  void settle(const barrier&, std::optional<barrier>& on, std::size_t node) {
    std::uint64_t newest = 0;
    for (std::size_t i = first(node); i < first(node + 1); ++i)
      if (newest < lines_[i].barrier) newest = lines_[i].barrier;
    for (std::size_t i = first(node); i < first(node + 1); ++i)
      if (lines_[i].barrier != newest) lines_[i].barrier = 0;  // an older one was given up: its successor counts
    on = aligned(node);
  }
  void settle(const end_of_stream&, std::optional<end_of_stream>& on, std::size_t node) {
    if (!all(node, [](const line& l) { return l.ended; })) on.reset();
  }
  template <class S>
  void settle(const S&, std::optional<S>&, std::size_t) {}

  bool all(std::size_t node, auto holds) const {
    for (std::size_t i = first(node); i < first(node + 1); ++i)
      if (!holds(lines_[i])) return false;
    return true;
  }
  [[nodiscard]] timestamp least_at(std::size_t node) const {
    timestamp least = never;
    for (std::size_t i = first(node); i < first(node + 1); ++i) {
      const line& l = lines_[i];
      if (!l.idle && !l.ended && l.watermark < least) least = l.watermark;
    }
    return least;
  }

  std::array<line, edges> lines_{};
  std::array<bool, Plan::nodes> paused_{};
  std::array<timestamp, Plan::nodes> passed_ = [] {
    std::array<timestamp, Plan::nodes> none;
    none.fill(long_ago);
    return none;
  }();
};

}  // namespace levada::inline v0::detail
