// SPDX-License-Identifier: BSL-1.0
#include <levada/flow/plan.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace levada::detail;
using levada::edge;
using levada::fixed_string;

namespace {

template <class Plan>
std::vector<edge> edges_of() {
  return {Plan::edges.begin(), Plan::edges.end()};
}
template <std::size_t N>
using open_row = path<row_of<N>, path<>>;
template <std::size_t N>
using closed_row = path<row_of<N>, path<end_shape>>;

}  // namespace

TEST_CASE("in a chain each operator leads to the next, and no chain leads to another") {
  using p = plan<closed_row<3>, closed_row<2>>;
  CHECK(p::nodes == 5);
  CHECK(edges_of<p>() == std::vector<edge>{{0, 1, 0}, {1, 2, 0}, {3, 4, 0}});
  CHECK(!p::has_merges);
  CHECK(p::threads == 1);
  CHECK(p::only_successor(2) == p::nodes);
  CHECK(p::reaches<0> == std::array{true, true, true, false, false});
  CHECK(p::reaches<3> == std::array{false, false, false, true, true});
}

TEST_CASE("branches of a fork begin where it stands, and what follows continues those that are open") {
  using p = plan<path<row_of<1>, fork_shape<open_row<2>, closed_row<1>, open_row<1>>, row_of<1>, path<end_shape>>>;
  CHECK(edges_of<p>() == std::vector<edge>{{0, 1, 0}, {1, 2, 0}, {0, 3, 0}, {0, 4, 0}, {2, 5, 0}, {4, 5, 0}});
  CHECK(p::has_merges);
  CHECK(p::fanin_of(5) == 2);
  CHECK(p::fanout_of(0) == 3);
  CHECK(p::successor(0, 0) == 1);
  CHECK(p::successor(0, 1) == 3);
  CHECK(p::successor(0, 2) == 4);
}

TEST_CASE("each branch of a route has an output of its own, and its own counter") {
  using p = plan<path<row_of<1>, path<row_of<1>, outputs_shape<0, closed_row<1>, open_row<1>>>, row_of<1>, path<end_shape>>>;
  CHECK(edges_of<p>() == std::vector<edge>{{0, 1, 0}, {1, 2, 0}, {1, 3, 1}, {3, 4, 0}});
  CHECK(p::outputs_of(1) == 2);
  CHECK(p::counters == 6);
  CHECK(p::counter_of(1, 0) == 1);
  CHECK(p::counter_of(1, 1) == 5);
  CHECK(p::fanout_of(1, 1) == 1);
  CHECK(p::successor(1, 1, 0) == 3);
}

TEST_CASE("a named stream is used where it ended, a merge has the ends of all that it joins") {
  using p = plan<open_row<2>, path<use_shape<0>, row_of<1>, path<end_shape>>,
                 path<merge_shape<path<use_shape<0>, path<>>, open_row<1>>, row_of<1>, path<end_shape>>>;
  CHECK(edges_of<p>() == std::vector<edge>{{0, 1, 0}, {1, 2, 0}, {1, 4, 0}, {3, 4, 0}});
}

TEST_CASE("edges are sorted by where they lead, so those into a node lie together") {
  using p = plan<path<row_of<1>, fork_shape<open_row<1>, open_row<1>>, row_of<1>, fork_shape<open_row<1>, open_row<1>>, row_of<1>,
                      path<end_shape>>>;
  for (std::size_t i = 1; i < p::edges.size(); ++i) CHECK(p::edges[i - 1].to <= p::edges[i].to);
  for (std::size_t node = 0; node < p::nodes; ++node)
    for (std::size_t i = p::first_into[node]; i < p::first_into[node + 1]; ++i) CHECK(p::edges[i].to == node);
  CHECK(p::first_into.back() == p::edges.size());
}

TEST_CASE("a row of diamonds is not inlined for ever") {
  using diamond = path<fork_shape<open_row<1>, open_row<1>>, row_of<1>>;
  using p = plan<path<row_of<1>, diamond, diamond, diamond, diamond, path<end_shape>>>;
  std::vector<std::size_t> called;
  for (std::size_t node = 0; node < p::nodes; ++node)
    if (p::is_called[node]) called.push_back(node);
  CHECK(called == std::vector<std::size_t>{9});  // 1, 2, 4 copies, and here it would be 8
}

TEST_CASE("a cut gives what follows to another thread, and no edge leads there") {
  using p = plan<path<row_of<2>, cut_shape<fixed_string("x")>, row_of<1>, path<end_shape>>>;
  CHECK(p::nodes == 5);  // two, an outlet, an inlet, one
  CHECK(edges_of<p>() == std::vector<edge>{{0, 1, 0}, {1, 2, 0}, {3, 4, 0}});
  CHECK(p::threads == 2);
  CHECK(p::drawn.thread == std::array<std::uint16_t, 5>{0, 0, 0, 1, 1});
  CHECK(p::drawn.thread_names[1] == "x");
  using below = part<p, 1>;
  CHECK(below::nodes == 2);
  CHECK(below::whole == std::array<std::uint16_t, 2>{3, 4});
  CHECK(edges_of<below>() == std::vector<edge>{{0, 1, 0}});
  CHECK(edges_of<part<p, 0>>() == std::vector<edge>{{0, 1, 0}, {1, 2, 0}});
}

TEST_CASE("stages of one name are one thread, those without a name are all different") {
  using x = cut_shape<fixed_string("x")>;
  using unnamed = cut_shape<fixed_string("")>;
  CHECK(plan<path<row_of<1>, x, row_of<1>, path<end_shape>>, path<row_of<1>, x, row_of<1>, path<end_shape>>>::threads == 2);
  CHECK(plan<path<row_of<1>, unnamed, unnamed, row_of<1>, path<end_shape>>>::threads == 3);
}

TEST_CASE("a merge of two threads and a way back are faults of the plan") {
  using x = cut_shape<fixed_string("x")>;
  using y = cut_shape<fixed_string("y")>;
  using merged = plan<path<row_of<1>, fork_shape<path<x, row_of<1>>, open_row<1>>, row_of<1>, path<end_shape>>>;
  CHECK(merged::drawn.fault == thread_fault::merged);
  CHECK(plan<path<row_of<1>, x, row_of<1>, y, x, row_of<1>, path<end_shape>>>::drawn.fault == thread_fault::backward);
  CHECK(plan<path<row_of<1>, x, x, row_of<1>, path<end_shape>>>::drawn.fault == thread_fault::backward);
  CHECK(plan<path<row_of<1>, x, y, row_of<1>, path<end_shape>>>::drawn.fault == thread_fault::none);
}
