// SPDX-License-Identifier: BSL-1.0
// staged_graph: a flow with stages: one graph for each thread, and the rings between them.
#pragma once

#include <levada/bus/segment.hpp>
#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/result.hpp>
#include <levada/core/word.hpp>
#include <levada/flow/detail/ends.hpp>
#include <levada/flow/graph.hpp>
#include <levada/flow/plan.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0::detail {

template <class Op>
inline constexpr bool is_outlet = false;
template <fixed_string Name, class E>
inline constexpr bool is_outlet<stage_outlet<Name, E>> = true;
/// The graph of one thread, cut out of the flow.
template <class Whole, std::size_t Thread, class... Ops, std::size_t... K>
auto cut_out(pack<Ops...>& operators, std::index_sequence<K...>) {
  using here = part<Whole, Thread>;
  return graph<here, element<here::whole[K], pack<Ops...>>...>({{std::move(get<here::whole[K]>(operators))}...});
}
template <class Whole, std::size_t Thread, class... Ops>
auto cut_out(pack<Ops...>& operators) {
  return cut_out<Whole, Thread>(operators, std::make_index_sequence<part<Whole, Thread>::nodes>{});
}

/// Thread 0 is the caller's; a runner gives each other part a thread of its own.
template <class Whole, class... Ops>
class staged_graph {
  template <class>
  struct parts_of;
  template <std::size_t... T>
  struct parts_of<std::index_sequence<T...>> {
    using type = pack<decltype(cut_out<Whole, T>(std::declval<pack<Ops...>&>()))...>;
    static type of(pack<Ops...>& operators) { return {{cut_out<Whole, T>(operators)}...}; }
  };
  using split = parts_of<std::make_index_sequence<Whole::threads>>;

 public:
  using wiring = Whole;
  template <std::size_t I>
  using operator_at = element<I, pack<Ops...>>;
  static constexpr std::size_t threads = Whole::threads;
  static constexpr std::size_t rings = (std::size_t{is_outlet<Ops>} + ... + 0);  ///< between threads

  explicit staged_graph(pack<Ops...> operators) : parts_(split::of(operators)) {}

  /// Joins the stages, then opens every part. From here on the flow must not move.
  [[nodiscard]] result<> open() {
    result<> all;
    abandoned_.release(0);  // pairs with the acquire in is_abandoned: a part does not run yet
    std::size_t ring = 0;
    for_each_index<Whole::nodes>([&](auto i) {
      if constexpr (is_outlet<operator_at<i>>)
        if (all) {
          auto joined = connect(this->template node<i>(), this->template node<i + 1>(), abandoned_, waits_for_time());
          if (joined)
            rings_[ring++] = *std::move(joined);
          else
            all = joined.error();
        }
    });
    for_each_part([&](auto& part) {
      if (all) all = part.open();
    });
    return all;
  }
  /// The flow has failed: threads that wait for each other must not wait any longer.
  void abandon() { abandoned_.release(1); }                                      // pairs with the acquire in is_abandoned
  [[nodiscard]] bool is_abandoned() const { return abandoned_.acquire() != 0; }  // pairs with the release in abandon

  [[nodiscard]] result<> status() const {
    result<> all;
    for_each_index<threads>([&](auto t) {
      if (all) all = get<t>(parts_).status();
    });
    return all;
  }

  [[nodiscard]] result<> closed() { return part<0>().closed(); }

  template <std::size_t Thread>
  [[nodiscard]] auto& part() {
    return get<Thread>(parts_);
  }
  template <class F>
  void for_each_part(F&& visitor) {
    for_each_index<threads>([&](auto t) { visitor(get<t>(parts_)); });
  }
  /// Where a thread is to run.
  template <std::size_t Thread>
  [[nodiscard]] core core_of() {
    core where;
    part<Thread>().for_each_operator([&](auto& op) {
      if constexpr (requires { op.on.number; })
        if (where.number < 0) where = op.on;
    });
    return where;
  }
  [[nodiscard]] static constexpr std::size_t thread_of(std::size_t node) { return Whole::drawn.thread[node]; }
  [[nodiscard]] static constexpr std::string_view name_of_thread(std::size_t thread) { return Whole::drawn.thread_names[thread]; }

  template <fixed_string Name = "", class Events>
  void push(const Events& events) {
    get<part_with<Name>()>(parts_).template push<Name>(events);
  }
  template <fixed_string Name>
  [[nodiscard]] auto& at() {
    return get<part_with<Name>()>(parts_).template at<Name>();
  }
  /// Of a stage: what went in above, came out below, and was lost on either side of its ring.
  template <fixed_string Name>
  [[nodiscard]] operator_counts counts() const {
    constexpr std::size_t first = node_named<Ops...>(Name.view());
    operator_counts all = get<part_with<Name>()>(parts_).template counts<Name>();
    if constexpr (first < Whole::nodes)
      if constexpr (is_outlet<operator_at<first>>) {
        const operator_counts below = count_at<first + 1>();
        all.out = below.out;
        all.dropped += below.dropped;
      }
    return all;
  }
  template <class F>
  void for_each_operator(F&& visitor) {
    for_each_index<Whole::nodes>([&](auto i) { visitor(this->template node<i>()); });
  }
  template <class F>
  void for_each_count(F&& visitor) const {
    for_each_index<Whole::nodes>([&](auto i) { visitor(this->template count_at<i>()); });
  }
  [[nodiscard]] static constexpr std::span<const edge> edges() { return Whole::edges; }

  /// By number, as in edges().
  template <std::size_t I>
  [[nodiscard]] operator_at<I>& node() {
    return get<thread_of(I)>(parts_).template node<place<I>>();
  }
  template <std::size_t I>
  [[nodiscard]] const operator_at<I>& node() const {
    return get<thread_of(I)>(parts_).template node<place<I>>();
  }
  template <std::size_t I>
  [[nodiscard]] operator_counts count_at() const {
    return get<thread_of(I)>(parts_).template count_at<place<I>>();
  }
  template <std::size_t I>
  [[nodiscard]] std::uint64_t emitted_at(std::size_t output) const {
    return get<thread_of(I)>(parts_).template emitted_at<place<I>>(output);
  }

 private:
  /// Node I of the flow is node place<I> of its part.
  template <std::size_t I>
  static constexpr std::size_t place = [] {
    std::size_t k = 0;
    for (std::size_t i = 0; i < I; ++i)
      if (thread_of(i) == thread_of(I)) ++k;
    return k;
  }();
  /// Is there an operator below a ring that does something when time moves?
  static consteval bool waits_for_time() {
    std::size_t i = 0;
    bool found = false;
    ((found = found || (handles<Ops, tick> && !is_outlet<Ops> && thread_of(i) != 0), ++i), ...);
    return found;
  }
  template <fixed_string Name>
  static consteval std::size_t part_with() {
    constexpr std::size_t node = node_named<Ops...>(Name.view());
    return node < Whole::nodes ? thread_of(node) : 0;
  }

  std::array<segment, rings> rings_{};  // they outlive the parts that stand over them
  word<std::uint32_t> abandoned_{};
  typename split::type parts_;
};

template <class Whole, class... Ops>
constexpr auto make_staged(pack<Ops...>&& operators) {
  return staged_graph<Whole, Ops...>(std::move(operators));
}

}  // namespace levada::inline v0::detail
