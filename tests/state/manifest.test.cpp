// SPDX-License-Identifier: BSL-1.0
#include <levada/state/manifest.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace lv = levada;
namespace fs = std::filesystem;

namespace {

struct scratch {
  fs::path path;
  scratch() {
    std::string name = (fs::temp_directory_path() / "levada-manifest.XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() { fs::remove_all(path); }
  [[nodiscard]] lv::text<256> folder() const { return path.c_str(); }
};

const std::vector<std::uint64_t> words{1, 2, 3, 4, 5};
const std::array<char, 3> letters{'a', 'b', 'c'};

lv::result<> write(const scratch& in, std::uint64_t id) {
  const std::array<lv::saved_array, 3> arrays{{{"words", 8, words.size(), reinterpret_cast<const std::byte*>(words.data())},
                                               {"none", 16, 0, nullptr},
                                               {"letters", 1, 3, reinterpret_cast<const std::byte*>(letters.data())}}};
  return lv::write_manifest(in.folder(), {id, 7, "press"}, arrays);
}

}  // namespace

TEST_CASE("what was written is read") {
  const scratch in;
  REQUIRE(write(in, 1));
  auto read = lv::newest_manifest(in.folder());
  REQUIRE(read);
  REQUIRE(read->has_value());
  const lv::manifest& m = **read;
  CHECK(m.title().id == 1);
  CHECK(m.title().version == 7);
  CHECK(m.title().flow.view() == "press");
  CHECK(m.size() == 3);
  const auto found = m.find("words");
  REQUIRE(found);
  CHECK(found->count == 5);
  CHECK(std::memcmp(found->bytes, words.data(), 40) == 0);
  CHECK(m.find("none")->count == 0);
  CHECK(std::memcmp(m.find("letters")->bytes, letters.data(), 3) == 0);
  CHECK_FALSE(m.find("other"));
}

TEST_CASE("cells that lie in another order come to their places") {
  const scratch in;
  const std::vector<std::uint32_t> order{3, 0, 4, 1, 2};
  const std::array<lv::saved_array, 2> arrays{
      {{"letters", 1, 3, reinterpret_cast<const std::byte*>(letters.data())},  // so that what follows is not aligned
       {"words", 8, 5, reinterpret_cast<const std::byte*>(words.data()), order.data()}}};
  REQUIRE(lv::write_manifest(in.folder(), {1, 0, "press"}, arrays));
  auto read = lv::newest_manifest(in.folder());
  REQUIRE(read);
  CHECK((*read)->size() == 2);
  std::vector<std::uint64_t> placed(5);
  lv::manifest::place(*(*read)->find("words"), placed.data());
  CHECK(placed == std::vector<std::uint64_t>{2, 4, 5, 1, 3});
}

TEST_CASE("an empty folder has none, and the last but one is kept") {
  const scratch in;
  auto none = lv::newest_manifest(in.folder());
  REQUIRE(none);
  CHECK_FALSE(none->has_value());
  for (std::uint64_t id = 9; id <= 12; ++id) REQUIRE(write(in, id));
  std::vector<std::string> names;
  for (const auto& e : fs::directory_iterator(in.path)) names.push_back(e.path().filename());
  std::sort(names.begin(), names.end());
  CHECK(names == std::vector<std::string>{"checkpoint-11", "checkpoint-12"});
}

TEST_CASE("a byte that was changed anywhere is found, told by name, and the one before is taken") {
  const scratch in;
  REQUIRE(write(in, 1));
  REQUIRE(write(in, 2));
  const fs::path newest = in.path / "checkpoint-2";
  std::ifstream file(newest, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(file), {}};
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string bad = whole;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    std::ofstream(newest, std::ios::binary) << bad;
    const auto read = lv::manifest::read(newest.c_str());
    REQUIRE_FALSE(read);
    if (i >= whole.size() - 3) CHECK(read.error().sentence.view().find("'letters'") != std::string_view::npos);
    auto fallback = lv::newest_manifest(in.folder());
    REQUIRE(fallback);
    REQUIRE((*fallback)->title().id == 1);
  }
  for (std::size_t n = 0; n < whole.size(); ++n) {
    std::ofstream(newest, std::ios::binary) << whole.substr(0, n);
    REQUIRE_FALSE(lv::manifest::read(newest.c_str()));
  }
  fs::remove(in.path / "checkpoint-1");
  CHECK_FALSE(lv::newest_manifest(in.folder()));
}

TEST_CASE("a later format is refused by its number") {
  const scratch in;
  REQUIRE(write(in, 1));
  std::fstream file(in.path / "checkpoint-1", std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(8);
  file.put(2);
  file.close();
  const auto read = lv::manifest::read((in.path / "checkpoint-1").c_str());
  REQUIRE_FALSE(read);
  CHECK(read.error().sentence.view().find("has format 2, and this program knows format 1") != std::string_view::npos);
}

TEST_CASE("a folder that cannot be written is a sentence") {
  const auto failed = lv::write_manifest("/nowhere/at/all", {1, 0, "x"}, {});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().sentence.view().find("/nowhere/at/all") != std::string_view::npos);
}
