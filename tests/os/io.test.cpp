// SPDX-License-Identifier: BSL-1.0
#include <levada/os/io.hpp>

#include <levada/os/file.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <vector>

#include <unistd.h>

namespace lv = levada;

namespace {

/// A loop that carries out what it holds when it is told to.
struct slow_loop {
  std::vector<lv::io_request*> held;
  int cancelled = 0;

  static constexpr bool asynchronous() { return true; }
  void submit(lv::io_request& r) { held.push_back(&r); }
  void peek(lv::io_request&) {}
  void finish(lv::io_request& r) {
    std::erase(held, &r);
    r.perform();
  }
  void cancel(lv::io_request& r) {
    ++cancelled;
    std::erase(held, &r);
    r.complete(-ECANCELED);
  }
};

struct pipe_ends {
  lv::file out, in;
  pipe_ends() {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    out = lv::file{ends[0]};
    in = lv::file{ends[1]};
  }
};

}  // namespace

TEST_CASE("a queue that leads to no loop carries requests out at once") {
  const pipe_ends pipe;
  const lv::io_queue queue;
  CHECK_FALSE(queue.asynchronous());
  lv::io_request request;
  CHECK(request.done());
  request.write(queue, pipe.in.fd(), std::string_view("abc"));
  CHECK(request.done());
  CHECK(request.result() == 3);
  char bytes[8] = {};
  request.read(queue, pipe.out.fd(), bytes);
  CHECK(request.result() == 3);
  CHECK(std::strcmp(bytes, "abc") == 0);
  request.read(queue, -1, bytes);
  CHECK(request.result() == -EBADF);
  request.sync(queue, pipe.in.fd());
  CHECK(request.result() == -EINVAL);  // a pipe is on no disk
}

TEST_CASE("a loop has the request until it is done, finished or cancelled") {
  slow_loop loop;
  const lv::io_queue queue(loop);
  CHECK(queue.asynchronous());
  const pipe_ends pipe;
  char byte = 0;
  {
    lv::io_request request;
    request.write(queue, pipe.in.fd(), std::string_view("x"));
    CHECK_FALSE(request.done());
    request.finish();
    CHECK(request.done());
    CHECK(request.result() == 1);
    request.read(queue, pipe.out.fd(), std::span(&byte, 1));
    request.cancel();
    CHECK(request.result() == -ECANCELED);
    request.read(queue, pipe.out.fd(), std::span(&byte, 1));
    CHECK(loop.held.size() == 1);
  }  // its end cancels it
  CHECK(loop.cancelled == 2);
  CHECK(loop.held.empty());
}
