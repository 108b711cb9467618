// SPDX-License-Identifier: BSL-1.0
// slot: a named place for a value that is replaced whole while flows run: a model, a set of rules, a table. Each thread that
// drives flows takes a new one over between two of its turns, as it does with parameters: one span never sees two.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/text.hpp>
#include <levada/core/word.hpp>
#include <levada/state/parameter.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// A value that does not change any more, and its number.
template <class T>
struct versioned : private detail::version_head {
  const T value;
  [[nodiscard]] std::uint64_t version() const { return number; }

 private:
  template <class>
  friend class slot;
  template <class>
  friend class shared_version;
  versioned(T v, std::uint64_t n) : value(std::move(v)) { number = n; }
  explicit versioned(std::uint64_t n) : value{} { number = n; }
};

/// One of the holders of a versioned value, on any thread and for as long as it likes. The last one that goes frees it.
/// Costs  an atomic addition a copy: for those who prepare, compare and roll back. Flows read slots.
template <class T>
class shared_version {
 public:
  shared_version() = default;
  shared_version(T value, std::uint64_t version) : of_(new versioned<T>(std::move(value), version)) {}
  /// A T{} that is made where it stays.
  shared_version(std::in_place_t, std::uint64_t version) : of_(new versioned<T>(version)) {}
  shared_version(const shared_version& other) : of_(other.of_) {
    if (of_ != nullptr) of_->holders.fetch_add(1);  // a counter: whoever copies has one, so it cannot become zero meanwhile
  }
  shared_version(shared_version&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
  shared_version& operator=(shared_version other) noexcept {
    std::swap(of_, other.of_);
    return *this;
  }
  ~shared_version() {
    if (of_ != nullptr && of_->holders.fetch_add(~std::uint32_t{0}) == 1) delete of_;  // pairs with those of the other holders
  }

  [[nodiscard]] explicit operator bool() const { return of_ != nullptr; }
  [[nodiscard]] const T& operator*() const { return of_->value; }
  [[nodiscard]] const T* operator->() const { return &of_->value; }
  [[nodiscard]] std::uint64_t version() const { return of_->version(); }

 private:
  template <class>
  friend class slot;
  versioned<T>* of_ = nullptr;
};

namespace detail {

template <class T>
inline constexpr char type_mark = 0;

/// The values that a slot has not let go yet: the newest, and those that a thread may be looking at.
template <class T>
struct typed_slot_cell : slot_cell {
  struct version {
    shared_version<T> of;
    std::uintptr_t bits;  // how it stands in the places
    version* link;
  };
  version* first_version = nullptr;

  /// Takes out what nobody can reach any more. With the lock; who gets it frees it without.
  [[nodiscard]] version* take_unused() {
    version* unused = nullptr;
    for (version** at = &first_version; *at != nullptr;) {
      version* const one = *at;
      bool used = one == first_version;
      if (one->bits != next.relaxed()) {  // else it is the newest, or stands in front as well since it was put back
        used = head(one->bits)->lasts;
        for (const auto& place : current) used |= place.relaxed() == one->bits;
      }
      if (used) {
        at = &one->link;
      } else {
        *at = one->link;
        one->link = std::exchange(unused, one);
      }
    }
    return unused;
  }
  static void free(version* unused) {
    while (unused != nullptr) delete std::exchange(unused, unused->link);
  }
};

}  // namespace detail

/// Takes  a name, the value to begin with and its version. Two slots of one name and type in a process are one, and keep what
///        they have; the place lives as long as the process. put() gives it a new value, from any thread.
/// Emits  now(): the value and its version, for a thread that drives flows (a runner's; others hold a parameter_copy). The
///        reference is good until the thread's turn is over. newest(): what was put last, for anybody, to keep.
/// Holds  the newest value, and one for each thread that has not begun a turn since it was replaced. put() and collect() free the
///        others, on the thread that calls them and never on one that reads. What threads without a place of their own have
///        seen stays, because nobody knows for how long they look at it.
/// Fails  a name that is already a slot of another type, or is longer than 63 bytes, stops the program.
/// Costs  a read: one load from memory that nobody writes while a turn runs, and a test that is foreseen.
template <class T>
class slot {
 public:
  using value_type = T;

  slot(std::string_view name, T first, std::uint64_t version = 0) {
    LEVADA_CHECK(name.size() < sizeof detail::slot_cell::name, name.size());
    auto* fresh = new cell_type;
    fresh->name = name;
    fresh->type = &detail::type_mark<T>;
    add(*fresh, shared_version<T>(std::move(first), version));
    {
      auto& table = detail::parameter_registry();
      const detail::parameter_table::guard guard(table.lock);
      auto* there = table.first_slot;
      while (there != nullptr && there->name.view() != name) there = there->link;
      if (there == nullptr) {
        fresh->link = std::exchange(table.first_slot, fresh);
        cell_ = fresh;
        return;
      }
      if (there->type != &detail::type_mark<T>) {
        std::fprintf(stderr, "levada: slot '%s' exists with another type\n", there->name.c_str());
        std::abort();
      }
      cell_ = static_cast<cell_type*>(there);
    }
    cell_type::free(fresh->first_version);
    delete fresh;
  }

  /// A new value. Threads take it over between two of their turns.
  void put(T value, std::uint64_t version) { put(shared_version<T>(std::move(value), version)); }
  void put(shared_version<T> value) {
    LEVADA_CHECK(static_cast<bool>(value), 0);
    auto* one = new typename cell_type::version{std::move(value), 0, nullptr};
    one->bits = bits_of(one->of);
    typename cell_type::version* unused = nullptr;
    {
      auto& table = detail::parameter_registry();
      const detail::parameter_table::guard guard(table.lock);
      link_in(*cell_, one);
      table.change();
      unused = cell_->take_unused();
    }
    cell_type::free(unused);
  }
  /// Frees what no thread looks at any more, without waiting for the next put. How many values the slot still has.
  std::size_t collect() {
    std::size_t n = 0;
    typename cell_type::version* unused = nullptr;
    {
      const detail::parameter_table::guard guard(detail::parameter_registry().lock);
      unused = cell_->take_unused();
      for (const auto* one = cell_->first_version; one != nullptr; one = one->link) ++n;
    }
    cell_type::free(unused);
    return n;
  }

  [[nodiscard]] LEVADA_INLINE const versioned<T>& now() const {
    // Acquire pairs with the release in slot_cell::adopt, where two threads share place 0.
    const std::uintptr_t bits = cell_->current[detail::parameter_place].acquire();
    return *static_cast<const versioned<T>*>(detail::slot_cell::head(bits != 0 ? bits : begin()));
  }
  [[nodiscard]] LEVADA_INLINE const T& operator*() const { return now().value; }
  [[nodiscard]] LEVADA_INLINE const T* operator->() const { return &now().value; }

  [[nodiscard]] shared_version<T> newest() const {
    const detail::parameter_table::guard guard(detail::parameter_registry().lock);
    return cell_->first_version->of;
  }
  [[nodiscard]] std::string_view name() const { return cell_->name.view(); }

 private:
  using cell_type = detail::typed_slot_cell<T>;

  static std::uintptr_t bits_of(const shared_version<T>& v) {
    return reinterpret_cast<std::uintptr_t>(static_cast<detail::version_head*>(v.of_));
  }
  static void link_in(cell_type& cell, typename cell_type::version* one) {
    one->link = std::exchange(cell.first_version, one);
    cell.next.relaxed(one->bits);  // pairs by the lock
  }
  static void add(cell_type& cell, shared_version<T> v) {
    auto* one = new typename cell_type::version{std::move(v), 0, nullptr};
    one->bits = bits_of(one->of);
    link_in(cell, one);
  }
  /// The first look of this thread.
  LEVADA_COLD std::uintptr_t begin() const {
    const detail::parameter_table::guard guard(detail::parameter_registry().lock);
    cell_->adopt(detail::parameter_place);
    return cell_->current[detail::parameter_place].relaxed();
  }

  cell_type* cell_;
};
template <class T>
slot(const char*, T) -> slot<T>;
template <class T>
slot(std::string_view, T) -> slot<T>;
template <class T>
slot(const char*, T, std::uint64_t) -> slot<T>;
template <class T>
slot(std::string_view, T, std::uint64_t) -> slot<T>;

/// visitor(name, version of the newest value) for every slot of the process.
template <class F>
void for_each_slot(F&& visitor) {
  auto& table = detail::parameter_registry();
  const detail::slot_cell* first = nullptr;
  {
    const detail::parameter_table::guard guard(table.lock);
    first = table.first_slot;  // cells only ever come in front of it, and none goes
  }
  for (const auto* c = first; c != nullptr; c = c->link) {
    std::uint64_t version = 0;
    {
      const detail::parameter_table::guard guard(table.lock);
      version = detail::slot_cell::head(c->next.relaxed())->number;
    }
    visitor(c->name.view(), version);
  }
}

}  // namespace levada::inline v0
