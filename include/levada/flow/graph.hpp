// SPDX-License-Identifier: BSL-1.0
// graph: a whole flow. It owns its operators, asks its sources, runs spans, carries signals, and counts.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/flow/chain.hpp>
#include <levada/flow/circuit.hpp>
#include <levada/flow/detail/frame.hpp>
#include <levada/flow/detail/keeper.hpp>
#include <levada/flow/detail/refused_graph.hpp>
#include <levada/flow/detail/source_port.hpp>
#include <levada/state/parameter.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

namespace detail {

template <class Plan, class... Ops>
class graph {
  using own_circuit = circuit<Plan, ledger<Plan>, Ops...>;
  static constexpr std::size_t nodes = Plan::nodes;

 public:
  template <std::size_t I>
  using operator_at = element<I, pack<Ops...>>;
  using wiring = Plan;
  static constexpr bool barriers_meet = Plan::has_merges || Plan::flow_has_merges;
  static constexpr std::size_t threads = 1;
  static constexpr std::size_t rings = 0;  ///< between threads

  explicit graph(pack<Ops...> operators) : circuit_{std::move(operators), {}, {}, {}} {}

  /// Opens sources and sinks, then lets keyed operators make their room. Once, before the first event.
  [[nodiscard]] result<> open() {
    result<> all;
    for_each_that<which_open>([&](auto i) {
      if (!all) return;
      if (result<> one = circuit_.template at<i>().open(); !one) all = one.error();
    });
    if (all) raise_everywhere(start{});
    if (all) for_each_that<which_end_last>([&](auto i) { circuit_.template raise<i>(idle{}); });
    if (all && keeper_ != nullptr) all = keeper_->opened();
    opened_ = static_cast<bool>(all);
    return all;
  }

  /// One turn: every source once, about `budget` events each; then what was held back is handed on. After a wait that time
  /// alone has ended, those that wake by a descriptor need not be asked.
  polled poll(std::size_t budget = 4096, bool by_time_alone = false) {
    LEVADA_CHECK(opened_, opened_);
    adopt_parameters();
    bool any = false, all_ended = true;
    for_each_that<which_bring_events>([&](auto i) {
      if (ended_[i]) return;
      if (this->template is_held<i>() || (by_time_alone && wakes_by_descriptor<operator_at<i>> && !wakes_by_time<operator_at<i>>))
        return void(all_ended = false);
      circuit_.clock.split = 0;
      switch (circuit_.template at<i>().poll(source_port<graph, i>{this}, budget)) {
        case polled::end:
          end<i>();
          any = true;
          break;
        case polled::events:
          any = true;
          all_ended = false;
          break;
        case polled::nothing: all_ended = all_ended && ends_last<operator_at<i>>; break;
      }
    });
    if constexpr (!nodes_that<which_end_last>.empty())
      if (all_ended && (all_ended = !any)) end_the_last();
    if (any) raise_everywhere(flush{});  // everywhere: one source's time fires the windows of all
    if (keeper_ != nullptr) keeper_->turned();
    return all_ended ? polled::end : any ? polled::events : polled::nothing;
  }

  /// Ends every stream that has not ended: windows and folds emit what they hold, sinks write what they held back.
  void finish() {
    if (keeper_ != nullptr) keeper_->finish();
    for_each_that<which_bring_events>([&](auto i) {
      if constexpr (!ends_last<operator_at<i>>)
        if (!ended_[i]) end<i>();
    });
    end_the_last();
  }

  /// The first fault of a source or sink since the start, if there was any.
  [[nodiscard]] result<> status() const {
    result<> all;
    for_each_that<which_report>([&](auto i) {
      if (all) all = get<i>(circuit_.held).status();
    });
    return all;
  }

  /// Pushes events in by hand, as if the source of that name (or the first one) had read them: one event, or what converts
  /// to a span of them. Tests and foreign loops live on it.
  template <fixed_string Name = "", class Events>
  void push(const Events& events) {
    constexpr std::size_t i = node_named<Ops...>(Name.view());
    static_assert(i < nodes, "push: this flow has no operator of that name");
    if constexpr (i < nodes) {
      constexpr bool into_source = source<operator_at<i>>;
      static_assert(into_source, "push: events are pushed into a source, and that operator is none");
      if constexpr (into_source) {
        using E = typename operator_at<i>::event_type;
        constexpr bool many = std::is_convertible_v<const Events&, std::span<const E>>;
        constexpr bool fits = many || std::same_as<Events, E>;
        static_assert(fits, "push: the source of that name takes one event of its own type, or a span of them");
        LEVADA_CHECK(opened_, opened_);
        if constexpr (many)
          run<i>(std::span<const E>(events));
        else if constexpr (fits)
          run<i>(std::span<const E>(&events, 1));
      }
    }
  }

  /// Sends a signal down from every source that has not ended.
  template <signal S>
  void raise_everywhere(const S& s) {
    if constexpr (Plan::has_merges) {
      std::array<bool, nodes> live{};
      for_each_that<which_bring_events>([&](auto i) { live[i] = !ended_[i]; });
      circuit_.raise_from(live, s);
    } else {
      for_each_that<which_bring_events>([&](auto i) {
        if (!ended_[i]) circuit_.template raise<i>(s);
      });
    }
  }

  /// Moves processing time forward; operators that wait for it hear a tick.
  void advance(timestamp t) {
    if (t <= circuit_.clock.now) return;
    circuit_.clock.now = t;
    if constexpr ((handles<Ops, tick> || ...)) raise_everywhere(tick{t});
  }
  void split(std::uint32_t number) { circuit_.clock.split = number; }
  void set_clock(timestamp wall, duration steady) {
    circuit_.clock.wall = wall;
    circuit_.clock.steady = steady;
  }
  [[nodiscard]] const flow_clock& clock() const { return circuit_.clock; }
  /// Does a source tell the time of its events? Then time begins with the first of them, not with the clock.
  [[nodiscard]] static constexpr bool brings_time() { return !nodes_that<which_bring_time>.empty(); }

  /// The processing time at which an operator wants to be woken, or never.
  [[nodiscard]] timestamp due() const {
    timestamp first = never;
    for_each_that<which_wait_for_time>([&](auto i) {
      if (timestamp t = get<i>(circuit_.held).due(); t < first) first = t;
    });
    return first;
  }

  /// Names all that survives a restart, operator by operator: see flow/checkpoint.hpp.
  void persist(auto& archive) {
    timestamp now = circuit_.clock.now;
    archive.of("flow", "");
    archive(now, ended_);
    if (circuit_.clock.now < now) circuit_.clock.now = now;  // it was saved later than the clock is now
    if constexpr (Plan::has_merges) archive(circuit_.ledger.merges);
    for_each_index<nodes>([&](auto i) {
      constexpr std::size_t nth = same_before(i);
      archive.of(operator_at<i>::kind, operator_at<i>::name, nth);
      archive.keep(circuit_.template at<i>());
    });
  }
  /// What keeps its state, from before open() until after the end; nullptr: nobody.
  void keep_by(keeper* k) { keeper_ = k; }
  /// How the last checkpoint went, after the end of the flow.
  [[nodiscard]] result<> closed() { return keeper_ != nullptr ? keeper_->closed() : result<>{}; }
  /// The steady time at which its keeper wants a turn.
  [[nodiscard]] duration wake_at() const { return keeper_ != nullptr ? keeper_->wake_at() : duration{INT64_MAX}; }

  /// As a flow of several threads has them: see staged_graph.
  template <std::size_t>
  [[nodiscard]] graph& part() {
    return *this;
  }
  template <class F>
  void for_each_part(F&& visitor) {
    visitor(*this);
  }
  [[nodiscard]] static constexpr std::size_t thread_of(std::size_t) { return 0; }
  [[nodiscard]] static constexpr std::string_view name_of_thread(std::size_t) { return {}; }
  void abandon() {}
  [[nodiscard]] static constexpr bool is_abandoned() { return false; }

  /// visitor(operator&) for each, from source to sink, chain by chain.
  template <class F>
  void for_each_operator(F&& visitor) {
    for_each_index<nodes>([&](auto i) { visitor(circuit_.template at<i>()); });
  }
  /// visitor(source&) for each that has not ended and is not held: nobody waits for the others.
  template <class F>
  void for_each_live_source(F&& visitor) {
    for_each_that<which_bring_events>([&](auto i) {
      if (!ended_[i] && !this->template is_held<i>()) visitor(circuit_.template at<i>());
    });
  }
  /// visitor(node, whether it has ended) for each source.
  template <class F>
  void for_each_source(F&& visitor) const {
    for_each_that<which_bring_events>([&](auto i) { visitor(std::size_t{i}, ended_[i]); });
  }
  /// visitor(source&) for each that has ended since the last call.
  template <class F>
  void for_each_ended_source(F&& visitor) {
    for_each_that<which_bring_events>([&](auto i) {
      if (std::exchange(just_ended_[i], false)) visitor(circuit_.template at<i>());
    });
  }
  template <fixed_string Name>
  [[nodiscard]] auto& at() {
    constexpr std::size_t i = node_named<Ops...>(Name.view());
    static_assert(i < nodes, "at: this flow has no operator of that name");
    if constexpr (i < nodes)
      return circuit_.template at<i>();
    else
      return *this;
  }

  template <fixed_string Name>
  [[nodiscard]] operator_counts counts() const {
    constexpr std::size_t i = node_named<Ops...>(Name.view());
    static_assert(i < nodes, "counts: this flow has no operator of that name");
    if constexpr (i < nodes)
      return count_at<i>();
    else
      return {};
  }
  /// visitor(operator_counts) for each operator, named or not.
  template <class F>
  void for_each_count(F&& visitor) const {
    for_each_index<nodes>([&](auto i) { visitor(count_at<i>()); });
  }
  [[nodiscard]] static constexpr std::span<const edge> edges() { return Plan::edges; }
  /// By number, as in edges().
  template <std::size_t I>
  [[nodiscard]] operator_at<I>& node() {
    return circuit_.template at<I>();
  }
  template <std::size_t I>
  [[nodiscard]] const operator_at<I>& node() const {
    return get<I>(circuit_.held);
  }
  /// Events by one of its outputs.
  template <std::size_t I>
  [[nodiscard]] std::uint64_t emitted_at(std::size_t output) const {
    if constexpr (source<operator_at<I>> || own_circuit::template counts<I>())
      return circuit_.counted[Plan::counter_of(I, output)];
    else if constexpr (is_one_to_one<operator_at<I>> && Plan::fanout_of(I) > 0)
      return received_by<I>() - circuit_.counted[I] - circuit_.ledger.dropped[I];
    else if constexpr (is_one_to_one<operator_at<I>>)
      return received_by<I>();  // it was written; what could not be is counted as dropped
    else
      return 0;
  }
  template <std::size_t I>
  [[nodiscard]] operator_counts count_at() const {
    using Op = operator_at<I>;
    std::uint64_t out = 0;
    for (std::size_t o = 0; o < Plan::outputs_of(I); ++o) out += emitted_at<I>(o);
    return {Op::kind, Op::name, source<Op> ? out : received_by<I>(), out, circuit_.ledger.dropped[I]};
  }

 private:
  template <class, std::size_t>
  friend struct levada::source_port;

  template <class Which>
  static constexpr auto nodes_that = [] {
    constexpr std::array<bool, nodes> is{Which::template holds<Ops>...};
    std::array<std::size_t, (std::size_t{Which::template holds<Ops>} + ... + 0)> found{};
    for (std::size_t i = 0, n = 0; i < nodes; ++i)
      if (is[i]) found[n++] = i;
    return found;
  }();
  template <class Which, class F>
  static constexpr void for_each_that(F&& f) {
    for_each_index<nodes_that<Which>.size()>([&](auto k) { f(std::integral_constant<std::size_t, nodes_that<Which>[k]> {}); });
  }

  [[nodiscard]] bool goes_on_another_day(std::size_t source) const { return keeper_ != nullptr && keeper_->suspends(source); }
  template <std::size_t I>
  void end() {
    ended_[I] = just_ended_[I] = true;
    raise<I>(flush{});  // operators hand on what they batch,
    if (goes_on_another_day(I))
      raise<I>(suspend{});
    else
      raise<I>(end_of_stream{});  // windows and folds emit what they hold,
    raise<I>(flush{});            // and sinks write it
  }
  /// Those that end last end together, because each may feed the others. What is on its way goes round once more.
  void end_the_last() {
    const auto each = [&](auto f) { for_each_that<which_end_last>(f); };
    const auto each_that_ends = [&](auto f) { each([&](auto i) { this->goes_on_another_day(i) ? void() : f(i); }); };
    each_that_ends([&](auto i) { (void)circuit_.template at<i>().poll(source_port<graph, i>{this}, SIZE_MAX); });
    each_that_ends([&](auto i) { circuit_.template at<i>().close(source_port<graph, i>{this}); });
    each([&](auto i) { ended_[i] ? void() : end<i>(); });
  }
  template <std::size_t I, signal S>
  void raise(const S& s) {
    circuit_.template raise<I>(s);
    // Sources that cannot have it in their stream have it here: a merge would wait for them for ever.
    if constexpr (barriers_meet && std::same_as<S, barrier>) {
      if (brought_[I] < s.id + 1) brought_[I] = s.id + 1;
      if (s.id + 1 > barriers_) {
        barriers_ = s.id + 1;
        for_each_that<which_bring_events>([&](auto other) {
          if constexpr (other != I && !carries_barriers<operator_at<other>>)
            if (!ended_[other]) {
              brought_[other] = s.id + 1;
              circuit_.template raise<other>(s);
            }
        });
      }
    }
    if constexpr (std::same_as<S, barrier>)
      if (keeper_ != nullptr) keeper_->heard(I, s.id);
  }
  /// Has a source brought a barrier to a merge that waits for the same of another source? Then it is not asked meanwhile. Where
  /// the merge is on another thread the sources wait here: one of them could fill its ring, hold this thread, and the other
  /// would never be asked.
  template <std::size_t I>
  [[nodiscard]] bool is_held() const {
    if (keeper_ != nullptr && keeper_->holds(I)) return true;
    if constexpr (Plan::flow_has_merges) {
      bool held = false;
      for_each_that<which_bring_events>([&](auto other) {
        if constexpr (carries_barriers<operator_at<other>> && other != I && Plan::meet(I, other))
          held |= !ended_[other] && brought_[other] < brought_[I];
      });
      if (held) return true;
    }
    if constexpr (Plan::has_merges)
      return circuit_.ledger.merges.holds(Plan::template reaches<I>);
    else
      return false;
  }
  template <std::size_t I>
  void drop(std::uint64_t events) {
    circuit_.ledger.dropped[I] += events;
  }

  template <std::size_t I, class E>
  void run(std::span<const E> events) {
    circuit_.counted[I] += events.size();
    if constexpr (Plan::nodes <= own_circuit::short_flow || ((is_copied<Ops> || enterable<Ops>) || ...)) {
      if (events.size() >= frame_span) return run_in_frame<I>(circuit_, events, std::make_index_sequence<nodes>{});
    }
    run_in_place<I>(circuit_, events);
  }

  /// Operators of the same kind and name before node I.
  static constexpr std::size_t same_before(std::size_t node) {
    constexpr std::array<std::string_view, nodes> kinds{std::string_view(Ops::kind)...}, names{std::string_view(Ops::name)...};
    std::size_t n = 0;
    for (std::size_t i = 0; i < node; ++i)
      if (kinds[i] == kinds[node] && names[i] == names[node]) ++n;
    return n;
  }
  template <std::size_t I>
  [[nodiscard]] std::uint64_t received_by() const {
    std::uint64_t n = 0;
    for_each_index<Plan::fanin_of(I)>([&](auto k) {
      constexpr edge e = Plan::edges[Plan::first_into[I] + k];
      n += this->emitted_at<e.from>(e.output);
    });
    return n;
  }
  own_circuit circuit_;
  std::array<bool, nodes> ended_{};
  std::array<bool, nodes> just_ended_{};
  std::array<std::uint64_t, nodes> brought_{};  // by each source: id + 1 of its last barrier
  std::uint64_t barriers_ = 0;                  // id + 1 of the last
  bool opened_ = false;
  keeper* keeper_ = nullptr;
};

}  // namespace detail

}  // namespace levada::inline v0
