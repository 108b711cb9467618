// SPDX-License-Identifier: BSL-1.0
#include "tree.hpp"

#include <doctest/doctest.h>

using namespace tidy;

namespace {

std::string text_of(const std::filesystem::path& path) {
  std::string text;
  for (auto& line : lines_of(path)) text += line + '\n';
  return text;
}

std::vector<std::string> programs_in(const std::filesystem::path& page) {
  std::vector<std::string> programs;
  std::string block;
  bool inside = false;
  for (auto& line : lines_of(page)) {
    if (inside && line.starts_with("```")) {
      if (block.find("int main(") != std::string::npos) programs.push_back(block);
      inside = false;
    } else if (inside) {
      block += line + '\n';
    } else if (line.starts_with("```cpp")) {
      inside = true;
      block.clear();
    }
  }
  return programs;
}

}  // namespace

TEST_CASE("the program in the README is examples/hello.cpp, word for word") {
  auto hello = text_of("examples/hello.cpp");
  for (auto& program : programs_in("README.md"))
    CHECK_MESSAGE(hello.find(program) != std::string::npos, "README.md shows another program than examples/hello.cpp:\n",
                  program);
}
