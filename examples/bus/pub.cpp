// SPDX-License-Identifier: BSL-1.0
// pub: events out of JSON objects, one a line of standard input.
#include "catalog.hpp"
#include "commands.hpp"
#include "json_reader.hpp"

#include <levada/bus/record_publisher.hpp>
#include <levada/os/clock.hpp>

#include <cstdio>
#include <iostream>
#include <optional>

namespace tool {

namespace {

/// Says once that it waits, and goes on waiting: what was read is not thrown away.
lv::mutable_record claim(lv::record_publisher& to) {
  for (bool said = false;;) {
    if (auto event = to.claim()) return *event;
    if (!to.wait_for_room(lv::duration{1'000'000'000}) && !std::exchange(said, true))
      std::fprintf(stderr, "bus: the ring is full, and a subscriber does not read; 'bus stat' shows which one\n");
  }
}

}  // namespace

lv::result<> run_pub(const options& o) {
  auto at = parse_address(o.topic);
  if (!at) return at.error();
  auto opened = lv::record_publisher::open(at->on(), at->topic);
  if (!opened) return opened.error();
  std::uint64_t number = 0;
  for (std::string line; std::getline(std::cin, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    const auto event = claim(*opened);
    if (auto done = read_json(line, event); !done)
      return lv::fault::of(done.error().kind, "line ", number, ": ", done.error().sentence);
    opened->commit(lv::wall_clock{}.now());
  }
  if (std::cin.bad()) return lv::fault::of(lv::failure::io, "standard input cannot be read");
  return {};
}

}  // namespace tool
