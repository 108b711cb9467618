// SPDX-License-Identifier: BSL-1.0
// text_template: words with members of an event in them: "{machine} is at {celsius:.1} degrees". Read once, filled in without an
// allocation.
#pragma once

#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/wire/descriptor.hpp>
#include <levada/wire/field.hpp>
#include <levada/wire/iso8601.hpp>
#include <levada/wire/json.hpp>
#include <levada/wire/record.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace levada::inline v0 {

/// Takes  a pattern of at most 255 bytes with at most 16 members in braces, by the names of the descriptor; {name:.2} gives a
/// real
///        number two places, from 0 to 9; {{ and }} are braces.
/// Holds  the pattern, and what it found: a trivially copyable value, which a lambda may own.
/// Fails  parse: data, with what is wrong in which pattern, and what to do. Filling in: never; what does not fit into the text is
///        cut at a whole code point.
template <describable E>
class text_template {
 public:
  static result<text_template> parse(std::string_view pattern) {
    text_template made;
    const auto refuse = [&](const auto&... part) {
      return fault::of(failure::data, "template '", pattern.substr(0, 80), "' ", part...);
    };
    if (pattern.size() >= sizeof made.pattern_) return refuse("is longer than ", sizeof made.pattern_ - 1, " bytes: shorten it");
    made.pattern_ = pattern;
    const record names(describe<E>(), nullptr);
    for (std::size_t at = 0; at < pattern.size(); ++at) {
      const char c = pattern[at];
      if (c != '{' && c != '}') continue;
      if (at + 1 < pattern.size() && pattern[at + 1] == c) {
        ++at;
        continue;
      }
      if (c == '}') return refuse("has a '}' that closes nothing: write }} for a brace");
      const std::size_t end = pattern.find('}', at);
      if (end == std::string_view::npos) return refuse("has a '{' that is not closed: write {{ for a brace");
      if (made.count_ == most_members_in_it) return refuse("has more than ", most_members_in_it, " members: make two of it");
      std::string_view name = pattern.substr(at + 1, end - at - 1);
      place& p = made.places_[made.count_++];
      if (const std::size_t colon = name.find(':'); colon != std::string_view::npos) {
        const std::string_view format = name.substr(colon + 1);
        if (format.size() != 2 || format[0] != '.' || !detail::is_digit(format[1]))
          return refuse("asks for '", format, "': write {", name.substr(0, colon), ":.2} for two decimal places");
        p.decimals = static_cast<std::int8_t>(format[1] - '0');
        name = name.substr(0, colon);
      }
      const std::size_t field = names.find(name);
      if (field == record::npos) return refuse("names '", name, "', which the event has not: it has ", list_of_names());
      if (names.at(field).count != 1) return refuse("names '", name, "', which is an array: copy one element into a member");
      if (p.decimals >= 0 && names.at(field).kind != field_kind::floating)
        return refuse("gives '", name, "' decimal places, which only a real number has: write {", name, "}");
      p.begin = static_cast<std::uint16_t>(at);
      p.end = static_cast<std::uint16_t>(end + 1);
      p.field = static_cast<std::uint16_t>(field);
      at = end;
    }
    return made;
  }

  /// In pieces, to sink(std::string_view).
  template <class Sink>
  void write(const E& event, Sink&& sink) const {
    const record r(event);
    std::size_t at = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      write_words(pattern_.view().substr(at, places_[i].begin - at), sink);
      write_member(r, places_[i], sink);
      at = places_[i].end;
    }
    write_words(pattern_.view().substr(at), sink);
  }
  template <std::size_t N>
  [[nodiscard]] text<N> fill(const E& event) const {
    text<N> all;
    write(event, [&](std::string_view piece) { all += piece; });
    return all;
  }

 private:
  static constexpr std::size_t most_members_in_it = 16;
  struct place {
    std::uint16_t begin = 0, end = 0;  // of the braces
    std::uint16_t field = 0;
    std::int8_t decimals = -1;  // as many as it needs
  };

  static text<192> list_of_names() {
    text<192> all;
    for (const field& f : describe<E>().fields) all += compose<64>(all.empty() ? "" : ", ", f.name).view();
    return all;
  }
  /// Doubled braces become one.
  template <class Sink>
  static void write_words(std::string_view words, Sink& sink) {
    for (std::size_t brace = 0; (brace = words.find_first_of("{}")) != std::string_view::npos;) {
      sink(words.substr(0, brace + 1));
      words.remove_prefix(brace + 2);
    }
    sink(words);
  }
  template <class Sink>
  static void write_member(const record& r, const place& p, Sink& sink) {
    const std::size_t i = p.field;
    switch (r.at(i).kind) {
      case field_kind::text:
      case field_kind::character: return void(sink(r.words(i)));
      case field_kind::timestamp: return void(sink(format_time(r.time(i)).view()));
      case field_kind::enumeration:
        if (const std::string_view name = r.words(i); !name.empty()) return void(sink(name));
        break;
      case field_kind::floating: {
        const double v = r.number(i);
        if (v - v != 0) return void(sink(v != v ? "nan" : v > 0 ? "inf" : "-inf"));
        if (p.decimals < 0) break;
        char buffer[352];  // the largest double has 309 of them
        const auto written = std::to_chars(buffer, buffer + sizeof buffer, v, std::chars_format::fixed, p.decimals);
        return void(sink(std::string_view(buffer, static_cast<std::size_t>(written.ptr - buffer))));
      }
      default: break;
    }
    if (r.at(i).kind == field_kind::enumeration) return void(sink(digits(r.integer(i)).view()));
    detail::json_writer<Sink>{sink}.value(r, i, 0);
  }

  text<256> pattern_{};
  place places_[most_members_in_it]{};
  std::uint8_t count_ = 0;
};

}  // namespace levada::inline v0
