// SPDX-License-Identifier: BSL-1.0
// naive_pattern: what pattern(...) should find, computed with all events of a key in hand. First each event that may begin a
// match is followed for itself, as if it were alone; then the paths are laid beside each other, to see who has room and who is
// skipped.
#pragma once

#include <levada/op/pattern.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace support {

struct naive_step {
  std::string_view fits;
  bool strict = false;
  std::uint32_t least = 1, most = 1;
  std::string_view unless = "";
  std::int64_t gap = INT32_MAX;
};
struct naive_pattern {
  std::vector<naive_step> steps;
  std::string_view absent = "";
  std::int64_t absent_gap = INT32_MAX;
  std::int64_t within = INT32_MAX;
};
struct naive_event {
  char what;
  std::int64_t time;
  std::uint32_t number;
};
struct naive_outcome {
  std::vector<std::string> matches, aside;
  std::uint64_t dropped = 0;

  bool operator==(const naive_outcome&) const = default;
};

/// What becomes of the event at `start`, if it is given room.
struct naive_path {
  enum class ending { open, over, complete, time };
  const naive_pattern& p;
  const std::vector<naive_event>& events;
  std::size_t start;
  bool goes_on;  // after a match

  std::vector<std::vector<std::size_t>> taken{p.steps.size()};
  std::vector<std::pair<std::size_t, std::string>> matches{};  // at which event
  ending end = ending::open;
  std::size_t at = SIZE_MAX;  // the event that ended it
  std::int64_t deadline = 0;

  struct edge {
    std::size_t step;
    bool is_next;
  };
  [[nodiscard]] std::size_t step() const {
    std::size_t s = p.steps.size();
    while (taken[s - 1].empty()) --s;
    return s - 1;
  }
  [[nodiscard]] bool waits() const { return !p.absent.empty() && taken.back().size() >= p.steps.back().least; }
  [[nodiscard]] bool has_matched() const { return taken.back().size() >= p.steps.back().least; }
  [[nodiscard]] std::vector<edge> edges() const {
    const std::size_t s = step();
    std::vector<edge> all;
    if (waits()) return all;
    if (taken[s].size() >= p.steps[s].least && s + 1 < p.steps.size()) all.push_back({s + 1, true});
    if (taken[s].size() < p.steps[s].most) all.push_back({s, false});
    return all;
  }
  [[nodiscard]] std::size_t last() const { return taken[step()].back(); }
  [[nodiscard]] bool takes(std::size_t event) const {
    return std::ranges::any_of(taken, [&](const auto& one) { return std::ranges::count(one, event) > 0; });
  }

  [[nodiscard]] std::string words(std::int64_t until) const {
    std::string s;
    for (std::size_t i = 0; i < taken.size(); ++i) {
      const std::uint32_t most = p.steps[i].most, least = p.steps[i].least;
      const std::size_t room = most != UINT32_MAX ? most : std::max<std::uint32_t>(least, 2);
      for (std::size_t k = 0; k < taken[i].size(); ++k)
        if (k + 1 < room || k + 1 == taken[i].size()) s += events[taken[i][k]].what + std::to_string(events[taken[i][k]].number);
      if (!taken[i].empty()) s += ' ';
    }
    return s + "[" + std::to_string(events[start].time) + ", " + std::to_string(until) + "]";
  }
  void take(std::size_t s, std::size_t j) {
    taken[s].push_back(j);
    if (s + 1 < p.steps.size() || !has_matched() || !p.absent.empty()) return;
    matches.emplace_back(j, words(events[j].time));
    if (!goes_on || taken[s].size() == p.steps[s].most) end = ending::complete, at = j;
  }
  void find_deadline() {
    std::int64_t gap = waits() ? p.absent_gap : 0;
    for (const edge& e : edges()) gap = std::max(gap, p.steps[e.step].gap);
    deadline = std::min(events[start].time + p.within, events[last()].time + gap);
  }
  void follow() {
    take(0, start);
    for (std::size_t j = start + 1; j < events.size() && end == ending::open; ++j) look(j);
    if (end == ending::open) find_deadline();
  }
  void look(std::size_t j) {
    auto fits = [&](std::string_view which) { return which.find(events[j].what) != std::string_view::npos; };
    find_deadline();
    if (events[j].time >= deadline) return void((end = ending::time, at = j));
    if (waits()) {
      if (fits(p.absent)) end = ending::over, at = j;
      return;
    }
    const auto all = edges();
    for (const edge& e : all) {
      const naive_step& s = p.steps[e.step];
      const bool closed = (s.strict && last() + 1 != j) || events[j].time - events[last()].time >= s.gap;
      if (!closed && fits(s.fits)) return take(e.step, j);
    }
    bool ends = std::ranges::all_of(all, [&](const edge& e) { return p.steps[e.step].strict; });
    for (const edge& e : all) ends |= e.is_next && fits(p.steps[e.step].unless);
    if (ends) end = ending::over, at = j;
  }
};

/// The matches among the events of one key; at last the watermark `until` comes.
inline naive_outcome naive_matches(const naive_pattern& p, levada::matching how, const std::vector<naive_event>& events,
                                   std::int64_t until) {
  using ending = naive_path::ending;
  const bool past_last = how.after_match == levada::skip::past_last;
  naive_outcome result;
  std::list<naive_path> active;
  auto expire = [&](std::int64_t now, auto is_over) {
    while (true) {
      auto first = active.end();
      for (auto it = active.begin(); it != active.end(); ++it)
        if (is_over(*it) && it->deadline <= now && (first == active.end() || it->deadline < first->deadline)) first = it;
      if (first == active.end()) return;
      if (first->waits()) {
        result.matches.push_back(first->words(first->deadline));
        if (past_last) return active.clear();
      } else if (!first->has_matched()) {
        result.aside.push_back(first->words(events[first->last()].time));
      }
      active.erase(first);
    }
  };
  for (std::size_t j = 0; j < events.size(); ++j) {
    expire(events[j].time, [&](const naive_path& one) { return one.end == ending::time && one.at == j; });
    const bool used = std::ranges::any_of(active, [&](const naive_path& one) { return one.takes(j); });
    bool skips = false;
    for (auto one = active.begin(); one != active.end() && !skips;) {
      for (const auto& [at, words] : one->matches)
        if (at == j) result.matches.push_back(words), skips = past_last;
      one = one->at == j ? active.erase(one) : std::next(one);
    }
    if (skips) {
      active.clear();
      continue;
    }
    if (p.steps[0].fits.find(events[j].what) == std::string_view::npos) continue;
    if (active.size() == how.partials) {
      const bool oldest = how.full == levada::when_full::drop_oldest;
      result.dropped += oldest || !used ? 1 : 0;
      if (!oldest) continue;
      active.erase(active.begin());
    }
    naive_path path{p, events, j, how.after_match == levada::skip::none};
    path.follow();
    for (const auto& [at, words] : path.matches)
      if (at == j) result.matches.push_back(words), skips = past_last;
    if (skips)
      active.clear();
    else if (path.at != j)
      active.push_back(path);
  }
  expire(until, [](const naive_path& one) { return one.end == ending::open; });
  if (how.expired != levada::timed_out::aside) result.aside.clear();
  return result;
}

/// With any way of choosing events for the steps allowed: when can the earliest match that begins with `start` be complete? By
/// backtracking; for patterns of relaxed steps without unless, gaps and absence. SIZE_MAX: never.
inline std::size_t earliest_completion(const naive_pattern& p, const std::vector<naive_event>& events, std::size_t start,
                                       std::size_t step, std::uint32_t count, std::size_t at) {
  const naive_step& own = p.steps[step];
  if (events[at].time - events[start].time >= p.within) return SIZE_MAX;
  if (step + 1 == p.steps.size() && count >= own.least) return at;
  std::size_t best = SIZE_MAX;
  for (std::size_t j = at + 1; j < events.size(); ++j) {
    auto fits = [&](const naive_step& s) { return s.fits.find(events[j].what) != std::string_view::npos; };
    if (count < own.most && fits(own)) best = std::min(best, earliest_completion(p, events, start, step, count + 1, j));
    if (count >= own.least && step + 1 < p.steps.size() && fits(p.steps[step + 1]))
      best = std::min(best, earliest_completion(p, events, start, step + 1, 1, j));
  }
  return best;
}

}  // namespace support
