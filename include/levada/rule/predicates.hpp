// SPDX-License-Identifier: BSL-1.0
// predicates: asks of every event which of thousands of rules it fulfils. The rules may change while the flow runs: a new index
// is built aside, by any thread, and taken over between two turns.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/word.hpp>
#include <levada/rule/predicate_index.hpp>

#include <concepts>
#include <cstdint>
#include <new>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// An event fulfils a rule.
template <class E>
struct matched {
  std::uint64_t rule = 0;
  E event{};
};

/// The rules by which one operator goes, on one thread: shard, which would copy it, refuses it. It outlives the flow.
/// Holds  the index in use, the next one until the flow has taken it, and the one before until somebody replaces it again: it is
/// who
///        replaces that frees, and not the flow, unless the two meet.
/// Costs  replace: two exchanges of a pointer. The flow: a load a turn.
template <describable E>
class active_rules {
 public:
  explicit active_rules(predicate_index<E> first = {}) : current_(made(std::move(first))) {}
  active_rules(const active_rules&) = delete;
  active_rules& operator=(const active_rules&) = delete;
  ~active_rules() {
    delete at(next_.relaxed());
    delete at(old_.relaxed());
    delete current_;
  }

  /// From the next turn of the flow on. Any thread, several too: the last one wins.
  void replace(predicate_index<E> next) {
    delete at(old_.exchange(0));                               // pairs with the exchange in adopt
    delete at(next_.exchange(number(made(std::move(next)))));  // pairs with the exchange in adopt; it was never taken
  }

  /// For the operator, on its own thread.
  const predicate_index<E>* adopt() {
    if (next_.relaxed() == 0) [[likely]]
      return current_;
    if (const std::uint64_t next = next_.exchange(0); next != 0)            // pairs with the exchange in replace
      delete at(old_.exchange(number(std::exchange(current_, at(next)))));  // pairs with that in replace; mostly there is none
    return current_;
  }
  [[nodiscard]] const predicate_index<E>* current() const { return current_; }

 private:
  static predicate_index<E>* made(predicate_index<E>&& index) {
    auto* own = new (std::nothrow) predicate_index<E>(std::move(index));
    LEVADA_CHECK(own != nullptr, sizeof *own);
    return own;
  }
  static std::uint64_t number(predicate_index<E>* p) { return reinterpret_cast<std::uintptr_t>(p); }
  static predicate_index<E>* at(std::uint64_t number) {
    return reinterpret_cast<predicate_index<E>*>(static_cast<std::uintptr_t>(number));
  }

  predicate_index<E>* current_;
  word<std::uint64_t> next_{};  // a pointer, 0 if there is none
  word<std::uint64_t> old_{};
};

/// Takes  events E, below key_by or not.
/// Emits  a matched{rule, event} for each rule that the event fulfils, in the order of the rules.
/// Holds  a pointer to the rules.
/// Fails  never by itself.
/// Costs  as predicate_index.
template <fixed_string Name, class Rule>
struct predicates_operator {
  static constexpr std::string_view kind = "predicates";
  static constexpr std::string_view name = Name.view();
  active_rules<Rule>* rules;

  explicit predicates_operator(active_rules<Rule>& one) : rules(&one) {}
  predicates_operator(predicates_operator&&) = default;  // and no copy: two operators would take new rules from each other

  template <class E>
  using output = relayed_type<E, matched<payload_type<E>>>;
  template <class E>
  static consteval bool fits() {
    constexpr bool ok = std::same_as<payload_type<E>, Rule>;
    static_assert(ok, "predicates: the rules are of another event type than the one that arrives here");
    return ok;
  }

  struct in_span {
    const predicate_index<Rule>* index;

    template <class E>
    LEVADA_INLINE void operator()(const E& e, auto out) {
      index->match(levada::payload(e), [&](std::uint64_t rule) LEVADA_INLINE_LAMBDA {
        const matched<Rule> match{rule, levada::payload(e)};
        out(levada::relay(e, match));
      });
    }
  };
  [[nodiscard]] in_span enter() { return {rules->current()}; }

  template <class E>
  LEVADA_INLINE void operator()(const E& e, auto out) {
    enter()(e, out);
  }
  void on(const start& s, auto out) {
    rules->adopt();
    out.raise(s);
  }
  void on(const flush& f, auto out) {
    rules->adopt();
    out.raise(f);
  }
};

template <fixed_string Name = "", class E>
constexpr auto predicates(active_rules<E>& rules) {
  return link{predicates_operator<Name, E>{rules}};
}

}  // namespace levada::inline v0
