// SPDX-License-Identifier: BSL-1.0
#include <levada/os/socket.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace lv = levada;

TEST_CASE("an address is read from words and written back") {
  for (const char* words : {"127.0.0.1:9000", "0.0.0.0:0", "255.255.255.255:65535", "[::1]:9000", "[::]:1", "[fe80::1:2]:53"}) {
    auto a = lv::socket_address::parse(words);
    REQUIRE_MESSAGE(a, words);
    CHECK(a->to_text().view() == words);
    CHECK(a->is_v6() == (words[0] == '['));
  }
  CHECK(lv::socket_address::parse("[0:0:0:0:0:0:0:1]:7")->to_text().view() == "[::1]:7");
  CHECK(lv::socket_address::parse("10.0.0.1:4711")->port() == 4711);
}

TEST_CASE("words that are no address are refused with what they should be") {
  for (const char* words :
       {"", ":", "9000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:90x", "1.2.3:4", "::1:9000",
        "[::1]", "[::1:9000", "[127.0.0.1]:1", "localhost:9000", "127.0.0.1 :9000", "[]:1"}) {
    auto a = lv::socket_address::parse(words);
    REQUIRE_FALSE_MESSAGE(a, words);
    CHECK(a.error().kind == lv::failure::usage);
    CHECK(a.error().sentence.view().starts_with(lv::compose<128>("'", words, "' is no address").view()));
  }
  const std::string long_one(72, '1');
  CHECK_FALSE(lv::socket_address::parse(long_one));
}

TEST_CASE("port 0 asks for a free one, and local() tells it") {
  for (const char* words : {"127.0.0.1:0", "[::1]:0"}) {
    auto s = lv::udp_socket::bind(*lv::socket_address::parse(words));
    REQUIRE(s);
    CHECK(s->local().port() != 0);
    CHECK(s->local().is_v6() == (words[0] == '['));
    CHECK(s->kernel_drops() == 0);
  }
}

TEST_CASE("a port that is taken is a fault in words, unless all share it") {
  auto one = lv::udp_socket::bind(*lv::socket_address::parse("127.0.0.1:0"));
  REQUIRE(one);
  auto two = lv::udp_socket::bind(one->local());
  REQUIRE_FALSE(two);
  CHECK(two.error().kind == lv::failure::unavailable);
  CHECK(two.error().sentence.view().starts_with("cannot receive at '127.0.0.1:"));

  auto first = lv::udp_socket::bind(*lv::socket_address::parse("127.0.0.1:0"), {.reuse_port = true});
  REQUIRE(first);
  CHECK(lv::udp_socket::bind(first->local(), {.reuse_port = true}));
  CHECK_FALSE(lv::udp_socket::bind(first->local()));
}

TEST_CASE("an address of another machine cannot be received at") {
  auto s = lv::udp_socket::bind(*lv::socket_address::parse("192.0.2.1:9000"));
  REQUIRE_FALSE(s);
  CHECK(s.error().sentence.view().starts_with("cannot receive at '192.0.2.1:9000'"));
}
