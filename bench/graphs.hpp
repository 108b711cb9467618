// SPDX-License-Identifier: BSL-1.0
// graphs: the same jobs on the flow graph of oneTBB, an event a message or a batch of them, with the windows of the hand loops.
#pragma once

#include "ysb.hpp"

#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/global_control.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <tuple>
#include <vector>

namespace bench::graphs {

namespace tbb = oneapi::tbb;
namespace fg = oneapi::tbb::flow;

/// Messages are pointers into the table, or to a batch: nothing is copied that an expert would not copy.
template <std::size_t Size, class Row>
struct batch {
  std::size_t size = 0;
  std::array<Row, Size> rows;
};

/// How many threads the graphs of this scope may use.
struct threads {
  tbb::global_control limit;
  explicit threads(std::size_t n) : limit(tbb::global_control::max_allowed_parallelism, n) {}
};

/// The windows of Yahoo's benchmark at the end of a graph.
struct ysb_windows {
  ysb::panes<true> windows{};
  std::int64_t greatest = INT64_MIN, watermark = INT64_MIN;

  void add(std::uint32_t campaign, std::int64_t time) {
    if (campaign >= campaigns) return;
    greatest = time > greatest ? time : greatest;
    auto* at = windows.look(time);
    if (at == nullptr) return;
    if (at->views[campaign]++ == 0) {
      windows.campaign[campaign] = campaign;
      at->list[at->touched++] = campaign;
    }
  }
  void say() {
    const std::int64_t reached = (greatest - ysb::lateness.ns) / ysb::grain.ns * ysb::grain.ns;
    if (reached <= watermark) return;
    watermark = reached;
    windows.fire(reached / ysb::size.ns);
  }
  double finish() {
    windows.fire(greatest / ysb::size.ns + 1);
    return windows.result;
  }
};
struct viewed {
  std::uint32_t campaign;
  std::int64_t time;
};

/// An event a message. Lightweight nodes run in the thread that feeds them: queues between threads take four times as long.
class ysb_by_event {
 public:
  void push(std::span<const reading> events, lv::timestamp) {
    for (const reading& r : events) filter_.try_put(&r);
  }
  void settle() { graph_.wait_for_all(); }
  double finish() {
    settle();
    return windows_.finish();
  }

 private:
  using filtering = fg::multifunction_node<const reading*, std::tuple<const reading*>, fg::queueing_lightweight>;
  threads one_{1};
  std::vector<std::uint32_t> campaign_of_ = ysb::campaign_of_ad<true>();
  ysb_windows windows_;
  fg::graph graph_;
  filtering filter_{graph_, fg::serial, [](const reading* r, filtering::output_ports_type& out) {
                      if (r->kind == ysb::view) std::get<0>(out).try_put(r);
                    }};
  fg::function_node<const reading*, viewed, fg::queueing_lightweight> join_{
      graph_, fg::serial, [this](const reading* r) { return viewed{campaign_of_[r->rest[0]], r->time.ns}; }};
  fg::function_node<viewed, fg::continue_msg, fg::queueing_lightweight> window_{graph_, fg::serial, [this](const viewed& v) {
                                                                                  windows_.add(v.campaign, v.time);
                                                                                  windows_.say();
                                                                                  return fg::continue_msg{};
                                                                                }};
  bool wired_ = wire();
  bool wire() {
    fg::make_edge(fg::output_port<0>(filter_), join_);
    fg::make_edge(join_, window_);
    return true;
  }
};

/// A batch a message, through nodes that may run at the same time.
template <std::size_t Size, std::size_t Threads>
class ysb_by_batch {
 public:
  void push(std::span<const reading> events, lv::timestamp) {
    for (std::size_t i = 0; i < events.size(); i += Size) filter_.try_put(events.subspan(i, Size));
  }
  void settle() { graph_.wait_for_all(); }
  double finish() {
    settle();
    return windows_.finish();
  }

 private:
  using views = std::shared_ptr<batch<Size, const reading*>>;
  using joined = std::shared_ptr<batch<Size, viewed>>;
  threads allowed_{Threads};
  std::vector<std::uint32_t> campaign_of_ = ysb::campaign_of_ad<true>();
  ysb_windows windows_;
  fg::graph graph_;
  fg::function_node<std::span<const reading>, views> filter_{graph_, fg::serial, [](std::span<const reading> events) {
                                                               auto out =
                                                                   std::make_shared_for_overwrite<batch<Size, const reading*>>();
                                                               std::size_t n = 0;
                                                               for (const reading& r : events) {
                                                                 out->rows[n] = &r;
                                                                 n += r.kind == ysb::view ? 1 : 0;
                                                               }
                                                               out->size = n;
                                                               return out;
                                                             }};
  fg::function_node<views, joined> join_{graph_, fg::serial, [this](const views& in) {
                                           auto out = std::make_shared_for_overwrite<batch<Size, viewed>>();
                                           for (std::size_t i = 0; i < in->size; ++i)
                                             out->rows[i] = {campaign_of_[in->rows[i]->rest[0]], in->rows[i]->time.ns};
                                           out->size = in->size;
                                           return out;
                                         }};
  fg::function_node<joined> window_{graph_, fg::serial, [this](const joined& in) {
                                      for (std::size_t i = 0; i < in->size; ++i)
                                        windows_.add(in->rows[i].campaign, in->rows[i].time);
                                      windows_.say();
                                    }};
  bool wired_ = wire();
  bool wire() {
    fg::make_edge(filter_, join_);
    fg::make_edge(join_, window_);
    return true;
  }
};

/// The rolling windows of the sensor job: one node reads, one computes.
class sensor_by_event {
 public:
  void push(std::span<const reading> events, lv::timestamp) {
    for (const reading& r : events) read_.try_put(&r);
  }
  void settle() { graph_.wait_for_all(); }
  double finish() {
    settle();
    return windows_.finish();
  }

 private:
  threads one_{1};
  sensor::hand windows_;
  fg::graph graph_;
  fg::function_node<const reading*, const reading*, fg::queueing_lightweight> read_{graph_, fg::serial,
                                                                                    [](const reading* r) { return r; }};
  fg::function_node<const reading*, fg::continue_msg, fg::queueing_lightweight> window_{
      graph_, fg::serial, [this](const reading* r) {
        windows_.push(std::span<const reading>(r, 1), {});
        return fg::continue_msg{};
      }};
  bool wired_ = wire();
  bool wire() {
    fg::make_edge(read_, window_);
    return true;
  }
};
template <std::size_t Size, std::size_t Threads>
class sensor_by_batch {
 public:
  void push(std::span<const reading> events, lv::timestamp) {
    for (std::size_t i = 0; i < events.size(); i += Size) read_.try_put(events.subspan(i, Size));
  }
  void settle() { graph_.wait_for_all(); }
  double finish() {
    settle();
    return windows_.finish();
  }

 private:
  threads allowed_{Threads};
  sensor::hand windows_;
  fg::graph graph_;
  fg::function_node<std::span<const reading>, std::span<const reading>> read_{
      graph_, fg::serial, [](std::span<const reading> events) { return events; }};
  fg::function_node<std::span<const reading>> window_{graph_, fg::serial,
                                                      [this](std::span<const reading> events) { windows_.push(events, {}); }};
  bool wired_ = wire();
  bool wire() {
    fg::make_edge(read_, window_);
    return true;
  }
};

}  // namespace bench::graphs
