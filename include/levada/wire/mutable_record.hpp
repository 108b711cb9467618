// SPDX-License-Identifier: BSL-1.0
// mutable_record: an event whose type is known only at run time, to be filled in. A member takes the characters of its value, as
// a cell of a CSV file does, so that whatever has numbers and words as text (JSON, a table, a command line) makes events with it.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/wire/descriptor.hpp>
#include <levada/wire/detail/cell.hpp>
#include <levada/wire/field.hpp>
#include <levada/wire/record.hpp>

#include <cstddef>
#include <string_view>

namespace levada::inline v0 {

/// Takes  a checked descriptor and its event_size bytes, aligned or not.
/// Holds  references to both.
/// Fails  data: the characters are no value of the member. It may then hold anything. An index that does not exist stops the
///        program.
class mutable_record {
 public:
  mutable_record(const descriptor_view& descriptor, std::byte* bytes) : descriptor_(descriptor), bytes_(bytes) {}
  template <describable T>
  explicit mutable_record(T& event) : mutable_record(describe<T>(), reinterpret_cast<std::byte*>(&event)) {}

  /// The same bytes, to be read.
  [[nodiscard]] record view() const { return {descriptor_, bytes_}; }

  /// Element `element` of member i: a number in decimal; true, false, 1 or 0; the name of an enumeration's value or its number;
  /// a time as parse_time takes it; a duration in seconds; a character; a text.
  result<> set(std::size_t i, std::string_view characters, std::size_t element = 0) const {
    LEVADA_CHECK(i < descriptor_.fields.size(), i);
    const field& f = descriptor_.fields[i];
    LEVADA_CHECK(element < f.count, element);
    const auto complaint = detail::read_cell(descriptor_, i, element, characters, false, bytes_);
    if (complaint.empty()) return {};
    return fault::of(failure::data, "member '", f.name, "': '", characters.substr(0, 64), "' ", complaint);
  }

 private:
  descriptor_view descriptor_;
  std::byte* bytes_;
};

}  // namespace levada::inline v0
