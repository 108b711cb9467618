// SPDX-License-Identifier: BSL-1.0
// archive: how a graph's persist() is walked: to count what survives, to take images of it, and to fill it again. An operator
// says what survives by persist(archive), which calls archive(member, ...): slots, other things that persist, and plain values;
// one that has only `state` need not say so.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/state/image.hpp>
#include <levada/state/manifest.hpp>
#include <levada/state/slots.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace levada::inline v0::detail {

/// Walk has plain(address, bytes), array(slots&) and source(source&), each called with name() saying whose it is.
template <class Walk>
class archive {
 public:
  explicit archive(std::string_view part) : part_(part) {}

  /// What follows is of this operator: the nth of its kind and name.
  void of(std::string_view kind, std::string_view name, std::size_t nth = 0) {
    owner_ = compose<88>(part_, part_.empty() ? "" : "/", kind, name.empty() ? "" : " ", name);
    if (nth > 0) owner_ += compose<16>(" #", nth + 1).view();
    member_ = 0;
  }
  template <class Op>
  void keep(Op& op) {
    if constexpr (source<Op>) self().source(op);
    if constexpr (requires { op.persist(self()); })
      op.persist(self());
    else if constexpr (stateful<Op>)
      (*this)(op.state);
    self().kept(op);
  }
  template <class... Member>
  void operator()(Member&... members) {
    (one(members), ...);
  }
  [[nodiscard]] text<104> name() const { return compose<104>(owner_, '.', member_); }

 private:
  Walk& self() { return static_cast<Walk&>(*this); }
  template <class T>
  void one(slots<T>& s) {
    static_assert(std::is_trivially_copyable_v<T>,
                  "checkpoint: the cells of an operator's slots must be trivially copyable: hold text<N> for a string");
    self().array(s);
    ++member_;
  }
  template <class M>
  void one(M& m) {
    if constexpr (requires { m.persist(self()); }) {
      m.persist(self());
    } else {
      static_assert(std::is_trivially_copyable_v<M>,
                    "checkpoint: what an operator keeps must be trivially copyable, or slots of what is; give the operator or "
                    "its state a member persist(archive) that names its parts");
      self().plain(&m, sizeof m);
      ++member_;
    }
  }

  std::string_view part_;
  text<88> owner_;
  unsigned member_ = 0;
};

struct counter : archive<counter> {
  std::size_t members = 0;

  using archive::archive;
  void plain(void*, std::size_t) { ++members; }
  void array(auto&) { ++members; }
  void source(auto&) { ++members; }
  void kept(auto&) {}
};

/// An array of which an image is taken.
struct saved_member {
  text<104> name;
  std::size_t cell = 0;
  std::size_t count = 0;
  image copy;
  void* owner = nullptr;  // slots that keep their cells in `copy`
  void (*keep_in)(void* owner, image*) = nullptr;

  void begin(const text<104>& whose, const void* cells, std::size_t size_of_cell, std::size_t n) {
    name = whose;
    cell = size_of_cell;
    count = n;
    copy.begin(cells, cell, count);
  }
  bool step(std::size_t& bytes) {
    if (!copy.step(bytes)) return false;
    let_go();
    return true;
  }
  void let_go() {
    if (owner != nullptr) keep_in(owner, nullptr);
    owner = nullptr;
  }
  [[nodiscard]] saved_array array() const { return {name, cell, count, copy.bytes(), count > 1 ? copy.order().data() : nullptr}; }
};

/// Begins an image of every array, and takes those of single values at once.
struct saver : archive<saver> {
  slots<saved_member>& members;
  std::size_t at = 0;

  saver(slots<saved_member>& into, std::string_view part) : archive(part), members(into) {}
  void plain(const void* value, std::size_t bytes) {
    saved_member& m = next();
    m.begin(name(), value, bytes, 1);
    std::size_t all = SIZE_MAX;
    m.step(all);
  }
  template <class T>
  void array(slots<T>& s) {
    saved_member& m = next();
    m.begin(name(), s.begin(), sizeof(T), s.size());
    m.owner = &s;
    m.keep_in = [](void* owner, image* i) { static_cast<slots<T>*>(owner)->keep_in(i); };
    s.keep_in(&m.copy);
  }
  void source(auto& s) {
    const std::uint64_t position = s.position();
    saved_member& m = next();
    m.begin(compose<104>(name(), " position"), &position, sizeof position, 1);
    std::size_t all = SIZE_MAX;
    m.step(all);
  }
  void kept(auto&) {}

 private:
  saved_member& next() {
    LEVADA_CHECK(at < members.size(), at);
    return members[at++];
  }
};

/// Fills everything with what a checkpoint says of it. What it says nothing of stays as it is.
struct loader : archive<loader> {
  const manifest& from;
  result<> outcome;
  std::size_t taken = 0;

  loader(const manifest& m, std::string_view part) : archive(part), from(m) {}
  void plain(void* value, std::size_t bytes) { fill(name(), value, bytes, 1); }
  template <class T>
  void array(slots<T>& s) {
    fill(name(), s.begin(), sizeof(T), s.size());
  }
  template <class Source>
  void source(Source& s) {
    std::uint64_t position = 0;
    if (!fill(compose<104>(name(), " position"), &position, sizeof position, 1)) return;
    if constexpr (seekable<Source>)
      if (outcome) outcome = s.seek(position);
  }
  template <class Op>
  void kept(Op& op) {
    if constexpr (requires { op.restored(); })
      if (outcome) op.restored();
  }

 private:
  bool fill(const text<104>& whose, void* cells, std::size_t cell, std::size_t count) {
    const auto saved = from.find(whose.view());
    if (!saved) return false;
    ++taken;
    const auto refused = [&](const auto&... why) {
      if (outcome)
        outcome = fault::of(failure::data, "checkpoint ", from.title().id, " of flow '", from.title().flow, "': '", whose,
                            "' was saved ", why..., "; take the program that wrote it, or begin in an empty folder");
    };
    if (saved->cell != cell)
      refused("with ", saved->cell, " bytes a cell, and has ", cell, " now");
    else if (saved->count != count)
      refused("for ", saved->count, " cells, and has ", count, " now (is a bound another?)");
    else
      manifest::place(*saved, cells);
    return static_cast<bool>(outcome);
  }
};

}  // namespace levada::inline v0::detail
