// SPDX-License-Identifier: BSL-1.0
#include "groups.hpp"

#include "output.hpp"

#include <levada/bus/group_state.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace tool {

using json = nlohmann::ordered_json;

namespace {

/// The number of the process that has a partition, or 0.
std::uint32_t owner_of(const lv::partition_state& p, const lv::group_state& s) {
  for (std::uint32_t i = 0; p.owned && i < s.member_count; ++i)
    if (s.members[i].place == p.owner) return s.members[i].pid;
  return 0;
}

void add_words(table& all, const std::string& group, const lv::group_state& s) {
  all.row({"group", group + ": lag " + std::to_string(s.lag()) + ", " + count_of(s.member_count, "member")});
  for (std::uint32_t i = 0; i < s.member_count; ++i) {
    const auto& m = s.members[i];
    all.row({"", "pid " + std::to_string(m.pid) + ": " + count_of(m.partitions, "partition") +
                     (m.asleep ? ", stands still past its lease" : "")});
  }
  for (std::uint32_t i = 0; i < s.partition_count; ++i) {
    const auto& p = s.partitions[i];
    const auto owner = owner_of(p, s);
    all.row({"", "partition " + std::to_string(i) + ": " + (owner == 0 ? "nobody's" : "pid " + std::to_string(owner)) + ", at " +
                     std::to_string(p.position) + ", lag " + std::to_string(p.lag) +
                     (p.lost > 0 ? ", of which " + std::to_string(p.lost) + " are overwritten" : "")});
  }
}

json object_of(const std::string& group, const lv::group_state& s) {
  json members = json::array(), partitions = json::array();
  for (std::uint32_t i = 0; i < s.member_count; ++i) {
    const auto& m = s.members[i];
    members.push_back({{"place", m.place}, {"pid", m.pid}, {"asleep", m.asleep}, {"partitions", m.partitions}});
  }
  for (std::uint32_t i = 0; i < s.partition_count; ++i) {
    const auto& p = s.partitions[i];
    partitions.push_back({{"owner", p.owned ? json(owner_of(p, s)) : json()},
                          {"term", p.term},
                          {"head", p.head},
                          {"position", p.position},
                          {"lag", p.lag},
                          {"lost", p.lost}});
  }
  return {{"name", group}, {"lag", s.lag()}, {"members", std::move(members)}, {"partitions", std::move(partitions)}};
}

}  // namespace

bool is_partitioned(const address& at) {
  const auto n = lv::partitions_of(at.on(), at.topic);
  return n ? *n > 0 : n.error().kind == lv::failure::data;  // what is damaged is one, and is told of
}

lv::result<std::string> groups_of(const address& at, bool as_json) {
  const auto partitions = lv::partitions_of(at.on(), at.topic);
  if (!partitions) return partitions.error();
  std::vector<std::string> names;
  if (auto listed = lv::for_each_group(at.on(), at.topic, [&](std::string_view name) { names.emplace_back(name); }); !listed)
    return listed.error();
  std::ranges::sort(names);
  table words;
  json groups = json::array();
  words.row({"topic", at.str()});
  words.row({"partitions", std::to_string(*partitions)});
  for (const auto& name : names) {
    const auto s = lv::look_at_group(at.on(), at.topic, name);
    if (!s) return s.error();
    if (as_json)
      groups.push_back(object_of(name, *s));
    else
      add_words(words, printable(name), *s);
  }
  return as_json ? line_of({{"topic", at.str()}, {"partitions", *partitions}, {"groups", std::move(groups)}}) : words.str();
}

}  // namespace tool
