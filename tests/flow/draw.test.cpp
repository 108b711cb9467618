// SPDX-License-Identifier: BSL-1.0
#include <levada/flow/draw.hpp>

#include <levada/flow/boundary.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/runner.hpp>
#include <levada/op/filter.hpp>
#include <levada/op/fold.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/map.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>
#include <levada/source/values.hpp>

#include <doctest/doctest.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lv = levada;
using namespace lv::literals;

namespace plant {
struct reading {
  int machine;
  double value;
};
}  // namespace plant

namespace {

std::string drawn(const auto& flow, lv::picture how) {
  std::string all;
  lv::draw(flow, how, [&](std::string_view piece) { all += piece; });
  return all;
}

auto small_flow() {
  return lv::flow(
      "warm"_s = lv::from<"readings">(lv::input<plant::reading>()) |
                 lv::filter<"> \"30\"">([](const plant::reading& r) { return r.value > 30; }),
      "warm"_s |
          lv::route<"sides">(lv::when([](const plant::reading& r) { return r.machine < 2; }, lv::map(&plant::reading::value)),
                             lv::otherwise(lv::map([](const plant::reading&) { return 0.0; }))) |
          lv::fold(0.0, [](double& sum, double v) { sum += v; }) | lv::to<"sum">([](double) {}));
}

}  // namespace

TEST_CASE("DOT: a box an operator, an arrow an edge with its event type") {
  auto flow = small_flow();
  CHECK(drawn(flow, lv::picture::dot) ==
        "digraph flow {\n"
        "  rankdir=LR;\n"
        "  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n"
        "  edge [fontname=\"sans-serif\", fontsize=10];\n"
        "  n0 [label=\"from readings\\n0 events\"];\n"
        "  n1 [label=\"filter > \\\"30\\\"\\n0 events\"];\n"
        "  n2 [label=\"route sides\\n0 events\"];\n"
        "  n3 [label=\"map\\n0 events\"];\n"
        "  n4 [label=\"map\\n0 events\"];\n"
        "  n5 [label=\"fold\\n0 events, state 8 B\"];\n"
        "  n6 [label=\"to sum\\n0 events\"];\n"
        "  n0 -> n1 [label=\"plant::reading\"];\n"
        "  n1 -> n2 [label=\"plant::reading\"];\n"
        "  n2 -> n3 [label=\"plant::reading\"];\n"
        "  n2 -> n4 [label=\"plant::reading\"];\n"
        "  n3 -> n5 [label=\"double\"];\n"
        "  n4 -> n5 [label=\"double\"];\n"
        "  n5 -> n6 [label=\"double\"];\n"
        "}\n");
}

TEST_CASE("JSON has what went through each operator and over each edge") {
  auto flow = small_flow();
  REQUIRE(flow.open());
  flow.push(std::vector<plant::reading>{{1, 31}, {1, 5}, {2, 40}, {3, 50}});
  const std::string json = drawn(flow, lv::picture::json);
  CHECK(json.find(R"({"id":1,"kind":"filter","name":"> \"30\"","thread":0,"in":4,"out":3,"dropped":0,"state_bytes":0})") !=
        std::string::npos);
  CHECK(json.find(R"({"from":2,"to":3,"output":0,"event":"plant::reading","events":1,"ring":false})") != std::string::npos);
  CHECK(json.find(R"({"from":2,"to":4,"output":1,"event":"plant::reading","events":2,"ring":false})") != std::string::npos);
  CHECK(json.ends_with("\"threads\":[\"main\"]}\n"));
}

TEST_CASE("mermaid escapes what it would misread") {
  auto flow = small_flow();
  const std::string page = drawn(flow, lv::picture::mermaid);
  CHECK(page.starts_with("flowchart LR\n"));
  CHECK(page.find("n1[\"filter &gt; #quot;30#quot;<br/>0 events\"]") != std::string::npos);
  CHECK(page.find("n0 -->|\"plant::reading\"| n1\n") != std::string::npos);
}

TEST_CASE("each thread is a frame, and the ring between two is a dashed arrow") {
  const std::vector<int> events{1, 2, 3};
  auto flow = lv::flow(lv::from(lv::values(std::span(events))) | lv::stage<"heavy">() | lv::map([](int i) { return i; }) |
                       lv::stage() | lv::to([](int) {}));
  REQUIRE(lv::runner<>{}.run(flow));
  const std::string dot = drawn(flow, lv::picture::dot);
  CHECK(dot.find("subgraph cluster_1 {\n    label=\"heavy\"") != std::string::npos);
  CHECK(dot.find("label=\"stage 2\"") != std::string::npos);
  CHECK(dot.find("n1 -> n2 [label=\"int32\", style=dashed];") != std::string::npos);
  const std::string json = drawn(flow, lv::picture::json);
  CHECK(json.find(R"({"from":1,"to":2,"output":0,"event":"int32","events":3,"ring":true})") != std::string::npos);
  CHECK(json.find(R"("threads":["main","heavy","stage 2"])") != std::string::npos);
  CHECK(drawn(flow, lv::picture::mermaid).find("n1 -.->|\"int32\"| n2") != std::string::npos);
}
