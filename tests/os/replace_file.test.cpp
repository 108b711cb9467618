// SPDX-License-Identifier: BSL-1.0
#include <levada/os/replace_file.hpp>

#include <doctest/doctest.h>

#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

#include <sys/resource.h>

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

TEST_CASE(
    "of two at once one fails, and neither writes into what the other renames; what a stopped one has left is no hindrance") {
  const scratch s;
  const auto path = s.path / "model", beside = s.path / "model.new";
  REQUIRE(replace(path, "old"));
  {
    auto other = lv::file::open(beside.c_str(), O_WRONLY | O_CREAT);
    REQUIRE(other);
    REQUIRE(lv::try_lock(other->fd()));
    REQUIRE(other->write_all({"a half", 6}));
    const auto second = replace(path, "mine");
    REQUIRE(!second);
    CHECK(second.error().kind == lv::failure::unavailable);
    CHECK(read(beside) == "a half");
    CHECK(read(path) == "old");
  }
  REQUIRE(replace(path, "new"));
  CHECK(read(path) == "new");
  CHECK(!fs::exists(beside));
}

TEST_CASE("links: a name that is one becomes a file, and one in the place of the file beside it is not followed") {
  const scratch s;
  const auto path = s.path / "model", elsewhere = s.path / "elsewhere";
  REQUIRE(replace(elsewhere, "theirs"));
  fs::create_symlink(elsewhere, path);
  REQUIRE(replace(path, "mine"));
  CHECK(read(path) == "mine");
  CHECK(!fs::is_symlink(path));
  fs::create_symlink(elsewhere, s.path / "model.new");
  CHECK(!replace(path, "next"));
  CHECK(read(path) == "mine");
  CHECK(read(elsewhere) == "theirs");
}

TEST_CASE("a disk that is full is told, and the old file is there") {
  const scratch s;
  const auto path = s.path / "model";
  REQUIRE(replace(path, "old"));
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto heard = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{1000, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto full = replace(path, std::string(100'000, 'x'));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, heard);
  REQUIRE(!full);
  CHECK(full.error().kind == lv::failure::no_space);
  CHECK(read(path) == "old");
  CHECK(std::distance(fs::directory_iterator(s.path), {}) == 1);
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
