// SPDX-License-Identifier: BSL-1.0
#include "catalog.hpp"

#include "output.hpp"

#include <levada/os/clock.hpp>
#include <levada/os/stop.hpp>
#include <levada/wire/iso8601.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>

#include <poll.h>

namespace tool {

using json = nlohmann::ordered_json;

namespace {
std::string group_of_buses;  // NOLINT: an option of the command line
}  // namespace

void take_group(const std::string& name_or_number) { group_of_buses = name_or_number; }

lv::bus address::on() const { return group_of_buses.empty() ? lv::bus(bus) : lv::bus(bus).for_group(group_of_buses); }

lv::result<lv::text<88>> directory_of_buses() {
  if (group_of_buses.empty()) return lv::bus_directory();
  const auto whose = lv::group_of(group_of_buses);
  return whose ? lv::bus_directory(*whose) : whose.error();
}

lv::result<address> parse_address(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == text.npos || slash == 0 || slash + 1 == text.size())
    return lv::fault::of(lv::failure::usage, "'", text,
                         "' is not of the form BUS/TOPIC: 'bus ls' prints the names of all topics");
  return address{text.substr(0, slash), text.substr(slash + 1)};
}

lv::result<std::vector<address>> all_topics() {
  const auto directory = directory_of_buses();
  if (!directory) return directory.error();
  std::vector<address> found;
  const auto walked = lv::for_each_topic(directory->view(), [&](std::string_view bus, std::string_view topic) {
    found.push_back({std::string(bus), std::string(topic)});
  });
  if (!walked) return walked.error();
  std::ranges::sort(found);
  return found;
}

std::string type_of(const lv::descriptor_view& d, std::size_t field) {
  const lv::field& f = d.fields[field];
  const std::string bits = std::to_string(f.size * 8);
  const std::string array = f.count == 1 ? "" : "[" + std::to_string(f.count) + "]";
  switch (f.kind) {
    case lv::field_kind::boolean: return "bool" + array;
    case lv::field_kind::signed_integer: return "int" + bits + array;
    case lv::field_kind::unsigned_integer: return "uint" + bits + array;
    case lv::field_kind::floating: return "float" + bits + array;
    case lv::field_kind::character: return "char" + array;
    case lv::field_kind::text: return "text[" + std::to_string(f.size) + "]" + array;
    case lv::field_kind::timestamp: return "timestamp" + array;
    case lv::field_kind::duration: return "duration" + array;
    case lv::field_kind::enumeration: break;
  }
  std::string values;
  for (const lv::enumerator& e : d.enumerators)
    if (e.field == field) values += (values.empty() ? "" : ",") + printable(e.name.view()) + "=" + std::to_string(e.value);
  return "enum" + bits + "{" + values + "}" + array;
}

std::string schema_of(const lv::descriptor_view& d) {
  std::string all;
  for (std::size_t i = 0; i < d.fields.size(); ++i)
    all += (i == 0 ? "" : ", ") + printable(d.fields[i].name.view()) + " " + type_of(d, i);
  return all;
}

std::string_view word_for(lv::detail::ring_kind kind) {
  switch (kind) {
    case lv::detail::ring_kind::stream: return "stream";
    case lv::detail::ring_kind::line: return "line";
    case lv::detail::ring_kind::frames: return "frames";
  }
  return "unknown";
}
std::string_view word_for_policy(std::uint32_t policy) {
  constexpr std::string_view words[] = {"block", "evict", "overwrite"};
  return policy < std::size(words) ? words[policy] : "unknown";
}
std::string name_of(const lv::subscriber_state& s) {
  return s.name.empty() ? "#" + std::to_string(s.place) : printable(s.name.view());
}

std::optional<double> span_of(const lv::topic_state& s) {
  if (s.oldest_time == lv::long_ago || s.retained() == 0) return {};
  return (s.newest_time - s.oldest_time).seconds();
}

namespace {
json time_or_null(lv::timestamp t) { return t == lv::long_ago ? json() : json(std::string(lv::format_time(t).view())); }
json number_or_null(std::optional<double> n) { return n ? json(*n) : json(); }
}  // namespace

json to_json(const address& at, const lv::topic_observer& o, const lv::topic_state& s, std::optional<double> rate) {
  json schema = json::array(), subscribers = json::array();
  const lv::descriptor_view& d = o.descriptor();
  for (std::size_t i = 0; i < d.fields.size(); ++i)
    schema.push_back({{"name", std::string(d.fields[i].name.view())}, {"type", type_of(d, i)}, {"offset", d.fields[i].offset}});
  for (std::size_t i = 0; i < s.subscriber_count; ++i) {
    const auto& one = s.subscribers[i];
    subscribers.push_back({{"name", std::string(one.name.view())},
                           {"place", one.place},
                           {"alive", one.alive},
                           {"pid", one.pid},
                           {"policy", std::string(word_for_policy(one.policy))},
                           {"position", one.position},
                           {"lag", one.lag},
                           {"lost", one.lost}});
  }
  return {{"topic", at.str()},
          {"kind", std::string(word_for(o.kind()))},
          {"capacity", o.capacity()},
          {"event_size", o.event_size()},
          {"bytes", o.bytes()},
          {"stale", o.is_of_earlier_boot()},
          {"head", s.head},
          {"oldest", s.oldest},
          {"retained", s.retained()},
          {"oldest_time", time_or_null(s.oldest_time)},
          {"newest_time", time_or_null(s.newest_time)},
          {"span", number_or_null(span_of(s))},
          {"rate", number_or_null(rate)},
          {"lane", {{"capacity", o.lane_capacity()}, {"head", s.lane_head}, {"grain", o.grain().seconds()}}},
          {"publisher", {{"alive", s.producer_alive}, {"pid", s.producer_pid}, {"epoch", s.epoch}}},
          {"subscribers", std::move(subscribers)},
          {"schema", std::move(schema)}};
}

std::string line_of(const json& object) { return object.dump(-1, ' ', false, json::error_handler_t::replace); }

bool rest(double seconds) {
  const lv::wall_clock clock;
  const auto end = clock.steady() + lv::duration{static_cast<std::int64_t>(seconds * 1e9)};
  while (!lv::stop_requested()) {
    const auto left = end - clock.steady();
    if (left <= lv::duration{}) return true;
    pollfd stop{lv::stop_fd(), POLLIN, 0};
    const timespec limit = lv::detail::timespec_of(left);
    ::ppoll(&stop, 1, &limit, nullptr);
  }
  return false;
}

}  // namespace tool
