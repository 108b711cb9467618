// SPDX-License-Identifier: BSL-1.0
#include <levada/os/memory_file.hpp>

#include <doctest/doctest.h>

#include <levada/os/lock.hpp>
#include <levada/os/mapping.hpp>

#include <cstring>

#include <unistd.h>

namespace lv = levada;

TEST_CASE("memory_file: its pages are there, and its maker alone can open it again") {
  auto f = lv::memory_file("levada-test", 2 * lv::page_size());
  REQUIRE(f);
  CHECK(*f->size() == 2 * lv::page_size());
  struct stat s{};
  REQUIRE(::fstat(f->fd(), &s) == 0);
  CHECK((s.st_mode & 07777) == 0600);
  CHECK(lv::is_sealed(*f, 0));
  CHECK(!lv::is_sealed(*f, lv::size_seals));
}

TEST_CASE("seals: the writer's map goes on, and nobody gets another way to write or to change the size") {
  const auto page = lv::page_size();
  auto f = lv::memory_file("levada-test", page);
  REQUIRE(f);
  auto writer = lv::mapping::of(*f, page, lv::access::read_write);
  REQUIRE(writer);
  REQUIRE(lv::seal(*f, lv::writer_seals));
  CHECK(lv::is_sealed(*f, lv::writer_seals));
  std::memcpy(writer->base(), "still", 5);

  auto again = lv::reopen(*f, O_RDWR);  // the name in /proc gives no other rights
  REQUIRE(again);
  for (const auto* one : {&*f, &*again}) {
    CHECK(!lv::mapping::of(*one, page, lv::access::read_write));
    CHECK(::pwrite(one->fd(), "x", 1, 0) < 0);
    CHECK(::ftruncate(one->fd(), 0) != 0);
    CHECK(::ftruncate(one->fd(), static_cast<off_t>(2 * page)) != 0);
    CHECK(::fallocate(one->fd(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(page)) != 0);
    CHECK(!lv::seal(*one, F_SEAL_WRITE));
  }
  auto reader = lv::mapping::of(*f, page, lv::access::read);
  REQUIRE(reader);
  CHECK(std::memcmp(reader->base(), "still", 5) == 0);
  CHECK(::mprotect(reader->base(), page, PROT_READ | PROT_WRITE) != 0);
}

TEST_CASE("is_sealed: refuses what is no sealed file, and what has holes") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const lv::file in(ends[0]), out(ends[1]);
  auto refused = lv::is_sealed(in, 0);
  REQUIRE(!refused);
  CHECK(refused.error().kind == lv::failure::data);
  CHECK(!lv::is_sealed(lv::file(), 0));
  auto sparse = lv::memory_file("levada-test", 0);
  REQUIRE(sparse);
  REQUIRE(::ftruncate(sparse->fd(), 1 << 20) == 0);
  REQUIRE(lv::seal(*sparse, lv::size_seals));
  CHECK(lv::is_sealed(*sparse, lv::size_seals).error().sentence.view().find("has holes") != std::string_view::npos);
}

TEST_CASE("reopen: another open file, with locks of its own; copy_of: the same one") {
  auto f = lv::memory_file("levada-test", 0);
  REQUIRE(f);
  {
    auto handed_over = lv::reopen(*f, O_RDWR);
    REQUIRE(handed_over);
    REQUIRE(lv::try_lock(handed_over->fd()));
    auto copy = lv::copy_of(*handed_over);
    REQUIRE(copy);
    CHECK(lv::is_locked(f->fd()));
    CHECK(!lv::is_locked(copy->fd()));
  }
  CHECK(!lv::is_locked(f->fd()));
  CHECK(!lv::copy_of(lv::file()));
}
