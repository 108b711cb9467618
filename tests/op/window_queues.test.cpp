// SPDX-License-Identifier: BSL-1.0
// The queues behind windows of many panes, each against a walk over all elements.
#include <levada/op/detail/daba.hpp>
#include <levada/op/detail/subtract.hpp>
#include <levada/op/detail/two_stacks.hpp>

#include "../support/stream.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <type_traits>
#include <vector>

namespace {

/// Matrices modulo a prime, from which the order of the factors can be told, and how many they were.
struct product {
  static constexpr std::uint64_t prime = 2'147'483'647;
  std::uint64_t a = 1, b = 0, c = 0, d = 1, factors = 0;

  static product of(std::uint64_t v) { return {v % prime, 1, 1, 0, 1}; }  // each has an inverse
  product times(const product& o) const {
    return {(a * o.a + b * o.c) % prime, (a * o.b + b * o.d) % prime, (c * o.a + d * o.c) % prime, (c * o.b + d * o.d) % prime,
            factors + o.factors};
  }
  /// That of [v 1; 1 0] is [0 1; 1 -v].
  static product inverse_of(std::uint64_t v) { return {0, 1, 1, prime - v % prime, 0}; }
  bool operator==(const product&) const = default;
};

std::uint64_t combinations = 0;

struct products {
  using value = product;
  static void append(product& older, const product& newer, std::uint64_t n) {
    CHECK(newer.factors == n);
    older = older.times(newer);
    ++combinations;
  }
  static void retract(product& all, const product& oldest) {
    const std::uint64_t factors = all.factors - oldest.factors;
    all = product::inverse_of(oldest.a).times(all);
    all.factors = factors;
    ++combinations;
  }
};

struct greatest {
  using value = double;
  static void append(double& older, double newer, std::uint64_t) { older = std::max(older, newer); }
};

struct whole_sum {  // of whole numbers
  using value = double;
  static void append(double& older, double newer, std::uint64_t) { older += newer; }
  static void retract(double& all, double oldest) { all -= oldest; }
};
template <class Queue>
constexpr std::size_t offset_of_aggregates = 12;
template <class M>
constexpr std::size_t offset_of_aggregates<levada::detail::daba<M>> = 24;
template <class M>
constexpr std::size_t offset_of_aggregates<levada::detail::subtract<M>> = 8;

template <class V>
struct ring_of {
  std::vector<V>* places;
  V& operator[](std::uint32_t i) const { return (*places)[i % places->size()]; }
  const V& look(std::uint32_t i) const { return (*places)[i % places->size()]; }
};

/// Random pushes and pops, with phases of growing and shrinking; after each the aggregate is that of a walk over all.
template <class Queue>
void equals_a_walk(std::size_t most, std::uint64_t seed) {
  CAPTURE(most);
  std::vector<product> places(most);
  const ring_of<product> ring{&places};
  Queue queue;
  std::deque<product> all;
  support::random r{seed};
  bool grows = true;
  for (int i = 0; i < 4'000; ++i) {
    if (r.one_in(20)) grows = !grows;
    const bool pushes = all.empty() || (all.size() < most && (grows ? !r.one_in(5) : r.one_in(5)));
    if (pushes) {
      all.push_back(product::of(r.next()));
      queue.push(all.back(), ring);
    } else {
      all.pop_front();
      queue.pop(ring);
    }
    CHECK(queue.size() == all.size());
    if (all.empty() || r.one_in(3)) continue;
    product expected;
    for (const product& p : all) expected = expected.times(p);
    REQUIRE(queue.all(ring) == expected);
  }
}

/// The worst and the mean number of combinations of a slide, with a query, in a window of n elements.
struct effort {
  std::uint64_t worst_push = 0, worst_pop = 0, worst_query = 0;
  double mean = 0;
};
template <class Queue>
effort effort_of(std::size_t n) {
  std::vector<product> places(n);
  const ring_of<product> ring{&places};
  Queue queue;
  effort e;
  const auto count = [](std::uint64_t& worst, auto&& work) {
    const std::uint64_t before = combinations;
    work();
    worst = std::max(worst, combinations - before);
  };
  for (std::size_t i = 0; i < n; ++i) count(e.worst_push, [&] { queue.push(product::of(i), ring); });
  const std::uint64_t before = combinations;
  for (std::size_t i = 0; i < 10 * n; ++i) {
    count(e.worst_pop, [&] { queue.pop(ring); });
    count(e.worst_push, [&] { queue.push(product::of(i), ring); });
    count(e.worst_query, [&] { (void)queue.all(ring); });
  }
  e.mean = static_cast<double>(combinations - before) / static_cast<double>(10 * n);
  return e;
}

}  // namespace

TEST_CASE_TEMPLATE("a queue's aggregate is that of a walk over it, in order, at any length", Queue,
                   levada::detail::two_stacks<products>, levada::detail::daba<products>, levada::detail::subtract<products>) {
  for (std::size_t most : {1u, 2u, 4u, 8u, 64u, 512u}) equals_a_walk<Queue>(most, most);
}

TEST_CASE_TEMPLATE("it goes on when its positions begin again at zero", Queue, levada::detail::two_stacks<greatest>,
                   levada::detail::daba<greatest>, levada::detail::subtract<whole_sum>) {
  // An empty queue, all of whose positions are about to overflow: they come before the aggregates.
  constexpr std::size_t positions = offset_of_aggregates<Queue> / sizeof(std::uint32_t);
  const std::vector<std::uint32_t> late(positions, UINT32_MAX - 20);
  Queue queue;
  std::memcpy(static_cast<void*>(&queue), late.data(), positions * sizeof(std::uint32_t));
  std::vector<double> places(4);
  const ring_of<double> ring{&places};
  double values[3] = {0, 0, 0};
  for (std::uint32_t i = 0; i < 100; ++i) {
    values[i % 3] = i * 2'654'435'761u % 1'000;
    if (queue.size() == 3) queue.pop(ring);
    queue.push(values[i % 3], ring);
    if (i < 2) continue;
    const bool sums = std::is_same_v<Queue, levada::detail::subtract<whole_sum>>;
    CHECK(queue.all(ring) == (sums ? values[0] + values[1] + values[2] : std::max({values[0], values[1], values[2]})));
  }
  CHECK(queue.oldest() < 100);
}

TEST_CASE("two stacks: three combinations a slide on average; once in n slides n at once") {
  const effort e = effort_of<levada::detail::two_stacks<products>>(1'000);
  CHECK(e.mean <= 3);
  CHECK(e.worst_push == 1);
  CHECK(e.worst_query == 1);
  CHECK(e.worst_pop == 999);
}

TEST_CASE("daba: never more than three combinations a push, two a pop, one a question") {
  for (std::size_t n : {2u, 3u, 10u, 1'000u}) {
    const effort e = effort_of<levada::detail::daba<products>>(n);
    CHECK(e.worst_push <= 3);
    CHECK(e.worst_pop <= 2);
    CHECK(e.worst_query <= 1);
    CHECK(e.mean <= 5);
  }
}

TEST_CASE("subtract: one combination a push, one a pop, none a question") {
  const effort e = effort_of<levada::detail::subtract<products>>(100);
  CHECK(e.worst_push == 1);
  CHECK(e.worst_pop == 1);
  CHECK(e.worst_query == 0);
}
