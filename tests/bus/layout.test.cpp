// SPDX-License-Identifier: BSL-1.0
#include <levada/bus/layout.hpp>

#include <doctest/doctest.h>

#include <cstring>
#include <random>

namespace lv = levada;
using namespace lv::literals;
namespace {

struct event {
  std::uint64_t a;
  std::uint32_t b, c, d, e;
};
lv::detail::ring_header plan(std::uint64_t capacity, std::uint32_t size = 24, std::uint64_t page = 4096) {
  auto d = lv::describe<event>();
  d.event_size = size;
  return *lv::detail::plan_ring(capacity, 1_ms, 0, d, page);
}
lv::result<lv::detail::geometry> check(const lv::detail::ring_header& h, std::uint64_t bytes, std::uint64_t page = 4096) {
  return lv::detail::check_ring(h, bytes, page);
}
std::uint64_t bytes_of(const lv::detail::ring_header& h) {
  return lv::detail::geometry{h.page, h.header_bytes, h.capacity, h.lane_capacity, h.event_size, 0, {}}.file_bytes();
}

}  // namespace

TEST_CASE("plan_ring: capacities grow to powers of two whose bytes are whole pages, of any size of page") {
  for (std::uint64_t page : {4096u, 16384u, 65536u})
    for (std::uint32_t size : {1u, 8u, 24u, 40u, 64u, 100u, 4096u, 5000u})
      for (std::uint64_t capacity : {1u, 2u, 100u, 1000u, 32768u, 100'000u}) {
        auto d = lv::describe<event>();
        d.event_size = size, d.event_alignment = 1;
        auto h = *lv::detail::plan_ring(capacity, 1_ms, 0, d, page);
        CHECK(h.capacity >= capacity);
        CHECK(h.capacity >= 8);
        CHECK(std::has_single_bit(h.capacity));
        CHECK(h.capacity * size % page == 0);
        CHECK(h.lane_capacity >= 256);
        CHECK(h.lane_capacity * 4 >= h.capacity);
        CHECK(h.lane_capacity * 32 % page == 0);
        CHECK(check(h, bytes_of(h), page));
      }
  CHECK(plan(1000).capacity == 1024);
  CHECK(plan(1000).lane_capacity == 256);
  CHECK(plan(32768, 64).lane_capacity == 8192);
}

TEST_CASE("plan_ring: what cannot be is refused in words") {
  auto none = lv::detail::plan_ring(0, 1_ms, 0, lv::describe<event>(), 4096);
  REQUIRE(!none);
  CHECK(none.error().kind == lv::failure::usage);
  CHECK(!lv::detail::plan_ring(UINT64_MAX, 1_ms, 0, lv::describe<event>(), 4096));
  CHECK(!lv::detail::plan_ring(8, lv::duration{-1}, 0, lv::describe<event>(), 4096));
  CHECK(lv::detail::plan_ring(8, 1_ms, std::uint64_t{1} << 63, lv::describe<event>(), 4096));
  auto late = lv::detail::plan_ring(8, 1_ms, (std::uint64_t{1} << 63) + 1, lv::describe<event>(), 4096);
  REQUIRE(!late);
  CHECK(late.error().sentence.view() ==
        "the first sequence can be at most 9223372036854775808 (2^63), and 9223372036854775809 was asked for: counting must not "
        "come to its end");
}

TEST_CASE("check_ring: any garbled number of the geometry is refused") {
  auto good = plan(1024);
  auto bytes = bytes_of(good);
  REQUIRE(check(good, bytes));
  CHECK(!check(good, bytes - 1));
  CHECK(!check(good, bytes + 4096));
  std::mt19937_64 random{7};
  auto refuses = [&](auto member) {
    using value = std::remove_reference_t<decltype(good.*member)>;
    for (int i = 0; i < 200; ++i) {
      auto h = good;
      auto v = static_cast<value>(i < 64 ? std::uint64_t{1} << i : random());
      if (v == good.*member) continue;
      h.*member = v;
      auto r = check(h, bytes);
      if (r || r.error().kind != lv::failure::data || r.error().sentence.empty()) return false;
    }
    return true;
  };
  using header = lv::detail::ring_header;
  CHECK(refuses(&header::magic));
  CHECK(refuses(&header::version));
  CHECK(refuses(&header::kind));
  CHECK(refuses(&header::page));
  CHECK(refuses(&header::header_bytes));
  CHECK(refuses(&header::capacity));
  CHECK(refuses(&header::lane_capacity));
  CHECK(refuses(&header::event_size));
  for (std::uint32_t of : {0u, 1u, 4u, 16u, 17u, UINT32_MAX})
    for (std::uint32_t number : {0u, 1u, 3u, 4u, 15u, 16u, UINT32_MAX}) {
      good.place = {number, of};
      CHECK(static_cast<bool>(check(good, bytes)) == (of <= 16 && (number == 0 || number < of)));
    }
  good.first_sequence = UINT64_MAX - 1000;
  CHECK(!check(good, bytes));
}

TEST_CASE("check_ring: a header of random bytes is refused, whatever the file's size") {
  std::mt19937_64 random{11};
  for (int i = 0; i < 20'000; ++i) {
    lv::detail::ring_header h;
    std::uint64_t words[sizeof h / 8];
    for (auto& w : words) w = random() >> (random() % 64);
    std::memcpy(&h, words, sizeof h);
    h.magic = lv::detail::ring_magic, h.version = lv::detail::layout_version, h.kind = 1, h.page = 4096;
    auto g = check(h, random() >> (random() % 64));
    if (g) CHECK(g->file_bytes() % 4096 == 0);
  }
}

TEST_CASE("lane_record: kind and producer share a word") {
  lv::lane_record r{7, {9}, 0, 3, 5u << 8 | static_cast<std::uint32_t>(lv::lane_kind::barrier)};
  CHECK(r.kind() == lv::lane_kind::barrier);
  CHECK(r.producer() == 5);
}

TEST_CASE("cursor_page: a name survives its words") {
  lv::detail::cursor_page c;
  CHECK(lv::detail::load_name(c).empty());
  lv::detail::store_name(c, "a name of forty-seven characters, and no more..");
  CHECK(lv::detail::load_name(c).view() == "a name of forty-seven characters, and no more..");
}
