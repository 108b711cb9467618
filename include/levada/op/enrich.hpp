// SPDX-License-Identifier: BSL-1.0
// enrich: an event together with what a table in memory knows of its key.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/state/lookup_table.hpp>

#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// Takes  events E; the extractor (member pointer or callable) gives the key, join(const Event&, const Value&) makes the result
/// of an
///        event and of the value that the table has for its key. The table was filled before.
/// Emits  the results.
/// Holds  the table. It is part of the program and not of its state: a restart does not bring an old one back.
/// Fails  an event whose key is not in the table goes aside as it is.
/// Costs  a lookup and the join.
template <fixed_string Name, class Table, class Value, class Join, class In>
struct enrich_operator {
  static constexpr std::string_view kind = "enrich";
  static constexpr std::string_view name = Name.view();
  using aside_type = In;
  using result_type = std::remove_cvref_t<decltype(std::declval<Join&>()(std::declval<const payload_type<In>&>(),
                                                                         std::declval<const typename Table::value_type&>()))>;
  Table table;
  [[no_unique_address]] Value value;
  [[no_unique_address]] Join join;

  template <class>
  using output = relayed_type<In, result_type>;

  LEVADA_INLINE void operator()(const In& e, auto out) {
    const auto* found = table.find(levada::pick(value, levada::payload(e)));
    if (found == nullptr) [[unlikely]]
      return out.aside(e);
    const auto& result = join(levada::payload(e), *found);
    out(levada::relay(e, result));
  }
};

template <fixed_string Name, class Table, class Value, class Join>
struct enrich_description {
  Table table;
  [[no_unique_address]] Value value;
  [[no_unique_address]] Join join;

  template <class E>
  static consteval bool fits() {
    if constexpr (picks_from<Value, E>) {
      constexpr bool finds = requires(const picked_type<Value, E>& k) { (typename Table::key_type{k}); };  // and none is narrowed
      static_assert(finds,
                    "enrich: the extractor must give a key of the table, of its type or one that loses nothing by becoming it");
      constexpr bool joins = !finds || requires(Join& f, const payload_type<E>& e, const typename Table::value_type& v) {
        requires event<std::remove_cvref_t<decltype(f(e, v))>>;
      };
      static_assert(
          joins,
          "enrich: the function must be callable as Result(const Event&, const Value&) with the event type that arrives "
          "here and the values of the table, and return a value");
      return finds && joins;
    } else {
      constexpr bool picks = picks_from<Value, E>;
      static_assert(
          picks,
          "enrich: the key must be a member of the event type that arrives here, or a function callable as Key(const Event&)");
      return false;
    }
  }
  template <class E>
  constexpr auto bind() && {
    return enrich_operator<Name, Table, Value, Join, E>{std::move(table), std::move(value), std::move(join)};
  }
};

template <fixed_string Name = "", class Key, class Known, class Value, class Join>
constexpr auto enrich(lookup_table<Key, Known> table, Value value, Join join) {
  return link{
      enrich_description<Name, lookup_table<Key, Known>, Value, Join>{std::move(table), std::move(value), std::move(join)}};
}

}  // namespace levada::inline v0
