// SPDX-License-Identifier: BSL-1.0
// json_reader: an event out of a JSON object, by the descriptor: what levada::write_json writes comes back as it was.
#pragma once

#include <levada/core/result.hpp>
#include <levada/wire/mutable_record.hpp>

#include <string_view>

namespace tool {

namespace lv = levada;

/// Takes  one object; objects and arrays in it are structs and arrays of them; an array of numbers has all its elements. null is
///        a floating number that is none. Times are strings, or seconds since 1970.
/// Fails  data: no JSON, a member that the events do not have, a value of another kind or range, a member twice. Members that are
///        left out stay as they are.
lv::result<> read_json(std::string_view text, const lv::mutable_record& to);

}  // namespace tool
