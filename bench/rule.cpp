// SPDX-License-Identifier: BSL-1.0
// rule: an event and ten thousand rules, beside a loop that asks each of them. Prints samples.
//   bench_rule [--rounds N]   N samples of each (default 11)
// Rules have one to four conditions on different ones of eight fields; values are drawn from where events lie, so that half of
// all comparisons with < and > hold. Both sides must find the same rules.
#include "sample.hpp"

#include <levada/core/text.hpp>
#include <levada/flow/flow.hpp>
#include <levada/rule/predicates.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace lv = levada;
using lv::comparison;

constexpr std::size_t rules = 10'000, different_events = 4'096;

enum class area : std::uint8_t { press, oven, mill, saw, paint, store, dock, yard };
struct reading {
  std::uint32_t machine = 0;  // of 1000
  area zone{};
  lv::text<16> product{};  // of 100
  std::int32_t level = 0;  // the others lie evenly in 0 ... 1000
  double celsius = 0, bar = 0, rpm = 0, load = 0;
};

/// A condition as somebody without an index keeps it: numbers as they are, words beside them.
struct plain_condition {
  int field = 0;
  comparison is{};
  std::size_t count = 0;
  double values[4]{};
  lv::text<16> words[4]{};
};
struct plain_rule {
  std::uint64_t id = 0;
  std::size_t count = 0;
  plain_condition conditions[4]{};
};

bool holds(const plain_condition& c, double v) {
  switch (c.is) {
    case comparison::equal: return v == c.values[0];
    case comparison::not_equal: return v != c.values[0];
    case comparison::less: return v < c.values[0];
    case comparison::less_equal: return v <= c.values[0];
    case comparison::greater: return v > c.values[0];
    case comparison::greater_equal: return v >= c.values[0];
    case comparison::between: return v >= c.values[0] && v <= c.values[1];
    case comparison::one_of: break;
  }
  for (std::size_t i = 0; i < c.count; ++i)
    if (v == c.values[i]) return true;
  return false;
}
bool holds(const plain_condition& c, const reading& e) {
  switch (c.field) {
    case 0: return holds(c, e.machine);
    case 1: return holds(c, static_cast<double>(e.zone));
    case 2:
      for (std::size_t i = 0; i < c.count; ++i)
        if (e.product == c.words[i]) return true;
      return false;
    case 3: return holds(c, e.level);
    case 4: return holds(c, e.celsius);
    case 5: return holds(c, e.bar);
    case 6: return holds(c, e.rpm);
    default: return holds(c, e.load);
  }
}

constexpr const char* names[] = {"machine", "zone", "product", "level", "celsius", "bar", "rpm", "load"};

struct world {
  std::mt19937_64 random{5};
  std::uint64_t below(std::uint64_t n) { return random() % n; }
  double real() { return static_cast<double>(below(1'000'001)) / 1000; }
  lv::text<16> word() { return lv::compose<16>("product ", below(100)); }

  reading event() {
    return {static_cast<std::uint32_t>(below(1000)),
            static_cast<area>(below(8)),
            word(),
            static_cast<std::int32_t>(below(1001)),
            real(),
            real(),
            real(),
            real()};
  }
  plain_condition condition(int field) {
    plain_condition c{.field = field};
    const auto choose = [&](std::initializer_list<comparison> all) { c.is = all.begin()[below(all.size())]; };
    if (field < 3)
      choose({comparison::equal, comparison::one_of});
    else
      choose({comparison::less, comparison::less_equal, comparison::greater, comparison::greater_equal, comparison::between});
    c.count = c.is == comparison::one_of ? 2 + below(3) : c.is == comparison::between ? 2 : 1;
    for (std::size_t i = 0; i < c.count; ++i) {
      c.words[i] = word();
      c.values[i] = field == 0   ? static_cast<double>(below(1000))
                    : field == 1 ? static_cast<double>(below(8))
                    : field == 3 ? static_cast<double>(below(1001))
                                 : real();
    }
    if (c.is == comparison::between && c.values[0] > c.values[1]) std::swap(c.values[0], c.values[1]);
    return c;
  }
  plain_rule rule(std::uint64_t id) {
    plain_rule r{.id = id, .count = 1 + below(4)};
    for (std::size_t i = 0; i < r.count; ++i) {
      const int field = static_cast<int>(below(8));
      bool is_new = true;
      for (std::size_t k = 0; k < i; ++k) is_new &= r.conditions[k].field != field;
      is_new ? void(r.conditions[i] = condition(field)) : void(--i);
    }
    return r;
  }
};

lv::condition as_data(const plain_condition& c) {
  lv::condition data(names[c.field], c.is);
  for (std::size_t i = 0; i < c.count; ++i) {
    char number[32];
    std::snprintf(number, sizeof number, "%.10g", c.values[i]);
    data.add(c.field == 2 ? c.words[i].view() : std::string_view(number));
  }
  return data;
}

/// Microseconds an event, and what was found.
template <class Pass>
double time(Pass&& pass, std::size_t events) {
  const auto begin = std::chrono::steady_clock::now();
  pass();
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
  return took.count() / static_cast<double>(events);
}

}  // namespace

int main(int argc, char** argv) {
  const long rounds = argc == 3 && std::string_view(argv[1]) == "--rounds" ? std::strtol(argv[2], nullptr, 10) : 11;
  world w;
  std::vector<plain_rule> plain;
  lv::predicate_rules<reading> data;
  for (std::uint64_t id = 0; id < rules; ++id) {
    plain.push_back(w.rule(id));
    std::vector<lv::condition> all_of;
    for (std::size_t i = 0; i < plain.back().count; ++i) all_of.push_back(as_data(plain.back().conditions[i]));
    if (const auto added = data.add(id, all_of); !added) return std::fprintf(stderr, "%s\n", added.error().sentence.c_str()), 70;
  }
  std::vector<reading> events;
  for (std::size_t i = 0; i < different_events; ++i) events.push_back(w.event());

  lv::predicate_index<reading> index;
  const double made = time([&] { index = lv::predicate_index<reading>(data); }, 1);
  lv::active_rules<reading> active(std::move(index));
  std::uint64_t found = 0, sum = 0;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::predicates(active) | lv::to([&](const lv::matched<reading>& m) {
                         ++found;
                         sum = sum * 31 + m.rule;
                       }));
  if (!flow.open()) return 70;
  const auto indexed = [&] { flow.push(events); };
  const auto asked = [&](std::span<const reading> some) {
    for (const reading& e : some)
      for (const plain_rule& r : plain) {
        std::size_t i = 0;
        while (i < r.count && holds(r.conditions[i], e)) ++i;
        if (i < r.count) continue;
        ++found;
        sum = sum * 31 + r.id;
      }
  };

  indexed();
  const std::uint64_t hits = found, right = sum;
  found = sum = 0;
  asked(events);
  if (found != hits || sum != right) return std::fputs("bench_rule: the two do not find the same rules\n", stderr), 70;

  const auto note = std::to_string(hits / different_events) + " of 10000 rules hold; the index takes " +
                    std::to_string(static_cast<int>(made / 1000)) + " ms to make";
  const std::span<const reading> some(events.data(), 256);
  for (long i = 0; i < rounds; ++i) {
    bench::sample s{.name = "rule/predicates/10k", .metric = "time", .unit = "us/event", .note = note};
    s.value = time(indexed, events.size());
    print(s);
    s.who = "loop over the rules";
    s.value = time([&] { asked(some); }, some.size());
    print(s);
  }
  return found != 0 ? 0 : 70;
}
