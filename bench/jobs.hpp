// SPDX-License-Identifier: BSL-1.0
// jobs: the programs that flows are measured by, each beside the loop that an expert would write by hand for the same work.
// Both take the same spans at the same times, and both must come to the same result.
#pragma once

#include <levada/core/time.hpp>
#include <levada/flow/flow.hpp>
#include <levada/op/filter.hpp>
#include <levada/op/fold.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/map.hpp>
#include <levada/op/select.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace bench {
struct uncounted;
}
template <levada::fixed_string Name>
inline constexpr bool levada::detail::is_counted<levada::from_operator<Name, bench::uncounted>> = false;

namespace bench {

namespace lv = levada;
using namespace lv::literals;

struct reading {
  lv::timestamp time{};
  std::uint32_t machine = 0;
  std::uint32_t kind = 0;
  double value = 0;
  double load = 0;
  std::uint64_t rest[4]{};
};
static_assert(sizeof(reading) == 64);

/// More than a branch predictor can memorise: 8192 are learned by heart, and the same code runs five times as fast.
inline constexpr std::size_t different_events = 65'536;
inline constexpr std::size_t span_length = 4'096;
inline constexpr lv::duration span_time = 4'096_ms;

inline constexpr std::uint32_t machines = 64;
inline constexpr std::uint32_t ads = 1'000, campaigns = 100, kinds = 3;

/// Identities of campaigns, by ad.
inline std::vector<std::uint64_t> campaign_table() {
  std::mt19937_64 random{7};
  std::array<std::uint64_t, campaigns> identity{};
  for (auto& one : identity) one = random();
  std::vector<std::uint64_t> by_ad(ads);
  for (std::size_t ad = 0; ad < ads; ++ad) by_ad[ad] = identity[ad % campaigns];
  return by_ad;
}

/// `kind` and `value` are random, so that no filter can be predicted. As an ad event, `machine` is the user and rest[0] the ad.
inline std::vector<reading> readings() {
  std::mt19937_64 random{1};
  std::uniform_real_distribution<double> value(-50, 150), load(0, 1);
  std::vector<reading> all(different_events);
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = {{static_cast<std::int64_t>(i) * 1'000'000},
              static_cast<std::uint32_t>(random() % machines),
              static_cast<std::uint32_t>(random() % kinds),
              value(random),
              load(random),
              {random() % ads, 0, 0, 0}};
  }
  return all;
}

/// What a hand loop looks sparse keys up with: open addressing, a multiplication, room for 1024.
template <class Key>
class hand_table {
 public:
  std::uint32_t slot_of(Key key) {
    for (std::uint64_t i = key * 0x9E3779B97F4A7C15u >> 54;; i = (i + 1) & 1023) {
      entry& e = entries_[i];
      if (e.slot != 0 && e.key == key) [[likely]]
        return e.slot;
      if (e.slot == 0) {
        e = {key, ++size_};
        return size_;
      }
    }
  }

 private:
  struct entry {
    Key key{};
    std::uint32_t slot = 0;
  };
  std::array<entry, 1024> entries_{};
  std::uint32_t size_ = 0;
};

/// A flow made by Make, driven like a hand loop.
template <class Make>
class fused {
 public:
  fused() : flow_(Make{}(result_)) { opened_ = static_cast<bool>(flow_.open()); }
  fused(const fused&) = delete;
  fused& operator=(const fused&) = delete;

  void push(std::span<const reading> events, lv::timestamp now) {
    flow_.advance(now);
    flow_.push(events);
  }
  double finish() {
    flow_.finish();
    return opened_ ? result_ : NAN;
  }

 private:
  double result_ = 0;
  decltype(Make{}(std::declval<double&>())) flow_;
  bool opened_ = false;
};

// ---- a: filter, map, map, filter, sum --------------------------------------------------------------------------------

/// `sieve` is filter or select.
template <class Source = lv::input<reading>, class Sieve>
auto thermal_sum(double& result, Sieve sieve, auto add) {
  return lv::flow(lv::from(Source{}) | sieve([](const reading& r) { return r.value > 0; }) |
                  lv::map([](const reading& r) { return r.value * 1.8 + 32; }) |
                  lv::map([](double fahrenheit) { return (fahrenheit - 150) * 0.25; }) |
                  sieve([](double excess) { return excess > 0; }) | lv::fold(0.0, add) |
                  lv::to([&result](double sum) { result = sum; }));
}

struct a {
  struct hand {
    double sum = 0;
    void push(std::span<const reading> events, lv::timestamp) {
      double local = sum;
      for (const reading& r : events) {
        if (!(r.value > 0)) continue;
        const double fahrenheit = r.value * 1.8 + 32;
        const double excess = (fahrenheit - 150) * 0.25;
        if (!(excess > 0)) continue;
        local += excess;
      }
      sum = local;
    }
    double finish() { return sum; }
  };
  struct make {
    auto operator()(double& result) const {
      return thermal_sum(result, [](auto predicate) { return lv::filter(predicate); }, [](double& sum, double v) { sum += v; });
    }
  };
};

/// The same, and nobody counts what goes through its operators.
struct uncounted : lv::input<reading> {};
struct a_uncounted {
  struct make {
    auto operator()(double& result) const {
      return thermal_sum<uncounted>(
          result, [](auto predicate) { return lv::filter(predicate); }, [](double& sum, double v) { sum += v; });
    }
  };
};

struct a_select {
  struct make {
    auto operator()(double& result) const {
      return thermal_sum(
          result, [](auto predicate) { return lv::select(predicate); },
          [](double& sum, bool live, double v) { sum += lv::kept(live, v); });
    }
  };
};

// ---- b and sensor: mean, max and deviation of sliding windows, a machine at a time -------------------------------------

struct no_table {
  std::uint32_t slot_of(std::uint32_t key) { return key; }
};
template <std::uint32_t Size, std::uint32_t Slide, bool Dense = true>
struct sliding_windows {
  struct hand {
    static constexpr std::uint32_t panes = Size / Slide;
    /// Sums of differences to the first value, as levada keeps them: raw sums lose the digits of a small deviation.
    struct pane {
      double origin = 0, sum = 0, squares = 0, greatest = 0;
    };
    struct ring {
      std::uint32_t events = 0, current = 0, full = 0;
      std::array<pane, panes> all{};
    };
    std::conditional_t<Dense, no_table, hand_table<std::uint32_t>> slots{};
    std::array<ring, machines + 1> rings{};
    double result = 0;

    void push(std::span<const reading> events, lv::timestamp) {
      for (const reading& r : events) {
        if (Dense && r.machine >= machines) [[unlikely]]
          continue;
        ring& own = rings[slots.slot_of(r.machine)];
        pane& p = own.all[own.current];
        if (own.events == 0) [[unlikely]]
          p = {r.value, 0, 0, r.value};
        const double d = r.value - p.origin;
        p.sum += d;
        p.squares += d * d;
        p.greatest = r.value > p.greatest ? r.value : p.greatest;
        if (++own.events == Slide) [[unlikely]]
          close(own);
      }
    }
    void close(ring& own) {
      own.events = 0;
      const std::uint32_t oldest = own.current + 1 == panes ? 0 : own.current + 1;
      if (own.full == panes - 1) {
        pane all = own.all[oldest];
        double n = Slide;
        for (std::uint32_t i = oldest; i != own.current; n += Slide) {
          i = i + 1 == panes ? 0 : i + 1;
          const pane& p = own.all[i];
          const double shift = p.origin - all.origin, moved = shift * Slide;
          all.sum += p.sum + moved;
          all.squares += p.squares + shift * (2 * p.sum + moved);
          all.greatest = p.greatest > all.greatest ? p.greatest : all.greatest;
        }
        const double mean = all.origin + all.sum / n;
        const double second = all.squares - all.sum * all.sum / n;
        emit(mean, all.greatest, std::sqrt((second < 0 ? 0 : second) / n));
      } else {
        ++own.full;
      }
      own.current = oldest;
    }
    void emit(double mean, double greatest, double deviation) { result += mean + 2 * greatest + 3 * deviation; }
    double finish() { return result; }
  };

  struct make {
    static auto keyed_by() {
      if constexpr (Dense)
        return lv::key_by(&reading::machine, lv::dense_keys{machines});
      else
        return lv::key_by(&reading::machine, {.bound = machines});
    }
    auto operator()(double& result) const {
      return lv::flow(lv::from(lv::input<reading>{}) | keyed_by() |
                      lv::window<lv::sliding{Size, Slide}>(lv::aggregate<lv::mean, lv::max, lv::stddev>(&reading::value)) |
                      lv::to([&result](const auto& w) {
                        result += w.template get<lv::mean>() + 2 * w.template get<lv::max>() + 3 * w.template get<lv::stddev>();
                      }));
    }
  };
};
using b = sliding_windows<64, 16>;
using sensor = sliding_windows<1024, 256>;
using b_by_table = sliding_windows<64, 16, false>;
using sensor_by_table = sliding_windows<1024, 256, false>;

// ---- c: the Yahoo streaming benchmark in memory: views of ads, counted by campaign every ten seconds -------------------

template <bool Dense>
struct yahoo {
  using identity = std::conditional_t<Dense, std::uint32_t, std::uint64_t>;
  static auto table() {
    std::vector<identity> t;
    if constexpr (Dense)
      for (std::size_t ad = 0; ad < ads; ++ad) t.push_back(static_cast<std::uint32_t>(ad % campaigns));
    else
      t = campaign_table();
    return t;
  }
  static constexpr std::uint32_t view = 1;
  struct viewed {
    identity campaign;
    lv::timestamp time;
  };
  static double digest(std::uint64_t campaign, std::uint64_t views) {
    return static_cast<double>(views) * static_cast<double>(campaign % 1'000 + 1);
  }

  struct hand {
    std::vector<identity> campaign_of = table();
    std::conditional_t<Dense, no_table, hand_table<std::uint64_t>> slots{};
    struct cell {
      identity campaign = 0;
      std::uint64_t views = 0;
    };
    std::array<cell, campaigns + 1> cells{};
    std::int64_t window = 0;
    double result = 0;

    void push(std::span<const reading> events, lv::timestamp now) {
      if (const std::int64_t arrived = now.ns / (10_s).ns; arrived != window) {
        fire();
        window = arrived;
      }
      for (const reading& r : events) {
        if (r.kind != view) continue;
        const viewed v{campaign_of[r.rest[0]], r.time};
        std::uint32_t slot;
        if constexpr (Dense) {
          if (v.campaign >= campaigns) [[unlikely]]
            continue;
          slot = v.campaign;
        } else
          slot = slots.slot_of(v.campaign);
        cell& own = cells[slot];
        if (own.views == 0) [[unlikely]]
          own.campaign = v.campaign;
        ++own.views;
      }
    }
    void fire() {
      for (cell& own : cells) {
        if (own.views != 0) result += digest(own.campaign, own.views);
        own = {};
      }
    }
    double finish() {
      fire();
      return result;
    }
  };

  struct make {
    static auto keyed_by() {
      auto campaign = [](const viewed& v) { return v.campaign; };
      if constexpr (Dense)
        return lv::key_by(campaign, lv::dense_keys{campaigns});
      else
        return lv::key_by(campaign, {.bound = campaigns});
    }
    auto operator()(double& result) const {
      return lv::flow(lv::from(lv::input<reading>{}) | lv::filter([](const reading& r) { return r.kind == view; }) |
                      lv::map([table = table()](const reading& r) { return viewed{table[r.rest[0]], r.time}; }) | keyed_by() |
                      lv::window<lv::tumbling{10_s}>(lv::aggregate<lv::count>([](const viewed& v) { return v.campaign; })) |
                      lv::to([&result](const auto& w) { result += digest(w.key, w.template get<lv::count>()); }));
    }
  };
};

using c = yahoo<true>;
using c_by_table = yahoo<false>;

// ---- d: two branches, merged in the order of the events, and a moving average over both ---------------------------------

struct d {
  static void follow(double& level, double v) { level += 0.01 * (v - level); }

  struct hand {
    double level = 0;
    void push(std::span<const reading> events, lv::timestamp) {
      double local = level;
      for (const reading& r : events) {
        if (r.value > 50) follow(local, r.value * 2);
        if (r.load > 0.5) follow(local, r.value - 100 * r.load);
      }
      level = local;
    }
    double finish() { return level; }
  };

  struct make {
    auto operator()(double& result) const {
      return lv::flow(lv::from(lv::input<reading>{}) |
                      lv::fork(lv::filter([](const reading& r) { return r.value > 50; }) |
                                   lv::map([](const reading& r) { return r.value * 2; }),
                               lv::filter([](const reading& r) { return r.load > 0.5; }) |
                                   lv::map([](const reading& r) { return r.value - 100 * r.load; })) |
                      lv::fold(0.0, [](double& level, double v) { follow(level, v); }) |
                      lv::to([&result](double level) { result = level; }));
    }
  };
};

/// One pass over the events, a span at a time; `now` goes on from pass to pass.
template <class Side>
void pass(Side& side, std::span<const reading> events, lv::timestamp& now) {
  for (std::size_t at = 0; at < events.size(); at += span_length) {
    now = now + span_time;
    side.push(events.subspan(at, span_length), now);
  }
}

}  // namespace bench
