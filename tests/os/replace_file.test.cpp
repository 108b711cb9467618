// SPDX-License-Identifier: BSL-1.0
#include <levada/os/replace_file.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

namespace lv = levada;
namespace fs = std::filesystem;

namespace {
struct scratch {
  fs::path path;
  scratch() {
    std::string name = "/tmp/levada-replace-XXXXXX";
    path = ::mkdtemp(name.data());
  }
  ~scratch() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};
lv::result<> replace(const fs::path& path, std::string_view bytes) {
  return lv::replace_file(lv::text<256>(path.string()), std::as_bytes(std::span(bytes.data(), bytes.size())));
}
std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
}  // namespace

TEST_CASE("a file is made, and replaced, and nothing else stays") {
  const scratch s;
  const auto path = s.path / "model";
  REQUIRE(replace(path, "one"));
  CHECK(read(path) == "one");
  REQUIRE(replace(path, ""));
  CHECK(read(path).empty());
  REQUIRE(replace(path, std::string(100'000, 'x')));
  CHECK(read(path) == std::string(100'000, 'x'));
  CHECK(std::distance(fs::directory_iterator(s.path), {}) == 1);
}

TEST_CASE("who has the old file open keeps it whole") {
  const scratch s;
  const auto path = s.path / "model";
  REQUIRE(replace(path, "the old one"));
  std::ifstream old(path);
  REQUIRE(replace(path, "new"));
  CHECK(std::string(std::istreambuf_iterator<char>(old), {}) == "the old one");
}

TEST_CASE("what cannot be written is told, and the old file is there") {
  const scratch s;
  const auto none = replace(s.path / "no folder/model", "x");
  REQUIRE(!none);
  CHECK(none.error().kind == lv::failure::unreadable);
  fs::create_directory(s.path / "taken");
  std::ofstream(s.path / "taken/file") << "here";
  const auto folder = replace(s.path / "taken", "x");
  REQUIRE(!folder);
  CHECK(!fs::exists(s.path / "taken.new"));
  CHECK(read(s.path / "taken/file") == "here");
  CHECK(!replace(std::string(253, 'n'), "x"));  // no room for ".new"
}
