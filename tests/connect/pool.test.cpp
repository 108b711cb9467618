// SPDX-License-Identifier: BSL-1.0
#include <levada/connect/pool.hpp>

#include <levada/bus/many.hpp>
#include <levada/connect/pool_user.hpp>

#include <doctest/doctest.h>

#include "pools.hpp"

#include <cstddef>
#include <filesystem>
#include <string>

#include <unistd.h>

namespace fs = std::filesystem;

namespace {
struct numbered {
  std::uint64_t number = 0;
};

void garble(const lv::pool& which, const char* name, std::size_t offset, unsigned mask) {
  auto f = lv::file::open(which.files()->file(name).c_str(), O_RDWR);
  REQUIRE(f);
  unsigned char byte = 0;
  REQUIRE(::pread(f->fd(), &byte, 1, static_cast<off_t>(offset)) == 1);
  byte = static_cast<unsigned char>(byte ^ mask);
  REQUIRE(::pwrite(f->fd(), &byte, 1, static_cast<off_t>(offset)) == 1);
}
}  // namespace

TEST_CASE("pool: a name like a topic's; naming one opens nothing") {
  scratch_bus scratch;
  const lv::pool images{scratch.bus(), "line/images"};
  CHECK(images.name() == "line/images");
  CHECK(std::string(images.files()->folder.c_str()) == (scratch.folder() / "bus/line/images.pool").string());
  CHECK(fs::is_empty(scratch.folder()));
  for (const auto& bad : {std::string(""), std::string("a b"), std::string("a.pool"), std::string(200, 'x')}) {
    const auto refused = lv::pool{scratch.bus(), bad}.files();
    REQUIRE(!refused);
    CHECK(refused.error().kind == lv::failure::usage);
    CHECK(refused.error().sentence.view().find("is not a name for a pool") != std::string::npos);
  }
}

TEST_CASE("pool: whoever comes first makes it, whole and for its user only; one that exists keeps its measures") {
  scratch_bus scratch;
  const auto images = pool_on(scratch, 4, 5000);
  auto first = lv::pool_reader::open(images);
  REQUIRE(first);
  for (const auto& entry : fs::directory_iterator(images.files()->folder.c_str()))
    CHECK((entry.status().permissions() & fs::perms::all) == (fs::perms::owner_read | fs::perms::owner_write));
  auto other = lv::pool_user::open(pool_on(scratch, 1000, 1'000'000));
  REQUIRE(other);
  std::vector<lv::borrowed_block> all;
  while (auto b = other->borrow()) all.push_back(*std::move(b));
  CHECK(all.size() == 4);
  CHECK(all[0].bytes().size() == 2 * lv::page_size());  // whole pages
}

TEST_CASE("pool: measures that cannot be are refused in words") {
  scratch_bus scratch;
  for (const auto& [bytes, blocks] : {std::pair{0, 1}, {1, 0}, {1, 4097}, {(64 << 20) + 1, 1}}) {
    const auto none =
        lv::pool_user::open(pool_on(scratch, static_cast<std::uint64_t>(blocks), static_cast<std::uint64_t>(bytes)));
    REQUIRE(!none);
    CHECK(none.error().kind == lv::failure::usage);
    CHECK(none.error().sentence.view().starts_with("pool 'images' cannot be used: "));
  }
  CHECK(lv::pool_user::open(pool_on(scratch, 1, 1)));
}

TEST_CASE("pool: blocks of 64 MiB, where there is room for two") {
  scratch_bus scratch;
  const auto images = pool_on(scratch, 2, 64 << 20);
  auto user = lv::pool_user::open(images);
  if (!user) {
    CHECK(user.error().kind == lv::failure::no_space);
    return;
  }
  auto reader = *lv::pool_reader::open(images);
  auto a = *user->borrow(), b = *user->borrow();
  CHECK(a.bytes().size() == 64 << 20);
  a.bytes().back() = std::byte{1};
  b.bytes().front() = std::byte{2};
  const auto first = user->share(std::move(a), 64 << 20), second = user->share(std::move(b), 1);
  CHECK(reader.hold(first.lent())->bytes().back() == std::byte{1});
  CHECK(reader.hold(second.lent())->bytes().front() == std::byte{2});
}

TEST_CASE("pool: full memory is a sentence when it is made, never a SIGBUS, and leaves nothing") {
  scratch_bus scratch;
  const auto none = lv::pool_user::open(pool_on(scratch, 4096, 64 << 20));
  REQUIRE(!none);
  CHECK(none.error().kind == lv::failure::no_space);
  CHECK(none.error().sentence.view().starts_with("pool 'images' needs 27487"));  // 256 GiB, and the words
  CHECK(none.error().sentence.view().find("/dev/shm") != std::string::npos);
  CHECK(!fs::exists(scratch.folder() / "bus/images.pool/words"));
  CHECK(!fs::exists(scratch.folder() / "bus/images.pool/blocks.new"));
  CHECK(lv::pool_user::open(pool_on(scratch)));
}

TEST_CASE("pool: what a creator left that died, and what an earlier boot left, is made anew") {
  scratch_bus scratch;
  const auto images = pool_on(scratch);
  REQUIRE(lv::make_folders(images.files()->folder));
  for (const auto* name : {"blocks.new", "words", "users"})
    REQUIRE(lv::file::open(images.files()->file(name).c_str(), O_CREAT | O_RDWR)->write_all(std::string_view("half")));
  std::uint32_t before = 0;
  {
    auto user = lv::pool_user::open(images);
    REQUIRE(user);
    before = user->share(*user->borrow(), 1).lent().generation;
  }
  garble(images, "blocks", offsetof(lv::detail::pool_header, boot), 1);
  auto user = lv::pool_user::open(images);
  REQUIRE(user);
  CHECK(!user->hold({0, before, 1}));  // generations begin elsewhere
  CHECK(user->borrow());
}

TEST_CASE("pool: a damaged header is refused in words") {
  using header = lv::detail::pool_header;
  scratch_bus scratch;
  const auto images = pool_on(scratch);
  REQUIRE(lv::pool_user::open(images));
  const auto is_refused = [&] {
    const auto user = lv::pool_user::open(images);
    const auto reader = lv::pool_reader::open(images);
    if (user || reader) return false;
    return user.error().kind == lv::failure::data && user.error().sentence.view().starts_with("pool 'images' cannot be used: ");
  };
  for (std::size_t at = 0; at < offsetof(header, boot); ++at)
    for (const unsigned mask : {0x01u, 0x80u, 0xFFu}) {
      CAPTURE(at);
      garble(images, "blocks", at, mask);
      CHECK(is_refused());
      garble(images, "blocks", at, mask);
    }
  REQUIRE(lv::pool_user::open(images));
  for (const auto* name : {"words", "blocks"}) {
    const std::string path = images.files()->file(name).c_str();
    const auto bytes = fs::file_size(path);
    fs::resize_file(path, bytes - 4096);
    CHECK(is_refused());
    fs::resize_file(path, 10);
    CHECK(is_refused());
    fs::resize_file(path, bytes);
  }
}

TEST_CASE("pool: what somebody has put into its folder meanwhile does not keep it from being removed") {
  scratch_bus scratch;
  const auto images = pool_on(scratch);
  REQUIRE(lv::pool_user::open(images));
  const auto other = scratch.folder() / "bus/images.pool/other";
  REQUIRE(lv::file::open(other.c_str(), O_RDWR | O_CREAT));
  CHECK(images.remove());
  CHECK(fs::exists(other));
  CHECK(!fs::exists(images.files()->file("blocks").c_str()));
}

TEST_CASE("pool: one whose names are gone is not taken for a topic of many producers whose name is almost the same") {
  scratch_bus scratch;
  const lv::pool plates{scratch.bus(), "plates", {.block_bytes = 4096, .blocks = 4}};
  REQUIRE(lv::publisher<lv::many<numbered>>::open({scratch.bus(), "plate"}));
  auto user = lv::pool_user::open(plates);
  REQUIRE(user);
  fs::remove_all(scratch.folder() / "bus/plates.pool");
  const auto refused = user->recover();
  REQUIRE(!refused);
  CHECK(refused.error().kind == lv::failure::unavailable);
  CHECK(refused.error().sentence.view().starts_with("pool 'plates' is not there"));
}

TEST_CASE("pool: is removed when nobody uses it, and not before") {
  scratch_bus scratch;
  const auto images = pool_on(scratch);
  CHECK(images.remove());  // not there: fine
  {
    auto user = lv::pool_user::open(images);
    REQUIRE(user);
    const auto refused = images.remove();
    REQUIRE(!refused);
    CHECK(refused.error().kind == lv::failure::unavailable);
    CHECK(refused.error().sentence.view() == "pool 'images' is in use: participant 0 runs");
  }
  CHECK(images.remove());
  CHECK(!fs::exists(scratch.folder() / "bus/images.pool"));
}
