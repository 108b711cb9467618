// SPDX-License-Identifier: BSL-1.0
// schema: a copy of the description of a topic's events. The one in the ring lies in memory that others may write, and what can
// change after the check was not checked.
#pragma once

#include <levada/bus/layout.hpp>
#include <levada/core/result.hpp>
#include <levada/os/file.hpp>
#include <levada/os/mapping.hpp>
#include <levada/wire/field.hpp>

#include <cstddef>
#include <cstring>
#include <utility>

namespace levada::inline v0::detail {

class schema {
 public:
  schema() = default;

  static result<schema> copy(const descriptor_view& from) {
    const auto fields = from.fields.size_bytes(), enumerators = from.enumerators.size_bytes();
    auto memory = mapping::memory(fields + enumerators + 1);  // a mapping is never empty
    if (!memory) return memory.error();
    auto* base = memory->base();
    if (fields != 0) std::memcpy(base, from.fields.data(), fields);
    if (enumerators != 0) std::memcpy(base + fields, from.enumerators.data(), enumerators);
    schema made;
    made.view_ = from;
    made.view_.fields = {reinterpret_cast<const field*>(base), from.fields.size()};
    made.view_.enumerators = {reinterpret_cast<const enumerator*>(base + fields), from.enumerators.size()};
    if (auto sound = check(made.view_); !sound) return sound.error();
    made.memory_ = std::move(*memory);
    return made;
  }

  /// Of a ring with this header, which was checked: read once out of its file.
  static result<schema> read(const file& ring, const ring_header& h) {
    const auto whole = static_cast<std::size_t>(h.header_bytes);
    auto memory = mapping::memory(whole);
    if (!memory) return memory.error();
    auto got = ring.pread({reinterpret_cast<char*>(memory->base()), whole}, 0);
    if (!got) return got.error();  // what is cut off is zero, and refused as a field without a name
    return copy(descriptor_behind(memory->base(), h));
  }

  /// Checked. It lives as long as this object, wherever that is moved to.
  [[nodiscard]] const descriptor_view& view() const { return view_; }

 private:
  mapping memory_;
  descriptor_view view_;
};

}  // namespace levada::inline v0::detail
