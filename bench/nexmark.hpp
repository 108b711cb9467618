// SPDX-License-Identifier: BSL-1.0
// nexmark: the events of an online auction, after NEXMark (Tucker, Tufte, Papadimos, Maier 2002) with the proportions that Apache
// Beam and Flink have made usual: of fifty events one is a person, three are auctions and forty-six are bids. Most bids are for
// the latest hot auction by the latest hot bidder. Free texts, which make the published events up to 500 bytes long, are left
// out.
#pragma once

#include <levada/core/text.hpp>
#include <levada/core/time.hpp>
#include <levada/op/event_time.hpp>
#include <levada/op/flat_map.hpp>

#include <algorithm>
#include <cmath>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <random>
#include <type_traits>
#include <vector>

namespace bench::nexmark {

namespace lv = levada;
using namespace lv::literals;

struct person {
  lv::timestamp time{};
  std::uint64_t id = 0;
  lv::text<16> name{};
  lv::text<16> city{};
  lv::text<4> state{};
};
struct auction {
  lv::timestamp time{};
  lv::timestamp expires{};
  std::uint64_t id = 0;
  std::uint64_t seller = 0;
  std::uint64_t initial = 0;  // in cents, as all prices
  std::uint64_t reserve = 0;
  std::uint32_t category = 0;
};
struct bid {
  lv::timestamp time{};
  std::uint64_t auction = 0;
  std::uint64_t bidder = 0;
  std::uint64_t price = 0;

  bool operator==(const bid&) const = default;
};

/// All come in one stream.
class event {
 public:
  event() : event(bid{}) {}
  event(const person& p) : is_(kind::person), person_(p) {}     // NOLINT: implicit, as for std::variant
  event(const auction& a) : is_(kind::auction), auction_(a) {}  // NOLINT
  event(const bid& b) : is_(kind::bid), bid_(b) {}              // NOLINT

  [[nodiscard]] const person* as_person() const { return is_ == kind::person ? &person_ : nullptr; }
  [[nodiscard]] const auction* as_auction() const { return is_ == kind::auction ? &auction_ : nullptr; }
  [[nodiscard]] const bid* as_bid() const { return is_ == kind::bid ? &bid_ : nullptr; }
  /// Each of them begins with it, so whichever is there may be asked.
  [[nodiscard]] lv::timestamp time() const { return bid_.time; }

 private:
  enum class kind : std::uint8_t { person, auction, bid };
  kind is_;
  union {
    person person_;
    auction auction_;
    bid bid_;
  };
};
static_assert(std::is_trivially_copyable_v<event> && sizeof(event) == 64);

/// What is generated, and what the queries must know of it: nothing in a flow grows, so each says what it makes room for.
struct model {
  std::size_t events = 1 << 20;
  lv::duration pace = 100_us;      ///< from event to event
  lv::duration disorder = 200_ms;  ///< an event comes at most so long after later ones
  std::uint64_t seed = 1;

  static constexpr std::uint64_t first_id = 1'000;
  static constexpr std::uint64_t in_a_round = 50, auctions_in_a_round = 3;
  static constexpr std::uint64_t open_auctions = 100, active_people = 1'000, hot = 100;
  static constexpr std::uint64_t lead = 10;  ///< ids that are used a little before they are there
  static constexpr std::uint32_t categories = 5, first_category = 10;

  [[nodiscard]] std::uint32_t people() const { return static_cast<std::uint32_t>(events / in_a_round + lead + 1); }
  [[nodiscard]] std::uint32_t auctions() const {
    return static_cast<std::uint32_t>((events / in_a_round + 1) * auctions_in_a_round + lead);
  }
  /// How many events come until the watermark says that so much time has passed.
  [[nodiscard]] std::uint32_t within(lv::duration d) const {
    return static_cast<std::uint32_t>((d + disorder + disorder + 1_s) / pace);
  }
  /// No auction is open for longer.
  [[nodiscard]] lv::duration longest() const {
    return pace * static_cast<std::int64_t>(2 * open_auctions * in_a_round / auctions_in_a_round);
  }
};

/// The events of a model, in the order in which they come.
class generator {
 public:
  explicit generator(const model& m) : model_(m), random_(m.seed) {}

  [[nodiscard]] std::vector<event> all() {
    struct arrival {
      lv::timestamp at;
      std::size_t number;
      auto operator<=>(const arrival&) const = default;
    };
    std::vector<event> in_order;
    std::vector<arrival> arrivals;
    in_order.reserve(model_.events);
    arrivals.reserve(model_.events);
    for (std::size_t n = 0; n < model_.events; ++n) {
      in_order.push_back(next(n));
      arrivals.push_back({in_order[n].time() + lv::duration{below(model_.disorder.ns + 1)}, n});
    }
    std::ranges::sort(arrivals);
    std::vector<event> events;
    events.reserve(model_.events);
    for (const arrival& a : arrivals) events.push_back(in_order[a.number]);
    return events;
  }

 private:
  [[nodiscard]] event next(std::uint64_t n) {
    const std::uint64_t round = n / model::in_a_round, place = n % model::in_a_round;
    const lv::timestamp time = begin + model_.pace * static_cast<std::int64_t>(n);
    people_ = round + 1;
    auctions_ = round * model::auctions_in_a_round + std::min(place, model::auctions_in_a_round);
    if (place == 0) return person_at(time);
    if (place <= model::auctions_in_a_round) return auction_at(time);
    return bid_at(time);
  }
  [[nodiscard]] person person_at(lv::timestamp time) {
    constexpr const char* first[] = {"Vicky",  "Peter", "Walter", "Saul", "Kate", "Luke",
                                     "Deiter", "Julie", "Sarah",  "Paul", "John"};
    constexpr const char* cities[] = {"Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland",
                                      "Bend",    "Redmond",     "Seattle",       "Kent",  "Cheyenne"};
    constexpr const char* states[] = {"AZ", "CA", "ID", "OR", "WA", "WY"};
    return {time, model::first_id + people_ - 1, one_of(first), one_of(cities), one_of(states)};
  }
  [[nodiscard]] auction auction_at(lv::timestamp time) {
    const lv::duration open{1 + below(model_.longest().ns)};
    const std::uint64_t initial = price();
    return {time,
            time + open,
            model::first_id + auctions_ - 1,
            is_hot(4) ? latest_hot(people_) : recent(people_, model::active_people),
            initial,
            initial + price(),
            model::first_category + static_cast<std::uint32_t>(below(model::categories))};
  }
  [[nodiscard]] bid bid_at(lv::timestamp time) {
    const std::uint64_t item = is_hot(2) ? latest_hot(auctions_) : recent(auctions_, model::open_auctions);
    return {time, item, is_hot(4) ? latest_hot(people_) + 1 : recent(people_, model::active_people), price()};
  }

  template <class N>
  [[nodiscard]] N below(N n) {
    return static_cast<N>(random_() % static_cast<std::uint64_t>(n));
  }
  template <std::size_t N>
  [[nodiscard]] const char* one_of(const char* const (&all)[N]) {
    return all[below(N)];
  }
  [[nodiscard]] bool is_hot(std::uint64_t share) { return below(share) > 0; }
  [[nodiscard]] static std::uint64_t latest_hot(std::uint64_t count) {
    return model::first_id + (count - 1) / model::hot * model::hot;
  }
  /// One of the last so many, or of those that come soon.
  [[nodiscard]] std::uint64_t recent(std::uint64_t count, std::uint64_t active) {
    const std::uint64_t known = std::min(count, active);
    return model::first_id + count - known + below(known + model::lead);
  }
  /// From one dollar to a million, each power of ten as often as the others.
  [[nodiscard]] std::uint64_t price() {
    return static_cast<std::uint64_t>(std::round(std::pow(10.0, static_cast<double>(random_() >> 11) * 0x1p-53 * 6) * 100));
  }

  static constexpr lv::timestamp begin{1'767'225'600'000'000'000};  // 2026
  model model_;
  std::mt19937_64 random_;
  std::uint64_t people_ = 0, auctions_ = 0;  // so far
};

// ---- what queries begin with -----------------------------------------------------------------------------------------

inline auto in_time(const model& m) {
  return lv::event_time([](const event& e) { return e.time(); }, lv::bounded{m.disorder});
}
inline auto people() {
  return lv::flat_map([](const event& e) { return e.as_person(); });
}
inline auto auctions() {
  return lv::flat_map([](const event& e) { return e.as_auction(); });
}
inline auto bids() {
  return lv::flat_map([](const event& e) { return e.as_bid(); });
}

}  // namespace bench::nexmark
