// SPDX-License-Identifier: BSL-1.0
// refused_graph: the flow that a refused chain makes, so that the one sentence stays the only error.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/result.hpp>
#include <levada/core/time.hpp>
#include <levada/flow/circuit.hpp>
#include <levada/flow/detail/keeper.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace levada::inline v0 {

/// What went through a named operator since the start.
struct operator_counts {
  std::string_view kind;
  std::string_view name;
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  std::uint64_t dropped = 0;
};

namespace detail {

/// It answers to whatever a graph answers to.
struct refused_graph {
  [[nodiscard]] result<> open() { return fault::of(failure::internal, "this flow was refused by the compiler"); }
  polled poll(std::size_t = 0, bool = false) { return polled::end; }
  void finish() {}
  [[nodiscard]] result<> status() const { return {}; }
  template <fixed_string = "">
  void push(const auto&) {}
  void raise_everywhere(const auto&) {}
  void advance(timestamp) {}
  void set_clock(timestamp, duration) {}
  [[nodiscard]] flow_clock clock() const { return {}; }
  [[nodiscard]] timestamp due() const { return never; }
  static constexpr std::size_t threads = 1;
  template <std::size_t>
  [[nodiscard]] refused_graph& part() {
    return *this;
  }
  void for_each_part(auto&&) {}
  void abandon() {}
  void persist(auto&) {}
  void keep_by(keeper*) {}
  [[nodiscard]] result<> closed() { return {}; }
  [[nodiscard]] duration wake_at() const { return duration{INT64_MAX}; }
  [[nodiscard]] static constexpr bool is_abandoned() { return false; }
  void for_each_operator(auto&&) {}
  void for_each_live_source(auto&&) {}
  void for_each_ended_source(auto&&) {}
  [[nodiscard]] static constexpr bool brings_time() { return false; }
  [[nodiscard]] static constexpr std::span<const edge> edges() { return {}; }
  template <fixed_string>
  [[nodiscard]] auto& at() {
    return *this;
  }
  void for_each_count(auto&&) const {}
  template <fixed_string>
  [[nodiscard]] operator_counts counts() const {
    return {};
  }
};

}  // namespace detail

}  // namespace levada::inline v0
