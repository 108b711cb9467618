// SPDX-License-Identifier: BSL-1.0
#include "tree.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace tidy;

TEST_CASE("every room stands on a floor") {
  for (auto& h : headers())
    if (!h.room.empty()) CHECK_MESSAGE(floors.contains(h.room), h.path, ": give the room a floor in tests/tidy/tree.hpp");
}

TEST_CASE("a room includes lower floors and itself, never a neighbour and never upward") {
  for (auto& h : headers()) {
    if (h.room.empty()) continue;
    for (auto& file : h.includes) {
      if (!file.starts_with("levada/")) continue;
      auto* other = find(file);
      CHECK_MESSAGE(other, h.path, " includes <", file, ">, which does not exist");
      if (!other || other->path == "fwd.hpp") continue;
      bool allowed = other->room == h.room || (!other->room.empty() && floors.at(other->room) < floors.at(h.room));
      CHECK_MESSAGE(allowed, h.path, " must not include ", other->path);
    }
  }
}

TEST_CASE("headers do not include each other in a circle") {
  std::set<std::string> done;
  std::vector<std::string> way;
  auto visit = [&](auto& self, const header& h) -> void {
    if (done.contains(h.path)) return;
    auto met = std::ranges::find(way, h.path);
    if (met != way.end()) {
      std::string circle;
      for (; met != way.end(); ++met) circle += *met + " -> ";
      FAIL_CHECK(circle, h.path);
      return;
    }
    way.push_back(h.path);
    for (auto& file : h.includes)
      if (auto* other = find(file)) self(self, *other);
    way.pop_back();
    done.insert(h.path);
  };
  for (auto& h : headers()) visit(visit, h);
}

TEST_CASE("only os/ knows the operating system") {
  for (auto& h : headers()) {
    if (h.room == "os" || h.room == "connect") continue;
    for (auto& file : h.includes) {
      bool system = file.ends_with(".h");
      CHECK_MESSAGE(!system, h.path, " includes <", file, ">");
    }
  }
}

TEST_CASE("the heavy standard headers stay out, so that the library is light to include") {
  const std::set<std::string> heavy = {"algorithm", "atomic",  "chrono", "functional", "iostream", "map",    "memory", "mutex",
                                       "ranges",    "sstream", "string", "thread",     "tuple",    "vector", "regex"};
  for (auto& h : headers()) {
    if (h.room == "connect") continue;
    for (auto& file : h.includes) CHECK_MESSAGE(!heavy.contains(file), h.path, " includes <", file, ">");
  }
}
