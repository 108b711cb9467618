// SPDX-License-Identifier: BSL-1.0
#include "sensors.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace box {

namespace {

/// Cuts the first line off a text.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}
/// Cuts the first word off a line.
std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t:"), line.size()));
  const std::size_t end = std::min(line.find_first_of(" \t:"), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}
double take_number(std::string_view& line) {
  const std::string_view word = take_word(line);
  double value = 0;
  std::from_chars(word.data(), word.data() + word.size(), value);
  return value;
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

machine::machine() : text_(std::size_t{1} << 16) {
  add("/proc/stat", &machine::parse_stat);
  add("/proc/meminfo", &machine::parse_memory);
  for (const char* resource : {"cpu", "memory", "io"})
    add((std::string("/proc/pressure/") + resource).c_str(), &machine::parse_pressure, resource);
  add("/proc/diskstats", &machine::parse_disks);
  add("/proc/net/dev", &machine::parse_network);

  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/class/thermal", none)) {
    const std::string zone = entry.path().filename().string();
    if (zone.starts_with("thermal_zone")) add((entry.path() / "temp").c_str(), &machine::parse_temperature, zone);
  }
  // Whole disks only: their partitions would say everything twice. Loop and RAM disks are files and memory.
  for (const auto& entry : std::filesystem::directory_iterator("/sys/block", none)) {
    std::string name = entry.path().filename().string();
    if (!name.starts_with("loop") && !name.starts_with("ram") && !name.starts_with("zram")) disks_.push_back(std::move(name));
  }
}

void machine::add(const char* path, void (machine::*parse)(std::string_view, const std::string&), std::string label) {
  if (auto opened = levada::file::open(path, O_RDONLY)) sources_.push_back({*std::move(opened), parse, std::move(label)});
}

std::span<const reading> machine::sample(levada::timestamp now, levada::duration steady) {
  readings_.clear();
  now_ = now;
  seconds_ = (steady - last_).seconds();
  last_ = steady;
  ++round_;
  for (const source& s : sources_) {
    const ssize_t n = ::pread(s.file.fd(), text_.data(), text_.size(), 0);
    if (n > 0) (this->*s.parse)({text_.data(), static_cast<std::size_t>(n)}, s.label);
  }
  return readings_;
}

void machine::emit(std::string_view prefix, std::string_view what, std::string_view unit, double value) {
  readings_.push_back({now_, levada::compose<48>(prefix, what, unit), value});
}

void machine::emit_rate(std::string_view prefix, std::string_view what, std::string_view unit, double value, double scale) {
  const auto name = levada::compose<48>(prefix, what, unit);
  auto at = counters_.find(name.view());
  if (at == counters_.end()) at = counters_.emplace(name.view(), counter{}).first;
  const counter before = std::exchange(at->second, {value, round_});
  // A counter that was not there a sample ago, or that went back (a device was reset), says nothing about a rate.
  if (before.round != round_ - 1 || value < before.value || !(seconds_ > 0)) return;
  readings_.push_back({now_, name, (value - before.value) * scale / seconds_});
}

/// "cpu0 user nice system idle iowait irq softirq steal guest guest_nice", in ticks; guest time is part of user time.
void machine::parse_stat(std::string_view text, const std::string&) {
  static const double percent_per_tick = 100.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
  while (!text.empty()) {
    std::string_view line = take_line(text);
    const std::string_view name = take_word(line);
    if (name == "procs_running") emit("tasks.", "running", "", take_number(line));
    if (!name.starts_with("cpu") || name.size() == 3) continue;  // "cpu" is the sum of all
    double ticks[8];
    for (double& t : ticks) t = take_number(line);
    emit_rate(name, ".busy", "_percent", ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7], percent_per_tick);
  }
}

void machine::parse_memory(std::string_view text, const std::string&) {
  while (!text.empty()) {
    std::string_view line = take_line(text);
    const std::string_view name = take_word(line);
    if (name == "MemAvailable") emit("memory.", "available", "_mib", take_number(line) / 1024);
    if (name == "Dirty") emit("memory.", "dirty", "_mib", take_number(line) / 1024);
  }
}

/// "some avg10=0.00 avg60=0.00 avg300=0.00 total=12345": the time in us in which some task had to wait.
void machine::parse_pressure(std::string_view text, const std::string& resource) {
  const std::string_view line = take_line(text);
  const std::size_t at = line.find("total=");
  if (!line.starts_with("some") || at == std::string_view::npos) return;
  std::string_view number = line.substr(at + 6);
  emit_rate("pressure.", resource, "_percent", take_number(number), 1e-4);
}

/// "major minor name reads merged sectors ms writes merged sectors ms in_flight busy_ms ..."
void machine::parse_disks(std::string_view text, const std::string&) {
  while (!text.empty()) {
    std::string_view line = take_line(text);
    take_word(line), take_word(line);
    const std::string_view name = take_word(line);
    if (std::find(disks_.begin(), disks_.end(), name) == disks_.end()) continue;
    double field[10];
    for (double& f : field) f = take_number(line);
    const auto prefix = levada::compose<24>("disk.", name);
    emit_rate(prefix.view(), ".busy", "_percent", field[9], 0.1);
    emit_rate(prefix.view(), ".io", "_kib_s", field[2] + field[6], 0.5);  // sectors of 512 bytes
  }
}

/// Two lines of headings, then "eth0: received_bytes packets errs drop fifo frame compressed multicast sent_bytes ..."
void machine::parse_network(std::string_view text, const std::string&) {
  take_line(text), take_line(text);
  while (!text.empty()) {
    std::string_view line = take_line(text);
    const std::string_view name = take_word(line);
    double field[9];
    for (double& f : field) f = take_number(line);
    const auto prefix = levada::compose<24>("net.", name);
    emit_rate(prefix.view(), ".io", "_kib_s", field[0] + field[8], 1.0 / 1024);
  }
}

void machine::parse_temperature(std::string_view text, const std::string& zone) {
  if (text.empty() || !(is_digit(text[0]) || text[0] == '-')) return;
  emit("temperature.", zone, "_c", take_number(text) / 1000);
}

}  // namespace box
