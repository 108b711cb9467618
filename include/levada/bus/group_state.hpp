// SPDX-License-Identifier: BSL-1.0
// group_state: how the groups of a partitioned topic stand: who is in them, who has what, how far they are behind. To look
// changes nothing, as in directory.hpp: nobody joins, no lock is taken, nothing is mapped.
#pragma once

#include <levada/bus/detail/lease_table.hpp>
#include <levada/bus/directory.hpp>
#include <levada/bus/partition.hpp>
#include <levada/bus/topic.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/os/file.hpp>
#include <levada/os/folder.hpp>
#include <levada/os/lock.hpp>
#include <levada/os/mapping.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// A member that lives.
struct member_state {
  std::uint32_t place = 0;
  std::uint32_t pid = 0;
  bool asleep = false;           ///< it has made no turn for longer than its lease: the others do its work
  std::uint32_t partitions = 0;  ///< how many it has
};

/// A partition, as a group has it.
struct partition_state {
  bool owned = false;
  std::uint32_t owner = 0;     ///< its member's place
  std::uint64_t term = 0;      ///< how many owners there were
  std::uint64_t head = 0;      ///< sequence of the next event
  std::uint64_t position = 0;  ///< events below it are committed
  std::uint64_t lag = 0;       ///< events that are not
  std::uint64_t lost = 0;      ///< those of them that are overwritten
};

/// A group, as it was when it was looked at. What is committed meanwhile may show or not.
struct group_state {
  std::uint32_t member_count = 0;
  std::uint32_t partition_count = 0;
  member_state members[most_group_members]{};
  partition_state partitions[most_partitions]{};

  [[nodiscard]] std::uint64_t lag() const {
    std::uint64_t all = 0;
    for (std::uint32_t p = 0; p < partition_count; ++p) all += partitions[p].lag;
    return all;
  }
};

/// How many partitions a topic has; 0 if it is no partitioned topic, or was left by an earlier boot.
/// Fails  as opening a publisher would.
inline result<std::uint32_t> partitions_of(const bus& on, std::string_view topic) {
  auto files = detail::partition_files(on, topic);
  return files ? detail::read_partitions(*files) : result<std::uint32_t>(files.error());
}

/// f(name) for every group of a partitioned topic; in no order. One that has none, or is no partitioned topic, is fine.
template <class F>
result<> for_each_group(const bus& on, std::string_view topic, F&& f) {
  auto files = detail::partition_files(on, topic);
  if (!files) return files.error();
  if (!exists(files->folder)) return {};
  return for_each_name(files->folder, [&](std::string_view name, bool is_folder) {
    constexpr std::string_view beginning = "group.";
    if (!is_folder && name.starts_with(beginning) && name.size() > beginning.size()) f(name.substr(beginning.size()));
  });
}

/// Fails  unavailable: there is no such group; data: its table or one of its topics is damaged.
/// Costs  a look at each partition: some 60 system calls.
inline result<group_state> look_at_group(const bus& on, std::string_view topic, std::string_view group) {
  auto files = detail::partition_files(on, topic);
  if (!files) return files.error();
  auto count = detail::read_partitions(*files);
  if (!count) return count.error();
  const auto refuse = [&](const fault& why) {
    const auto kind = why.kind == failure::unreadable ? failure::unavailable : why.kind;
    return fault::of(kind, "group '", group, "' of topic '", topic, "' cannot be looked at: ", why.sentence);
  };
  auto f = file::open(detail::group_path(*files, group).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!f) return refuse(f.error());
  auto memory = mapping::memory(detail::lease_words::bytes(most_partitions));
  if (!memory) return refuse(memory.error());
  auto got = f->pread({reinterpret_cast<char*>(memory->base()), memory->size()}, 0);
  if (!got) return refuse(got.error());
  const detail::lease_words words(memory->base(), *count);
  if (auto sound = detail::check_group(words.header(), *got, *count); !sound) return refuse(sound.error());

  group_state s;
  std::uint32_t place_of[most_group_members]{};  // among the members of the state, one more
  for (std::uint32_t i = 0; i < most_group_members; ++i) {
    const auto& m = words.member(i);
    if ((m.incarnation.relaxed() & 1) == 0 || !is_locked(f->fd(), detail::lease_table::byte_of(i))) continue;
    s.members[s.member_count++] = {i, m.pid.relaxed(), m.asleep.relaxed() == m.progress.relaxed(), 0};
    place_of[i] = s.member_count;
  }
  for (s.partition_count = 0; s.partition_count < *count; ++s.partition_count) {
    auto& p = s.partitions[s.partition_count];
    const auto seen = topic_observer::open(on, detail::partition_name(topic, s.partition_count).view());
    if (!seen) return refuse(seen.error());
    const auto there = seen->look();
    if (!there) return refuse(there.error());
    const auto [under, position] = words.position(s.partition_count);
    p.head = p.position = there->head;
    if (position && *position <= p.head) {
      p.position = *position;
    } else {  // nothing is committed yet: the group's place says where it begins
      const auto name = compose<48>("group/", group);
      for (std::size_t i = 0; i < there->subscriber_count; ++i)
        if (there->subscribers[i].name == name && there->subscribers[i].position <= p.head)
          p.position = there->subscribers[i].position;
    }
    p.term = under.term;
    p.lag = p.head - p.position;
    p.lost = p.position < there->oldest ? there->oldest - p.position : 0;
    if (under.is_free() || !under.is_sound() || place_of[under.owner - 1] == 0) continue;
    p.owned = true;
    p.owner = under.owner - 1;
    ++s.members[place_of[p.owner] - 1].partitions;
  }
  return s;
}

}  // namespace levada::inline v0
