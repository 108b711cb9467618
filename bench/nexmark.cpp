// SPDX-License-Identifier: BSL-1.0
// nexmark: events a second of each query, on one core, over a million events that are made before. Keys are new all the time, so
// each round begins with a new flow, whose opening is not measured; its end, when windows and auctions that are open are said,
// is.
//   bench_nexmark [--rounds N] [QUERY]   prints samples
#include "nexmark.hpp"
#include "nexmark/q0.hpp"
#include "nexmark/q1.hpp"
#include "nexmark/q11.hpp"
#include "nexmark/q12.hpp"
#include "nexmark/q2.hpp"
#include "nexmark/q3.hpp"
#include "nexmark/q4.hpp"
#include "nexmark/q5.hpp"
#include "nexmark/q6.hpp"
#include "nexmark/q7.hpp"
#include "nexmark/q8.hpp"

#include "cores.hpp"
#include "sample.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace bench;
using namespace bench::nexmark;

constexpr model tested{};
constexpr std::size_t span_length = 4'096;

/// Million events a second; nothing if it says nothing, or loses something.
template <class Query>
[[gnu::noinline]] double rate_of(std::span<const event> events) {
  std::uint64_t results = 0;
  auto flow = Query::flow(tested, [&results](const typename Query::result& r) {
    ++results;
    asm volatile("" : : "m"(r));  // it is made
  });
  if (!flow.open()) return 0;
  const double begin = seconds_now();
  for (auto rest = events; !rest.empty(); rest = rest.subspan(std::min(span_length, rest.size()))) {
    flow.advance(rest.front().time());
    flow.push(rest.first(std::min(span_length, rest.size())));
  }
  flow.finish();
  const double seconds = seconds_now() - begin;
  std::uint64_t dropped = 0;
  flow.for_each_count([&](const lv::operator_counts& c) { dropped += c.dropped; });
  return results == 0 || dropped > 0 ? 0 : static_cast<double>(events.size()) * 1e-6 / seconds;
}

template <class... Queries>
bool measure(std::span<const event> events, std::string_view only) {
  const auto one = [&](const char* name, double (*rate)(std::span<const event>)) {
    if (!only.empty() && only != name) return true;
    const double value = rate(events);
    print({.name = std::string("nexmark/") + name,
           .metric = "rate",
           .unit = "M events/s",
           .better = "more",
           .value = value,
           .note = "in memory, without JSON, Kafka, generation"});
    return value > 0;
  };
  return (one(Queries::name, rate_of<Queries>) && ...);
}

}  // namespace

int main(int argc, char** argv) {
  long rounds = 9;
  std::string_view only;
  for (int i = 1; i < argc; ++i)
    if (std::string_view(argv[i]) == "--rounds" && i + 1 < argc)
      rounds = std::strtol(argv[++i], nullptr, 10);
    else
      only = argv[i];
  if (const auto cores = two_cores()) pin_to(cores->first);
  const std::vector<event> events = generator(tested).all();
  for (long i = 0; i < rounds; ++i)
    if (!measure<q0, q1, q2, q3, q4, q5, q6, q7, q8, q11, q12>(events, only))
      return std::fputs("bench_nexmark: a query said nothing, or lost events\n", stderr), 1;
}
