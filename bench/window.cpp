// SPDX-License-Identifier: BSL-1.0
// window: windows that slide with every event, beside what is written by hand for the same work.
//   bench_window [--rounds N]   prints samples
#include <levada/core/histogram.hpp>
#include <levada/core/time.hpp>
#include <levada/flow/flow.hpp>
#include <levada/op/aggregate.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include "cores.hpp"
#include "sample.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace bench;
namespace lv = levada;

struct reading {
  lv::timestamp time{};
  double value = 0;
};
constexpr std::size_t different_events = 16'384;
constexpr std::size_t span_length = 4'096;

std::vector<reading> readings() {
  std::mt19937_64 random{1};
  std::normal_distribution<double> value(1'000, 3);
  std::vector<reading> all(different_events);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = {{static_cast<std::int64_t>(i)}, value(random)};
  return all;
}

// ---- who takes part: push(span), and result() to compare ---------------------------------------------------------------

template <class Aggregate, std::size_t Size, lv::stalls Stalls>
auto flow_into(double& result) {
  return lv::flow(lv::from(lv::input<reading>{}) |
                  lv::window<lv::sliding{Size, 1}, Stalls>(lv::aggregate<Aggregate>(&reading::value)) |
                  lv::to([&result](const auto& w) { result += w.template get<Aggregate>(); }));
}
template <class Aggregate, std::size_t Size, lv::stalls Stalls>
class fused {
 public:
  fused() { opened_ = static_cast<bool>(flow_.open()); }
  [[gnu::noinline]] void push(std::span<const reading> events) { flow_.push(events); }
  [[nodiscard]] double result() const { return opened_ ? result_ : NAN; }

 private:
  double result_ = 0;
  decltype(flow_into<Aggregate, Size, Stalls>(std::declval<double&>())) flow_ = flow_into<Aggregate, Size, Stalls>(result_);
  bool opened_ = false;
};

/// As much of a window as each aggregate needs, the deviation as levada keeps it.
template <class Aggregate>
struct partial {
  double origin = 0, sum = 0, squares = 0;

  static partial of(double v) {
    if constexpr (std::same_as<Aggregate, lv::stddev>)
      return {v, 0, 0};
    else
      return {0, v, 0};
  }
  void append(const partial& later, std::size_t n) {
    if constexpr (std::same_as<Aggregate, lv::sum>) {
      sum += later.sum;
    } else if constexpr (std::same_as<Aggregate, lv::max>) {
      sum = later.sum > sum ? later.sum : sum;
    } else {
      const double shift = later.origin - origin, moved = shift * static_cast<double>(n);
      sum += later.sum + moved;
      squares += later.squares + shift * (2 * later.sum + moved);
    }
  }
  [[nodiscard]] double result(std::size_t n) const {
    if constexpr (!std::same_as<Aggregate, lv::stddev>) return sum;
    const double second = squares - sum * sum / static_cast<double>(n);
    return std::sqrt((second < 0 ? 0 : second) / static_cast<double>(n));
  }
};

/// Two stacks of values and aggregates, as textbooks have them.
template <class Aggregate, std::size_t Size>
class two_stacks {
 public:
  void push(std::span<const reading> events) {
    for (const reading& r : events) {
      if (older_.size() + newer_.size() == Size) {
        if (older_.empty()) turn();
        older_.pop_back();
      }
      const auto v = partial<Aggregate>::of(r.value);
      partial<Aggregate> all = newer_.empty() ? v : newer_.back().all;
      if (!newer_.empty()) all.append(v, 1);
      newer_.push_back({v, all});
      if (older_.size() + newer_.size() < Size) continue;
      if (!older_.empty()) {
        all = older_.back().all;
        all.append(newer_.back().all, newer_.size());
      }
      result_ += all.result(Size);
    }
  }
  [[nodiscard]] double result() const { return result_; }

 private:
  struct element {
    partial<Aggregate> own, all;
  };
  void turn() {
    for (; !newer_.empty(); newer_.pop_back()) {
      partial<Aggregate> all = newer_.back().own;
      if (!older_.empty()) all.append(older_.back().all, older_.size());
      older_.push_back({newer_.back().own, all});
    }
  }
  std::deque<element> older_, newer_;
  double result_ = 0;
};

/// All of the window, again and again.
template <class Aggregate, std::size_t Size>
class recomputed {
 public:
  void push(std::span<const reading> events) {
    for (const reading& r : events) {
      window_[end_++ % Size] = r.value;
      if (end_ < Size) continue;
      partial<Aggregate> all = partial<Aggregate>::of(window_[end_ % Size]);
      for (std::size_t i = 1; i < Size; ++i) all.append(partial<Aggregate>::of(window_[(end_ + i) % Size]), 1);
      result_ += all.result(Size);
    }
  }
  [[nodiscard]] double result() const { return result_; }

 private:
  std::vector<double> window_ = std::vector<double>(Size);
  std::size_t end_ = 0;
  double result_ = 0;
};

// ---- measuring ---------------------------------------------------------------------------------------------------------

struct timing {
  double nanoseconds = 0, result = 0;
};
/// The time of an event, after the window was filled twice; all take the same events.
template <class Side>
timing time_of(std::span<const reading> events, std::size_t size, std::size_t passes) {
  auto side = std::make_unique<Side>();
  const auto pass = [&] {
    for (std::size_t at = 0; at < events.size(); at += span_length) side->push(events.subspan(at, span_length));
  };
  for (std::size_t i = 0; i < 2 * size; i += events.size()) pass();
  const double begin = seconds_now();
  for (std::size_t i = 0; i < passes; ++i) pass();
  const double end = seconds_now();
  return {(end - begin) * 1e9 / static_cast<double>(passes * events.size()), side->result()};
}

template <class Aggregate, std::size_t Size>
bool compare(std::span<const reading> events, std::string_view aggregate, std::string_view size) {
  const std::string name = "window/slide1/" + std::string(aggregate) + "/" + std::string(size);
  // Every window is turned a few times over.
  const std::size_t passes = std::max<std::size_t>(48, 4 * Size / events.size());
  const timing own = time_of<fused<Aggregate, Size, lv::stalls::automatic>>(events, Size, passes);
  const auto tell = [&](std::string who, const timing& t) {
    print({.name = name, .metric = "time", .unit = "ns/event", .who = std::move(who), .value = t.nanoseconds});
  };
  tell("levada", own);
  const auto is_right = [&](const timing& t) { return std::abs(t.result - own.result) <= 1e-9 * std::abs(own.result); };

  const timing stacks = time_of<two_stacks<Aggregate, Size>>(events, Size, passes);
  tell("two deques", stacks);
  if (!is_right(stacks)) return false;
  if constexpr (Size <= 1'024) {
    const timing again = time_of<recomputed<Aggregate, Size>>(events, Size, 2);
    tell("recomputed", again);
    if (!is_right(time_of<fused<Aggregate, Size, lv::stalls::bounded>>(events, Size, passes))) return false;
  }
  return true;
}

/// How long single events take, each pushed alone between two readings of the clock: as long as a window and three more.
template <class Side>
void time_each(std::span<const reading> events, const std::string& name, std::size_t size, const std::string& who) {
  auto side = std::make_unique<Side>();
  for (std::size_t i = 0; i < size; i += events.size()) side->push(events);
  auto times = std::make_unique<lv::histogram>();
  for (std::size_t i = 0; i < 4 * size; ++i) {
    const double begin = seconds_now();
    side->push(events.subspan(i % events.size(), 1));
    times->add(static_cast<std::uint64_t>((seconds_now() - begin) * 1e9));
  }
  for (const auto& [metric, nanoseconds] : {std::pair{"p99.99", times->quantile(0.9999)}, std::pair{"worst", times->max()}})
    print({.name = name,
           .metric = metric,
           .unit = "us",
           .who = who,
           .value = static_cast<double>(nanoseconds) * 1e-3,
           .note = "one event between two readings of the clock"});
}

template <class Aggregate>
bool compare_sizes(std::span<const reading> events, std::string_view aggregate) {
  return compare<Aggregate, 16>(events, aggregate, "16") && compare<Aggregate, 1'024>(events, aggregate, "1Ki") &&
         compare<Aggregate, 65'536>(events, aggregate, "64Ki") && compare<Aggregate, 1'048'576>(events, aggregate, "1Mi");
}

}  // namespace

int main(int argc, char** argv) {
  long rounds = 9;
  if (argc == 3 && std::string_view(argv[1]) == "--rounds") rounds = std::strtol(argv[2], nullptr, 10);
  if (const auto cores = two_cores()) pin_to(cores->first);
  const std::vector<reading> events = readings();
  constexpr std::size_t large = 1'048'576;
  for (long i = 0; i < rounds; ++i) {
    if (!compare_sizes<lv::sum>(events, "sum") || !compare_sizes<lv::max>(events, "max") ||
        !compare_sizes<lv::stddev>(events, "stddev"))
      return std::fputs("bench_window: two that did the same work came to different results\n", stderr), 1;
    time_each<fused<lv::stddev, large, lv::stalls::bounded>>(events, "window/slide1/stddev/1Mi", large, "levada");
    time_each<fused<lv::stddev, large, lv::stalls::allowed>>(events, "window/slide1/stddev/1Mi", large, "stalls::allowed");
    time_each<two_stacks<lv::stddev, large>>(events, "window/slide1/stddev/1Mi", large, "two deques");
  }
}
