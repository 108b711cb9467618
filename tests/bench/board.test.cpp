// SPDX-License-Identifier: BSL-1.0
#include "board.hpp"
#include "plot.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <sstream>
#include <string>
#include <vector>

using namespace bench;

namespace {

sample made(const char* name, const char* metric, const char* better, const char* who, double value, const char* state = "na") {
  return {.name = name, .metric = metric, .unit = "u", .better = better, .who = who, .state = state, .value = value};
}
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("statistics: the median and the quartiles, between two neighbours in proportion") {
  const statistics odd = statistics_of({5, 1, 3, 2, 4});
  CHECK(odd.low == 2);
  CHECK(odd.median == 3);
  CHECK(odd.high == 4);
  CHECK(odd.n == 5);
  const statistics even = statistics_of({4, 1, 2, 3});
  CHECK(even.low == 1.75);
  CHECK(even.median == 2.5);
  CHECK(even.high == 3.25);
  CHECK(statistics_of({7}).median == 7);
  CHECK(statistics_of({}).n == 0);
}

TEST_CASE("ratio: above 1 levada is ahead, whichever way is better") {
  CHECK(ratio_of("more", 300, 100) == 3);
  CHECK(ratio_of("less", 10, 25) == 2.5);
  CHECK(ratio_of("less", 25, 10) == 0.4);
}

TEST_CASE("rows: one a metric, state and peer, of medians; the peer's own state counts") {
  const std::vector<sample> samples{
      made("bus/spsc/64B/threads", "rate", "more", "levada", 260, "near"),
      made("bus/spsc/64B/threads", "rate", "more", "boost spsc bulk", 100, "near"),
      made("bus/spsc/64B/threads", "rate", "more", "boost spsc", 50, "near"),
      made("bus/spsc/64B/threads", "rate", "more", "levada", 280, "near"),
      made("bus/spsc/64B/threads", "rate", "more", "levada", 10, "near"),
      made("bus/spsc/64B/threads", "rate", "more", "levada", 20, "far"),
      made("bus/spsc/64B/threads", "rate", "more", "boost spsc bulk", 16, "far"),
      made("bus/spsc/64B/threads", "rate", "more", "boost spsc bulk", 1, "busy"),
  };
  const std::vector<row> rows = rows_of(samples);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].of.state == "near");
  CHECK(rows[0].peer_name == "boost spsc bulk");
  CHECK(rows[0].of.value == 260);
  CHECK(rows[0].spread.n == 3);
  CHECK(rows[0].spread.low == 135);
  CHECK(rows[0].spread.high == 270);
  CHECK(rows[0].ratio == 2.6);
  CHECK(rows[0].floor == 2);
  CHECK(!rows[0].is_missed());
  CHECK(rows[1].peer_name == "boost spsc");
  CHECK(rows[1].ratio == 5.2);
  CHECK(std::isnan(rows[1].floor));
  CHECK(rows[2].of.state == "far");
  CHECK(rows[2].ratio == 1.25);
  CHECK(rows[2].is_missed());
}

TEST_CASE("rows: compilers are kept apart") {
  std::vector<sample> samples{made("flow/a", "instructions", "less", "levada", 10),
                              made("flow/a", "instructions", "less", "hand-loop", 9)};
  for (std::size_t i = 0; i < 2; ++i) {
    samples.push_back(samples[i]);
    samples.back().compiler = "another";
    samples.back().value *= 2 + static_cast<double>(i);
  }
  const std::vector<row> rows = rows_of(samples);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].ratio == 0.9);
  CHECK(rows[0].is_missed());
  CHECK(rows[1].of.compiler == "another");
  CHECK(rows[1].ratio == 27.0 / 20);
  CHECK(!rows[1].is_missed());
}

TEST_CASE("rows: those of a case stand together, wherever its samples came") {
  const std::vector<row> rows = rows_of({made("flow/b", "time", "less", "levada", 1), made("flow/a", "time", "less", "levada", 2),
                                         made("flow/b", "instructions", "less", "levada", 3)});
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].of.value == 1);
  CHECK(rows[1].of.value == 3);
  CHECK(rows[2].of.value == 2);
}

TEST_CASE("rows: a budget is a peer, and what has neither stands alone") {
  const std::vector<row> rows =
      rows_of({made("flow/idle", "epoll", "less", "levada", 0.1), made("flow/sensor", "rate", "more", "levada", 200),
               made("flow/sensor", "rate", "more", "hand-loop", 210), made("cost/graph/10ops", "seconds", "less", "levada", 1)});
  REQUIRE(rows.size() == 4);
  CHECK(rows[0].peer_name == "budget");
  CHECK(rows[0].ratio == 2);
  CHECK(!rows[0].is_missed());
  CHECK(rows[1].peer_name == "hand-loop");
  CHECK(!rows[1].is_missed());
  CHECK(rows[2].peer_name == "budget");
  CHECK(rows[2].peer == 250);
  CHECK(rows[2].ratio == 0.8);
  CHECK(rows[2].is_missed());
  CHECK(rows[3].peer_name.empty());
  CHECK(std::isnan(rows[3].ratio));
  CHECK(!rows[3].is_missed());
}

TEST_CASE("rows: what is promised may depend on the state of the machine") {
  std::vector<sample> samples;
  for (const char* state : {"near", "far", "busy"})
    for (const char* who : {"levada", "raw-line"})
      samples.push_back(made("bus/rtt/56B/threads", "round trip p50", "less", who, who[0] == 'l' ? 180 : 100, state));
  const std::vector<row> rows = rows_of(samples);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].floor == 0.5);
  CHECK(!rows[0].is_missed());
  CHECK(rows[1].floor == 0.62);
  CHECK(rows[1].is_missed());
  CHECK(std::isnan(rows[2].floor));
}

TEST_CASE("rows: a busy machine breaks no promise") {
  const std::vector<row> rows = rows_of({made("bus/spsc/64B/threads", "rate", "more", "levada", 1, "busy"),
                                         made("bus/spsc/64B/threads", "rate", "more", "boost spsc bulk", 9, "busy")});
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].floor == 2);
  CHECK(!rows[0].is_missed());
}

TEST_CASE("samples: what is not one is passed over") {
  std::istringstream in(
      "flow/a\ttime\tns\tless\tlevada\tna\t1.5\ta note\tg++ 12.2\t-O2\nfive words of a compiler\nflow/a\ttime\tns\n"
      "flow/a\ttime\tns\tless\tlevada\tna\tfast\t\tg++\t-O2\n");
  const std::vector<sample> all = read_samples(in);
  REQUIRE(all.size() == 1);
  CHECK(all[0].name == "flow/a");
  CHECK(all[0].value == 1.5);
  CHECK(all[0].note == "a note");
  CHECK(all[0].flags == "-O2");
}

TEST_CASE("JSON: every member of a row; null where there is nothing") {
  sample s = made("cost/graph/10ops", "seconds", "less", "levada", 1.25);
  s.note = "with \"quotes\"";
  s.compiler = "g++ 12.2";
  s.flags = "-O2";
  std::ostringstream out;
  write_json(out, rows_of({s}));
  CHECK(
      out.str() ==
      "[\n{\"case\":\"cost/graph/10ops\",\"metric\":\"seconds\",\"unit\":\"u\",\"better\":\"less\",\"levada\":1.25,\"peer\":null,"
      "\"peer_name\":\"\",\"ratio\":null,\"floor\":null,\"state\":\"na\",\"compiler\":\"g++ 12.2\",\"flags\":\"-O2\",\"n\":1,"
      "\"spread\":[1.25,1.25],\"command\":\"bench/run cost\",\"note\":\"with \\\"quotes\\\"\"}\n]\n");
}

TEST_CASE("the page: only what stands between a room's markers is renewed") {
  const std::string page = "prose\n<!-- bus -->\nold\n<!-- end of bus -->\nmore prose\n";
  CHECK(renewed(page, "bus", "new\n") == "prose\n<!-- bus -->\n\nnew\n\n<!-- end of bus -->\nmore prose\n");
  CHECK(renewed(renewed(page, "bus", "x\n"), "bus", "new\n") == renewed(page, "bus", "new\n"));
  CHECK(renewed(page, "flow", "new\n") == page);
}

TEST_CASE("the plot: a bar for each promise, and its text as text") {
  std::ostringstream out;
  write_plot(
      out, rows_of({made("flow/a", "instructions", "less", "levada", 10), made("flow/a", "instructions", "less", "hand-loop", 20),
                    made("flow/a", "time", "less", "levada", 1), made("flow/a", "time", "less", "hand-loop", 3)}));
  CHECK(contains(out.str(), "flow/a instructions / hand-loop"));
  CHECK(contains(out.str(), ">2.00</text>"));
  CHECK(!contains(out.str(), "flow/a time"));
}
