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
#include <cstdio>
#include <iterator>

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

/// True when there may be something to read; false when the tap was stopped, or nobody reads what it prints.
bool wait_for_more(lv::record_subscriber& from) {
  if (!from.park()) return true;
  pollfd ends[] = {{from.wake_fd(), POLLIN, 0}, {lv::stop_fd(), POLLIN, 0}, {STDOUT_FILENO, 0, 0}};
  const timespec limit = lv::detail::timespec_of(from.patience());
  const int woken = ::ppoll(ends, std::size(ends), &limit, nullptr);
  from.unpark(woken == 0);
  return !lv::stop_requested() && (ends[2].revents & POLLERR) == 0;
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

std::string in_words(const lv::lane_record& signal, bool as_json) {
  const std::string kind(name_of(signal.kind())), time(lv::format_time(signal.time).view());
  const std::string sequence = std::to_string(signal.sequence);
  std::string value;
  if (signal.kind() == lv::lane_kind::watermark)
    value = lv::format_time({static_cast<std::int64_t>(signal.value)}).view();
  else if (signal.kind() == lv::lane_kind::barrier)
    value = std::to_string(signal.value);
  if (!as_json) return sequence + " " + time + " " + kind + (value.empty() ? "" : " " + value);
  const std::string quote = signal.kind() == lv::lane_kind::watermark ? "\"" : "";
  return R"({"signal":")" + kind + R"(","sequence":)" + sequence + R"(,"time":")" + time + '"' +
         (value.empty() ? "" : R"(,"value":)" + quote + value + quote) + "}";
}

std::string in_words(const lv::record& event, std::uint64_t sequence, lv::timestamp time, bool as_json) {
  std::string line;
  if (!as_json) line = std::to_string(sequence) + " " + std::string(lv::format_time(time).view()) + " ";
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
  // It looks on, and nobody waits for it.
  auto opened =
      lv::record_subscriber::open(at->on(), at->topic, {.from = from->place, .overflow = lv::overflow_policy::overwrite});
  if (!opened) return opened.error();
  auto& events = *opened;
  const auto tell_lost = [&](std::uint64_t lost) {
    if (lost > 0)
      std::fprintf(stderr, "bus: %llu events before %llu are overwritten\n", static_cast<unsigned long long>(lost),
                   static_cast<unsigned long long>(events.position()));
  };
  tell_lost(events.lost());

  std::uint64_t printed = 0;
  while (!lv::stop_requested() && (o.count == 0 || printed < o.count)) {
    const auto next = events.read();
    tell_lost(next.lost);
    if (next.signal != nullptr) {
      const bool wanted = o.signals && next.signal->sequence >= from->sequence && next.signal->time >= from->time;
      if (wanted)
        if (auto done = print(in_words(*next.signal, o.json)); !done) return done;
      if (next.signal->kind() == lv::lane_kind::end) return {};
    } else if (!next.events.empty()) {
      for (std::size_t i = 0; i < next.events.size() && !lv::stop_requested(); ++i) {
        if (events.position() >= from->sequence && events.time() >= from->time && (o.count == 0 || printed < o.count)) {
          if (auto done = print(in_words(next.events[i], events.position(), events.time(), o.json)); !done) return done;
          ++printed;
        }
        events.release(1);
      }
    } else if (o.no_wait || !wait_for_more(events)) {
      break;
    }
  }
  return {};
}

}  // namespace tool
