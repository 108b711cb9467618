// SPDX-License-Identifier: BSL-1.0
// middleware: 64 bytes from process to process through what projects use today, in turns with a topic: iceoryx (its daemon is
// started here, and stopped) and ZeroMQ over a Unix socket.
//   bench_middleware [--rounds N]
#include "contest.hpp"

#include <spawn.h>
#include <csignal>

#ifdef LEVADA_BENCH_ICEORYX
#include <iceoryx_posh/popo/publisher.hpp>
#include <iceoryx_posh/popo/subscriber.hpp>
#include <iceoryx_posh/runtime/posh_runtime.hpp>
#endif
#ifdef LEVADA_BENCH_ZEROMQ
#include <zmq.h>
#endif

namespace {

using namespace bench;

constexpr std::size_t size = 64;
constexpr std::uint64_t few = 300'000;  // they need about a second for as many
using item = message<size>;

/// `send` and `receive` each set up their own end: a runtime does not live through a fork. The time begins when both are there.
template <class Send, class Receive>
measured between_processes(Send send, Receive receive) {
  struct state {
    std::atomic<int> ready{0};
    std::atomic<double> begin{0};
  };
  shared<state> s;
  const auto meet = [&s] {
    s->ready.fetch_add(1);
    while (s->ready.load() < 2) std::this_thread::yield();
  };
  shared<ledger> read;
  shared<std::atomic<double>> took{0.0};
  const auto start = [](int core, auto body) {
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child != 0) return child;
    pin_to(core);
    for (FILE* talk : {stdout, stderr}) talk = std::freopen("/dev/null", "w", talk);  // they say what they do
    body();
    std::exit(0);  // and say goodbye to their daemon at the end
  };
  const pid_t sender = start(cores.second, [&] { send(meet); });
  const pid_t receiver = start(cores.first, [&] {
    double begin = 0;
    receive([&] { meet(), begin = seconds_now(); }, *read);
    took->store(seconds_now() - begin);
  });
  int a = 0, b = 0;
  ::waitpid(receiver, &b, 0);
  ::waitpid(sender, &a, 0);
  return {static_cast<double>(few) * 1e-6 / took->load(), a == 0 && b == 0 && read->is_right<size>(few), true};
}

#ifdef LEVADA_BENCH_ICEORYX
measured iceoryx() {
  using namespace iox;
  const capro::ServiceDescription service{"levada", "bench", "messages"};
  return between_processes(
      [&](auto meet) {
        runtime::PoshRuntime::initRuntime("levada_bench_send");
        popo::PublisherOptions options;
        options.subscriberTooSlowPolicy = popo::ConsumerTooSlowPolicy::WAIT_FOR_CONSUMER;
        popo::Publisher<item> publisher(service, options);
        while (!publisher.hasSubscribers()) std::this_thread::yield();
        meet();
        for (std::uint64_t i = 0; i < few; ++i)
          while (publisher.loan()
                     .and_then([&](auto& sample) {
                       sample->write(i);
                       sample.publish();
                     })
                     .has_error())
            relax();
        while (publisher.hasSubscribers()) std::this_thread::yield();  // until everything was read
      },
      [&](auto meet, ledger& read) {
        runtime::PoshRuntime::initRuntime("levada_bench_receive");
        popo::SubscriberOptions options;
        options.queueCapacity = 256;
        options.queueFullPolicy = popo::QueueFullPolicy::BLOCK_PRODUCER;
        popo::Subscriber<item> subscriber(service, options);
        while (subscriber.getSubscriptionState() != SubscribeState::SUBSCRIBED) std::this_thread::yield();
        meet();
        while (read.next < few)
          subscriber.take().and_then([&](const auto& sample) { read.take(*sample); }).or_else([](auto&) { relax(); });
      });
}

/// The daemon, for as long as it is needed.
class roudi {
 public:
  roudi() {
    const char* argv[] = {"iox-roudi", "--log-level", "off", nullptr};
    posix_spawn_file_actions_t silent;
    ::posix_spawn_file_actions_init(&silent);
    for (const int talk : {1, 2}) ::posix_spawn_file_actions_addopen(&silent, talk, "/dev/null", O_WRONLY, 0);
    if (::posix_spawnp(&pid_, argv[0], &silent, nullptr, const_cast<char* const*>(argv), ::environ) != 0) pid_ = 0;
  }
  ~roudi() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] bool runs() const { return pid_ > 0; }

 private:
  pid_t pid_ = 0;
};
#endif

#ifdef LEVADA_BENCH_ZEROMQ
measured zeromq(const std::string& address) {
  return between_processes(
      [&](auto meet) {
        void* context = ::zmq_ctx_new();
        void* socket = ::zmq_socket(context, ZMQ_PUSH);
        if (::zmq_connect(socket, address.c_str()) != 0) std::abort();
        meet();
        for (std::uint64_t i = 0; i < few; ++i) {
          item m;
          m.write(i);
          ::zmq_send(socket, &m, sizeof m, 0);
        }
        ::zmq_close(socket);
        ::zmq_ctx_term(context);  // when all has left
      },
      [&](auto meet, ledger& read) {
        void* context = ::zmq_ctx_new();
        void* socket = ::zmq_socket(context, ZMQ_PULL);
        if (::zmq_bind(socket, address.c_str()) != 0) std::abort();
        meet();
        item m;
        while (read.next < few)
          if (::zmq_recv(socket, &m, sizeof m, 0) == sizeof m) read.take(m);
        ::zmq_close(socket);
        ::zmq_ctx_term(context);
      });
}
#endif

bool round() {
  bool right = stream<topic_ring<size>, size>(sides::processes);
  sample s{.name = "bus/spsc/64B/processes", .metric = "rate", .unit = "M msg/s", .better = "more"};
#ifdef LEVADA_BENCH_ICEORYX
  s.who = "iceoryx";
  right &= take(s, iceoryx);
#endif
#ifdef LEVADA_BENCH_ZEROMQ
  s.who = "zeromq ipc";
  const std::string path = "/tmp/levada-bench-" + std::to_string(::getpid());
  right &= take(s, [&] { return zeromq("ipc://" + path); });
  ::unlink(path.c_str());
#endif
  return right;
}

}  // namespace

int main(int argc, char** argv) {
  const long rounds = argc == 3 && std::string_view(argv[1]) == "--rounds" ? std::strtol(argv[2], nullptr, 10) : 5;
  find_cores();
#ifdef LEVADA_BENCH_ICEORYX
  const roudi daemon;
  if (!daemon.runs()) return std::fputs("bench_middleware: iox-roudi could not be started\n", stderr), 69;
#else
  std::fputs("bench_middleware: iceoryx is not installed (libiceoryx-posh-dev, iceoryx)\n", stderr);
#endif
#ifndef LEVADA_BENCH_ZEROMQ
  std::fputs("bench_middleware: ZeroMQ is not installed (libzmq3-dev)\n", stderr);
#endif
  bool right = true;
  for (long i = 0; i < rounds && right; ++i) right = round();
  return right ? 0 : 1;
}
