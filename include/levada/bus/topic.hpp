// SPDX-License-Identifier: BSL-1.0
// topic: names. A bus is a folder of topics in shared memory; a topic is a named, typed, bounded, sequenced stream of
// events and signals in it. Both are values that name something: nothing is opened until a publisher or subscriber is.
#pragma once

#include <levada/bus/detail/files.hpp>
#include <levada/bus/detail/ring_of.hpp>
#include <levada/core/concepts.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/core/time.hpp>
#include <levada/os/folder.hpp>
#include <levada/os/group.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace levada::inline v0 {

namespace detail {

/// Letters, digits, '.', '_' and '-', not beginning with a dot: safe in a path and in a shell.
constexpr bool is_plain_name(std::string_view name) {
  if (name.empty() || name.front() == '.') return false;
  constexpr std::string_view others = "0123456789._-";
  for (char c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || others.find(c) != others.npos)) return false;
  return true;
}

/// Plain names with slashes between them. None may end like the folders in which topics and pools lie.
constexpr bool is_topic_name(std::string_view name) {
  while (true) {
    auto end = name.find('/');
    auto part = name.substr(0, end);
    if (!is_plain_name(part) || part.ends_with(topic_files::ending) || part.ends_with(".pool")) return false;
    if (end == name.npos) return true;
    name.remove_prefix(end + 1);
  }
}

}  // namespace detail

/// Where buses lie that name no other place: $LEVADA_DIR, or /dev/shm/levada-<user>, or, of a group,
/// /dev/shm/levada-group-<number>. Nothing is made.
/// Fails  usage: LEVADA_DIR is too long; permission: /dev/shm has a folder of that name that belongs to somebody else.
inline result<text<88>> bus_directory(const owners& whose = {}) {
  text<88> directory;
  auto named = environment("LEVADA_DIR");
  if (named.size() >= sizeof directory)
    return fault::of(failure::usage, "LEVADA_DIR is longer than ", sizeof directory - 1, " characters");
  if (!named.empty()) return text<88>(named);
  directory =
      compose<sizeof directory>("/dev/shm/levada-", whose.is_group() ? "group-" : "", whose.is_group() ? whose.group : user_id());
  text<256> path{directory.view()};
  if (exists(path))
    if (auto own = is_own_folder(path, whose); !own) return own.error();
  return directory;
}

/// A set of topics under one name. Lies where bus_directory() says, or bus::in. Its topics are its user's alone, or a group's.
class bus {
 public:
  explicit bus(std::string_view name) : name_(name), fits_(name.size() < sizeof name_) {}
  static bus in(std::string_view directory, std::string_view name) {
    bus b(name);
    b.directory_ = directory;
    b.fits_ = b.fits_ && directory.size() < sizeof b.directory_ && !directory.empty();
    return b;
  }
  /// The same bus, whose topics the members of a group make, publish, read and remove, whatever their umasks are. All of them say
  /// so: whoever does not trusts nobody but his own user.
  /// Takes  the group's name or number; whoever makes something must be a member.
  [[nodiscard]] bus for_group(std::string_view name_or_number) const {
    bus b = *this;
    b.group_ = name_or_number;
    b.fits_ = fits_ && b.group_.view() == name_or_number && !name_or_number.empty();
    return b;
  }

  [[nodiscard]] std::string_view name() const { return name_.view(); }

  /// Removes a topic, of one producer or of many. Fails with failure::unavailable while a publisher or subscriber of it runs;
  /// what is not there is fine.
  result<> remove(std::string_view topic) const {
    auto files = files_of(topic);
    return files ? detail::remove_topic(*files) : result<>(files.error());
  }
  /// Gives up the position of a named subscriber that does not run and will not return.
  result<> forget(std::string_view topic, std::string_view subscriber) const {
    auto files = files_of(topic);
    return files ? detail::forget_subscriber(*files, subscriber) : result<>(files.error());
  }

  /// Where a topic's files lie. Fails with failure::usage if a name is not one or there is no such group, with
  /// failure::permission if /dev/shm has a folder of that name that belongs to somebody else.
  result<detail::topic_files> files_of(std::string_view topic) const { return files_of(topic, "topic"); }
  /// The same for what else has a folder of its own: NAME.WHAT.
  result<detail::topic_files> files_of(std::string_view name, std::string_view what) const {
    if (!fits_ || !detail::is_plain_name(name_.view()))
      return fault::of(failure::usage, "'", name_, "' is not a name for a bus: use at most ", sizeof name_ - 1,
                       " letters, digits, '.', '_', '-' (and a directory of at most ", sizeof directory_ - 1,
                       " characters, and a group of ", sizeof group_ - 1, ")");
    if (name.size() >= sizeof(detail::topic_files::topic) || !detail::is_topic_name(name))
      return fault::of(failure::usage, "'", name, "' is not a name for a ", what,
                       ": use letters, digits, '.', '_', '-', and '/' ", "between parts, at most ",
                       sizeof(detail::topic_files::topic) - 1,
                       " in all; no part begins with '.' or ends with '.topic' or '.pool'");
    owners whose;
    if (!group_.empty()) {
      auto group = group_of(group_.view());
      if (!group) return group.error();
      whose = *group;
    }
    auto directory = directory_;
    if (directory.empty()) {
      auto usual = bus_directory(whose);
      if (!usual) return usual.error();
      directory = *usual;
    }
    const auto own = compose<256>(directory, '/', name_);
    return detail::topic_files{compose<256>(own, '/', name, '.', what), name, what, own.view().size(), whose};
  }

 private:
  text<88> directory_;
  text<48> name_;
  text<40> group_;
  bool fits_ = true;
};

/// How a topic is made. One that exists keeps what it was made with.
struct topic_options {
  std::uint64_t capacity = 4096;     ///< events; rounded up to a power of two and whole pages
  duration grain{1'000'000};         ///< how exactly the lane knows the time of an event
  std::uint64_t first_sequence = 0;  ///< where counting begins: the end of a log, say; at most 2^63
  std::uint32_t producers = 4;       ///< of a topic<many<T>>: how many at a time, 16 at most; each has a ring of this capacity
};

/// Names a stream of events on a bus. T chooses the ring: an event type for a stream ring (throughput), line<event> for one in
/// which each event has a cache line of its own (latency), frames<> for bytes of any length. Holds no resource; copy it freely.
template <wire_event T>
class topic {
 public:
  using event_type = typename detail::ring_of<T>::event_type;

  topic(const bus& on, std::string_view name, topic_options options = {})
      : bus_(on), name_(name), options_(options), fits_(name.size() < sizeof name_) {}

  /// The same name, for who sees it as a topic of something else.
  template <class U>
  explicit topic(const topic<U>& other)
      : bus_(other.bus_), name_(other.name_), options_(other.options_), fits_(other.fits_), place_(other.place_) {}
  /// The ring of one producer of many: see many.hpp.
  template <class U>
  topic(const topic<U>& all, const detail::producer_place& at, const topic_options& options)
      : topic(all.bus_, compose<128>(all.name_, '/', at.number).view(), options) {
    place_ = at;
  }

  [[nodiscard]] std::string_view name() const { return name_.view(); }
  [[nodiscard]] const topic_options& options() const { return options_; }
  [[nodiscard]] const detail::producer_place& place() const { return place_; }
  [[nodiscard]] result<detail::topic_files> files() const { return bus_.files_of(fits_ ? name_.view() : std::string_view()); }

 private:
  template <wire_event>
  friend class topic;

  bus bus_;
  text<96> name_;
  topic_options options_;
  bool fits_;
  detail::producer_place place_{};
};

}  // namespace levada::inline v0
