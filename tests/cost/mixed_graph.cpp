// SPDX-License-Identifier: BSL-1.0
// mixed_graph: thirty operators with a join, a window, forks and a merge, as a user might write them: what a compiler takes for
// it is told.
#include <levada/flow/aside.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/fork.hpp>
#include <levada/op/aggregate.hpp>
#include <levada/op/event_time.hpp>
#include <levada/op/filter.hpp>
#include <levada/op/interval_join.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/map.hpp>
#include <levada/op/scan.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/values.hpp>
namespace lv = levada;
using namespace lv::literals;
struct order {
  lv::timestamp time;
  std::uint32_t machine;
  double mass;
};
struct reading {
  lv::timestamp time;
  std::uint32_t machine;
  double value;
};
struct pair {
  lv::timestamp time;
  std::uint32_t machine;
  double mass, value;
};
long run(std::span<const order> orders, std::span<const reading> readings) {
  double sum = 0;
  auto add = [&](double v) { sum += v; };
  auto flow = lv::flow(
      "orders"_s = lv::from<"orders">(lv::values(orders)) | lv::event_time<"order time">(&order::time, lv::bounded{1_s}) |
                   lv::filter<"whole">([](const order& o) { return o.mass > 0; }) |
                   lv::map<"grams">([](const order& o) { return order{o.time, o.machine, o.mass * 1000}; }),
      "readings"_s = lv::from<"readings">(lv::values(readings)) |
                     lv::event_time<"reading time">(&reading::time, lv::bounded{1_s}) |
                     lv::filter<"finite">([](const reading& r) { return r.value - r.value == 0; }) |
                     lv::fork(lv::filter<"hot">([](const reading& r) { return r.value > 80; }) |
                                  lv::map<"scaled">([](const reading& r) { return reading{r.time, r.machine, r.value / 2}; }),
                              lv::filter<"cold">([](const reading& r) { return r.value <= 80; })) |
                     lv::map<"celsius">([](const reading& r) { return reading{r.time, r.machine, r.value - 273}; }),
      "pairs"_s =
          lv::connect("orders"_s, "readings"_s) |
          lv::interval_join<"pairs">(lv::on(&order::machine, &reading::machine), lv::at(&order::time), lv::at(&reading::time),
                                     lv::between{-1_s, 1_s},
                                     [](const order& o, const reading& r) { return pair{o.time, o.machine, o.mass, r.value}; }),
      "pairs"_s | lv::scan<"heat">(0.0, [](double& heat, const pair& p) { return heat += p.mass * p.value; }) |
          lv::filter<"warm">([](double h) { return h > 1; }) | lv::map<"kJ">([](double h) { return h / 1000; }) |
          lv::to<"heat">(add),
      "readings"_s | lv::key_by<"machine">(&reading::machine) |
          lv::window<"minute", lv::tumbling{60_s}>(lv::at<lv::late::aside>(&reading::time),
                                                   lv::aggregate<lv::mean, lv::max, lv::stddev>(&reading::value)) |
          lv::aside(lv::map<"late">([](const reading& r) { return r.value; }) | lv::to<"late ones">(add)) |
          lv::map<"mean">([](const auto& row) { return row.template get<lv::mean>(); }) |
          lv::fork(lv::filter<"high">([](double v) { return v > 3; }) | lv::to<"high means">(add),
                   lv::filter<"low">([](double v) { return v < -3; }) | lv::to<"low means">(add)),
      lv::merge("orders"_s | lv::map<"mass">([](const order& o) { return o.mass; }),
                "readings"_s | lv::map<"read mass">([](const reading& r) { return r.value; })) |
          lv::filter<"heavy">([](double m) { return m > 10; }) | lv::map<"kg">([](double m) { return m / 1000; }) |
          lv::to<"masses">(add));
  if (!flow.open()) return -1;
  while (flow.poll() != lv::polled::end) {
  }
  return static_cast<long>(sum);
}
