// SPDX-License-Identifier: BSL-1.0
// udp: one flow sends the readings of four sensors over the loopback, another receives and condenses them. Both live in one
// program, so that in the end it can tell what became of every datagram.
#include <levada/levada.hpp>

#include <cstdint>
#include <cstdio>
#include <span>
#include <vector>

namespace lv = levada;

struct reading {
  std::uint32_t sensor;
  std::uint32_t number;
  double value;
};

std::vector<reading> readings(std::uint32_t n) {
  std::vector<reading> all(n);
  for (std::uint32_t i = 0; i < n; ++i) all[i] = {i % 4, i, 10.0 * (i % 4) + (i / 4) % 100};
  return all;
}

int failed(const lv::result<>& done) {
  std::fprintf(stderr, "%s\n", done.error().sentence.c_str());
  return done.error().exit_code();
}

int main() {
  auto print = [](const auto& row) {
    std::printf("sensor %u: %d readings, mean %.1f, at most %.0f\n", row.key, static_cast<int>(row.template get<lv::count>()),
                row.template get<lv::mean>(), row.template get<lv::max>());
  };
  auto receiving =
      lv::flow(lv::from<"in">(lv::udp<reading>("127.0.0.1:0")) | lv::key_by(&reading::sensor) |
               lv::window<lv::tumbling{10'000}>(lv::aggregate<lv::count, lv::mean, lv::max>(&reading::value)) | lv::to(print));
  lv::runner<> receiver;
  if (auto done = receiver.open(receiving); !done) return failed(done);
  auto& in = receiving.at<"in">();

  const auto all = readings(100'000);
  const auto address = lv::compose<32>("127.0.0.1:", in.port());  // the kernel has chosen a port that is free
  auto sending = lv::flow(lv::from(lv::values{std::span(all)}) | lv::to<"out">(lv::udp<reading>(address.view())));
  lv::runner<> sender;
  if (auto done = sender.open(sending); !done) return failed(done);

  while (sender.poll(sending) != lv::polled::end) receiver.poll(receiving);
  while (receiver.poll(receiving) != lv::polled::nothing) {
  }
  if (auto done = sender.finish(sending); !done) return failed(done);
  if (auto done = receiver.finish(receiving); !done) return failed(done);

  const std::uint64_t sent = sending.at<"out">().target.datagrams();
  const bool known = sent == in.datagrams() + in.kernel_drops();
  std::printf("%llu datagrams sent, %llu received, %llu dropped\n", static_cast<unsigned long long>(sent),
              static_cast<unsigned long long>(in.datagrams()), static_cast<unsigned long long>(in.kernel_drops()));
  return known ? 0 : 1;
}
