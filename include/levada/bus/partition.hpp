// SPDX-License-Identifier: BSL-1.0
// partition: a topic in parts, so that several can share the work of reading it and the events of each key stay in order. The
// parts are ordinary topics, NAME/partition-0 to NAME/partition-(P-1), with all that topics promise; tools see each. How many
// there are is decided by whoever comes first, and stands in the folder NAME/.partitions, where no topic can lie.
#pragma once

#include <levada/bus/detail/files.hpp>
#include <levada/bus/detail/optional_array.hpp>
#include <levada/bus/layout.hpp>
#include <levada/bus/publisher.hpp>
#include <levada/bus/topic.hpp>
#include <levada/core/config.hpp>
#include <levada/core/hash.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/core/time.hpp>
#include <levada/os/file.hpp>
#include <levada/os/folder.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

inline constexpr std::uint32_t most_partitions = 64;

/// Which of so many partitions a key belongs to: the same one on every machine and in every release (core/hash.hpp), and for
/// every way to write the key: a number is hashed as 64 bits whatever its type, and text by its characters, wherever it is kept.
template <class Key>
  requires std::is_integral_v<Key> || std::is_enum_v<Key>
[[nodiscard]] LEVADA_INLINE std::uint32_t partition_of(Key key, std::uint32_t partitions) {
  const auto number = static_cast<std::int64_t>(key);
  return part_of(hash_of_bytes(&number, sizeof number), partitions);
}
[[nodiscard]] inline std::uint32_t partition_of(std::span<const std::byte> key, std::uint32_t partitions) {
  return part_of(hash_of_bytes(key.data(), key.size()), partitions);
}
[[nodiscard]] inline std::uint32_t partition_of(std::string_view key, std::uint32_t partitions) {
  return part_of(hash_of_bytes(key.data(), key.size()), partitions);
}
template <std::size_t N>
[[nodiscard]] std::uint32_t partition_of(const text<N>& key, std::uint32_t partitions) {
  return partition_of(key.view(), partitions);
}

/// How a partitioned topic is made. One that exists keeps what it was made with.
struct partition_options {
  std::uint32_t partitions = 8;  ///< 1 to most_partitions: as many as will ever share the reading, and some more
  topic_options each{};
};

namespace detail {

inline constexpr std::uint64_t partitions_magic = 0x7374'7261'706C'766C;  // "lvlparts"

/// The file `partitions`: written once, before it gets its name.
struct partitions_file {
  std::uint64_t magic = partitions_magic;
  std::uint32_t version = layout_version;
  std::uint32_t partitions = 0;
  text<40> boot{};
};
static_assert(sizeof(partitions_file) == 56);

inline text<96> partition_name(std::string_view topic, std::size_t i) { return compose<96>(topic, "/partition-", i); }

/// The folder that partitions have in common, as if it were a topic's.
inline result<topic_files> partition_files(const bus& on, std::string_view topic) {
  constexpr std::size_t most = sizeof(topic_files::topic) - sizeof("/partition-63");
  if (topic.size() > most)
    return fault::of(failure::usage, "'", topic, "' is too long for a topic with partitions: at most ", most, " characters");
  auto files = on.files_of(topic);
  if (!files) return files.error();
  auto folder = files->folder.view();
  folder.remove_suffix(topic_files::ending.size());
  files->folder = compose<256>(folder, "/.partitions");
  return files;
}

/// How many there are; none if nobody has made them since the machine was started.
inline result<std::uint32_t> read_partitions(const topic_files& files) {
  auto f = file::open(files.file("partitions").c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!f) return f.error().kind == failure::unreadable ? result<std::uint32_t>(0) : about(files, f.error());
  partitions_file p;
  auto got = f->pread({reinterpret_cast<char*>(&p), sizeof p}, 0);
  if (!got) return about(files, got.error());
  if (*got != sizeof p || p.magic != partitions_magic || p.version != layout_version || p.partitions == 0 ||
      p.partitions > most_partitions)
    return about(files, fault::of(failure::data, "the number of its partitions is damaged, or was written by another version: ",
                                  "stop its users and remove it"));
  return p.boot == boot_identity() ? p.partitions : 0;
}

/// Who holds the lock opens or removes the family.
struct partition_family {
  file lock;
  std::uint32_t partitions = 0;
};
/// Says how many partitions there are, and decides it if nobody has. The partitions themselves are made by whoever opens them
/// first, so there is nothing that could be left half made.
inline result<partition_family> open_or_make_partitions(const topic_files& files, std::uint32_t wanted) {
  if (wanted == 0 || wanted > most_partitions)
    return fault::of(failure::usage, "topic '", files.topic, "' cannot have ", wanted, " partitions: ask for 1 to ",
                     most_partitions);
  auto lock = lock_topic(files, true);
  if (!lock) return lock.error();
  auto there = read_partitions(files);
  if (!there) return there.error();
  if (*there != 0) return partition_family{std::move(*lock), *there};
  partitions_file p;
  p.partitions = wanted;
  p.boot = boot_identity();
  const auto unnamed = files.file("partitions.new");
  if (auto gone = remove_file(unnamed); !gone) return about(files, gone.error());
  auto f = make_file(files, unnamed);
  if (!f) return about(files, f.error());
  if (auto written = f->write_all({reinterpret_cast<const char*>(&p), sizeof p}); !written) return about(files, written.error());
  if (auto named = rename_file(unnamed, files.file("partitions")); !named) return about(files, named.error());
  return partition_family{std::move(*lock), wanted};
}

/// Who uses the family, in words; no fault if nobody does. The caller holds its lock.
inline result<> nobody_uses_partitions(const topic_files& files, const bus& on, std::string_view topic) {
  result<> free;
  auto listed = for_each_name(files.folder, [&](std::string_view name, bool) {
    if (name.starts_with("group.") && is_held(files.file(name)))
      free = fault::of(failure::unavailable, "topic '", topic, "' is in use: a member of its group '", name.substr(6), "' runs");
  });
  if (!listed) return listed;
  for (std::size_t i = 0; free && i < most_partitions; ++i)
    if (auto one = on.files_of(partition_name(topic, i).view()); one && exists(one->folder)) free = nobody_uses(*one);
  return free;
}

}  // namespace detail

/// Removes a topic with partitions, and the positions of its groups. Fails with failure::unavailable while a publisher, a
/// subscriber or a member of a group runs; what is not there is fine.
inline result<> remove_partitions(const bus& on, std::string_view topic) {
  auto files = detail::partition_files(on, topic);
  if (!files) return files.error();
  if (!exists(files->folder)) return {};
  auto lock = detail::lock_topic(*files, true);
  if (!lock) return lock.error();
  if (auto unused = detail::nobody_uses_partitions(*files, on, topic); !unused) return unused;
  for (std::size_t i = 0; i < most_partitions; ++i)
    if (auto gone = on.remove(detail::partition_name(topic, i).view()); !gone) return gone;
  result<> all;
  auto listed = for_each_name(files->folder, [&](std::string_view name, bool) {
    if (name == "lock") return;  // last, by who holds it
    if (auto gone = remove_file(files->file(name)); !gone) all = gone.error();
  });
  if (!listed) return listed;
  if (!all) return all;
  return detail::remove_lock(*files);
}

/// Names a topic in parts. T chooses the ring of each, as for topic<T>. Holds no resource; copy it freely.
template <wire_event T>
class partitioned_topic {
 public:
  using event_type = typename topic<T>::event_type;

  partitioned_topic(const bus& on, std::string_view name, const partition_options& options = {})
      : bus_(on), name_(name), options_(options), fits_(name.size() < sizeof name_) {}

  [[nodiscard]] const bus& on() const { return bus_; }
  [[nodiscard]] std::string_view name() const { return name_.view(); }
  [[nodiscard]] const partition_options& options() const { return options_; }
  [[nodiscard]] topic<T> partition(std::size_t i) const {
    return {bus_, detail::partition_name(name(), i).view(), options_.each};
  }
  [[nodiscard]] result<detail::topic_files> files() const {
    return detail::partition_files(bus_, fits_ ? name() : std::string_view());
  }

 private:
  bus bus_;
  text<96> name_;
  partition_options options_;
  bool fits_;
};

/// Takes  events with a partition, or with a key, which chooses one.
/// Emits  them to the subscribers and groups of the partitions. The events of a key stay in order; those of two partitions
///        do not.
/// Holds  a publisher a partition, 34 descriptors each: `ulimit -n` must allow it.
/// Fails  at open only, in words. When a partition is full its claims are empty: wait for room in it, or drop.
/// Costs  what a publisher costs, and the hash of a key, some 2 ns.
template <wire_event Topic>
class partitioned_publisher {
 public:
  using publisher_type = publisher<Topic>;
  using event_type = typename publisher_type::event_type;

  /// Makes the partitions if they are not there. Fails as publisher::open does for any of them: then none is kept.
  static result<partitioned_publisher> open(const partitioned_topic<Topic>& where) {
    auto files = where.files();
    if (!files) return files.error();
    auto family = detail::open_or_make_partitions(*files, where.options().partitions);
    if (!family) return family.error();
    partitioned_publisher made;
    made.partitions_ = detail::optional_array<publisher_type>(family->partitions);
    for (std::uint32_t i = 0; i < family->partitions; ++i) {
      auto one = publisher_type::open(where.partition(i));
      if (!one) return one.error();
      made.partitions_[i].emplace(std::move(*one));
    }
    return made;
  }

  [[nodiscard]] std::uint32_t partitions() const { return static_cast<std::uint32_t>(partitions_.size()); }
  template <class Key>
  [[nodiscard]] LEVADA_INLINE std::uint32_t partition_of(const Key& key) const {
    return levada::partition_of(key, partitions());
  }
  /// The producer of one partition, to ask and to use as any other.
  [[nodiscard]] LEVADA_INLINE publisher_type& partition(std::size_t i) { return *partitions_[i]; }
  [[nodiscard]] const publisher_type& partition(std::size_t i) const { return *partitions_[i]; }

  // As in publisher<T>, of one partition.
  [[nodiscard]] LEVADA_INLINE auto claim(std::size_t i, std::size_t n) { return partition(i).claim(n); }
  LEVADA_INLINE void commit(std::size_t i, std::size_t n, timestamp now) { partition(i).commit(n, now); }
  [[nodiscard]] bool wait_for_room(std::size_t i, duration timeout) { return partition(i).wait_for_room(timeout); }

  /// Accepts one event. False if its partition is full.
  template <class Key>
  [[nodiscard]] LEVADA_INLINE bool publish(const Key& key, const event_type& e, timestamp now)
    requires requires(publisher_type& p) { p.claim(1)[0] = e; }
  {
    auto& to = partition(partition_of(key));
    const auto room = to.claim(1);
    if (room.empty()) return false;
    room[0] = e;
    to.commit(1, now);
    return true;
  }

  /// Puts a signal behind the events of every partition. False if the lane of one is full: ask again with the same, and those
  /// that have it already are left out.
  [[nodiscard]] bool signal(lane_kind kind, std::uint64_t value, timestamp now) {
    for (; told_ < partitions(); ++told_)
      if (!partition(told_).signal(kind, value, now)) return false;
    told_ = 0;
    return true;
  }
  /// Says in every partition that time has moved without an event.
  void tell_time(timestamp now) {
    for (std::uint32_t i = 0; i < partitions(); ++i) partition(i).tell_time(now);
  }

 private:
  partitioned_publisher() = default;

  detail::optional_array<publisher_type> partitions_;
  std::uint32_t told_ = 0;  // partitions that have the signal at hand
};

}  // namespace levada::inline v0
