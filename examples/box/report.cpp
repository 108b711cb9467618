// SPDX-License-Identifier: BSL-1.0
#include "report.hpp"

#include <levada/wire/json.hpp>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

namespace box {

namespace {

/// An event as JSON, without a line end.
template <class T>
std::string json_of(const T& event) {
  char room[2048];
  const auto written = lv::to_json(event, room);
  return written ? std::string(*written) : std::string("{}");
}

constexpr std::size_t recent_lines = 6;

}  // namespace

report::report(const options& o) : options_(o), terminal_(::isatty(STDOUT_FILENO) == 1 && !o.quiet && o.role != part::replay) {}

lv::result<> report::open() {
  const int how = options_.role == part::replay ? O_TRUNC : O_APPEND;
  auto opened = lv::file::open(options_.alerts.c_str(), O_WRONLY | O_CREAT | how, 0644);
  if (!opened) return opened.error();
  alerts_ = *std::move(opened);
  return {};
}

void report::alert_made(const lv::alert<verdict>& a) {
  const bool raised = a.state == lv::alert_state::raised;
  raised_ += raised ? 1 : 0;
  const verdict& v = a.event;
  state_[std::string(v.sensor.view())] = raised;
  const std::string line =
      json_of(alert_line{v.time, v.sensor, a.state, a.since, v.value, v.normal.low, v.normal.high, v.deviation}) + "\n";
  if (written_) {
    if (auto done = alerts_.write_all(line); !done) {
      written_ = lv::fault::of(done.error().kind, "alerts are lost: ", done.error().sentence);
      std::fprintf(stderr, "box: %s\n", written_.error().sentence.c_str());
    }
  }
  if (terminal_) {
    recent_.push_back(line);
    if (recent_.size() > recent_lines) recent_.pop_front();
  } else {
    std::fputs(line.c_str(), stdout);
    std::fflush(stdout);
  }
}

void report::say(std::string_view sentence) {
  if (terminal_) {
    recent_.push_back(std::string(sentence) + "\n");
    if (recent_.size() > recent_lines) recent_.pop_front();
  } else {
    std::fprintf(stderr, "box: %.*s\n", static_cast<int>(sentence.size()), sentence.data());
  }
}

void report::progress(const summary& so_far, const lv::histogram& latency, double seconds_left) {
  if (terminal_) {
    draw(so_far, latency, seconds_left);
  } else if (!options_.quiet && so_far.seconds >= next_line_) {
    next_line_ += 5;
    std::printf("%.0f s: %llu readings, %llu windows, %llu alerts, latency p50 %.1f ms p99 %.1f ms\n", so_far.seconds,
                static_cast<unsigned long long>(so_far.events), static_cast<unsigned long long>(so_far.windows),
                static_cast<unsigned long long>(raised_), static_cast<double>(latency.quantile(0.5)) / 1e6,
                static_cast<double>(latency.quantile(0.99)) / 1e6);
    std::fflush(stdout);
  }
}

void report::draw(const summary& so_far, const lv::histogram& latency, double seconds_left) {
  winsize size{};
  const int rows = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
  const double elapsed = so_far.seconds - seconds_before_;
  const double rate = elapsed > 0 ? static_cast<double>(so_far.events - events_before_) / elapsed : 0;
  events_before_ = so_far.events;
  seconds_before_ = so_far.seconds;

  std::string frame = "\033[?7l\033[H\033[J";  // cut long lines and do not wrap them; home, and clear what is below
  char line[256];
  auto add = [&](auto... parts) {
    std::snprintf(line, sizeof line, parts...);
    frame += line;
  };
  add("%-32s %14s %31s  %s\n", "sensor", "last", "normal", "state");
  int room = rows - 5 - static_cast<int>(recent_.size());
  for (const auto& [name, v] : last_) {
    if (room-- <= 0) {
      add("... %zu sensors in all\n", last_.size());
      break;
    }
    const bool raised = state_[name];
    char normal[64] = "learning";
    if (v.normal.known) std::snprintf(normal, sizeof normal, "%.6g .. %.6g", v.normal.low, v.normal.high);
    add("%-32s %14.6g %31s  %s\n", name.c_str(), v.value, normal,
        raised           ? "\033[1;31mALERT\033[0m"
        : v.outside      ? "\033[33moutside\033[0m"
        : v.normal.known ? "ok"
                         : "");
  }
  add("\n%.0f readings/s, %llu windows, %llu alerts, latency p50 %.2f ms p99 %.2f ms", rate,
      static_cast<unsigned long long>(so_far.windows), static_cast<unsigned long long>(raised_),
      static_cast<double>(latency.quantile(0.5)) / 1e6, static_cast<double>(latency.quantile(0.99)) / 1e6);
  if (seconds_left >= 0) add(", %.0f s left", seconds_left);
  frame += "\n";
  for (const std::string& one : recent_) frame += one;
  frame += "\033[?7h";
  std::fputs(frame.c_str(), stdout);
  std::fflush(stdout);
}

void report::finish(const summary& s) {
  auto whole = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
  std::printf("%llu readings in %.1f s: %llu windows judged, %llu alerts raised, %llu late, %llu dropped\n", whole(s.events),
              s.seconds, whole(s.windows), whole(s.alerts), whole(s.late), whole(s.dropped));
  if (s.latency_us.p50 == s.latency_us.p50)
    std::printf("reading to decision: p50 %.2f ms, p99 %.2f ms, max %.2f ms\n", s.latency_us.p50 / 1e3, s.latency_us.p99 / 1e3,
                s.latency_us.max / 1e3);
  for (const auto& [name, rss, cpu] :
       {std::tuple{"probe", s.rss_kib.probe, s.cpu_percent.probe}, {"guard", s.rss_kib.guard, s.cpu_percent.guard}})
    if (rss == rss) std::printf("%s: %.0f KiB resident, %.2f %% of a core\n", name, rss, cpu);
  if (options_.json) std::printf("%s\n", json_of(s).c_str());
  std::fflush(stdout);
}

}  // namespace box
