// SPDX-License-Identifier: BSL-1.0
// Each query beside what it means: loops over maps that see all events at once.
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

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <set>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

using namespace bench::nexmark;

namespace {

/// A hundred events a second, so that twelve thousand are two minutes.
constexpr model small{.events = 12'000, .pace = 10_ms, .disorder = 0_s};
constexpr model disordered{.events = 12'000, .pace = 10_ms, .disorder = 1500_ms, .seed = 2};

/// Processing time moves by itself every so many events, to what the first of them says.
constexpr std::size_t at_once = 100;
constexpr std::size_t lengths[] = {1, 7, 64};

template <class Query>
std::vector<typename Query::result> results_of(const model& m, std::span<const event> events, std::size_t length) {
  std::vector<typename Query::result> results;
  auto flow = Query::flow(m, [&](const typename Query::result& r) { results.push_back(r); });
  REQUIRE(flow.open());
  for (; !events.empty(); events = events.subspan(std::min(at_once, events.size()))) {
    flow.advance(events.front().time());
    for (auto part = events.first(std::min(at_once, events.size())); !part.empty();
         part = part.subspan(std::min(length, part.size())))
      flow.push(part.first(std::min(length, part.size())));
  }
  flow.finish();
  std::uint64_t dropped = 0;
  flow.for_each_count([&](const lv::operator_counts& c) { dropped += c.dropped; });
  CHECK(dropped == 0);
  return results;
}

/// In order and out of it, in spans of any length, the results are the same: those of the reference, which stand in an order that
/// Sorted says, or in the order in which they must come.
template <class Query>
void check(auto reference, auto sorted) {
  for (const model& m : {small, disordered}) {
    CAPTURE(m.disorder.ns);
    const std::vector<event> events = generator(m).all();
    const std::vector<typename Query::result> expected = reference(events);
    REQUIRE(!expected.empty());
    const auto first = results_of<Query>(m, events, at_once);
    for (const std::size_t length : lengths) CHECK(results_of<Query>(m, events, length) == first);
    CHECK(sorted(first) == sorted(expected));
  }
}
template <class Query>
void check(auto reference) {
  check<Query>(reference, [](const auto& all) { return all; });
}
auto by(auto... members) {
  return [=](auto all) {
    std::ranges::sort(all, {}, [=](const auto& r) { return std::tuple(r.*members...); });
    return all;
  };
}

std::vector<bid> bids_of(std::span<const event> events) {
  std::vector<bid> all;
  for (const event& e : events)
    if (const bid* b = e.as_bid()) all.push_back(*b);
  return all;
}
std::int64_t window_end(lv::timestamp t, lv::duration size) { return (lv::slot_of(t, size) + 1) * size.ns; }

struct sale {
  lv::timestamp expires;
  auction what;
  std::uint64_t price = 0;
};
/// In the order in which auctions end.
std::vector<sale> sales_of(std::span<const event> events) {
  std::map<std::uint64_t, sale> by_auction;
  for (const event& e : events)
    if (const auction* a = e.as_auction()) by_auction[a->id] = {a->expires, *a};
  for (const bid& b : bids_of(events))
    if (const auto found = by_auction.find(b.auction); found != by_auction.end())
      if (sale& s = found->second; b.time >= s.what.time && b.time <= s.expires) s.price = std::max(s.price, b.price);
  std::vector<sale> all;
  for (const auto& [id, s] : by_auction)
    if (s.price > 0) all.push_back(s);
  std::ranges::sort(all, {}, &sale::expires);
  return all;
}

}  // namespace

TEST_CASE("nexmark: of fifty events one is a person, three are auctions and the others bids, in the order of their ids") {
  const std::vector<event> events = generator(small).all();
  std::vector<std::uint64_t> people, auctions;
  std::vector<bid> bids;
  lv::timestamp last{};
  for (const event& e : events) {
    CHECK(e.time() > last);
    last = e.time();
    if (const person* p = e.as_person()) people.push_back(p->id);
    if (const auction* a = e.as_auction()) {
      auctions.push_back(a->id);
      CHECK(a->expires > a->time);
      CHECK(a->expires <= a->time + small.longest());
      CHECK(a->seller < model::first_id + small.people());
    }
    if (const bid* b = e.as_bid()) bids.push_back(*b);
  }
  std::vector<std::uint64_t> ids(people.size()), auction_ids(auctions.size());
  std::iota(ids.begin(), ids.end(), model::first_id);
  std::iota(auction_ids.begin(), auction_ids.end(), model::first_id);
  CHECK(people == ids);
  CHECK(auctions == auction_ids);
  CHECK(people.size() == 240);
  CHECK(auctions.size() == 720);
  CHECK(bids.size() == 11'040);
}

TEST_CASE("nexmark: half of the bids are for a hot auction, three of four by a hot bidder, and prices are from 1 to a million") {
  const std::vector<bid> bids = bids_of(generator(small).all());
  const auto share = [&](auto is) {
    return static_cast<double>(std::ranges::count_if(bids, is)) / static_cast<double>(bids.size());
  };
  CHECK(share([](const bid& b) { return b.auction % 100 == 0; }) == doctest::Approx(0.5).epsilon(0.05));
  CHECK(share([](const bid& b) { return b.bidder % 100 == 1; }) == doctest::Approx(0.75).epsilon(0.05));
  CHECK(share([](const bid& b) { return b.price < 100'000; }) == doctest::Approx(0.5).epsilon(0.05));
  CHECK(std::ranges::all_of(bids, [](const bid& b) { return b.price >= 100 && b.price <= 100'000'000; }));
}

TEST_CASE("nexmark: disorder is bounded, and loses and adds nothing; a seed says all") {
  const std::vector<event> events = generator(disordered).all(), again = generator(disordered).all();
  std::set<lv::timestamp> times;
  lv::timestamp greatest{};
  std::size_t steps_back = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    CHECK(greatest - events[i].time() <= disordered.disorder);
    if (events[i].time() < greatest) ++steps_back;
    greatest = std::max(greatest, events[i].time());
    times.insert(events[i].time());
    CHECK(events[i].time() == again[i].time());
  }
  CHECK(times.size() == disordered.events);
  CHECK(steps_back > disordered.events / 2);
}

TEST_CASE("nexmark: q0 passes bids through") { check<q0>(bids_of); }

TEST_CASE("nexmark: q1 says prices in euros") {
  check<q1>([](std::span<const event> events) {
    std::vector<bid> all = bids_of(events);
    for (bid& b : all) b.price = b.price * 908 / 1000;
    return all;
  });
}

TEST_CASE("nexmark: q2 takes bids for every 123rd auction") {
  check<q2>([](std::span<const event> events) {
    std::vector<q2::result> all;
    for (const bid& b : bids_of(events))
      if (b.auction % 123 == 0) all.push_back({b.auction, b.price});
    return all;
  });
}

TEST_CASE("nexmark: q3 pairs people of three states with what they sell of one category, whichever comes first") {
  check<q3>([](std::span<const event> events) {
    std::vector<q3::result> all;
    std::vector<person> people;
    std::vector<auction> auctions;
    const auto say = [&](const person& p, const auction& a) { all.push_back({p.name, p.city, p.state, a.id}); };
    for (const event& e : events) {
      if (const person* p = e.as_person(); p != nullptr && (p->state == "OR" || p->state == "ID" || p->state == "CA")) {
        for (std::size_t i = auctions.size(); i-- > 0;)
          if (auctions[i].seller == p->id) say(*p, auctions[i]);
        people.push_back(*p);
      }
      if (const auction* a = e.as_auction(); a != nullptr && a->category == 10) {
        for (const person& p : people)
          if (p.id == a->seller) say(p, *a);
        auctions.push_back(*a);
      }
    }
    return all;
  });
}

TEST_CASE("nexmark: q4 says the average price of each category whenever an auction has ended") {
  check<q4>([](std::span<const event> events) {
    std::map<std::uint32_t, std::vector<std::uint64_t>> prices;
    std::vector<q4::result> all;
    for (const sale& s : sales_of(events)) {
      auto& own = prices[s.what.category];
      own.push_back(s.price);
      const auto total = std::accumulate(own.begin(), own.end(), std::uint64_t{0});
      all.push_back({s.what.category, static_cast<double>(total) / static_cast<double>(own.size())});
    }
    return all;
  });
}

TEST_CASE("nexmark: q5 finds the auctions with the most bids of each sliding window") {
  check<q5>(
      [](std::span<const event> events) {
        std::map<std::int64_t, std::map<std::uint64_t, std::uint64_t>> bids_in;
        for (const bid& b : bids_of(events))
          for (std::int64_t end = window_end(b.time, 2_s); end - (10_s).ns <= b.time.ns; end += (2_s).ns)
            ++bids_in[end][b.auction];
        std::vector<q5::result> all;
        for (const auto& [end, window] : bids_in) {
          std::uint64_t most = 0, equal = 0;
          for (const auto& [id, n] : window) most = std::max(most, n);
          for (const auto& [id, n] : window)
            if (n == most) all.push_back({{end}, id, n}), ++equal;
          REQUIRE(equal <= q5::most);
        }
        return all;
      },
      by(&q5::result::end, &q5::result::auction));
}

TEST_CASE("nexmark: q6 says the average price of a seller's last ten auctions") {
  check<q6>([](std::span<const event> events) {
    std::map<std::uint64_t, std::vector<std::uint64_t>> prices;
    std::vector<q6::result> all;
    for (const sale& s : sales_of(events)) {
      auto& own = prices[s.what.seller];
      own.push_back(s.price);
      if (own.size() > 10) own.erase(own.begin());
      const auto total = std::accumulate(own.begin(), own.end(), std::uint64_t{0});
      all.push_back({s.what.seller, static_cast<double>(total) / static_cast<double>(own.size())});
    }
    return all;
  });
}

TEST_CASE("nexmark: q7 finds the highest bid of each window") {
  check<q7>([](std::span<const event> events) {
    std::map<std::int64_t, bid> highest;
    for (const bid& b : bids_of(events))
      if (bid& best = highest[window_end(b.time, 10_s)]; best.price < b.price) best = b;
    std::vector<q7::result> all;
    for (const auto& [end, b] : highest) all.push_back({{end}, b});
    return all;
  });
}

TEST_CASE("nexmark: q8 finds those who came and opened an auction in one window, each once") {
  check<q8>(
      [](std::span<const event> events) {
        std::set<std::pair<std::uint64_t, std::int64_t>> sellers;
        for (const event& e : events)
          if (const auction* a = e.as_auction()) sellers.insert({a->seller, lv::slot_of(a->time, 10_s)});
        std::vector<q8::result> all;
        for (const event& e : events)
          if (const person* p = e.as_person())
            if (const std::int64_t window = lv::slot_of(p->time, 10_s); sellers.contains({p->id, window}))
              all.push_back({p->id, p->name, window});
        return all;
      },
      by(&q8::result::window, &q8::result::id));
}

TEST_CASE("nexmark: q11 counts the bids of each session of a user") {
  check<q11>(
      [](std::span<const event> events) {
        std::map<std::uint64_t, std::vector<lv::timestamp>> times;
        for (const bid& b : bids_of(events)) times[b.bidder].push_back(b.time);
        std::vector<q11::result> all;
        for (auto& [bidder, own] : times) {
          std::ranges::sort(own);
          for (std::size_t i = 0; i < own.size(); ++i)
            if (i == 0 || own[i] - own[i - 1] >= 10_s)
              all.push_back({own[i] + 10_s, own[i], bidder, 1});
            else
              all.back().end = own[i] + 10_s, ++all.back().bids;
        }
        return all;
      },
      by(&q11::result::end, &q11::result::bidder));
}

TEST_CASE("nexmark: q12 counts the bids of each user in windows of processing time") {
  check<q12>(
      [](std::span<const event> events) {
        std::map<std::pair<std::int64_t, std::uint64_t>, std::uint64_t> counts;
        lv::timestamp now{};
        for (std::size_t i = 0; i < events.size(); ++i) {
          if (i % at_once == 0) now = std::max(now, events[i].time());
          if (const bid* b = events[i].as_bid()) ++counts[{window_end(now, 10_s), b->bidder}];
        }
        std::vector<q12::result> all;
        for (const auto& [at, n] : counts) all.push_back({{at.first}, at.second, n});
        return all;
      },
      by(&q12::result::end, &q12::result::bidder));
}
