// SPDX-License-Identifier: BSL-1.0
#include <levada/os/folder.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace lv = levada;
namespace fs = std::filesystem;

namespace {
struct scratch {
  fs::path path;
  scratch() {
    std::string name = "/tmp/levada-folder-XXXXXX";
    path = ::mkdtemp(name.data());
  }
  ~scratch() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  [[nodiscard]] lv::text<256> at(const char* name) const { return lv::text<256>((path / name).string()); }
};
}  // namespace

TEST_CASE("make_folders: makes those above too, and is content with what is there") {
  scratch s;
  REQUIRE(lv::make_folders(s.at("a/b/c")));
  REQUIRE(lv::make_folders(s.at("a/b/c")));
  CHECK(fs::is_directory(s.path / "a/b/c"));
  CHECK((fs::status(s.path / "a/b/c").permissions() & fs::perms::all) == fs::perms::owner_all);
  auto f = lv::file::open(s.at("a/file").c_str(), O_CREAT | O_RDWR);
  REQUIRE(f);
  auto blocked = lv::make_folders(s.at("a/file/b"));
  REQUIRE(!blocked);
  CHECK(blocked.error().kind == lv::failure::unreadable);
}

TEST_CASE("for_each_name: files and folders, and no links as folders") {
  scratch s;
  REQUIRE(lv::make_folders(s.at("a/b")));
  REQUIRE(lv::file::open(s.at("f").c_str(), O_CREAT | O_RDWR));
  fs::create_symlink(s.path / "a", s.path / "link");
  std::map<std::string, bool> found;
  REQUIRE(lv::for_each_name(s.at(""), [&](std::string_view name, bool is_folder) { found[std::string(name)] = is_folder; }));
  CHECK(found == std::map<std::string, bool>{{"a", true}, {"f", false}, {"link", false}});
  const auto none = lv::for_each_name(s.at("none"), [](std::string_view, bool) {});
  REQUIRE(!none);
  CHECK(none.error().kind == lv::failure::unreadable);
}

TEST_CASE("is_own_folder: mine and closed to others, or a sentence") {
  scratch s;
  CHECK(lv::is_own_folder(s.at("")));
  fs::permissions(s.path, fs::perms::others_write, fs::perm_options::add);
  auto open_to_all = lv::is_own_folder(s.at(""));
  REQUIRE(!open_to_all);
  CHECK(open_to_all.error().kind == lv::failure::permission);
  CHECK(!lv::is_own_folder(s.at("none")));
}

TEST_CASE("names: a file that was removed and made anew is another one") {
  scratch s;
  auto f = lv::file::open(s.at("f").c_str(), O_CREAT | O_RDWR);
  REQUIRE(f);
  CHECK(lv::names(s.at("f"), *f));
  REQUIRE(lv::rename_file(s.at("f"), s.at("g")));
  auto other = lv::file::open(s.at("f").c_str(), O_CREAT | O_RDWR);
  REQUIRE(other);
  CHECK(!lv::names(s.at("f"), *f));
  CHECK(lv::names(s.at("g"), *f));
  REQUIRE(lv::remove_file(s.at("g")));
  REQUIRE(lv::remove_file(s.at("g")));  // gone is fine
  CHECK(!lv::exists(s.at("g")));
  CHECK(!lv::names(s.at("g"), *f));
}

TEST_CASE("name_file: an unnamed file gets a name that nobody has") {
  scratch s;
  auto f = lv::file::open(s.at("").c_str(), O_TMPFILE | O_RDWR);
  REQUIRE(f);
  CHECK(fs::is_empty(s.path));
  CHECK(lv::name_file(*f, s.at("f")));
  CHECK(lv::names(s.at("f"), *f));
  CHECK(!lv::name_file(*f, s.at("f")));
}

TEST_CASE("who_stops: whose the last part is that can be seen; nobody if all is open") {
  scratch s;
  CHECK(lv::who_stops(s.at("")).empty());
  CHECK(lv::who_stops(s.at("not/there")).empty());  // it could be made
  if (::geteuid() == 0) return;                     // nothing stops root
  REQUIRE(lv::make_folders(s.at("a/b")));
  fs::permissions(s.path / "a", fs::perms::none);
  CHECK(lv::who_stops(s.at("a/b/c")).view().starts_with("'" + (s.path / "a").string() + "' belongs to user "));
  fs::permissions(s.path / "a", fs::perms::owner_all);
}

TEST_CASE("environment: a variable, or nothing") {
  ::setenv("LEVADA_TEST_VARIABLE", "yes", 1);
  CHECK(lv::environment("LEVADA_TEST_VARIABLE") == "yes");
  ::unsetenv("LEVADA_TEST_VARIABLE");
  CHECK(lv::environment("LEVADA_TEST_VARIABLE").empty());
}
