// SPDX-License-Identifier: BSL-1.0
// tap: the events of any topic as text, as they come.
#include "catalog.hpp"
#include "commands.hpp"
#include "output.hpp"

#include <levada/bus/record_subscriber.hpp>
#include <levada/os/stop.hpp>
#include <levada/wire/iso8601.hpp>
#include <levada/wire/json.hpp>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <poll.h>
#include <unistd.h>

namespace tool {

namespace {

/// Where a tap begins.
struct beginning {
  lv::start_at place = lv::start_at::earliest;
  std::uint64_t sequence = 0;         // and nothing from before: it may lie ahead of what there is
  lv::timestamp time = lv::long_ago;  // the same: start_at::at knows it to the grain of a record
};

lv::result<beginning> parse_beginning(const std::string& from) {
  if (from == "latest") return beginning{.place = lv::start_at::latest};
  if (from == "earliest") return beginning{};
  std::uint64_t sequence = 0;
  const char* end = from.data() + from.size();
  if (const auto [last, error] = std::from_chars(from.data(), end, sequence); error == std::errc{} && last == end)
    return beginning{.place = lv::start_at::after(sequence - 1), .sequence = sequence};
  const auto time = lv::parse_time(from);
  if (!time || from.find('-', 1) == from.npos)  // seconds since 1970 would be taken for a sequence
    return lv::fault::of(lv::failure::usage, "--from ", from,
                         ": write earliest, latest, a sequence, or a time like 2026-01-31T08:00:00Z");
  return beginning{.place = lv::start_at::at(*time), .time = *time};
}

/// One ring; of a topic of many producers there are several.
struct tapped {
  lv::record_subscriber events;
  std::string producer;  // and ':', where there are several
};

/// It looks on, and nobody waits for it.
lv::result<std::vector<tapped>> open_all(const address& at, const beginning& from) {
  const auto files = at.on().files_of(at.topic);
  if (!files) return files.error();
  const auto producers = lv::detail::producers_of(*files);
  if (producers != 0 && from.sequence != 0)
    return lv::fault::of(lv::failure::usage, "'", at.str(), "' has ", producers,
                         " producers, each of which counts its own events: ", "tap one of them from there, '", at.str(),
                         "/0' and so on");
  std::vector<tapped> all;
  for (std::uint32_t i = 0; i < (producers == 0 ? 1 : producers); ++i) {
    const auto number = std::to_string(i);
    auto one = lv::record_subscriber::open(at.on(), producers == 0 ? at.topic : at.topic + "/" + number,
                                           {.from = from.place, .overflow = lv::overflow_policy::overwrite});
    if (!one) return one.error();
    all.push_back({std::move(*one), producers == 0 ? "" : number + ":"});
  }
  return all;
}

/// True when there may be something to read; false when the tap was stopped, or nobody reads what it prints.
bool wait_for_more(std::vector<tapped>& all) {
  std::vector<pollfd> ends{{STDOUT_FILENO, 0, 0}, {lv::stop_fd(), POLLIN, 0}};
  bool may_sleep = true;
  for (auto& one : all) {
    may_sleep &= one.events.park();
    ends.push_back({one.events.wake_fd(), POLLIN, 0});
  }
  const timespec limit = lv::detail::timespec_of(may_sleep ? all[0].events.patience() : lv::duration{});
  const int woken = ::ppoll(ends.data(), ends.size(), &limit, nullptr);
  for (auto& one : all) one.events.unpark(may_sleep && woken == 0);
  return !lv::stop_requested() && (ends[0].revents & POLLERR) == 0;
}

std::string_view name_of(lv::lane_kind kind) {
  switch (kind) {
    case lv::lane_kind::watermark: return "watermark";
    case lv::lane_kind::barrier: return "barrier";
    case lv::lane_kind::idle: return "idle";
    case lv::lane_kind::end: return "end";
    case lv::lane_kind::commit: break;
  }
  return "signal";
}

std::string in_words(const lv::lane_record& signal, const std::string& producer, bool as_json) {
  const std::string kind(name_of(signal.kind())), time(lv::format_time(signal.time).view());
  const std::string sequence = std::to_string(signal.sequence);
  std::string value;
  if (signal.kind() == lv::lane_kind::watermark)
    value = lv::format_time({static_cast<std::int64_t>(signal.value)}).view();
  else if (signal.kind() == lv::lane_kind::barrier)
    value = std::to_string(signal.value);
  if (!as_json) return producer + sequence + " " + time + " " + kind + (value.empty() ? "" : " " + value);
  const std::string quote = signal.kind() == lv::lane_kind::watermark ? "\"" : "";
  return R"({"signal":")" + kind + R"(","sequence":)" + sequence + R"(,"time":")" + time + '"' +
         (value.empty() ? "" : R"(,"value":)" + quote + value + quote) + "}";
}

std::string in_words(const lv::record& event, const tapped& from, bool as_json) {
  std::string line;
  if (!as_json)
    line = from.producer + std::to_string(from.events.position()) + " " +
           std::string(lv::format_time(from.events.time()).view()) + " ";
  lv::write_json(event, [&](std::string_view piece) { line += piece; });
  return line;
}

}  // namespace

lv::result<> run_tap(const options& o) {
  const lv::stop_signals signals;
  auto at = parse_address(o.topic);
  if (!at) return at.error();
  const auto from = parse_beginning(o.from);
  if (!from) return from.error();
  auto opened = open_all(*at, *from);
  if (!opened) return opened.error();
  const auto tell_lost = [](const tapped& one, std::uint64_t lost) {
    if (lost > 0)
      std::fprintf(stderr, "bus: %llu events before %s%llu are overwritten\n", static_cast<unsigned long long>(lost),
                   one.producer.c_str(), static_cast<unsigned long long>(one.events.position()));
  };
  for (const auto& one : *opened) tell_lost(one, one.events.lost());

  std::uint64_t printed = 0;
  const auto is_done = [&] { return lv::stop_requested() || (o.count != 0 && printed == o.count); };
  for (std::size_t dry = 0; !is_done();) {
    for (auto& one : *opened) {  // a turn of each
      auto& events = one.events;
      const auto next = events.read();
      tell_lost(one, next.lost);
      dry = next ? 0 : dry + 1;
      if (next.signal != nullptr) {
        const bool wanted = o.signals && next.signal->sequence >= from->sequence && next.signal->time >= from->time;
        if (wanted)
          if (auto done = print(in_words(*next.signal, one.producer, o.json)); !done) return done;
        if (next.signal->kind() == lv::lane_kind::end && one.producer.empty()) return {};
      }
      for (std::size_t i = 0; i < next.events.size() && !is_done(); ++i) {
        if (events.position() >= from->sequence && events.time() >= from->time) {
          if (auto done = print(in_words(next.events[i], one, o.json)); !done) return done;
          ++printed;
        }
        events.release(1);
      }
    }
    if (dry < opened->size()) continue;
    if (o.no_wait || !wait_for_more(*opened)) break;
    dry = 0;
  }
  return {};
}

}  // namespace tool
