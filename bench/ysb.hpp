// SPDX-License-Identifier: BSL-1.0
// ysb: the Yahoo streaming benchmark in memory, in event time: views of ads, joined to their campaigns, counted by campaign every
// ten seconds of the events' own time. Events are out of order, watermarks say how far time has come, and what is late is dropped
// and counted. Neither JSON nor a broker nor the making of events is in what is measured.
#pragma once

#include "jobs.hpp"

#include <levada/op/event_time.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace bench {

/// The readings of the other jobs, a millisecond apart, each up to 150 ms late.
inline std::vector<reading> unordered_readings() {
  std::vector<reading> all = readings();
  std::mt19937_64 random{3};
  for (reading& r : all) r.time.ns += 1'000'000'000 - static_cast<std::int64_t>(random() % 150) * 1'000'000;
  return all;
}
/// The same events, once more, after themselves.
inline void move_on(std::span<reading> events) {
  for (reading& r : events) r.time.ns += static_cast<std::int64_t>(different_events) * 1'000'000;
}

namespace ysb {

inline constexpr std::uint32_t view = 1;
inline constexpr lv::duration size = 10_s, lateness = 200_ms, grain = 1_s, idle = 1_h;

/// Campaigns by ad: their numbers, which are slots, or identities that must be looked up.
template <bool Dense>
using identity = std::conditional_t<Dense, std::uint32_t, std::uint64_t>;
template <bool Dense>
std::vector<identity<Dense>> campaign_of_ad() {
  std::vector<identity<Dense>> t;
  if constexpr (Dense)
    for (std::size_t ad = 0; ad < ads; ++ad) t.push_back(static_cast<std::uint32_t>(ad % campaigns));
  else
    t = campaign_table();
  return t;
}
inline double digest(std::uint64_t campaign, std::uint64_t views) {
  return static_cast<double>(views) * static_cast<double>(campaign % 1'000 + 1);
}

/// Keys grow old by sixteenths of the time after which they are idle.
constexpr std::uint32_t age_of(std::int64_t time) { return time < 0 ? 0 : static_cast<std::uint32_t>(time / (idle.ns / 16)); }
/// A table as of a flow: its keys grow old, and a dead event adds none.
class ageing_table {
 public:
  std::uint32_t slot_of(bool live, std::uint64_t key, std::uint32_t age) {
    for (std::uint64_t i = key * 0x9E3779B97F4A7C15u >> 54;; i = (i + 1) & 1023) {
      entry& e = entries_[i];
      if (e.slot != 0 && e.key == key) [[likely]] {
        if (live & (age > e.age)) [[unlikely]]
          e.age = age;
        return e.slot;
      }
      if (e.slot == 0) {
        if (live) e = {key, ++size_, age};
        return e.slot;
      }
    }
  }
  template <class F>
  void retire(std::uint32_t horizon, F&& forget) {
    for (entry& e : entries_)
      if (e.slot != 0 && e.age < horizon) forget(e.slot);  // no key of this benchmark ever is
  }

 private:
  struct entry {
    std::uint64_t key = 0;
    std::uint32_t slot = 0, age = 0;
  };
  std::array<entry, 1024> entries_{};
  std::uint32_t size_ = 0;
};

/// Windows of one split by hand: a ring of panes, the pane of the last event at hand, and lists of the campaigns that were
/// touched.
template <bool Dense>
struct panes {
  static constexpr std::size_t ring = 8, width = campaigns + 1;
  struct pane {
    std::int64_t number = 0;
    std::uint32_t touched = 0;
    std::array<std::uint64_t, width> views{};
    std::array<std::uint32_t, width> list{};
  };
  std::array<pane, ring> all{};
  std::array<identity<Dense>, width> campaign{};
  std::int64_t first = INT64_MIN;
  std::uint64_t late = 0;
  double result = 0;

  /// The pane of a time; nothing for one that is over, or too far ahead.
  [[gnu::noinline]] pane* look(std::int64_t time) {
    const std::int64_t number = time / size.ns;
    pane& p = all[static_cast<std::size_t>(number) % ring];
    if (number < first || (p.touched != 0 && p.number != number)) {
      ++late;
      return nullptr;
    }
    p.number = number;
    return &p;
  }
  /// All windows before this one are over.
  void fire(std::int64_t next) {
    for (std::int64_t number = first > next - static_cast<std::int64_t>(ring) ? first : next - static_cast<std::int64_t>(ring);
         number < next; ++number) {
      pane& p = all[static_cast<std::size_t>(number < 0 ? 0 : number) % ring];
      if (p.touched == 0 || p.number != number) continue;
      for (std::uint32_t i = 0; i < p.touched; ++i) {
        const std::uint32_t slot = p.list[i];
        result += digest(campaign[slot], std::exchange(p.views[slot], 0));
      }
      p.touched = 0;
    }
    first = next;
  }
};

/// The loop of an expert for the same: the greatest time in a register, time said between two spans.
template <bool Dense>
struct hand {
  std::vector<identity<Dense>> campaign_of = campaign_of_ad<Dense>();
  std::conditional_t<Dense, no_table, ageing_table> slots{};
  panes<Dense> windows{};
  std::int64_t greatest = INT64_MIN, watermark = INT64_MIN;

  void push(std::span<const reading> events, lv::timestamp) {
    const identity<Dense>* const table = campaign_of.data();
    std::int64_t newest = greatest, begin = INT64_MAX;
    typename panes<Dense>::pane* at = nullptr;
    for (const reading& r : events) {
      const std::int64_t time = r.time.ns;
      newest = time > newest ? time : newest;
      const bool live = r.kind == view;
      const identity<Dense> campaign = table[r.rest[0]];
      std::uint32_t slot;
      if constexpr (Dense)
        slot = campaign < campaigns ? campaign : campaigns;
      else
        slot = slots.slot_of(live, campaign, age_of(time));
      if (static_cast<std::uint64_t>(time - begin) >= static_cast<std::uint64_t>(size.ns)) [[unlikely]] {
        if (!live) continue;
        auto* other = windows.look(time);
        if (other == nullptr) continue;
        at = other;
        begin = at->number * size.ns;
      }
      std::uint64_t& views = at->views[slot];
      if (live & (views == 0)) [[unlikely]] {
        windows.campaign[slot] = campaign;
        at->list[at->touched++] = slot;
      }
      views += live ? 1 : 0;
    }
    greatest = newest;
    if (const std::int64_t reached = (newest - lateness.ns) / grain.ns * grain.ns; reached > watermark) {
      watermark = reached;
      windows.fire(reached / size.ns);
      if constexpr (!Dense) slots.retire(age_of(reached - idle.ns), [](std::uint32_t) {});
    }
  }
  double finish() {
    windows.fire(greatest / size.ns + 1);
    return windows.result;
  }
};

/// Branch-free as well, but the time of an event is that of its arrival: no watermark, no lateness, one pane.
struct hand_without_event_time {
  std::vector<identity<true>> campaign_of = campaign_of_ad<true>();
  std::array<std::uint64_t, campaigns + 1> views{};
  std::int64_t window = 0;
  double result = 0;

  void push(std::span<const reading> events, lv::timestamp now) {
    if (const std::int64_t arrived = now.ns / size.ns; arrived != window) {
      fire();
      window = arrived;
    }
    const std::uint32_t* const table = campaign_of.data();
    for (const reading& r : events) {
      const std::uint32_t campaign = table[r.rest[0]];
      views[campaign < campaigns ? campaign : campaigns] += r.kind == view ? 1 : 0;
    }
  }
  void fire() {
    for (std::uint32_t campaign = 0; campaign < campaigns; ++campaign)
      result += digest(campaign, std::exchange(views[campaign], 0));
  }
  double finish() {
    fire();
    return result;
  }
};

template <bool Dense, bool Masked = true>
struct make {
  struct viewed {
    identity<Dense> campaign;
    lv::timestamp time;
  };
  static auto views() {
    constexpr auto is_view = [](const reading& r) { return r.kind == view; };
    if constexpr (Masked)
      return lv::select(is_view);
    else
      return lv::filter(is_view);
  }
  static constexpr auto campaign = [](const viewed& v) { return v.campaign; };
  static constexpr auto time = [](const viewed& v) { return v.time; };
  static auto keyed_by() {
    if constexpr (Dense)
      return lv::key_by(campaign, lv::dense_keys{campaigns});
    else
      return lv::key_by(campaign, {.bound = campaigns, .idle = idle}, lv::at(time));
  }
  auto operator()(double& result) const {
    return lv::flow(
        lv::from(lv::input<reading>{}) |
        lv::event_time([](const reading& r) { return r.time; }, lv::bounded{lateness, grain}, {.idle = 1_min, .ahead = 24_h}) |
        views() | lv::map([table = campaign_of_ad<Dense>()](const reading& r) { return viewed{table[r.rest[0]], r.time}; }) |
        keyed_by() | lv::window<lv::tumbling{size}>(lv::at(time), lv::aggregate<lv::count>(campaign)) |
        lv::to([&result](const auto& w) { result += digest(w.key, w.template get<lv::count>()); }));
  }
};

}  // namespace ysb

}  // namespace bench
