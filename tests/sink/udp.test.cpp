// SPDX-License-Identifier: BSL-1.0
#include <levada/sink/udp.hpp>

#include <levada/flow/chain.hpp>
#include <levada/flow/flow.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace lv = levada;

namespace {

struct sample {
  std::uint64_t number;
  double value;
};

class receiver {
 public:
  explicit receiver(const char* address = "127.0.0.1:0") {
    auto made = lv::udp_socket::bind(*lv::socket_address::parse(address));
    REQUIRE(made);
    socket_ = *std::move(made);
  }
  [[nodiscard]] std::string address() const { return std::string(socket_.local().to_text().view()); }
  /// The numbers of the events in each datagram.
  std::vector<std::vector<std::uint64_t>> datagrams() {
    std::vector<std::vector<std::uint64_t>> all;
    std::vector<char> room(8 * 65536);
    while (const std::size_t n = reader_.receive(socket_, room))
      for (std::size_t i = 0; i < n; ++i) {
        std::vector<sample> samples(reader_[i].bytes.size() / sizeof(sample));
        std::memcpy(static_cast<void*>(samples.data()), reader_[i].bytes.data(), samples.size() * sizeof(sample));
        all.emplace_back();
        for (const sample& s : samples) all.back().push_back(s.number);
      }
    return all;
  }

 private:
  lv::udp_socket socket_;
  lv::datagram_reader<8> reader_;
};

auto sending_to(const std::string& address, lv::udp_options options = {}) {
  return lv::flow(lv::from<"in">(lv::input<sample>()) | lv::to<"out">(lv::udp<sample>(address, options)));
}

std::vector<sample> samples(std::uint64_t n) {
  std::vector<sample> all(n);
  for (std::uint64_t i = 0; i < n; ++i) all[i] = {i, 0.5};
  return all;
}

}  // namespace

TEST_CASE("events are held back until a flush, and then go in datagrams of at most 1400 bytes, in order") {
  receiver in;
  auto flow = sending_to(in.address());
  REQUIRE(flow.open());
  flow.push(std::span<const sample>(samples(200)));
  CHECK(in.datagrams().empty());
  flow.raise_everywhere(lv::flush{});
  const auto got = in.datagrams();
  REQUIRE(got.size() == 3);
  CHECK(got[0].size() == 87);
  CHECK(got[1].size() == 87);
  CHECK(got[2].size() == 26);
  std::uint64_t next = 0;
  for (const auto& one : got)
    for (const std::uint64_t number : one) CHECK(number == next++);
  CHECK(flow.at<"out">().target.datagrams() == 3);
}

TEST_CASE("many events go on their way before the flush, and the end sends the rest") {
  receiver in;
  auto flow = sending_to(in.address(), {.datagram_bytes = 32});
  REQUIRE(flow.open());
  flow.push(std::span<const sample>(samples(65)));
  const auto first = in.datagrams();
  REQUIRE(first.size() == 32);
  for (const auto& one : first) CHECK(one.size() == 2);
  flow.finish();
  const auto rest = in.datagrams();
  REQUIRE(rest.size() == 1);
  CHECK(rest[0] == std::vector<std::uint64_t>{64});
}

TEST_CASE("an event longer than a datagram should be has one of its own") {
  receiver in;
  auto flow = sending_to(in.address(), {.datagram_bytes = 3});
  REQUIRE(flow.open());
  flow.push(std::span<const sample>(samples(3)));
  flow.finish();
  CHECK(in.datagrams().size() == 3);
}

TEST_CASE("a datagram longer than there are is refused in words") {
  auto flow = sending_to("127.0.0.1:9", {.datagram_bytes = 65'528});
  const auto opened = flow.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().kind == lv::failure::usage);
  CHECK(opened.error().sentence.view() == "udp: a datagram has at most 65527 bytes, and 65528 were asked for");
}

TEST_CASE("a receiver that is not there is counted, and may come back") {
  std::string address;
  {
    const receiver gone;
    address = gone.address();
  }
  auto flow = sending_to(address, {.datagram_bytes = 16});
  REQUIRE(flow.open());
  flow.push(std::span<const sample>(samples(100)));
  flow.raise_everywhere(lv::flush{});
  CHECK(flow.at<"out">().target.refused() > 0);
  receiver back(address.c_str());
  flow.push(sample{7, 0});
  flow.finish();
  const auto got = back.datagrams();
  REQUIRE(got.size() == 1);
  CHECK(got[0] == std::vector<std::uint64_t>{7});
}

TEST_CASE("what cannot be sent at all is dropped and counted") {
  auto flow = sending_to("255.255.255.255:9");  // a broadcast, which the socket was never allowed
  const auto opened = flow.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().kind == lv::failure::permission);

  receiver in;
  auto large = sending_to(in.address(), {.datagram_bytes = 65'527});  // more than version 4 of IP carries
  REQUIRE(large.open());
  large.push(std::span<const sample>(samples(2 * 4095)));  // two full ones
  large.finish();
  CHECK(large.counts<"out">().dropped == 2 * 4095);
  CHECK(large.at<"out">().target.datagrams() == 0);
}

TEST_CASE("version 6") {
  receiver in("[::1]:0");
  auto flow = sending_to(in.address());
  REQUIRE(flow.open());
  flow.push(sample{1, 0});
  flow.finish();
  CHECK(in.datagrams().size() == 1);
}
