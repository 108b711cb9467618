// SPDX-License-Identifier: BSL-1.0
#include <levada/os/mapping.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <cstring>

namespace lv = levada;

namespace {
lv::file scratch(std::size_t bytes) {
  char path[] = "/tmp/levada-map-XXXXXX";
  lv::file f{::mkostemp(path, O_CLOEXEC)};
  ::unlink(path);
  REQUIRE(f.allocate(bytes));
  return f;
}
}  // namespace

TEST_CASE("mapping: shows a range of a file, and two of them show the same bytes") {
  auto page = lv::page_size();
  auto f = scratch(2 * page);
  auto whole = lv::mapping::of(f, 2 * page, lv::access::read_write);
  auto second = lv::mapping::of(f, page, lv::access::read, page);
  REQUIRE(whole);
  REQUIRE(second);
  whole->base()[page + 7] = std::byte{42};
  CHECK(second->base()[7] == std::byte{42});
}

TEST_CASE("mapping: a ring shows its data twice in a row, so that a span never wraps") {
  auto page = lv::page_size();
  auto f = scratch(3 * page);
  auto ring = lv::mapping::ring(f, page, 2 * page, lv::access::read_write);
  REQUIRE(ring);
  CHECK(ring->size() == 5 * page);
  auto* data = ring->base() + page;
  std::memcpy(data + 2 * page - 4, "levada!!", 8);  // over the end
  CHECK(std::memcmp(data, "da!!", 4) == 0);
  data[0] = std::byte{'D'};
  CHECK(data[2 * page] == std::byte{'D'});
  CHECK(ring->base()[0] == std::byte{0});  // the front stands once
}

TEST_CASE("mapping: the address stays when the owner moves") {
  auto m = lv::mapping::memory(lv::page_size());
  REQUIRE(m);
  auto* base = m->base();
  lv::mapping other = std::move(*m);
  CHECK(other.base() == base);
  CHECK(!*m);
  other.base()[0] = std::byte{1};
}

TEST_CASE("mapping: what cannot be mapped is a sentence") {
  lv::file closed;
  CHECK(!lv::mapping::of(closed, lv::page_size(), lv::access::read));
  auto huge = lv::mapping::space(std::size_t{1} << 60);
  REQUIRE(!huge);
  CHECK(huge.error().kind == lv::failure::no_space);
}
