// SPDX-License-Identifier: BSL-1.0
// json_tree: JSON and UBJ (https://ubjson.org) from strangers, as trees of nlohmann's. A file is read twice: once only to see
// that it is not deeper, and does not unfold to more, than what it is worth.
#pragma once

#if __has_include(<nlohmann/json.hpp>)

#include <levada/connect/detail/numbers.hpp>
#include <levada/core/result.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace levada::inline v0::detail {

using json = nlohmann::json;

/// Follows a parser, and stops it where a file nests without end (nlohmann's reader of UBJ calls itself), or promises values that
/// have no bytes: every value of an honest file has one.
class json_bounds final : public nlohmann::json_sax<json> {
 public:
  explicit json_bounds(std::size_t bytes) : left_(bytes) {}

  bool null() override { return one_more(); }
  bool boolean(bool) override { return one_more(); }
  bool number_integer(number_integer_t) override { return one_more(); }
  bool number_unsigned(number_unsigned_t) override { return one_more(); }
  bool number_float(number_float_t, const string_t&) override { return one_more(); }
  bool string(string_t&) override { return one_more(); }
  bool binary(binary_t&) override { return one_more(); }
  bool key(string_t&) override { return true; }
  bool start_object(std::size_t) override { return ++depth_ < 64 && one_more(); }
  bool end_object() override { return --depth_, true; }
  bool start_array(std::size_t) override { return ++depth_ < 64 && one_more(); }
  bool end_array() override { return --depth_, true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  bool one_more() { return left_-- > 0; }

  std::size_t left_;
  int depth_ = 0;
};

/// Discarded when the bytes are not what they should be.
inline json json_of(std::span<const std::byte> bytes, bool binary) {
  const auto* begin = reinterpret_cast<const char*>(bytes.data());
  const auto* end = begin + bytes.size();
  json_bounds bounds(bytes.size());
  const auto format = binary ? json::input_format_t::ubjson : json::input_format_t::json;
  if (!json::sax_parse(begin, end, &bounds, format)) return json(json::value_t::discarded);
  return binary ? json::from_ubjson(begin, end, true, false) : json::parse(begin, end, nullptr, false);
}

/// What lies at the end of a path of names; null where it ends before.
inline const json* member(const json& from, std::initializer_list<const char*> path) {
  const json* at = &from;
  for (const char* name : path) {
    const auto found = at->is_object() ? at->find(name) : at->end();
    if (found == at->end()) return nullptr;
    at = &*found;
  }
  return at;
}

inline std::string_view words_of(const json* value) {
  const auto* words = value != nullptr ? value->get_ptr<const std::string*>() : nullptr;
  return words != nullptr ? std::string_view(*words) : std::string_view();
}

/// A number, true and false as 1 and 0, or the words of a number: whole ones for whole T.
template <class T>
bool parse_number(const json& from, T& value) {
  if (from.is_string()) return parse_number(words_of(&from), value);
  if (from.is_boolean()) return value = static_cast<T>(from.get<bool>()), true;
  if constexpr (std::is_floating_point_v<T>)
    return from.is_number() && (value = static_cast<T>(rounded(from.get<double>())), true);
  else if (from.is_number_unsigned() && std::in_range<T>(from.get<std::uint64_t>()))
    return value = static_cast<T>(from.get<std::uint64_t>()), true;
  else if (from.is_number_integer() && !from.is_number_unsigned() && std::in_range<T>(from.get<std::int64_t>()))
    return value = static_cast<T>(from.get<std::int64_t>()), true;
  else
    return false;
}

template <class T>
bool parse_numbers(const json* from, std::vector<T>& values) {
  values.clear();
  if (from == nullptr || !from->is_array()) return false;
  values.reserve(from->size());
  for (const json& value : *from)
    if (!parse_number(value, values.emplace_back())) return false;
  return true;
}

}  // namespace levada::inline v0::detail

#endif
