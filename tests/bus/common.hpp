// SPDX-License-Identifier: BSL-1.0
// common: the events that the tests of the bus send, and peers: other processes, which are this test binary again,
// started with one of its skipped test cases.
#pragma once

#include <levada/bus/publisher.hpp>
#include <levada/bus/subscriber.hpp>
#include <levada/os/bell.hpp>
#include <levada/os/process.hpp>

#include "../support/scratch_bus.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

namespace lv = levada;
using namespace levada::literals;

/// 24 bytes: not a power of two, so that places in the ring fall anywhere.
struct sample {
  std::uint64_t index = 0;
  std::uint64_t value = 0;
  std::uint32_t epoch = 0;
  std::uint32_t sum = 0;
};

inline sample make_sample(std::uint64_t index, std::uint32_t epoch = 0) {
  auto value = index * 0x9e3779b97f4a7c15u;
  return {index, value, epoch, static_cast<std::uint32_t>(value >> 32) ^ static_cast<std::uint32_t>(index) ^ epoch};
}
inline bool is_whole(const sample& s) {
  return s.sum == make_sample(s.index, s.epoch).sum && s.value == make_sample(s.index).value;
}

/// Publishes n samples, as many as fit, numbered by their sequence.
template <class Topic>
std::uint64_t publish(lv::publisher<Topic>& p, std::uint64_t n, lv::timestamp now = {}) {
  std::uint64_t done = 0;
  while (done < n) {
    auto room = p.claim(n - done);
    if (room.empty()) break;
    auto first = p.sequence();
    for (std::size_t i = 0; i < room.size(); ++i) room[i] = make_sample(first + i, p.epoch());
    p.commit(room.size(), now);
    done += room.size();
  }
  return done;
}

/// What a subscriber has, read to the end.
struct account {
  std::uint64_t events = 0, first = 0, torn = 0, out_of_order = 0, wrong_epoch = 0, signals = 0;
};
template <class Topic>
account drain(lv::subscriber<Topic>& s) {
  account a;
  for (bool began = false; auto t = s.read();) {
    if (t.signal != nullptr) ++a.signals;
    if (!t.events.empty() && !began) a.first = t.events[0].index, began = true;
    for (const auto& e : t.events) {
      a.torn += is_whole(e) ? 0u : 1u;
      a.out_of_order += e.index == a.first + a.events ? 0u : 1u;
      a.wrong_epoch += e.epoch == s.epoch() ? 0u : 1u;
      ++a.events;
    }
    s.release(t.events.size());
  }
  return a;
}

/// Runs the skipped test case `peer: <role>` in a process of its own, on the bus in `folder`.
inline lv::child start_peer(const char* role, const scratch_bus& bus) {
  ::setenv("LEVADA_TEST_FOLDER", bus.folder().c_str(), 1);
  auto self = lv::self_path();
  auto filter = "--test-case=peer: " + std::string(role);
  auto c = lv::spawn(self.c_str(), "--no-skip", filter.c_str(), "--out=/dev/null", "--no-breaks");
  return c ? std::move(*c) : lv::child();
}
/// In a peer: the folder it was given; nothing if it was run by hand.
inline std::string peer_folder() {
  const char* folder = std::getenv("LEVADA_TEST_FOLDER");
  return folder != nullptr ? folder : "";
}

/// A bell in a scratch folder, by which processes tell each other that they have come somewhere.
inline lv::bell bell_in(const std::string& folder, const char* name) {
  auto path = folder + "/" + name;
  [[maybe_unused]] auto made = lv::bell::create(path.c_str());
  return *lv::bell::open(path.c_str());
}
