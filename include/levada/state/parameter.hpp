// SPDX-License-Identifier: BSL-1.0
// parameter: a named number that a lambda reads and somebody else changes while the flow runs. Each thread that drives flows
// takes a change over between two of its spans: one span never sees two values.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/core/word.hpp>

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace levada::inline v0 {

template <class T>
concept parameter_value = std::is_arithmetic_v<T> && sizeof(T) <= 8;

namespace detail {
enum class parameter_kind : std::uint8_t { boolean, signed_integer, unsigned_integer, single, floating };

template <parameter_value T>
constexpr parameter_kind parameter_kind_of() {
  if constexpr (std::same_as<T, bool>)
    return parameter_kind::boolean;
  else if constexpr (std::same_as<T, float>)
    return parameter_kind::single;
  else if constexpr (std::is_floating_point_v<T>)
    return parameter_kind::floating;
  else
    return std::is_signed_v<T> ? parameter_kind::signed_integer : parameter_kind::unsigned_integer;
}

/// Threads that drive flows have a copy of each value. Place 0 is for all that drive none, and for those beyond the last place.
inline constexpr std::uint32_t parameter_places = 64;
inline constinit thread_local std::uint32_t parameter_place = 0;

struct parameter_cell {
  text<64> name{};
  parameter_kind kind{};
  std::uint8_t size = 0;
  word<std::uint64_t> current[parameter_places]{};  // each written by its own thread
  word<std::uint64_t> next{};                       // pairs by `changes` of the table
  parameter_cell* link = nullptr;
};

/// The beginning of a value that a slot has: see state/slot.hpp.
struct version_head {
  std::uint64_t number = 0;
  word<std::uint32_t> holders{1};
  bool lasts = false;  // place 0 has had it: how many threads look at it nobody knows
};
/// What a slot has here: which of its values each place sees. Null where nobody has asked yet.
struct slot_cell {
  text<64> name{};
  const void* type = nullptr;
  word<std::uintptr_t> current[parameter_places]{};  // each written by its own thread; the next pairs by `changes` of the table
  word<std::uintptr_t> next{};
  slot_cell* link = nullptr;

  [[nodiscard]] static version_head* head(std::uintptr_t bits) { return reinterpret_cast<version_head*>(bits); }
  /// With the lock.
  void adopt(std::uint32_t place) {
    const std::uintptr_t newest = next.relaxed();
    if (place == 0) head(newest)->lasts = true;
    current[place].release(newest);  // pairs with the acquire in slot::now, of another thread without a place of its own
  }
};

/// All parameters and slots of the process. A cell lives as long as the process: names are few, and a flow that is replaced by
/// its next version finds the value where it left it.
struct parameter_table {
  word<std::uint32_t> lock{};
  word<std::uint32_t> changes{};  // release in change, acquire in adopt_parameters
  word<std::uint32_t> adopted[parameter_places]{};
  std::uint32_t holders[parameter_places]{};  // how many parameter_copy of the place's thread there are
  parameter_cell* first = nullptr;
  slot_cell* first_slot = nullptr;

  struct guard {
    word<std::uint32_t>& word_;
    explicit guard(word<std::uint32_t>& w) : word_(w) {
      while (w.exchange(1) != 0) {  // pairs with the release below; held for a list walk, never while a span runs
      }
    }
    guard(const guard&) = delete;
    ~guard() { word_.release(0); }
  };
  void adopt(std::uint32_t place) {
    adopted[place].relaxed(changes.relaxed());
    for (auto* c = first; c != nullptr; c = c->link) c->current[place].relaxed(c->next.relaxed());
    for (auto* c = first_slot; c != nullptr; c = c->link)
      if (c->current[place].relaxed() != 0) c->adopt(place);
  }
  /// A thread that drives flows has ended: it looks at no value any more.
  void leave(std::uint32_t place) {
    for (auto* c = first_slot; c != nullptr; c = c->link) c->current[place].relaxed(0);
  }
  void change() { changes.release(changes.relaxed() + 1); }  // pairs with the acquire in adopt_parameters
  parameter_cell* find(std::string_view name) const {
    parameter_cell* c = first;
    while (c != nullptr && c->name.view() != name) c = c->link;
    return c;
  }
};
inline parameter_table& parameter_registry() {
  static parameter_table table;
  return table;
}
}  // namespace detail

/// Takes  a name and the value to begin with. Two parameters of one name and type in a process are one.
/// Holds  a pointer; copy it into the lambda: [limit = lv::parameter("worn.limit", 0.8f)](...) { return x > limit; }
/// Fails  a name that is already a parameter of another type, or is longer than 63 bytes, stops the program.
/// Costs  one load from memory that nobody writes while a span runs.
template <parameter_value T>
class parameter {
 public:
  parameter(std::string_view name, T initial) {
    LEVADA_CHECK(name.size() < sizeof detail::parameter_cell::name, name.size());
    auto& table = detail::parameter_registry();
    detail::parameter_table::guard guard(table.lock);
    cell_ = table.find(name);
    if (cell_ == nullptr) {
      cell_ = new detail::parameter_cell;
      cell_->name = name;
      cell_->kind = detail::parameter_kind_of<T>();
      cell_->size = sizeof(T);
      for (auto& copy : cell_->current) copy.relaxed(bits(initial));
      cell_->next.relaxed(bits(initial));
      cell_->link = table.first;
      table.first = cell_;
    }
    if (cell_->kind != detail::parameter_kind_of<T>() || cell_->size != sizeof(T)) {
      std::fprintf(stderr, "levada: parameter '%s' exists with another type\n", cell_->name.c_str());
      std::abort();
    }
  }

  [[nodiscard]] LEVADA_INLINE T value() const {
    const std::uint64_t raw = cell_->current[detail::parameter_place].relaxed();
    T v;
    std::memcpy(&v, &raw, sizeof v);
    return v;
  }
  LEVADA_INLINE operator T() const { return value(); }  // NOLINT: reads like the number that it is

 private:
  static std::uint64_t bits(T v) {
    std::uint64_t raw = 0;
    std::memcpy(&raw, &v, sizeof v);
    return raw;
  }
  detail::parameter_cell* cell_;
};
template <class T>
parameter(const char*, T) -> parameter<T>;
template <class T>
parameter(std::string_view, T) -> parameter<T>;

/// Takes over what was set since the last call on this thread, parameters and what slots were given. A flow does it before each
/// of its turns.
inline void adopt_parameters() {
  auto& table = detail::parameter_registry();
  const std::uint32_t place = detail::parameter_place;
  if (table.changes.acquire() == table.adopted[place].relaxed()) [[likely]]  // pairs with the release in change
    return;
  detail::parameter_table::guard guard(table.lock);
  table.adopt(place);
}

/// While it lives, this thread has values of its own: whoever drives flows holds one. Several on a thread, in any order, are as
/// good as one. The sixty-fourth thread at a time has none: it shares its values with threads that drive nothing.
class parameter_copy {
 public:
  parameter_copy() {
    auto& table = detail::parameter_registry();
    detail::parameter_table::guard guard(table.lock);
    std::uint32_t place = detail::parameter_place;
    if (place == 0) {
      do ++place;
      while (place < detail::parameter_places && table.holders[place] != 0);
      if (place == detail::parameter_places) return;
      table.adopt(place);
    }
    ++table.holders[place];
    detail::parameter_place = own_ = place;
  }
  ~parameter_copy() {
    if (own_ == 0) return;
    auto& table = detail::parameter_registry();
    detail::parameter_table::guard guard(table.lock);
    if (--table.holders[own_] != 0) return;
    table.leave(own_);
    table.adopt(detail::parameter_place = 0);  // what is read after a flow has ended is not older than what it saw
  }
  parameter_copy(const parameter_copy&) = delete;
  parameter_copy& operator=(const parameter_copy&) = delete;

 private:
  std::uint32_t own_ = 0;
};

/// Sets a parameter by name, from any thread. It takes effect before the next span.
/// Fails  failure::usage for a name that no flow has, failure::data for a value that its type cannot hold.
inline result<> set_parameter(std::string_view name, double value) {
  using detail::parameter_kind;
  auto& table = detail::parameter_registry();
  detail::parameter_table::guard guard(table.lock);
  auto* cell = table.find(name);
  if (cell == nullptr) return fault::of(failure::usage, "no parameter is named '", name, "': for_each_parameter lists the names");
  auto refused = [&](std::string_view why) { return fault::of(failure::data, "parameter '", name, "' ", why); };

  std::uint64_t raw = 0;
  if (cell->kind == parameter_kind::floating) {
    raw = std::bit_cast<std::uint64_t>(value);
  } else if (cell->kind == parameter_kind::single) {
    constexpr double most = 0x1.fffffep127;
    if (value - value == 0 && (value > most || value < -most)) return refused("cannot hold that value: it is out of range");
    raw = std::bit_cast<std::uint32_t>(static_cast<float>(value));
  } else if (cell->kind == parameter_kind::boolean) {
    if (value != 0 && value != 1) return refused("is true or false: set it to 1 or 0");
    raw = value != 0 ? 1 : 0;
  } else {
    const bool is_signed = cell->kind == parameter_kind::signed_integer;
    const int bits = cell->size * 8 - (is_signed ? 1 : 0);
    const double end = bits == 64 ? 0x1p64 : static_cast<double>(std::uint64_t{1} << bits);
    if (!(value < end && value >= (is_signed ? -end : 0.0))) return refused("cannot hold that value: it is out of range");
    const auto whole =
        is_signed ? static_cast<std::uint64_t>(static_cast<std::int64_t>(value)) : static_cast<std::uint64_t>(value);
    const double back = is_signed ? static_cast<double>(static_cast<std::int64_t>(whole)) : static_cast<double>(whole);
    if (back != value) return refused("is a whole number");
    raw = whole;
  }
  cell->next.relaxed(raw);
  table.change();
  return {};
}

/// visitor(name, value as double) for every parameter of the process, as it was set last.
template <class F>
void for_each_parameter(F&& visitor) {
  using detail::parameter_kind;
  auto& table = detail::parameter_registry();
  const detail::parameter_cell* first = nullptr;
  {
    const detail::parameter_table::guard guard(table.lock);
    first = table.first;  // cells only ever come in front of it, and none goes: the visitor may set and make parameters
  }
  for (const auto* c = first; c != nullptr; c = c->link) {
    const std::uint64_t raw = c->next.relaxed();
    const int spare = 64 - c->size * 8;
    double value = 0;
    switch (c->kind) {
      case parameter_kind::floating: value = std::bit_cast<double>(raw); break;
      case parameter_kind::single: value = static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(raw))); break;
      case parameter_kind::boolean: value = raw != 0 ? 1 : 0; break;
      case parameter_kind::signed_integer: value = static_cast<double>(static_cast<std::int64_t>(raw << spare) >> spare); break;
      case parameter_kind::unsigned_integer: value = static_cast<double>(raw); break;
    }
    visitor(c->name.view(), value);
  }
}

}  // namespace levada::inline v0
