// SPDX-License-Identifier: BSL-1.0
// board: from samples to rows: medians, quartiles, ratios, and the floors that were promised. A ratio above 1 says that levada is
// ahead, whether more or less is better.
#pragma once

#include "sample.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <istream>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace bench {

struct statistics {
  double low = 0, median = 0, high = 0;  ///< quartiles
  std::size_t n = 0;
};
inline statistics statistics_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::ranges::sort(values);
  const auto at = [&](double share) {  // between two neighbours, in proportion
    const double place = share * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const double next = values[std::min(below + 1, values.size() - 1)];
    return values[below] + (place - static_cast<double>(below)) * (next - values[below]);
  };
  return {at(0.25), at(0.5), at(0.75), values.size()};
}

inline double ratio_of(std::string_view better, double levada, double peer) {
  return better == "more" ? levada / peer : peer / levada;
}

/// What is promised of a case. Against a peer the floor is a ratio to it; against a budget the ratio to that must reach 1.
struct promise {
  std::string_view name, metric, peer;
  double floor = 1, budget = 0;
  std::string_view state = "";  ///< of the machine; empty: in any
};
inline constexpr std::array promises{
    promise{"flow/a", "instructions", "hand-loop", 0.91},
    promise{"flow/b", "instructions", "hand-loop", 0.91},
    promise{"flow/c", "instructions", "hand-loop", 0.91},
    promise{"flow/d", "instructions", "hand-loop", 0.91},
    promise{"flow/select", "time", "filter", 3},
    promise{"flow/sensor", "instructions", "hand-loop", 0.91},
    promise{"flow/sensor", "rate", "hand-loop", 0.91},
    promise{"flow/sensor", "rate", "budget", 1, 250},
    promise{"flow/counted", "instructions", "uncounted", 0.91},
    promise{"flow/ysb", "dense keys", "hand loop, same policy", 1.0},
    promise{"flow/ysb", "keys by table", "hand loop, same policy", 0.8},
    promise{"flow/ysb", "dense keys", "hand loop, no event time", 0.67},
    promise{"flow/ysb", "dense keys", "tbb, an event a message", 20},
    promise{"flow/ysb", "filter", "tbb, batches", 1.5},
    promise{"flow/ysb", "select", "tbb, batches", 3},
    promise{"flow/sensor", "rate", "tbb, an event a message", 20},
    promise{"flow/checkpoint/stall", "lateness", "budget", 1, 1},
    promise{"flow/stage/2threads", "boundary, 16 B", "budget", 1, 3},
    promise{"flow/stage/2threads", "boundary, 64 B", "budget", 1, 3},
    promise{"flow/stage/2threads", "rate, 16 B", "one thread", 1.3},
    promise{"flow/stage/2threads", "rate, 64 B", "one thread", 1.3},
    promise{"flow/idle", "epoll", "budget", 1, 0.2},
    promise{"flow/idle", "uring", "budget", 1, 0.2},
    promise{"pattern/3steps/10kkeys", "rate", "budget", 1, 20},
    promise{"pattern/3steps/10kkeys", "rate", "hand-loop", 0.5},
    promise{"join/interval/10kkeys", "rate", "budget", 1, 10},
    promise{"join/interval/10kkeys", "rate", "flat_map of deques", 1.4},
    promise{"rule/predicates/10k", "time", "budget", 1, 5},
    promise{"rule/predicates/10k", "time", "loop over the rules", 20},
    promise{"feature/catch22/1024", "time", "budget", 1, 90},
    promise{"model/trees/row", "time, avx512", "libxgboost", 40},
    promise{"model/trees/row", "time, avx2", "libxgboost", 35},
    promise{"model/trees/batch256", "time, avx512", "libxgboost", 6},
    promise{"model/trees/batch256", "time, avx2", "libxgboost", 6},
    promise{"model/trees/row", "agreement", "budget", 1, 1e-5},
    promise{"model/swap", "events scored", "budget", 1, 100},
    promise{"model/swap", "turns of one version", "budget", 1, 100},
    promise{"model/swap", "bad models refused by name", "budget", 1, 100},
    promise{"model/swap", "p99.9", "models into another slot", 0.8},
    promise{"model/mlp/row", "time, avx512", "OpenCV dnn", 10},
    promise{"model/mlp/row", "time, avx2", "OpenCV dnn", 10},
    promise{"model/cwru", "accuracy", "budget", 1, 0.97},
    promise{"detector/event", "time", "budget", 1, 1000},
    promise{"detector/nab", "score", "budget", 1, 57.8},
    promise{"window/slide1/sum/1Ki", "time", "budget", 1, 5},
    promise{"window/slide1/max/1Ki", "time", "budget", 1, 5},
    promise{"window/slide1/stddev/1Ki", "time", "budget", 1, 8},
    promise{"window/slide1/stddev/1Mi", "p99.99", "budget", 1, 2},
    promise{"feature/moments/1024", "time, avx2", "scalar two-pass", 10},
    promise{"feature/moments/1024", "time, avx512", "scalar two-pass", 10},
    promise{"feature/moments/1024", "error, sse4_2", "budget", 1, 1e-6},
    promise{"feature/moments/1024", "error, avx2", "budget", 1, 1e-6},
    promise{"feature/moments/1024", "error, avx512", "budget", 1, 1e-6},
    promise{"feature/fft/256", "time, avx2", "kissfft", 8},
    promise{"feature/fft/256", "time, avx2", "fftw measure", 1.5},
    promise{"feature/fft/256", "time, avx512", "kissfft", 8},
    promise{"feature/fft/256", "time, avx512", "fftw measure", 1.5},
    promise{"feature/fft/256", "time, sse4_2", "fftw measure", 0.83},
    promise{"feature/fft/1024", "time, avx2", "kissfft", 8},
    promise{"feature/fft/1024", "time, avx2", "fftw measure", 1.5},
    promise{"feature/fft/1024", "time, avx512", "kissfft", 8},
    promise{"feature/fft/1024", "time, avx512", "fftw measure", 1.5},
    promise{"feature/fft/1024", "time, sse4_2", "fftw measure", 0.83},
    promise{"feature/fft/4096", "time, avx2", "kissfft", 8},
    promise{"feature/fft/4096", "time, avx2", "fftw measure", 1.5},
    promise{"feature/fft/4096", "time, avx512", "kissfft", 8},
    promise{"feature/fft/4096", "time, avx512", "fftw measure", 1.5},
    promise{"feature/fft/4096", "time, sse4_2", "fftw measure", 0.83},
    promise{"feature/vibration/1024", "time", "budget", 1, 4},
    promise{"bus/spsc/8B/threads", "rate", "boost spsc bulk", 2.0},
    promise{"bus/spsc/8B/threads", "rate", "concurrentqueue bulk", 2.0},
    promise{"bus/spsc/8B/threads", "rate", "readerwriterqueue", 2.0},
    promise{"bus/spsc/8B/threads", "rate", "atomic_queue", 2.0},
    promise{"bus/spsc/64B/threads", "rate", "boost spsc bulk", 2.0},
    promise{"bus/spsc/64B/threads", "rate", "concurrentqueue bulk", 2.0},
    promise{"bus/spsc/64B/threads", "rate", "readerwriterqueue", 2.0},
    promise{"bus/spsc/64B/threads", "rate", "atomic_queue", 2.0},
    promise{"bus/spsc/256B/threads", "rate", "boost spsc bulk", 1.8},
    promise{"bus/spsc/256B/threads", "rate", "concurrentqueue bulk", 1.8},
    promise{"bus/spsc/256B/threads", "rate", "readerwriterqueue", 1.8},
    promise{"bus/spsc/256B/threads", "rate", "atomic_queue", 1.8},
    promise{"bus/spsc/1024B/threads", "rate", "boost spsc bulk", 1.4},
    promise{"bus/spsc/1024B/threads", "rate", "concurrentqueue bulk", 1.4},
    promise{"bus/spsc/1024B/threads", "rate", "readerwriterqueue", 1.4},
    promise{"bus/spsc/1024B/threads", "rate", "atomic_queue", 1.4},
    promise{"bus/spsc/64B/processes", "rate", "boost spsc bulk", 2.0},
    promise{"bus/spsc/64B/processes", "rate", "iceoryx", 100},
    promise{"bus/spsc/64B/processes", "rate", "zeromq ipc", 100},
    promise{"bus/mpsc/64B/2to1", "rate", "concurrentqueue bulk", 0.9},
    promise{"bus/broadcast/64B/1to2", "deliveries, none", "one subscriber", 1},
    promise{"bus/broadcast/64B/1to2", "deliveries, lag", "one subscriber", 1},
    promise{"bus/publish/cost", "over a plain store", "budget", 1, 1},
    promise{"bus/wake/parked", "p50", "futex", 0.83},
    promise{"bus/wake/parked", "processor while parked", "budget", 1, 0.2},
    promise{"bus/frames/64B/threads", "rate", "levada stream", 0.5},
    promise{"bus/frames/64B/processes", "rate", "levada stream", 0.5},
    promise{"bus/rtt/56B/threads", "round trip p50", "raw-line", 0.5, 0, "near"},
    promise{"bus/rtt/56B/threads", "round trip p50", "raw-line", 0.62, 0, "far"},
    promise{"bus/rtt/56B/processes", "round trip p50", "raw-line", 0.5, 0, "near"},
    promise{"bus/rtt/56B/processes", "round trip p50", "raw-line", 0.62, 0, "far"},
    promise{"state/keys/64", "uniform", "flat_map", 1.0},
    promise{"state/keys/64", "zipf", "flat_map", 1.0},
    promise{"state/keys/10k", "uniform", "flat_map", 1.2},
    promise{"state/keys/10k", "zipf", "flat_map", 1.2},
    promise{"state/keys/1M", "uniform", "flat_map", 1.4},
    promise{"state/keys/1M", "zipf", "flat_map", 1.4},
    promise{"cost/include/core", "lines", "budget", 1, 45'000},
    promise{"cost/include/umbrella", "lines", "budget", 1, 70'000},
    promise{"cost/graph/30mixed", "seconds", "budget", 1, 6},
    promise{"cost/graph/100ops", "seconds", "budget", 1, 5},
    promise{"cost/graph/100ops", "memory", "budget", 1, 600},
};

/// One metric of a case against one peer, in one state of the machine, with one compiler.
struct row {
  sample of{};  ///< its value is the median of levada's
  std::string peer_name{};
  double peer = NAN, ratio = NAN, floor = NAN;  ///< NAN where there is none
  statistics spread{};

  [[nodiscard]] std::string room() const { return of.name.substr(0, of.name.find('/')); }
  /// A busy machine keeps no promise and breaks none.
  [[nodiscard]] bool is_missed() const { return !std::isnan(floor) && ratio < floor && of.state != "busy"; }
};

inline std::vector<sample> read_samples(std::istream& in) {
  std::vector<sample> all;
  for (std::string line; std::getline(in, line);)
    if (auto s = parse_sample(line)) all.push_back(*std::move(s));
  return all;
}

/// The rows of all cases, case by case, in the order in which the samples first name them.
inline std::vector<row> rows_of(const std::vector<sample>& samples) {
  using key = std::tuple<std::string, std::string, std::string, std::string>;  // case, metric, state, compiler
  struct group {
    std::vector<const sample*> levada;
    std::vector<std::pair<std::string, std::vector<double>>> peers;
  };
  std::map<key, group> groups;
  std::vector<key> order;
  for (const sample& s : samples) {
    const key k{s.name, s.metric, s.state, s.compiler};
    const auto [at, is_new] = groups.try_emplace(k);
    if (is_new) order.push_back(k);
    if (s.who == "levada") {
      at->second.levada.push_back(&s);
      continue;
    }
    auto& peers = at->second.peers;
    auto own = std::ranges::find(peers, s.who, [](const auto& p) { return p.first; });
    if (own == peers.end()) own = peers.insert(peers.end(), {s.who, {}});
    own->second.push_back(s.value);
  }

  std::map<std::string, std::size_t> case_number;
  for (const key& k : order) case_number.try_emplace(std::get<0>(k), case_number.size());
  std::vector<std::pair<std::size_t, std::size_t>> places;  // number of the case, place in `order`
  for (std::size_t i = 0; i < order.size(); ++i) places.emplace_back(case_number.at(std::get<0>(order[i])), i);
  std::ranges::sort(places);

  std::vector<row> rows;
  for (const auto& [number, place] : places) {
    const group& g = groups.at(order[place]);
    if (g.levada.empty()) continue;
    std::vector<double> own;
    for (const sample* s : g.levada) own.push_back(s->value);
    row base{.of = *g.levada.front(), .spread = statistics_of(own)};
    base.of.value = base.spread.median;
    const std::size_t first = rows.size();
    const auto add = [&](std::string_view peer_name, double peer) {
      row r = base;
      r.peer_name = peer_name;
      r.peer = peer;
      r.ratio = ratio_of(r.of.better, r.of.value, peer);
      for (const promise& p : promises)
        if (p.name == r.of.name && p.metric == r.of.metric && p.peer == peer_name && (p.state.empty() || p.state == r.of.state))
          r.floor = p.floor;
      rows.push_back(std::move(r));
    };
    for (const auto& [who, values] : g.peers) add(who, statistics_of(values).median);
    for (const promise& p : promises)
      if (p.peer == "budget" && p.name == base.of.name && p.metric == base.of.metric) add("budget", p.budget);
    if (rows.size() == first) rows.push_back(std::move(base));  // it stands alone
  }
  return rows;
}

/// Three digits, as many as a measurement on a shared machine is worth.
inline std::string figure(double value) {
  if (std::isnan(value)) return "";
  char text[32];
  const double size = std::abs(value);
  // What is smaller than a thousandth has its three digits behind zeros that nobody wants to count.
  const char* as = size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : size >= 1 || size == 0 ? "%.2f" : size >= 1e-3 ? "%.3f" : "%.2e";
  std::snprintf(text, sizeof text, as, value);
  return text;
}

namespace detail {
inline std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}
inline std::string number(double value) {
  if (!std::isfinite(value)) return "null";
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}
}  // namespace detail

/// A JSON array with a row a line.
inline void write_json(std::ostream& out, const std::vector<row>& rows) {
  using detail::number, detail::quoted;
  out << '[';
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const row& r = rows[i];
    out << (i == 0 ? "\n" : ",\n") << "{\"case\":" << quoted(r.of.name) << ",\"metric\":" << quoted(r.of.metric)
        << ",\"unit\":" << quoted(r.of.unit) << ",\"better\":" << quoted(r.of.better) << ",\"levada\":" << number(r.of.value)
        << ",\"peer\":" << number(r.peer) << ",\"peer_name\":" << quoted(r.peer_name) << ",\"ratio\":" << number(r.ratio)
        << ",\"floor\":" << number(r.floor) << ",\"state\":" << quoted(r.of.state) << ",\"compiler\":" << quoted(r.of.compiler)
        << ",\"flags\":" << quoted(r.of.flags) << ",\"n\":" << r.spread.n << ",\"spread\":[" << number(r.spread.low) << ','
        << number(r.spread.high) << "],\"command\":" << quoted("bench/run " + r.room()) << ",\"note\":" << quoted(r.of.note)
        << '}';
  }
  out << "\n]\n";
}

/// A table for people, in Markdown, with columns that are straight in a terminal too.
inline void write_table(std::ostream& out, const std::vector<row>& rows) {
  constexpr std::size_t columns = 9;
  std::vector<std::array<std::string, columns>> lines{
      {"case", "metric", "compiler", "state", "levada (quartiles)", "peer", "ratio", "floor", "n"}};
  for (const row& r : rows) {
    const bool varies = r.spread.low != r.spread.high;
    lines.push_back({r.of.name, r.of.metric + (r.of.unit == r.of.metric ? "" : ", " + r.of.unit), r.of.compiler, r.of.state,
                     figure(r.of.value) + (varies ? " (" + figure(r.spread.low) + "-" + figure(r.spread.high) + ")" : ""),
                     r.peer_name.empty() ? "" : r.peer_name + " " + figure(r.peer), figure(r.ratio),
                     figure(r.floor) + (r.is_missed() ? " **missed**" : ""), std::to_string(r.spread.n)});
  }
  std::array<std::size_t, columns> width{};
  for (const auto& line : lines)
    for (std::size_t c = 0; c < columns; ++c) width[c] = std::max(width[c], line[c].size());
  for (std::size_t l = 0; l < lines.size(); ++l) {
    for (std::size_t c = 0; c < columns; ++c)
      out << (c == 0 ? "| " : " | ") << lines[l][c] << std::string(width[c] - lines[l][c].size(), ' ');
    out << " |\n";
    if (l > 0) continue;
    for (std::size_t c = 0; c < columns; ++c) out << '|' << std::string(width[c] + 2, '-');
    out << "|\n";
  }
}

/// The text with what stands between the markers of a room renewed; as it was, if it has none.
inline std::string renewed(std::string text, const std::string& room, const std::string& table) {
  const std::string begin = "<!-- " + room + " -->\n", end = "<!-- end of " + room + " -->";
  const std::size_t from = text.find(begin), to = text.find(end);
  if (from == std::string::npos || to == std::string::npos || to < from) return text;
  return text.replace(from + begin.size(), to - from - begin.size(), "\n" + table + "\n");
}

}  // namespace bench
