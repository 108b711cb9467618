// SPDX-License-Identifier: BSL-1.0
// survival: a flow that is killed after a checkpoint and goes on from it, beside one that was never stopped: both must say the
// same.
#pragma once

#include "stream.hpp"

#include <levada/core/time.hpp>
#include <levada/flow/checkpoint.hpp>
#include <levada/flow/flow.hpp>
#include <levada/sink/to.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace support {

/// Who said something, what, when, until when, and how often before.
using line = std::array<std::int64_t, 5>;
using lines = std::vector<line>;

template <class T>
void tell_when(line& l, const T& said) {
  if constexpr (requires { said.now.start; }) {
    tell_when(l, said.now);
    l[4] = said.number;
  } else if constexpr (requires { said.start, said.end; }) {
    l[2] = said.start.ns;
    l[3] = said.end.ns;
  } else if constexpr (requires { said.event.time; }) {
    l[2] = said.event.time.ns;
  } else if constexpr (requires { said.time; }) {
    l[2] = said.time.ns;
  }
}
/// A sink that writes down what comes: value(event) is a number of it.
template <class Value>
auto note(lines& all, std::int64_t who, Value value) {
  return levada::to([&all, who, value](const auto& said) {
    const auto v = value(said);
    line l{who, 0, 0, 0, 0};
    if constexpr (std::is_floating_point_v<decltype(v)>)
      l[1] = std::bit_cast<std::int64_t>(static_cast<double>(v));
    else
      l[1] = static_cast<std::int64_t>(v);
    tell_when(l, said);
    all.push_back(l);
  });
}

/// make(output) gives a flow that reads values(...) and writes to `output`. Processing time is 10 ms a turn, of some events each.
template <class Make>
void survives(Make&& make, std::int64_t writers) {
  const auto turn = [](auto& flow, std::int64_t& turns) {
    flow.advance({++turns * 10'000'000});
    return flow.poll(13);
  };
  lines whole;
  std::int64_t turns = 0;
  {
    auto flow = make(whole);
    REQUIRE(flow.open());
    while (turn(flow, turns) != levada::polled::end) {
    }
  }
  for (std::int64_t who = 1; who <= writers; ++who) {
    CAPTURE(who);
    CHECK(std::ranges::count_if(whole, [who](const line& l) { return l[0] == who; }) > 3);
  }

  for (const std::int64_t stop : {turns / 7, turns / 2}) {
    CAPTURE(stop);
    std::string folder = (std::filesystem::temp_directory_path() / "levada-survival.XXXXXX").string();
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    const levada::checkpoint_options options{.folder = folder.c_str(), .every = {}, .flow = "survival", .slice = 2000};
    lines before, after;
    std::int64_t at = 0;
    std::size_t said = 0;
    {
      auto flow = make(before);
      levada::checkpoint saved(flow, options);
      REQUIRE(flow.open());
      while (saved.last() == 0 && saved.status()) {  // that of the beginning
        flow.poll(0);
        std::this_thread::yield();
      }
      while (at < stop) turn(flow, at);
      saved.take();
      turn(flow, at);
      said = before.size();  // the barrier was behind the last event of this turn
      std::int64_t meanwhile = at;
      for (int i = 0; i < 40; ++i) turn(flow, meanwhile);  // while the image is copied
      while (saved.last() < 2 && saved.status()) {
        flow.poll(0);
        std::this_thread::yield();
      }
      REQUIRE(saved.status());
      CHECK(before.size() > said);
    }
    {
      auto flow = make(after);
      levada::checkpoint saved(flow, options);
      REQUIRE(flow.open());
      CHECK(saved.restored() == 2);
      while (turn(flow, at) != levada::polled::end) {
      }
    }
    std::filesystem::remove_all(folder);

    before.resize(said);
    before.insert(before.end(), after.begin(), after.end());
    for (std::int64_t who = 1; who <= writers; ++who) {
      CAPTURE(who);
      const auto own = [who](const lines& all) {
        lines of;
        for (const line& l : all)
          if (l[0] == who) of.push_back(l);
        return of;
      };
      CHECK(own(before) == own(whole));
    }
    CHECK(before == whole);
  }
}

}  // namespace support
