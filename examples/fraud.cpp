// SPDX-License-Identifier: BSL-1.0
// fraud: whoever has stolen a card tries it with small payments, each a little larger than the one before, and then empties it. A
// large payment after three small rising ones, all of the same card within a minute, is one alarm.
#include <levada/levada.hpp>

#include <cstdint>
#include <cstdio>
#include <span>

namespace lv = levada;
using namespace lv::literals;

struct payment {
  lv::timestamp time;
  std::uint64_t card;
  double amount;
};
constexpr payment pay(int second, std::uint64_t card, double amount) {
  return {lv::timestamp{} + lv::duration(1_s) * second, card, amount};
}

int main() {
  const payment payments[] = {
      pay(0, 1, 1.00),  pay(2, 2, 3.50),    pay(5, 1, 1.50),                      // card 2 buys bread,
      pay(9, 1, 79.90), pay(11, 1, 2.20),   pay(15, 2, 2.80), pay(20, 2, 5.10),   // and its amounts do not rise one by one
      pay(30, 3, 0.50), pay(31, 1, 899.00),                                       // card 1 is emptied
      pay(40, 3, 0.90), pay(45, 2, 640.00), pay(80, 3, 1.80), pay(95, 3, 700.00)  // card 3 took more than a minute
  };

  const auto is_test = [](const payment& p, const auto& so_far) { return p.amount < 10 && p.amount > so_far.last().amount; };
  const auto is_theft = [](const payment& p) { return p.amount >= 500; };

  auto stolen = lv::pattern<"stolen card", lv::matching{.partials = 4}>(
      lv::at(&payment::time), lv::every<"test">(is_test).times<3>().then<"theft">(is_theft).within(1_min));

  auto flow = lv::flow(lv::from(lv::values(std::span(payments))) | lv::key_by(&payment::card, {.bound = 10'000}) |
                       std::move(stolen) | lv::to([](const auto& m) {
                         std::printf("card %d:", static_cast<int>(m.key));
                         for (const payment& test : m.template get<"test">()) std::printf(" %.2f", test.amount);
                         std::printf(", then %.2f, in %.0f s\n", m.template get<"theft">().amount, (m.end - m.start).seconds());
                       }));

  return lv::run(flow);
}
