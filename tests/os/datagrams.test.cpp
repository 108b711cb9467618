// SPDX-License-Identifier: BSL-1.0
#include <levada/os/datagrams.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lv = levada;

namespace {

constexpr std::size_t batch = 4;

struct link_over_loopback {
  lv::udp_socket in, out;
  explicit link_over_loopback(lv::udp_options options = {}) {
    auto bound = lv::udp_socket::bind(*lv::socket_address::parse("127.0.0.1:0"), options);
    REQUIRE(bound);
    in = *std::move(bound);
    auto connected = lv::udp_socket::connect(in.local());
    REQUIRE(connected);
    out = *std::move(connected);
  }
  [[nodiscard]] lv::sent_datagrams send(const std::vector<std::string>& words) const {
    std::vector<std::span<const char>> spans(words.begin(), words.end());
    return lv::send_datagrams<batch>(out, spans);
  }
};

std::string words_of(const lv::datagram& d) { return {reinterpret_cast<const char*>(d.bytes.data()), d.bytes.size()}; }

}  // namespace

TEST_CASE("datagrams come one by one, in order, a batch with each call") {
  const link_over_loopback link;
  CHECK(link.send({"a", "bc", "", "def"}).count == 4);
  CHECK(link.send({"ghij", "not sent", "not sent", "not sent", "more than a batch"}).count == batch);
  lv::datagram_reader<batch> reader;
  std::vector<char> room(batch * 16);
  REQUIRE(reader.receive(link.in, room) == batch);
  CHECK(words_of(reader[0]) == "a");
  CHECK(words_of(reader[1]) == "bc");
  CHECK(words_of(reader[2]).empty());
  CHECK(words_of(reader[3]) == "def");
  REQUIRE(reader.receive(link.in, room) == batch);
  CHECK(words_of(reader[0]) == "ghij");
  CHECK(reader.receive(link.in, room) == 0);
}

TEST_CASE("one that is too long is cut, and says so") {
  const link_over_loopback link;
  CHECK(link.send({"0123456789", "01234567"}).count == 2);
  lv::datagram_reader<batch> reader;
  std::vector<char> room(batch * 8);
  REQUIRE(reader.receive(link.in, room) == 2);
  CHECK(reader[0].truncated);
  CHECK_FALSE(reader[1].truncated);
  CHECK(words_of(reader[1]) == "01234567");
}

TEST_CASE("what the receiver's buffer has no room for is counted by the kernel, exactly and at once") {
  const link_over_loopback link({.receive_buffer = 4096});
  std::size_t sent = 0;
  const std::string word(512, 'x');
  for (int i = 0; i < 100; ++i) sent += link.send({word, word, word, word}).count;
  CHECK(sent == 400);
  lv::datagram_reader<batch> reader;
  std::vector<char> room(batch * 512);
  std::size_t received = 0;
  while (const std::size_t n = reader.receive(link.in, room)) received += n;
  CHECK(received < sent);
  CHECK(received + link.in.kernel_drops() == sent);
}

TEST_CASE("a sender hears that nobody listens, with the next datagram") {
  link_over_loopback link;
  link.in = lv::udp_socket{};
  CHECK(link.send({"into the void"}).error == 0);
  CHECK(link.send({"once more"}).error == ECONNREFUSED);
}

TEST_CASE("datagrams that the kernel has joined say how long each was") {
  const link_over_loopback link({.coalesce = true});
  const int segment = 100;
  REQUIRE(::setsockopt(link.out.fd(), SOL_UDP, UDP_SEGMENT, &segment, sizeof segment) == 0);
  const std::string all(350, 'x');
  REQUIRE(::send(link.out.fd(), all.data(), all.size(), 0) == 350);
  lv::datagram_reader<batch> reader;
  std::vector<char> room(batch * 65536);
  REQUIRE(reader.receive(link.in, room) == 1);
  CHECK(reader[0].segment == 100);
  CHECK(reader[0].bytes.size() == 350);
}
