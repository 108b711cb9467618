// SPDX-License-Identifier: BSL-1.0
// parse: text into described events: a line is cut into cells, and the cells become the members of a row, in their order. How a
// line is cut is a value: by a delimiter, by a pattern of literals, or by a regular expression of whatever library one trusts.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/text.hpp>
#include <levada/wire/descriptor.hpp>
#include <levada/wire/detail/cell.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// Cuts at each delimiter. Quotes are characters like any other; what quotes its cells is read by csv.
struct delimited {
  char delimiter = ',';

  bool operator()(std::string_view line, auto take) const {
    for (;;) {
      const std::size_t end = line.find(delimiter);
      take(line.substr(0, end));
      if (end == std::string_view::npos) return true;
      line.remove_prefix(end + 1);
    }
  }
};

/// dissect<"{} [{}] {}: {}">: what stands between the cells, literally. A cell ends where what follows it is first found, the
/// last one at the end of the line.
template <fixed_string Pattern>
struct dissect {
  static constexpr std::size_t cells = [] {
    std::size_t n = 0;
    for (std::size_t at = 0; (at = Pattern.view().find("{}", at)) != std::string_view::npos; at += 2) ++n;
    return n;
  }();
  static_assert(cells > 0, "dissect: a cell is written as {}, and the pattern has none");
  static constexpr std::array<std::string_view, cells + 1> literals = [] {
    std::array<std::string_view, cells + 1> between;
    std::string_view rest = Pattern.view();
    for (auto& literal : between) {
      literal = rest.substr(0, rest.find("{}"));
      rest.remove_prefix(literal.size() < rest.size() ? literal.size() + 2 : literal.size());
    }
    return between;
  }();
  static_assert(
      [] {
        for (std::size_t i = 1; i < cells; ++i)
          if (literals[i].empty()) return false;
        return true;
      }(),
      "dissect: between two cells there must be something that ends the first");

  bool operator()(std::string_view line, auto take) const {
    if (!line.starts_with(literals[0])) return false;
    line.remove_prefix(literals[0].size());
    for (std::size_t i = 1; i < cells; ++i) {
      const std::size_t end = line.find(literals[i]);
      if (end == std::string_view::npos) return false;
      take(line.substr(0, end));
      line.remove_prefix(end + literals[i].size());
    }
    if (!line.ends_with(literals[cells])) return false;
    take(line.substr(0, line.size() - literals[cells].size()));
    return true;
  }
};

/// What parse puts aside: an event whose text is no row, and why.
template <class E>
struct unparsed {
  E event;
  text<128> reason;
};

/// cutter(line, take) calls take(std::string_view) for each cell of a line. It returns false if it does not know such a line.
template <class C>
concept line_cutter = requires(C& cutter, std::string_view line, void (*take)(std::string_view)) {
  { cutter(line, take) } -> std::convertible_to<bool>;
};

namespace detail {

/// The event itself, where an operator wants a value of it.
struct whole_event {
  template <class E>
  LEVADA_INLINE constexpr const E& operator()(const E& e) const {
    return e;
  }
};

template <class V>
concept characters = std::convertible_to<const V&, std::string_view> || requires(const V& v) {
  { v.view() } -> std::same_as<std::string_view>;
};
/// Without the line feed at its end, which datagrams and pipes may bring.
std::string_view line_of(const characters auto& text) {
  std::string_view line;
  if constexpr (requires { text.view(); })
    line = text.view();
  else
    line = text;
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// Puts cells into the members of a row, element by element.
class row_filler {
 public:
  row_filler(const descriptor_view& descriptor, void* row) : descriptor_(descriptor), row_(static_cast<std::byte*>(row)) {}

  void take(std::string_view cell) {
    ++cells_;
    if (!reason_.empty() || field_ == descriptor_.fields.size()) return;
    const field& f = descriptor_.fields[field_];
    const complaint wrong = read_cell(descriptor_, field_, element_, cell, false, row_);
    if (!wrong.empty()) [[unlikely]]
      reason_ = compose<128>("cell ", cells_, ", '", f.name, "', ", wrong);
    else if (++element_ == f.count)
      ++field_, element_ = 0;
  }
  /// Empty if there was a cell for each element.
  [[nodiscard]] text<128> reason() const {
    if (!reason_.empty()) return reason_;
    std::size_t wanted = 0;
    for (const field& f : descriptor_.fields) wanted += f.count;
    return cells_ == wanted ? text<128>{} : compose<128>(cells_, " cells instead of ", wanted);
  }

 private:
  const descriptor_view& descriptor_;
  std::byte* row_;
  std::size_t field_ = 0;
  std::uint32_t element_ = 0;
  std::size_t cells_ = 0;
  text<128> reason_{};
};

}  // namespace detail

/// Takes  events with a text: a text<N> or a std::string_view, the event itself or a value of it; and a cutter.
/// Emits  a Row of its cells, which are given to the members in their order; an array takes a cell for each element, a struct one
/// for
///        each of its members. Numbers in decimal, times as in parse_time, lengths of time in seconds, enumerations by name.
/// Holds  nothing.
/// Fails  a text that is no row goes aside as unparsed{event, reason}: the cutter does not know it, there are more or fewer cells
///        than members, or a cell is no value of its member.
/// Costs  the cutter, and a conversion a cell; no allocation.
template <fixed_string Name, class Row, class Cutter, class Value, class In>
struct parse_operator {
  static constexpr std::string_view kind = "parse";
  static constexpr std::string_view name = Name.view();
  using aside_type = relayed_type<In, unparsed<payload_type<In>>>;
  [[no_unique_address]] Cutter cutter;
  [[no_unique_address]] Value value;
  descriptor_view members = describe<Row>();

  template <class>
  using output = relayed_type<In, Row>;

  void operator()(const In& e, auto out) {
    Row row{};
    detail::row_filler filler(members, &row);
    const auto& line = levada::pick(value, levada::payload(e));
    const bool known = cutter(detail::line_of(line), [&filler](std::string_view cell) { filler.take(cell); });
    const text<128> reason = known ? filler.reason() : text<128>("the line has not the form that was expected");
    if (reason.empty()) [[likely]]
      return out(levada::relay(e, row));
    const unparsed<payload_type<In>> refused{levada::payload(e), reason};
    out.aside(levada::relay(e, refused));
  }
};

template <fixed_string Name, class Row, class Cutter, class Value>
struct parse_description {
  [[no_unique_address]] Cutter cutter;
  [[no_unique_address]] Value value;

  template <class E>
  static consteval bool fits() {
    constexpr bool described = describable<Row>;
    static_assert(described,
                  "parse: the row must be a type that describe() can put into a table; call it to see what is in its way");
    constexpr bool cuts = line_cutter<Cutter>;
    static_assert(cuts,
                  "parse: the cutter must be delimited{...}, dissect<...>{}, or callable as bool(std::string_view, auto take)");
    if constexpr (picks_from<Value, E>) {
      constexpr bool text = detail::characters<picked_type<Value, E>>;
      static_assert(
          text, "parse: what is parsed must be a text<N> or a std::string_view; name the member: parse<Row>(..., &line::text)");
      return described && cuts && text;
    } else {
      constexpr bool picks = picks_from<Value, E>;
      static_assert(picks,
                    "parse: the text must be a member of the event type that arrives here, or a function callable with it");
      return false;
    }
  }
  template <class E>
  constexpr auto bind() && {
    return parse_operator<Name, Row, Cutter, Value, E>{std::move(cutter), std::move(value)};
  }
};

template <fixed_string Name, class Row, class Cutter, class Value = detail::whole_event>
constexpr auto parse(Cutter cutter, Value value = {}) {
  return link{parse_description<Name, Row, Cutter, Value>{std::move(cutter), std::move(value)}};
}
template <class Row, class Cutter, class Value = detail::whole_event>
constexpr auto parse(Cutter cutter, Value value = {}) {
  return parse<"", Row>(std::move(cutter), std::move(value));
}

}  // namespace levada::inline v0
