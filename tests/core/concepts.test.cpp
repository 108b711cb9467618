// SPDX-License-Identifier: BSL-1.0
#include <levada/core/concepts.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace levada;

namespace {

struct reading {
  int sensor;
  double value;
};
struct alert {
  int code;
};

struct doubler {
  template <event E>
  using output = E;
  void operator()(const reading& r, auto out) {
    out(r);
    out(r);
  }
};
struct rich : doubler {
  int state = 0;
  using doubler::operator();
  void masked(bool, const reading&, auto) {}
  void batch(std::span<const reading>, auto) {}
  void on(const watermark&, auto) {}
  result<> open() { return {}; }
  [[nodiscard]] timestamp due() const { return never; }
  static constexpr bool one_to_one = true;
};
struct not_one_to_one : doubler {
  static constexpr bool one_to_one = false;
};

struct numbers {
  using event_type = reading;
  polled poll(auto, std::size_t) { return polled::end; }
  [[nodiscard]] std::uint64_t position() const { return 0; }
};
struct waking : numbers {
  result<> seek(std::uint64_t) { return {}; }
  void commit(std::uint64_t) {}
  [[nodiscard]] duration wake_at() const { return {}; }
  [[nodiscard]] int wake_fd() const { return -1; }
  bool park() { return true; }
  void unpark(bool) {}
  [[nodiscard]] duration patience() const { return {}; }
};

struct printer {
  void write(const reading&, auto) {}
};

}  // namespace

TEST_CASE("events are values") {
  static_assert(event<reading> && event<std::string> && event<std::unique_ptr<int>> && event<int>);
  static_assert(!event<reading*> && !event<reading&> && !event<void>);
  static_assert(wire_event<reading> && !wire_event<std::string> && !wire_event<int>);
}

TEST_CASE("an operator takes an event and a port; what else it has is seen") {
  static_assert(operator_on<doubler, reading> && !operator_on<doubler, alert>);
  static_assert(!maskable<doubler, reading> && !batched<doubler, reading> && !handles<doubler, watermark> && !stateful<doubler> &&
                !openable<doubler> && !timed<doubler> && !is_one_to_one<doubler>);
  static_assert(maskable<rich, reading> && batched<rich, reading> && handles<rich, watermark> && stateful<rich> &&
                openable<rich> && timed<rich> && is_one_to_one<rich>);
  static_assert(!handles<rich, flush> && !is_one_to_one<not_one_to_one>);
}

TEST_CASE("sources and sinks") {
  static_assert(source<numbers> && source<waking> && !source<printer>);
  static_assert(!seekable<numbers> && !committing<numbers> && !wakes_by_time<numbers> && !wakes_by_descriptor<numbers>);
  static_assert(seekable<waking> && committing<waking> && wakes_by_time<waking> && wakes_by_descriptor<waking>);
  static_assert(sink<printer, reading> && !sink<printer, alert> && !sink<numbers, reading>);
}

TEST_CASE("functions are asked with the payload, with or without a key around it") {
  auto positive = [](const reading& r) { return r.value > 0; };
  auto silent = [](const reading&) {};
  using keyed_reading = keyed<int, reading>;
  static_assert(predicate_on<decltype(positive), reading> && predicate_on<decltype(positive), keyed_reading>);
  static_assert(!predicate_on<decltype(positive), alert> && !predicate_on<decltype(silent), reading>);
  static_assert(picks_from<decltype(positive), reading> && !picks_from<decltype(silent), reading> &&
                !picks_from<decltype(positive), alert>);
}

TEST_CASE("a value is picked by a member pointer or a function; a wrong one is seen, not an error") {
  auto twice = [](const reading& r) { return 2 * r.value; };
  auto member = &reading::value;
  reading r{1, 2.5};
  CHECK(pick(member, r) == 2.5);
  CHECK(&pick(member, r) == &r.value);
  CHECK(pick(twice, r) == 5);
  static_assert(picks_from<decltype(member), reading> && picks_from<decltype(twice), keyed<int, reading>>);
  static_assert(!picks_from<decltype(member), alert> && !picks_from<decltype(twice), alert> && !picks_from<int, reading>);
  static_assert(std::is_same_v<picked_type<decltype(member), keyed<int, reading>>, double>);
  auto silent = [](const reading&) {};
  static_assert(!picks_from<decltype(silent), reading>);
}
