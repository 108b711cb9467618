// SPDX-License-Identifier: BSL-1.0
// from: begins a chain with a source, or with anything that knows how to become one.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/fixed_string.hpp>

#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// A source with a name; everything else is the source's own.
template <fixed_string Name, source S>
struct from_operator : S {
  static constexpr std::string_view kind = "from";
  static constexpr std::string_view name = Name.view();
};

/// Takes  a source, or a description (a topic, a CSV file, a timer) that has as_source() of its own.
template <fixed_string Name = "", class S>
constexpr auto from(S s) {
  if constexpr (source<S>) {
    return link{from_operator<Name, S>{std::move(s)}};
  } else {
    constexpr bool ok = requires { as_source(std::move(s)); };
    static_assert(
        ok,
        "from: this is neither a source nor a description of one; include its header, or give it event_type, poll and position");
    if constexpr (ok)
      return from<Name>(as_source(std::move(s)));
    else
      return link<refused>{};
  }
}

}  // namespace levada::inline v0
