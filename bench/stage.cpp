// SPDX-License-Identifier: BSL-1.0
// stage: what a boundary between two threads of a flow costs, and what a second thread brings.
//   bench_stage [--rounds N]   prints samples
#include <levada/core/time.hpp>
#include <levada/flow/boundary.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/runner.hpp>
#include <levada/op/fold.hpp>
#include <levada/op/map.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>

#include "cores.hpp"
#include "sample.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace bench;
namespace lv = levada;

constexpr std::size_t span_length = 256;
constexpr std::uint64_t passes = 2'500;

template <std::size_t Bytes>
struct reading {
  double value = 0;
  std::uint64_t rest[Bytes / 8 - 1]{};
};
static_assert(sizeof(reading<16>) == 16 && sizeof(reading<64>) == 64);

/// The same events again and again.
template <class E>
class repeated {
 public:
  using event_type = E;
  explicit repeated(std::span<const E> events) : events_(events) {}

  [[nodiscard]] lv::polled poll(auto out, std::size_t budget) {
    if (at_ == passes * events_.size()) return lv::polled::end;
    const std::size_t from = static_cast<std::size_t>(at_ % events_.size());
    const auto part = events_.subspan(from, std::min(budget, events_.size() - from));
    at_ += part.size();
    out(part);
    return lv::polled::events;
  }
  [[nodiscard]] std::uint64_t position() const { return at_; }

 private:
  std::span<const E> events_;
  std::uint64_t at_ = 0;
};

/// Some ten nanoseconds that nothing can shorten: each step needs the one before it.
constexpr auto chew = [](const auto& r) {
  auto chewed = r;
  for (int i = 0; i < 12; ++i) chewed.value = chewed.value * 0.999 + 0.5;
  return chewed;
};

struct run_result {
  double seconds = 0, sum = 0;
  bool ended_well = false;
};
template <class Flow>
run_result timed(Flow&& flow, const double& sum) {
  lv::runner<> runner({.mode = lv::profile::fast, .budget = span_length});
  const double begin = seconds_now();
  const lv::result<> ended = runner.run(flow);
  const double end = seconds_now();
  if (!ended) std::fprintf(stderr, "bench_stage: %s\n", ended.error().sentence.c_str());
  return {end - begin, sum, static_cast<bool>(ended)};
}

auto add_up(double& sum) {
  return lv::fold(0.0, [](double& all, const auto& r) { all += r.value; }) | lv::to([&sum](double all) { sum = all; });
}
auto other_thread(std::pair<int, int> cores) { return lv::stage<"second">(lv::core{cores.second}); }

template <class E>
run_result light_on_one(std::span<const E> events) {
  double sum = 0;
  return timed(lv::flow(lv::from(repeated{events}) | add_up(sum)), sum);
}
template <class E>
run_result light_on_two(std::span<const E> events, std::pair<int, int> cores) {
  double sum = 0;
  return timed(lv::flow(lv::from(repeated{events}) | other_thread(cores) | add_up(sum)), sum);
}
template <class E>
run_result balanced_on_one(std::span<const E> events) {
  double sum = 0;
  return timed(lv::flow(lv::from(repeated{events}) | lv::map(chew) | lv::map(chew) | add_up(sum)), sum);
}
template <class E>
run_result balanced_on_two(std::span<const E> events, std::pair<int, int> cores) {
  double sum = 0;
  return timed(lv::flow(lv::from(repeated{events}) | lv::map(chew) | other_thread(cores) | lv::map(chew) | add_up(sum)), sum);
}

/// Both stages at once, each over events of its own, so that nothing crosses: what the two cores can do at most.
template <class E>
run_result both_apart(std::span<const E> events, std::pair<int, int> cores) {
  const auto half = [&](double& sum) { return lv::flow(lv::from(repeated{events}) | lv::map(chew) | add_up(sum)); };
  double here = 0, there = 0;
  auto second = half(there);
  run_result other;
  std::thread thread([&] {
    pin_to(cores.second);
    other = timed(second, there);
  });
  run_result own = timed(half(here), here);
  thread.join();
  own.seconds = std::max(own.seconds, other.seconds);
  own.ended_well &= other.ended_well && here == there;
  return own;
}

/// A run on two threads between two ping-pongs. One in which the machine changed its state is taken again; on a machine that has
/// other work all the time it says "busy".
template <class Run>
std::pair<run_result, std::string> in_one_state(std::pair<int, int> cores, Run run) {
  for (int attempts = 5;; --attempts) {
    const measured before = ping_pong(cores);
    const run_result ran = run();
    const measured after = ping_pong(cores);
    const std::string state = state_of(before.value, after.value);
    if (before.undisturbed && after.undisturbed && state != "mixed") return {ran, state};
    if (attempts == 1) return {ran, "busy"};
  }
}

/// One round; false if two threads came to another result than one.
template <std::size_t Bytes>
bool compare(std::pair<int, int> cores) {
  std::vector<reading<Bytes>> all_events(4'096);
  for (std::size_t i = 0; i < all_events.size(); ++i) all_events[i].value = static_cast<double>(i);
  const std::span<const reading<Bytes>> events(all_events);
  const double all = static_cast<double>(passes * events.size());
  const auto is_right = [](const run_result& one, const run_result& two) {
    return one.ended_well && two.ended_well && one.sum == two.sum;
  };
  const std::string name = "flow/stage/2threads", size = std::to_string(Bytes) + " B";

  const run_result alone = light_on_one(events);
  const auto [across, state_across] = in_one_state(cores, [&] { return light_on_two(events, cores); });
  if (!is_right(alone, across)) return false;
  print({.name = name,
         .metric = "boundary, " + size,
         .unit = "ns/event",
         .state = state_across,
         .value = (across.seconds - alone.seconds) * 1e9 / all,
         .note = "spans of 256 events; two light stages less one"});

  const run_result one = balanced_on_one(events);
  const auto [two, state_of_two] = in_one_state(cores, [&] { return balanced_on_two(events, cores); });
  if (!is_right(one, two)) return false;
  const auto rate = [&](std::string who, double seconds) {
    print({.name = name,
           .metric = "rate, " + size,
           .unit = "M events/s",
           .better = "more",
           .who = std::move(who),
           .state = state_of_two,
           .value = all * 1e-6 / seconds,
           .note = "two stages of equal work"});
  };
  rate("levada", two.seconds);
  rate("one thread", one.seconds);
  const run_result apart = both_apart(events, cores);
  if (!apart.ended_well) return false;
  rate("no boundary", apart.seconds);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  long rounds = 9;
  if (argc == 3 && std::string_view(argv[1]) == "--rounds") rounds = std::strtol(argv[2], nullptr, 10);
  const auto cores = two_cores();
  if (!cores) return std::fputs("bench_stage: it needs two cores, and this process may use one\n", stderr), 69;
  pin_to(cores->first);
  for (long i = 0; i < rounds; ++i)
    if (!compare<16>(*cores) || !compare<64>(*cores))
      return std::fputs("bench_stage: two threads came to another result than one\n", stderr), 1;
}
