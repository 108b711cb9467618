// SPDX-License-Identifier: BSL-1.0
#include "tree.hpp"

#include <doctest/doctest.h>

using namespace tidy;

TEST_CASE("a header has a test of its name, which includes it first") {
  for (auto& h : headers()) {
    if (h.room.empty() || h.is_detail()) continue;
    auto test = "tests/" + h.path.substr(0, h.path.size() - 4) + ".test.cpp";
    auto lines = lines_of(test);
    CHECK_MESSAGE(!lines.empty(), h.path, ": ", test, " is missing");
    if (lines.empty()) continue;
    auto includes = includes_of(lines);
    CHECK_MESSAGE((!includes.empty() && includes[0] == "levada/" + h.path), test, " does not include its header first");
  }
}

// core, os and simd are not listed: what stands above brings them. A connector needs a library of its own, and query and
// box stand above the table of contents.
TEST_CASE("levada.hpp lists every header that a user of flows may want") {
  auto* contents = find("levada/levada.hpp");
  if (!contents) return;
  for (auto& h : headers()) {
    bool listed = h.room == "wire" || (floors.contains(h.room) && floors.at(h.room) >= 2 && floors.at(h.room) <= 3);
    if (!listed || h.room == "connect" || h.is_detail()) continue;
    bool found = std::ranges::find(contents->includes, "levada/" + h.path) != contents->includes.end();
    CHECK_MESSAGE(found, h.path, " is not listed in levada.hpp");
  }
}
