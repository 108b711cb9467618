// SPDX-License-Identifier: BSL-1.0
#include "tree.hpp"

#include <doctest/doctest.h>

using namespace tidy;

namespace {

/// Columns as a reader counts them: code points, not bytes.
std::size_t columns(std::string_view line) {
  return static_cast<std::size_t>(std::ranges::count_if(line, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string_view defined_by(std::string_view line, std::string_view directive) {
  if (!line.starts_with(directive)) return {};
  line.remove_prefix(directive.size());
  return line.substr(0, line.find_first_of(" (\t"));
}

}  // namespace

TEST_CASE("a header begins with its licence and a paragraph, and is included once") {
  for (auto& h : headers()) {
    CHECK_MESSAGE((!h.lines.empty() && h.lines[0] == "// SPDX-License-Identifier: BSL-1.0"), h.path, ": no SPDX line");
    CHECK_MESSAGE((h.lines.size() > 1 && h.lines[1].starts_with("// ")), h.path, ": no paragraph that says what it is");
    CHECK_MESSAGE(h.has("#pragma once"), h.path, ": no #pragma once");
  }
}

TEST_CASE("a header has at most 400 lines of at most 130 columns") {
  for (auto& h : headers()) {
    CHECK_MESSAGE(h.lines.size() <= 400, h.path, " has ", h.lines.size(), " lines");
    for (std::size_t i = 0; i < h.lines.size(); ++i)
      CHECK_MESSAGE(columns(h.lines[i]) <= 130, h.path, ":", i + 1, " has ", columns(h.lines[i]), " columns");
  }
}

TEST_CASE("macros are ours by name and live in core/config.hpp, or end in the header that needs them") {
  for (auto& h : headers()) {
    for (auto& line : h.lines) {
      auto macro = std::string(defined_by(line, "#define "));
      if (macro.empty()) continue;
      CHECK_MESSAGE(macro.starts_with("LEVADA_"), h.path, " defines ", macro);
      CHECK_MESSAGE((h.path == "core/config.hpp" || h.has("#undef " + macro)), h.path, " leaves ", macro, " defined");
    }
  }
}
