// SPDX-License-Identifier: BSL-1.0
// bench: what this machine's bus can do, in a few seconds: a stream of events, and one that goes there and back, between two
// threads and between two processes.
#include "catalog.hpp"
#include "commands.hpp"
#include "output.hpp"

#include <levada/bus/publisher.hpp>
#include <levada/bus/subscriber.hpp>
#include <levada/core/histogram.hpp>
#include <levada/os/cache.hpp>
#include <levada/os/clock.hpp>
#include <levada/os/process.hpp>
#include <levada/os/stop.hpp>
#include <levada/os/thread.hpp>

#include <nlohmann/json.hpp>

#include <bit>
#include <cstdlib>
#include <filesystem>

namespace tool {

namespace {

constexpr lv::duration a_moment{100'000'000};

template <std::size_t Size>
struct message {
  std::uint64_t words[Size / 8];
};

/// Both sides open the topics by themselves, as processes do.
template <std::size_t Size>
lv::topic<message<Size>> topic_in(const std::string& folder, const char* name) {
  return {lv::bus::in(folder, "bench"), name, {.capacity = (std::size_t{1} << 20) / Size}};
}
template <std::size_t Size>
lv::topic<message<Size>> there_in(const std::string& folder) {
  return topic_in<Size>(folder, "there");
}
template <std::size_t Size>
lv::topic<message<Size>> back_in(const std::string& folder) {
  return topic_in<Size>(folder, "back");
}

/// The next events, or none when the other side has ended. Spins where there is a processor to spin on.
template <std::size_t Size>
std::span<const message<Size>> next(lv::subscriber<message<Size>>& from) {
  for (unsigned spins = 0;;) {
    const auto turn = from.read();
    if (turn.signal != nullptr && turn.signal->kind() == lv::lane_kind::end) return {};
    if (!turn.events.empty()) return turn.events;
    if (turn.signal != nullptr) continue;
    if (lv::usable_cores() > 1 && ++spins < 1'000'000) {
      lv::relax();
      continue;
    }
    spins = 0;
    if (!from.wait(a_moment) && (lv::stop_requested() || !from.producer_alive())) return {};
  }
}

/// Reads until the end.
template <std::size_t Size>
lv::result<> drain(const std::string& folder) {
  auto from = lv::subscriber<message<Size>>::open(there_in<Size>(folder));
  if (!from) return from.error();
  std::uint64_t expected = 0;
  for (auto events = next(*from); !events.empty(); events = next(*from)) {
    for (const auto& e : events)
      if (e.words[0] != expected++) return lv::fault::of(lv::failure::internal, "bench: an event is not the one that was sent");
    from->release(events.size());
  }
  return {};
}

/// Sends back what comes.
template <std::size_t Size>
lv::result<> echo(const std::string& folder) {
  auto to = lv::publisher<message<Size>>::open(back_in<Size>(folder));
  if (!to) return to.error();
  auto from = lv::subscriber<message<Size>>::open(there_in<Size>(folder));
  if (!from) return from.error();
  for (auto events = next(*from); !events.empty(); events = next(*from)) {
    auto room = to->claim(1);
    if (room.empty()) return lv::fault::of(lv::failure::internal, "bench: the way back is full");
    room[0] = events[0];
    to->commit(1, {});
    from->release(1);
  }
  return {};
}

template <std::size_t Size>
lv::result<> play(const std::string& role, const std::string& folder) {
  return role == "drain" ? drain<Size>(folder) : echo<Size>(folder);
}

/// The other side, as a thread or as a process, and the folder in which both meet.
template <std::size_t Size>
class partner {
 public:
  partner(const std::string& base, bool as_process, std::string role) : as_process_(as_process), role_(std::move(role)) {
    folder_ = base + "/" + role_ + (as_process ? "-process-" : "-thread-") + std::to_string(Size);
  }
  lv::result<> start() {
    if (!as_process_) {
      auto t = lv::thread::start(body_, "bench");
      if (!t) return t.error();
      thread_ = std::move(*t);
      return {};
    }
    const auto self = lv::self_path();
    auto c = lv::spawn(self.c_str(), "bench-peer", folder_.c_str(), role_.c_str(), std::to_string(Size).c_str());
    if (!c) return c.error();
    child_ = std::move(*c);
    return {};
  }
  /// Until it listens.
  template <class Publisher>
  lv::result<> await(const Publisher& p) {
    for (int i = 0; i < 10'000 && !lv::stop_requested(); ++i) {
      if (p.subscribers() > 0) return {};
      if (!rest(1e-3)) break;
    }
    return lv::fault::of(lv::failure::unavailable, "bench: the other side does not come");
  }
  void join() {
    thread_.join();
    child_.wait();
  }
  ~partner() { join(); }
  partner(const partner&) = delete;
  partner& operator=(const partner&) = delete;

  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  struct body {
    partner* of;
    void operator()() const { [[maybe_unused]] auto played = play<Size>(of->role_, of->folder_); }
  };
  std::string folder_;
  bool as_process_;
  std::string role_;
  body body_{this};
  lv::thread thread_;
  lv::child child_;
};

template <std::size_t Size>
lv::result<double> measure_stream(const std::string& base, bool processes, double seconds) {
  partner<Size> other(base, processes, "drain");
  auto p = lv::publisher<message<Size>>::open(there_in<Size>(other.folder()));
  if (!p) return p.error();
  if (auto started = other.start(); !started) return started.error();
  if (auto came = other.await(*p); !came) return came.error();
  const lv::wall_clock clock;
  const auto begin = clock.steady(), end = begin + lv::duration{static_cast<std::int64_t>(seconds * 1e9)};
  std::uint64_t sent = 0;
  auto now = begin;
  for (; now < end && !lv::stop_requested(); now = clock.steady())
    for (int chunk = 0; chunk < 64; ++chunk) {
      auto room = p->claim(64);
      if (room.empty()) {
        if (!p->wait_for_room(a_moment) && p->subscribers() == 0)
          return lv::fault::of(lv::failure::unavailable, "bench: the other side is gone");
        continue;
      }
      for (auto& e : room) {
        const auto value = sent++;
        for (auto& w : e.words) w = value;
      }
      p->commit(room.size(), {});
    }
  while (!p->signal(lv::lane_kind::end, 0, {}) && p->wait_for_room(a_moment)) {
  }
  return static_cast<double>(sent) / (now - begin).seconds();
}

template <std::size_t Size>
lv::result<> measure_trip(const std::string& base, bool processes, double seconds, lv::histogram& trips) {
  partner<Size> other(base, processes, "echo");
  auto p = lv::publisher<message<Size>>::open(there_in<Size>(other.folder()));
  if (!p) return p.error();
  auto back = lv::subscriber<message<Size>>::open(back_in<Size>(other.folder()));
  if (!back) return back.error();
  if (auto started = other.start(); !started) return started.error();
  if (auto came = other.await(*p); !came) return came.error();
  const lv::wall_clock clock;
  auto now = clock.steady();
  for (const auto end = now + lv::duration{static_cast<std::int64_t>(seconds * 1e9)}; now < end && !lv::stop_requested();) {
    auto room = p->claim(1);
    if (room.empty()) return lv::fault::of(lv::failure::internal, "bench: the way there is full");
    room[0] = {};
    p->commit(1, {});
    if (next(*back).empty()) return lv::fault::of(lv::failure::unavailable, "bench: the other side is gone");
    back->release(1);
    const auto after = clock.steady();
    trips.add(static_cast<std::uint64_t>((after - now).ns));
    now = after;
  }
  [[maybe_unused]] const bool told = p->signal(lv::lane_kind::end, 0, {});
  return {};
}

/// f(std::integral_constant of the size).
template <class F>
auto with_size(std::size_t size, F&& f) {
  switch (size) {
    case 8: return f(std::integral_constant<std::size_t, 8>{});
    case 64: return f(std::integral_constant<std::size_t, 64>{});
    case 256: return f(std::integral_constant<std::size_t, 256>{});
    default: return f(std::integral_constant<std::size_t, 1024>{});
  }
}

/// A folder beside the buses, and gone with this object.
class scratch {
 public:
  lv::result<> make() {
    const auto base = lv::bus_directory();
    if (!base) return base.error();
    if (auto made = lv::make_folders(lv::text<256>(base->view())); !made) return made;
    path_ = std::string(base->view()) + "/.bench-XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) return lv::os_fault("make a folder in", base->view(), errno);
    return {};
  }
  ~scratch() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string in_millions(double n) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f M/s", n / 1e6);
  return text;
}

}  // namespace

lv::result<> run_bench(const options& o) {
  const lv::stop_signals signals;
  scratch folder;
  if (auto made = folder.make(); !made) return made;
  const auto sizes = o.sizes.empty() ? std::vector<std::size_t>{8, 64, 256, 1024} : o.sizes;
  const double each = o.seconds / (static_cast<double>(sizes.size()) * 4);
  table shown;
  shown.row({"SIZE", "BETWEEN", "EVENTS", "BYTES/S", "ROUND TRIP P50", "P99", "P99.9"});
  for (const std::size_t size : sizes)
    for (const bool processes : {false, true}) {
      lv::histogram trips;
      const auto rate = with_size(size, [&](auto n) -> lv::result<double> {
        auto sent = measure_stream<n>(folder.path(), processes, each);
        if (!sent) return sent;
        if (auto done = measure_trip<n>(folder.path(), processes, each, trips); !done) return done.error();
        return sent;
      });
      if (lv::stop_requested()) return {};
      if (!rate) return rate.error();
      const char* between = processes ? "processes" : "threads";
      const auto at = [&](double q) { return static_cast<double>(trips.quantile(q)) * 1e-9; };
      if (o.json) {
        if (auto done = print(line_of({{"size", size},
                                       {"between", between},
                                       {"events_per_second", *rate},
                                       {"round_trip", {{"p50", at(0.5)}, {"p99", at(0.99)}, {"p99.9", at(0.999)}}}}));
            !done)
          return done;
      } else {
        shown.row({std::to_string(size) + " B", between, in_millions(*rate),
                   with_unit_bytes(static_cast<std::uint64_t>(*rate * static_cast<double>(size))), with_unit(at(0.5)),
                   with_unit(at(0.99)), with_unit(at(0.999))});
      }
    }
  return o.json ? lv::result<>{} : print(shown.str());
}

lv::result<> run_bench_peer(const options& o) {
  if (o.sizes.empty()) return lv::fault::of(lv::failure::usage, "bench-peer needs a size");
  return with_size(o.sizes[0], [&](auto n) { return play<n>(o.from, o.topic); });
}

}  // namespace tool
