// SPDX-License-Identifier: BSL-1.0
// two_streams: events of two streams in the order in which they come, with watermarks between them; and a port that writes down
// what an operator on both makes of them: what the tests of joins have in common.
#pragma once

#include "archive.hpp"
#include "stream.hpp"

#include <levada/core/concepts.hpp>
#include <levada/core/keyed.hpp>
#include <levada/core/signal.hpp>
#include <levada/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace support {

struct order {
  levada::timestamp time{};
  std::uint32_t customer = 0;
  std::uint32_t number = 0;

  friend bool operator==(const order&, const order&) = default;
};
struct payment {
  std::uint32_t payer = 0;
  std::uint32_t number = 0;
  levada::timestamp at{};

  friend bool operator==(const payment&, const payment&) = default;
};

/// What comes: an order, a payment, or a watermark.
struct arrival {
  enum what : std::uint8_t { left, right, watermark } kind = watermark;
  order o{};
  payment p{};
  levada::timestamp time{};
};

/// Two streams out of order by up to `disorder`, with a watermark now and then that makes some of them late.
inline std::vector<arrival> two_streams(std::size_t n, std::uint32_t keys, levada::duration step, levada::duration disorder,
                                        std::uint64_t seed, std::int64_t begin = 1'000'000'000'000) {
  random r{seed};
  std::vector<arrival> all(n);
  std::int64_t now = begin;
  std::uint32_t number = 0;
  for (arrival& a : all) {
    if (!r.one_in(4)) now += static_cast<std::int64_t>(r.below(static_cast<std::uint64_t>(2 * step.ns)));
    if (r.one_in(300)) now += 50 * step.ns;
    const levada::timestamp t{now - static_cast<std::int64_t>(r.below(static_cast<std::uint64_t>(disorder.ns) + 1))};
    const auto k = static_cast<std::uint32_t>(r.below(keys));
    if (r.one_in(10))
      a = {arrival::watermark, {}, {}, {now - disorder.ns * static_cast<std::int64_t>(3 + r.below(2)) / 4}};
    else if (r.one_in(2))
      a = {arrival::left, {t, k, ++number}, {}, t};
    else
      a = {arrival::right, {}, {k, ++number, t}, t};
  }
  return all;
}

/// What an operator said.
template <class Result, class Aside>
struct written {
  std::vector<Result> results;
  std::vector<std::uint32_t> slots;
  std::vector<Aside> asides;
  std::vector<std::int64_t> watermarks;
  std::vector<std::uint32_t> retired;
  std::uint64_t dropped = 0;
  std::size_t ends = 0, starts = 0;

  friend bool operator==(const written&, const written&) = default;
};
template <class Written>
struct writing_port {
  Written* to;
  bool with_aside = true;

  template <class E>
  void operator()(const E& e) const {
    to->results.push_back(levada::payload(e));
    to->slots.push_back(levada::slot_of(e));
  }
  template <class E>
  void aside(const E& e) const {
    if (with_aside)
      to->asides.push_back(levada::payload(e));
    else
      drop();
  }
  void drop(std::uint64_t n = 1) const { to->dropped += n; }
  [[nodiscard]] levada::timestamp now() const { return {}; }
  void raise(const levada::start&) const { ++to->starts; }
  void raise(const levada::watermark& w) const { to->watermarks.push_back(w.time.ns); }
  void raise(const levada::retire& r) const { to->retired.push_back(r.slot); }
  void raise(const levada::end_of_stream&) const { ++to->ends; }
};

/// The operator that a link makes for streams of orders and payments, keyed or not.
template <class Inputs = levada::inputs<order, payment>, class Link>
auto bound(Link l) {
  static_assert(decltype(l.op)::template fits<Inputs>());
  return std::move(l.op).template bind<Inputs>();
}
template <class Op, class Inputs = levada::inputs<order, payment>>
using written_by =
    written<levada::payload_type<typename Op::template output<Inputs>>, levada::payload_type<typename Op::aside_type>>;

template <class Op>
void end(Op& op, auto port) {
  if constexpr (levada::handles<Op, levada::end_of_stream>)
    op.on(levada::end_of_stream{}, port);
  else
    port.raise(levada::end_of_stream{});
}
/// Gives an operator what comes.
template <class Op, class Port>
void feed(Op& op, const arrival& a, Port port) {
  if (a.kind == arrival::watermark)
    op.on(levada::watermark{a.time}, port);
  else if (a.kind == arrival::left)
    op.template take<0>(a.o, port);
  else
    op.template take<1>(a.p, port);
}
/// All that an operator says, from start to end.
template <class Op>
auto run(Op op, const std::vector<arrival>& all, bool with_aside = true) {
  written_by<Op> said;
  const writing_port<written_by<Op>> port{&said, with_aside};
  op.on(levada::start{}, port);
  for (const arrival& a : all) feed(op, a, port);
  support::end(op, port);
  return said;
}

/// Does an operator that was stopped in the middle, and one that took its state over, go on as one that was not?
template <class Make>
bool goes_on_equally(Make make, const std::vector<arrival>& all) {
  auto whole = make();
  using Op = decltype(whole);
  written_by<Op> said, before, after;
  const writing_port<written_by<Op>> to_said{&said}, to_before{&before}, to_after{&after};
  whole.on(levada::start{}, to_said);
  auto first = make(), second = make();
  first.on(levada::start{}, to_before);
  second.on(levada::start{}, to_after);
  const std::size_t half = all.size() / 2;
  for (std::size_t i = 0; i < half; ++i) {
    feed(whole, all[i], to_said);
    feed(first, all[i], to_before);
  }
  carry_over(first, second);
  said = after = {};
  // What was late stays late: the time survives as well.
  const arrival ancient{arrival::left, {levada::long_ago, 1, 0}, {}, levada::long_ago};
  feed(whole, ancient, to_said);
  feed(second, ancient, to_after);
  for (std::size_t i = half; i < all.size(); ++i) {
    feed(whole, all[i], to_said);
    feed(second, all[i], to_after);
  }
  support::end(whole, to_said);
  support::end(second, to_after);
  return said == after && !said.results.empty();
}

}  // namespace support
