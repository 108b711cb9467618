// SPDX-License-Identifier: BSL-1.0
// to: ends a chain in a sink: a callable, or anything that knows how to become one.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>

#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// A callable as a sink.
template <class F>
struct call {
  [[no_unique_address]] F function;

  template <class E>
    requires requires(F& f, const E& e) { f(e); }
  LEVADA_INLINE void write(const E& e, auto) {
    function(e);
  }
  /// A callable as void(bool live, const Event&) keeps a masked stream free of branches to its end.
  template <class E>
    requires requires(F& f, bool live, const E& e) { f(live, e); }
  LEVADA_INLINE void masked(bool live, const E& e, auto) {
    function(live, e);
  }
  template <class E>
    requires(
        requires(F& f, bool live, const E& e) { f(live, e); } && !requires(F& f, const E& e) { f(e); })
  LEVADA_INLINE void write(const E& e, auto) {
    function(true, e);
  }
};

/// Takes  events E; hands each, without the key around it, to the sink's write(event, out).
/// Holds, Fails, Costs  what the sink does.
template <fixed_string Name, class S>
struct to_operator {
  static constexpr std::string_view kind = "to";
  static constexpr std::string_view name = Name.view();
  static constexpr bool one_to_one = true;  // what came was written; what could not be is counted as dropped
  static constexpr bool goes_back = leads_back<S>;
  [[no_unique_address]] S target;

  template <class>
  using output = nothing;
  template <class E>
  static consteval bool fits() {
    constexpr bool ok = sink<S, payload_type<E>>;
    static_assert(ok,
                  "to: the sink must take the event type that arrives here: a function callable as void(const "
                  "Event&), a topic of that type (map(...) to it first), or a type with write(event, out) and is_sink");
    return ok;
  }

  template <class E>
  LEVADA_INLINE void operator()(const E& e, auto out) {
    target.write(levada::payload(e), out);
  }
  template <class E>
    requires requires(S& s, bool live, const payload_type<E>& e, probe_port out) { s.masked(live, e, out); }
  LEVADA_INLINE void masked(bool live, const E& e, auto out) {
    target.masked(live, levada::payload(e), out);
  }
  template <signal Signal>
    requires requires(S& t, const Signal& s, probe_port out) { t.on(s, out); }
  void on(const Signal& s, auto out) {
    target.on(s, out);
  }
  template <class Queue>
    requires attachable<S, Queue>
  void attach(const Queue& queue) {
    target.attach(queue);
  }
  void persist(auto& archive)
    requires requires { target.persist(archive); }
  {
    target.persist(archive);
  }
  [[nodiscard]] result<> open()
    requires openable<S>
  {
    return target.open();
  }
  [[nodiscard]] const result<>& status() const
    requires reports_status<S>
  {
    return target.status();
  }
};

/// Takes  a callable, a sink (a type with `using is_sink = void` and write(event, out)), or a description of one.
template <fixed_string Name = "", class S>
constexpr auto to(S s) {
  if constexpr (requires { as_sink(std::move(s)); }) {
    auto target = as_sink(std::move(s));
    return link{to_operator<Name, decltype(target)>{std::move(target)}};
  } else if constexpr (requires { typename S::is_sink; }) {
    return link{to_operator<Name, S>{std::move(s)}};
  } else {
    return link{to_operator<Name, call<S>>{{std::move(s)}}};
  }
}

}  // namespace levada::inline v0
