// SPDX-License-Identifier: BSL-1.0
// stat: one topic, all of it; of one in partitions, its groups.
#include "catalog.hpp"
#include "commands.hpp"
#include "groups.hpp"
#include "output.hpp"

#include <levada/os/clock.hpp>
#include <levada/os/stop.hpp>
#include <levada/wire/iso8601.hpp>

#include <nlohmann/json.hpp>

namespace tool {

namespace {

std::string in_words(const lv::subscriber_state& s) {
  std::string all = name_of(s) + (s.alive ? ", runs (pid " + std::to_string(s.pid) + ")" : ", away");
  all += ": at " + std::to_string(s.position) + ", lag " + std::to_string(s.lag);
  if (s.lost > 0) all += ", of which " + std::to_string(s.lost) + " are overwritten";
  return all + ", " + std::string(word_for_policy(s.policy));
}

std::string in_words(const address& at, const lv::topic_observer& o, const lv::topic_state& s, std::optional<double> rate) {
  table all;
  all.row({"topic", at.str()});
  all.row({"folder", std::string(o.folder()) + (o.is_of_earlier_boot() ? " (left by an earlier boot)" : "")});
  all.row({"ring", std::string(word_for(o.kind())) + ", " + count_of(o.capacity(), "event") + " of " +
                       count_of(o.event_size(), "byte") + ", " + with_unit_bytes(o.bytes()) + " of memory"});
  all.row({"schema", schema_of(o.descriptor())});
  all.row({"publisher", (s.producer_alive ? "runs (pid " + std::to_string(s.producer_pid) + ")" : std::string("none runs")) +
                            ", epoch " + std::to_string(s.epoch)});
  all.row({"head", std::to_string(s.head)});
  auto retained = count_of(s.retained(), "event") + " from " + std::to_string(s.oldest);
  if (const auto span = span_of(s))
    retained += ", " + with_unit(*span) + " from " + std::string(lv::format_time(s.oldest_time).view());
  all.row({"retained", retained});
  all.row({"lane", count_of(s.lane_head, "record") + ", room for " + std::to_string(o.lane_capacity()) + ", grain " +
                       with_unit(o.grain().seconds())});
  if (rate) all.row({"rate", std::to_string(static_cast<std::uint64_t>(*rate + 0.5)) + " events/s"});
  for (std::size_t i = 0; i < s.subscriber_count; ++i) all.row({"subscriber", in_words(s.subscribers[i])});
  return all.str();
}

/// Over what was shown before, where that is a terminal.
lv::result<> show(const options& o, std::uint64_t looks, const std::string& what) {
  const bool redraw = o.watch && !o.json && is_terminal();
  const auto apart = o.watch && !o.json && !redraw && looks > 1 ? "\n" : "";
  return print((redraw ? "\033[H\033[J" : apart) + what);
}

lv::result<> run_stat_of_groups(const options& o, const address& at) {
  for (std::uint64_t looks = 1; looks <= (o.watch ? o.count : 1) || (o.watch && o.count == 0); ++looks) {
    if (looks > 1 && !rest(o.interval)) return {};
    const auto shown = groups_of(at, o.json);
    if (!shown) return shown.error();
    if (auto done = show(o, looks, *shown); !done) return done;
  }
  return {};
}

}  // namespace

lv::result<> run_stat(const options& o) {
  const lv::stop_signals signals;
  auto at = parse_address(o.topic);
  if (!at) return at.error();
  if (is_partitioned(*at)) return run_stat_of_groups(o, *at);
  const lv::wall_clock clock;
  std::uint64_t head = 0;
  lv::duration when{};
  // Once without --watch, and a look before it for the rate. A topic that was made anew is found again by its name.
  for (std::uint64_t looks = 0; looks < (o.watch ? o.count : 1) + 1 || (o.watch && o.count == 0); ++looks) {
    if (looks > 0 && o.interval > 0 && !rest(o.interval)) return {};
    const auto seen = lv::topic_observer::open(at->on(), at->topic);
    const auto s = seen ? seen->look() : lv::result<lv::topic_state>(seen.error());
    if (!s) return s.error();
    const auto now = clock.steady();
    std::optional<double> rate;
    if (looks > 0 && o.interval > 0 && s->head >= head) rate = static_cast<double>(s->head - head) / (now - when).seconds();
    head = s->head;
    when = now;
    if (looks == 0) continue;
    const auto shown = o.json ? line_of(to_json(*at, *seen, *s, rate)) : in_words(*at, *seen, *s, rate);
    if (auto done = show(o, looks, shown); !done) return done;
  }
  return {};
}

}  // namespace tool
