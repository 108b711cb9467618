// SPDX-License-Identifier: BSL-1.0
// ls: all topics at a glance.
#include "catalog.hpp"
#include "commands.hpp"
#include "output.hpp"

#include <levada/os/clock.hpp>
#include <levada/os/stop.hpp>

#include <nlohmann/json.hpp>

#include <map>

namespace tool {

namespace {

struct head_at {
  std::uint64_t head;
  lv::duration when;
};

/// Where each topic stands before the interval, for the rates.
std::map<address, head_at> heads_of(const std::vector<address>& topics) {
  std::map<address, head_at> heads;
  for (const address& at : topics) {
    const auto o = lv::topic_observer::open(at.on(), at.topic);
    if (!o) continue;
    if (const auto s = o->look()) heads.emplace(at, head_at{s->head, lv::wall_clock{}.steady()});
  }
  return heads;
}

std::string readers_of(const lv::topic_state& s) {
  std::string all;
  for (std::size_t i = 0; i < s.subscriber_count; ++i) {
    const auto& one = s.subscribers[i];
    all += (i == 0 ? "" : ", ") + name_of(one) + " (" + std::to_string(one.lag) + (one.alive ? ")" : ", away)");
  }
  return all.empty() ? "-" : all;
}

}  // namespace

lv::result<> run_ls(const options& o) {
  const lv::stop_signals signals;
  auto found = all_topics();
  if (!found) return found.error();
  auto& topics = *found;
  if (!o.topic.empty()) std::erase_if(topics, [&](const address& a) { return a.bus != o.topic; });
  if (topics.empty()) {
    const auto directory = directory_of_buses();
    const auto where = directory ? directory->view() : std::string_view();
    if (!o.topic.empty())
      return lv::fault::of(lv::failure::unavailable, "there is no bus '", o.topic, "' with topics in '", where, "'");
    if (!o.json && !o.names)
      std::fprintf(stderr, "bus: there are no topics in '%.*s'\n", static_cast<int>(where.size()), where.data());
    return {};
  }
  if (o.names) {
    for (const address& at : topics)
      if (auto done = print(at.str()); !done) return done;
    return {};
  }

  const auto before = o.interval > 0 ? heads_of(topics) : std::map<address, head_at>{};
  if (o.interval > 0 && !rest(o.interval)) return {};
  table shown;
  shown.row({"TOPIC", "CAPACITY", "EVENT", "RETAINED", "SPAN", "RATE/S", "PUBLISHER", "SUBSCRIBERS (LAG)"});
  for (const address& at : topics) {
    const auto seen = lv::topic_observer::open(at.on(), at.topic);
    const auto s = seen ? seen->look() : lv::result<lv::topic_state>(seen.error());
    const auto now = lv::wall_clock{}.steady();
    if (!s) {
      if (!o.json) {
        shown.line(at.str() + "  " + std::string(s.error().sentence.view()));
      } else if (auto done = print(line_of({{"topic", at.str()}, {"fault", std::string(s.error().sentence.view())}})); !done) {
        return done;
      }
      continue;
    }
    std::optional<double> rate;
    if (const auto was = before.find(at); was != before.end() && s->head >= was->second.head)
      rate = static_cast<double>(s->head - was->second.head) / (now - was->second.when).seconds();
    if (o.json) {
      if (auto done = print(line_of(to_json(at, *seen, *s, rate))); !done) return done;
      continue;
    }
    const auto span = span_of(*s);
    shown.row({at.str(), std::to_string(seen->capacity()), with_unit_bytes(seen->event_size()), std::to_string(s->retained()),
               span ? with_unit(*span) : "-", rate ? std::to_string(static_cast<std::uint64_t>(*rate + 0.5)) : "-",
               s->producer_alive ? std::to_string(s->producer_pid) : "-",
               seen->is_of_earlier_boot() ? "left by an earlier boot" : readers_of(*s)});
    shown.line("    " + schema_of(seen->descriptor()));
  }
  return o.json ? lv::result<>{} : print(shown.str());
}

}  // namespace tool
