// SPDX-License-Identifier: BSL-1.0
#include <levada/op/heavy_hitters.hpp>

#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/fold.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>
#include <vector>

namespace lv = levada;
using support::reading;

namespace {

using key = std::uint32_t;

enum class shape { skewed, flat, rotating, late_giant, all_different, single };
std::vector<key> keys(shape of, std::size_t n, std::uint64_t seed) {
  support::random r{seed};
  std::vector<key> all(n);
  for (std::size_t i = 0; i < n; ++i) switch (of) {
      case shape::skewed: all[i] = static_cast<key>(std::exp(r.between(0, 8))); break;
      case shape::flat: all[i] = static_cast<key>(r.below(100)); break;
      case shape::rotating: all[i] = static_cast<key>(i % 33); break;  // always the one that was thrown out last
      case shape::late_giant: all[i] = i < n * 2 / 3 ? static_cast<key>(i) : 7; break;
      case shape::all_different: all[i] = static_cast<key>(i); break;
      case shape::single: all[i] = 5; break;
    }
  return all;
}
constexpr shape shapes[] = {shape::skewed, shape::flat, shape::rotating, shape::late_giant, shape::all_different, shape::single};

/// All that is promised of a summary.
template <class Summary>
void keeps_its_promise(const Summary& s, std::size_t counters, const std::vector<key>& values) {
  std::map<key, std::uint64_t> truth;
  for (const key k : values) ++truth[k];
  const std::uint64_t allowed = values.size() / counters;
  CHECK(s.count() == values.size());
  std::uint64_t before = UINT64_MAX;
  for (const auto& h : s.hitters()) {
    const std::uint64_t true_count = truth[h.key];
    CHECK(h.count >= true_count);
    CHECK(h.at_least() <= true_count);
    CHECK(h.error <= allowed);
    CHECK(h.count <= before);
    before = h.count;
  }
  for (const auto& [k, n] : truth) {
    const auto known = s.of(k);
    CHECK(known.count >= n);
    CHECK(known.at_least() <= n);
    bool listed = false;
    for (const auto& h : s.hitters()) listed = listed || h.key == k;
    if (n > allowed) CHECK(listed);
  }
}

}  // namespace

TEST_CASE("no count is too small, none is too large by more than it says, and no frequent key is missed") {
  for (const shape of : shapes)
    for (std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{31}, std::size_t{5000}}) {
      CAPTURE(static_cast<int>(of));
      CAPTURE(n);
      const auto values = keys(of, n, n + 1);
      lv::space_saving<key, 32> s;
      lv::space_saving<key, 1> smallest;
      for (const key k : values) s.add(k), smallest.add(k);
      keeps_its_promise(s, 32, values);
      keeps_its_promise(smallest, 1, values);
    }
}

TEST_CASE("as long as there are no more keys than counters, everything is exact") {
  support::random r{3};
  lv::space_saving<key, 16> s;
  std::map<key, std::uint64_t> truth;
  for (int i = 0; i < 2000; ++i) {
    const auto k = static_cast<key>(r.below(4) * r.below(4));
    s.add(k);
    ++truth[k];
  }
  CHECK(s.hitters().size() == truth.size());
  for (const auto& h : s.hitters()) CHECK((h.count == truth[h.key] && h.error == 0));
}

TEST_CASE("what is promised holds for summaries of parts, merged in any order and also merged twice") {
  support::random r{4};
  for (int round = 0; round < 100; ++round) {
    std::vector<key> all;
    lv::space_saving<key, 16> parts[4];
    for (auto& part : parts) {
      const auto values = keys(shapes[r.below(std::size(shapes))], r.below(400), r.next());
      for (const key k : values) part.add(k);
      all.insert(all.end(), values.begin(), values.end());
    }
    std::swap(parts[0], parts[r.below(4)]);
    lv::space_saving<key, 16> in_a_row;
    for (const auto& part : parts) in_a_row.merge(part);
    keeps_its_promise(in_a_row, 16, all);
    parts[0].merge(parts[1]);
    parts[2].merge(parts[3]);
    parts[0].merge(parts[2]);
    keeps_its_promise(parts[0], 16, all);
    for (const key k : keys(shape::flat, 200, r.next())) {  // and it can go on
      parts[0].add(k);
      all.push_back(k);
    }
    keeps_its_promise(parts[0], 16, all);
  }
}

TEST_CASE("a summary is its bytes: a copy of them goes on as the summary does") {
  lv::space_saving<key, 32> live, restored;
  const auto values = keys(shape::skewed, 3000, 8);
  for (std::size_t i = 0; i < 1500; ++i) live.add(values[i]);
  std::memcpy(&restored, &live, sizeof live);
  for (std::size_t i = 1500; i < 3000; ++i) live.add(values[i]), restored.add(values[i]);
  CHECK(std::memcmp(&live, &restored, sizeof live) == 0);
}

TEST_CASE("in windows: the most frequent of the last events, however spans are cut") {
  auto events = support::readings(3000, 12);
  for (reading& e : events) e.sensor = e.sensor * e.sensor / 8;  // some sensors are more frequent than others
  using list = std::vector<std::pair<key, std::uint64_t>>;
  std::vector<list> expected;  // 16 counters are enough for these keys
  for (std::size_t end = 300; end <= events.size(); end += 100) {
    std::map<key, std::uint64_t> truth;
    for (std::size_t i = end - 300; i < end; ++i) ++truth[events[i].sensor];
    expected.push_back(
        {*std::max_element(truth.begin(), truth.end(), [](const auto& x, const auto& y) { return x.second < y.second; })});
  }
  for (std::size_t length : support::span_lengths)
    CHECK(support::outcome<list>(events, length, [](auto& rows) {
            return lv::flow(lv::from(lv::input<reading>()) |
                            lv::window<lv::sliding{300, 100}>(lv::aggregate<lv::heavy_hitters<1, 16>>(&reading::sensor)) |
                            lv::to([&](const auto& row) {
                              list most;
                              for (const auto& h : row.template get<lv::heavy_hitters<1, 16>>())
                                most.emplace_back(h.key, h.count);
                              rows.push_back(most);
                            }));
          }) == expected);
}

TEST_CASE("alone: a summary is a value that fold fills") {
  auto flow = lv::flow(lv::from(lv::input<int>()) | lv::fold(lv::space_saving<int, 8>{}, [](auto& s, int v) { s.add(v); }) |
                       lv::to([](const lv::space_saving<int, 8>& s) {
                         CHECK(s.hitters()[0].key == 3);
                         CHECK(s.of(3).count == 3);
                         CHECK(s.of(9).count == 0);
                       }));
  REQUIRE(flow.open());
  flow.push(std::vector<int>{1, 3, 2, 3, 3, 2});
  flow.finish();
}
