// SPDX-License-Identifier: BSL-1.0
// flatbuffers: topics whose events are FlatBuffers tables, each in a frame of its own (bus/frames.hpp). A table is verified
// before anybody follows an offset in it. This header alone needs FlatBuffers (CMake: levada::flatbuffers), and is empty where
// that is not installed.
#pragma once

#if __has_include(<flatbuffers/flatbuffers.h>)

#include <levada/bus/frames.hpp>
#include <levada/bus/layout.hpp>
#include <levada/bus/segment.hpp>
#include <levada/bus/subscriber.hpp>
#include <levada/bus/topic.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/result.hpp>
#include <levada/core/time.hpp>
#include <levada/os/mapping.hpp>

#include <flatbuffers/flatbuffers.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

namespace detail {

/// The name in the schema, which two programs share whatever their compilers call the type.
template <class Table>
consteval auto table_name() {
  constexpr bool ok = requires { Table::GetFullyQualifiedName(); };
  static_assert(ok, "table: run flatc with --gen-name-strings, or name the table: table<T, \"plant.Reading\">");
  if constexpr (ok) {
    constexpr std::string_view name = Table::GetFullyQualifiedName();
    fixed_string<name.size() + 1> copy;
    for (std::size_t i = 0; i < name.size(); ++i) copy.characters[i] = name[i];
    return copy;
  } else {
    return fixed_string<2>("?");
  }
}

}  // namespace detail

/// topic<table<T>>: frames that hold T, a table made by flatc. Name is the table's in its schema.
template <class Table, fixed_string Name = detail::table_name<Table>()>
struct table {};

/// When a subscriber verifies. What another can still change was not verified.
enum class verify : std::uint8_t {
  copy,      ///< a copy of its own, so that nobody can change it afterwards
  in_place,  ///< in the ring: the publisher is trusted not to write what it has accepted. A seal (bus/sealed.hpp) keeps everybody
             ///< else from writing, but not the publisher: its own mapping goes on
  none,      ///< the publisher is trusted to write tables only
};

/// A table that was read, and the frame that it lies in.
template <class Table>
struct table_view {
  const Table* root = nullptr;
  frame in{};

  const Table& operator*() const { return *root; }
  const Table* operator->() const { return root; }
};

namespace detail {
template <class Table, fixed_string Name>
struct ring_of<table<Table, Name>> : ring_of<frames<Name>> {
  using event_type = table_view<Table>;
};
}  // namespace detail

/// Takes  finished builders. The rest is as for frames.
template <class Table, fixed_string Name>
class publisher<table<Table, Name>> : public publisher<frames<Name>> {
  using base = publisher<frames<Name>>;

 public:
  using event_type = table_view<Table>;

  static result<publisher> open(const topic<table<Table, Name>>& where) { return made(base::open(topic<frames<Name>>(where))); }
  static result<publisher> open(const topic<table<Table, Name>>& where, duration patience) {
    return made(base::open(topic<frames<Name>>(where), patience));
  }
  static result<publisher> over(const detail::segment& s) { return made(base::over(s)); }

  /// Adds a copy of the table that was finished last; accept() or commit() publishes it. False if there is no room.
  [[nodiscard]] bool add(const flatbuffers::FlatBufferBuilder& finished) {
    const auto room = base::claim(finished.GetSize());
    if (room.empty()) return false;
    std::memcpy(room.data(), finished.GetBufferPointer(), room.size());
    base::add(room.size());
    return true;
  }
  [[nodiscard]] bool commit(const flatbuffers::FlatBufferBuilder& finished, timestamp now) {
    if (!add(finished)) return false;
    base::accept(now);
    return true;
  }

 private:
  explicit publisher(base&& frames) : base(std::move(frames)) {}
  static result<publisher> made(result<base> frames) {
    return frames ? publisher(std::move(*frames)) : result<publisher>(frames.error());
  }
};

/// Emits  turns: tables up to the next record of the lane, or one signal.
/// Holds  what a subscriber of frames holds; an eighth of the ring to copy into, unless it verifies otherwise.
/// Fails  as a subscriber of frames. A frame that is no such table is passed over and counted as refused().
/// Costs  the verifier's walk through the table, and the copy.
template <class Table, fixed_string Name>
class subscriber<table<Table, Name>> : subscriber<frames<Name>> {
  using base = subscriber<frames<Name>>;

 public:
  using event_type = table_view<Table>;

  static result<subscriber> open(const topic<table<Table, Name>>& where, const subscriber_options& options = {},
                                 verify how = verify::copy) {
    return made(base::open(topic<frames<Name>>(where), options), how);
  }
  static result<subscriber> over(const detail::segment& s, const subscriber_options& options = {}, verify how = verify::copy) {
    return made(base::over(s, options), how);
  }

  /// What comes next. Tables stay readable until they are released, or until the next read.
  [[nodiscard]] turn<event_type> read() {
    for (;;) {
      const auto came = base::read();
      if (came.events.empty()) return {{}, came.signal};
      find_tables(came.events);
      if (count_ != 0) return {{found_, count_}, nullptr};
      base::release(came.events.size());  // none of them is a table
    }
  }
  /// The first n tables of the last turn are done with.
  void release(std::size_t n) {
    LEVADA_CHECK(n <= count_, n);
    if (n != 0) base::release(frames_until_[n - 1]);
    count_ = 0;
  }

  /// Frames that were no tables. One that is read twice, because it was not released, counts twice.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

  using base::covering, base::damaged, base::epoch, base::leave, base::lie_down, base::lost, base::lost_records, base::park,
      base::patience, base::position, base::producer, base::producer_alive, base::producer_pid, base::ready, base::rescued,
      base::status, base::stays, base::time, base::unpark, base::unread, base::wait, base::wake_fd;

 private:
  static constexpr std::size_t most = base::most_frames;

  subscriber(base&& frames, verify how) : base(std::move(frames)), how_(how) {}
  static result<subscriber> made(result<base> frames, verify how) {
    if (!frames) return frames.error();
    subscriber s(std::move(*frames), how);
    if (how == verify::copy) {
      auto buffer = mapping::memory(s.most_bytes_a_turn());
      if (!buffer) return buffer.error();
      s.copies_ = std::move(*buffer);
    }
    return s;
  }

  void find_tables(std::span<const frame> frames) {
    count_ = 0;
    const auto* first = frames[0].data;
    for (std::size_t i = 0; i < frames.size(); ++i) {
      frame f = frames[i];
      if (how_ == verify::copy) {
        auto* copy = copies_.base() + (f.data - first);  // as far apart as in the ring, so they fit, and are aligned
        std::memcpy(copy, f.data, f.length);
        f.data = copy;
      }
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(f.data);
      if (how_ != verify::none && !flatbuffers::Verifier(bytes, f.length).template VerifyBuffer<Table>(nullptr)) {
        ++refused_;
        continue;
      }
      found_[count_] = {flatbuffers::GetRoot<Table>(bytes), f};
      frames_until_[count_++] = static_cast<std::uint8_t>(i + 1);
    }
  }

  event_type found_[most];
  std::uint8_t frames_until_[most]{};
  std::size_t count_ = 0;
  std::uint64_t refused_ = 0;
  verify how_;
  mapping copies_;
};

}  // namespace levada::inline v0

#endif
