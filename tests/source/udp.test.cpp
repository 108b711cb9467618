// SPDX-License-Identifier: BSL-1.0
#include <levada/source/udp.hpp>

#include <levada/flow/chain.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/runner.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/values.hpp>

#include <doctest/doctest.h>

#include <charconv>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace lv = levada;
using namespace lv::literals;

namespace {

struct sample {
  std::uint64_t number;
  double value;
};

/// Sends raw bytes to a port of this machine.
class sender {
 public:
  explicit sender(std::uint16_t port, std::string_view host = "127.0.0.1") {
    auto to = lv::socket_address::parse(std::string(host) + ":" + std::to_string(port));
    REQUIRE(to);
    auto made = lv::udp_socket::connect(*to);
    REQUIRE(made);
    socket_ = *std::move(made);
  }
  void say(std::string_view words) const {
    const std::span<const char> bytes(words);
    REQUIRE(lv::send_datagrams<1>(socket_, std::span(&bytes, 1)).count == 1);
  }
  void send(const std::vector<sample>& samples) const {
    say({reinterpret_cast<const char*>(samples.data()), samples.size() * sizeof(sample)});
  }
  [[nodiscard]] int fd() const { return socket_.fd(); }

 private:
  lv::udp_socket socket_;
};

}  // namespace

TEST_CASE("a datagram carries any number of events, and they come in order") {
  std::vector<std::uint64_t> numbers;
  auto flow =
      lv::flow(lv::from<"in">(lv::udp<sample>("127.0.0.1:0")) | lv::to([&](const sample& s) { numbers.push_back(s.number); }));
  REQUIRE(flow.open());
  CHECK(flow.poll() == lv::polled::nothing);
  const sender out(flow.at<"in">().port());
  std::uint64_t next = 0;
  for (std::size_t in_one : {1u, 2u, 87u, 1u, 3u}) {
    std::vector<sample> samples(in_one);
    for (sample& s : samples) s = {next++, 0.5};
    out.send(samples);
  }
  CHECK(flow.poll() == lv::polled::events);
  REQUIRE(numbers.size() == 94);
  for (std::uint64_t i = 0; i < 94; ++i) CHECK(numbers[i] == i);
  CHECK(flow.at<"in">().datagrams() == 5);
  CHECK(flow.at<"in">().position() == 94);
  CHECK(flow.poll() == lv::polled::nothing);
}

TEST_CASE("what is no whole number of events, or too long, is dropped and counted") {
  std::uint64_t got = 0;
  auto flow =
      lv::flow(lv::from<"in">(lv::udp<sample>("127.0.0.1:0", {.datagram_bytes = 64})) | lv::to([&](const sample&) { ++got; }));
  REQUIRE(flow.open());
  const sender out(flow.at<"in">().port());
  out.say("");
  out.say("fifteen letters");
  out.send(std::vector<sample>(1));
  out.send(std::vector<sample>(5));
  out.send(std::vector<sample>(4));
  CHECK(flow.poll() == lv::polled::events);
  CHECK(got == 5);
  CHECK(flow.at<"in">().malformed() == 3);
  CHECK(flow.at<"in">().datagrams() == 5);
  CHECK(flow.counts<"in">().dropped == 3);
}

TEST_CASE("what the kernel had no room for is counted exactly") {
  std::uint64_t got = 0;
  auto flow =
      lv::flow(lv::from<"in">(lv::udp<sample>("127.0.0.1:0", {.receive_buffer = 8192})) | lv::to([&](const sample&) { ++got; }));
  REQUIRE(flow.open());
  const sender out(flow.at<"in">().port());
  std::uint64_t sent = 0;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 200; ++i, ++sent) out.send(std::vector<sample>(2));
    out.say("short"), ++sent;
    if (round != 3) flow.poll();
  }
  const auto& in = flow.at<"in">();
  CHECK(in.kernel_drops() > 0);
  CHECK(got / 2 + in.malformed() + in.kernel_drops() == sent);
  CHECK(flow.counts<"in">().dropped == in.malformed() + in.kernel_drops());
}

TEST_CASE("a decoder makes events of other bytes, and may refuse them") {
  std::vector<std::uint64_t> numbers;
  auto decode = [](std::span<const std::byte> bytes, auto emit) {
    std::string_view words(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    for (bool more = true; more;) {
      const std::size_t comma = words.find(',');
      std::uint64_t number = 0;
      const auto cell = words.substr(0, comma);
      if (std::from_chars(cell.data(), cell.data() + cell.size(), number).ec != std::errc()) return false;
      emit(sample{number, 0});
      more = comma != words.npos;
      if (more) words.remove_prefix(comma + 1);
    }
    return true;
  };
  auto flow = lv::flow(lv::from<"in">(lv::udp<sample>("127.0.0.1:0", decode)) |
                       lv::to([&](const sample& s) { numbers.push_back(s.number); }));
  REQUIRE(flow.open());
  const sender out(flow.at<"in">().port());
  out.say("1,2,3");
  out.say("four");
  out.say("5");
  flow.poll();
  CHECK(numbers == std::vector<std::uint64_t>{1, 2, 3, 5});
  CHECK(flow.at<"in">().malformed() == 1);
  CHECK(flow.at<"in">().datagrams() == 3);
}

TEST_CASE("many events of one datagram come in spans of their own room") {
  std::uint64_t sum = 0;
  auto repeat = [](std::span<const std::byte>, auto emit) {
    for (std::uint64_t i = 1; i <= 10'000; ++i) emit(sample{i, 0});
  };
  auto flow =
      lv::flow(lv::from<"in">(lv::udp<sample>("127.0.0.1:0", repeat)) | lv::to([&](const sample& s) { sum += s.number; }));
  REQUIRE(flow.open());
  sender(flow.at<"in">().port()).say("go");
  flow.poll();
  CHECK(sum == 50'005'000);
}

TEST_CASE("version 6, a wrong address and a port that is taken") {
  int got = 0;
  auto six = lv::flow(lv::from<"in">(lv::udp<sample>("[::1]:0")) | lv::to([&](const sample&) { ++got; }));
  REQUIRE(six.open());
  sender(six.at<"in">().port(), "[::1]").send(std::vector<sample>(2));
  six.poll();
  CHECK(got == 2);

  auto wrong = lv::flow(lv::from(lv::udp<sample>("localhost:1")) | lv::to([](const sample&) {}));
  const auto opened = wrong.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().kind == lv::failure::usage);

  const std::string address = "[::1]:" + std::to_string(six.at<"in">().port());
  auto taken = lv::flow(lv::from(lv::udp<sample>(address)) | lv::to([](const sample&) {}));
  const auto again = taken.open();
  REQUIRE_FALSE(again);
  CHECK(again.error().kind == lv::failure::unavailable);
}

TEST_CASE("sources that share a port share what is sent to it") {
  int got[2] = {0, 0};
  auto one =
      lv::flow(lv::from<"in">(lv::udp<sample>("127.0.0.1:0", {.reuse_port = true})) | lv::to([&](const sample&) { ++got[0]; }));
  REQUIRE(one.open());
  const std::string address = "127.0.0.1:" + std::to_string(one.at<"in">().port());
  auto two = lv::flow(lv::from<"in">(lv::udp<sample>(address, {.reuse_port = true})) | lv::to([&](const sample&) { ++got[1]; }));
  REQUIRE(two.open());
  for (int i = 0; i < 64; ++i) sender(one.at<"in">().port()).send(std::vector<sample>(1));  // each from a port of its own
  one.poll();
  two.poll();
  CHECK(got[0] + got[1] == 64);
  CHECK(got[0] > 0);
  CHECK(got[1] > 0);
}

TEST_CASE("datagrams that the kernel joined are taken apart") {
  std::vector<std::uint64_t> numbers;
  auto flow = lv::flow(lv::from<"in">(lv::udp<sample>("127.0.0.1:0", {.coalesce = true})) |
                       lv::to([&](const sample& s) { numbers.push_back(s.number); }));
  REQUIRE(flow.open());
  const sender out(flow.at<"in">().port());
  const int segment = 3 * sizeof(sample);
  REQUIRE(::setsockopt(out.fd(), SOL_UDP, UDP_SEGMENT, &segment, sizeof segment) == 0);
  std::vector<sample> samples(10);
  for (std::uint64_t i = 0; i < 10; ++i) samples[i] = {i, 0};
  out.send(samples);  // three of three, and one of one
  flow.poll();
  REQUIRE(numbers.size() == 10);
  for (std::uint64_t i = 0; i < 10; ++i) CHECK(numbers[i] == i);
  CHECK(flow.at<"in">().datagrams() == 4);
}

TEST_CASE("a sleeping flow is woken by a datagram") {
  for (const lv::profile mode : {lv::profile::eco, lv::profile::fast}) {
    const lv::stop_signals signals;
    lv::word<std::uint32_t> port{0};
    std::function<std::uint16_t()> port_of;
    std::uint64_t got = 0;
    const int once[] = {1};
    auto flow = lv::flow(lv::from<"in">(lv::udp<sample>("127.0.0.1:0")) | lv::to([&](const sample& s) {
                           got += s.number;
                           if (got == 3) lv::request_stop();
                         }),
                         lv::from(lv::values<int>(once)) | lv::to<"tell">([&](int) { port.release(port_of()); }));
    port_of = [&] { return flow.at<"in">().port(); };
    std::thread other([&] {
      while (port.acquire() == 0) {  // pairs with the release above
      }
      const sender out(static_cast<std::uint16_t>(port.acquire()));
      for (int i = 0; i < 3; ++i) out.send(std::vector<sample>{{1, 0}});
    });
    CHECK(lv::runner<>({.mode = mode, .latency_budget = 1_ms}).run(flow));
    other.join();
    CHECK(got == 3);
  }
}
