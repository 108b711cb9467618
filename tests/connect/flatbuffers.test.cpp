// SPDX-License-Identifier: BSL-1.0
#include <levada/connect/flatbuffers.hpp>

#include "../support/scratch_bus.hpp"

#include <levada/bus/many.hpp>
#include <levada/bus/sealed.hpp>
#include <levada/flow/chain.hpp>
#include <levada/flow/flow.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/topic.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

namespace lv = levada;
using namespace lv::literals;

namespace {

/// What flatc makes of `table Reading { value:double; name:string; samples:[int]; }`, in short.
struct reading : private flatbuffers::Table {
  static constexpr const char* GetFullyQualifiedName() { return "plant.Reading"; }
  enum : flatbuffers::voffset_t { at_value = 4, at_name = 6, at_samples = 8 };
  double value() const { return GetField<double>(at_value, 0.0); }
  const flatbuffers::String* name() const { return GetPointer<const flatbuffers::String*>(at_name); }
  const flatbuffers::Vector<std::int32_t>* samples() const {
    return GetPointer<const flatbuffers::Vector<std::int32_t>*>(at_samples);
  }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && VerifyField<double>(v, at_value, 8) && VerifyOffset(v, at_name) && v.VerifyString(name()) &&
           VerifyOffset(v, at_samples) && v.VerifyVector(samples()) && v.EndTable();
  }
};
struct unnamed : private flatbuffers::Table {};
using readings = lv::table<reading>;

void make(flatbuffers::FlatBufferBuilder& b, double value, const std::string& name, const std::vector<std::int32_t>& samples) {
  b.Clear();
  const auto name_at = b.CreateString(name);
  const auto samples_at = b.CreateVector(samples);
  const auto start = b.StartTable();
  b.AddElement<double>(reading::at_value, value, 0.0);
  b.AddOffset(reading::at_samples, samples_at);
  b.AddOffset(reading::at_name, name_at);
  b.Finish(flatbuffers::Offset<reading>(b.EndTable(start)));
}

struct pair_on {
  scratch_bus scratch;
  lv::topic<readings> topic{scratch.bus(), "t", {.capacity = 512}};
  lv::publisher<readings> p;
  lv::subscriber<readings> s;
  explicit pair_on(lv::verify how = lv::verify::copy)
      : p(*lv::publisher<readings>::open(topic)), s(*lv::subscriber<readings>::open(topic, {}, how)) {}
};
constexpr lv::verify all[] = {lv::verify::copy, lv::verify::in_place, lv::verify::none};

}  // namespace

TEST_CASE("tables come as they were built, verified in any way, over many laps") {
  for (auto how : all) {
    pair_on on(how);
    flatbuffers::FlatBufferBuilder b;
    std::mt19937_64 random{1};
    std::uint64_t sent = 0, read = 0;
    const auto name_of = [](std::uint64_t i) { return std::string(i % 23, 'x') + std::to_string(i); };
    for (int round = 0; round < 3'000; ++round) {
      for (auto n = random() % 4; n > 0; --n) {
        make(b, static_cast<double>(sent), name_of(sent), std::vector<std::int32_t>(sent % 9, static_cast<std::int32_t>(sent)));
        if (!on.p.add(b)) break;
        ++sent;
      }
      on.p.accept({});
      const auto t = on.s.read();
      const auto n = random() % (t.events.size() + 1);
      for (std::size_t i = 0; i < n; ++i, ++read) {
        const auto& e = t.events[i];
        REQUIRE(e->value() == static_cast<double>(read));
        REQUIRE(e->name()->str() == name_of(read));
        REQUIRE(e->samples()->size() == read % 9);
        for (const auto v : *e->samples()) REQUIRE(v == static_cast<std::int32_t>(read));
      }
      on.s.release(n);
    }
    CHECK(read > 1'000);
    CHECK(on.s.refused() == 0);
  }
}

TEST_CASE("a frame that is no such table is passed over and counted, and what is garbled is never followed out of its frame") {
  for (auto how : {lv::verify::copy, lv::verify::in_place}) {
    pair_on on(how);
    flatbuffers::FlatBufferBuilder b;
    std::mt19937_64 random{2};
    std::uint64_t sum = 0, good = 0;
    lv::publisher<lv::frames<"plant.Reading">>& raw = on.p;
    for (std::uint64_t round = 0; round < 5'000; ++round) {
      make(b, 1, "pump", {1, 2, 3});
      auto room = raw.claim(b.GetSize());
      REQUIRE(!room.empty());
      std::memcpy(room.data(), b.GetBufferPointer(), room.size());
      if (round % 2 == 1)  // one byte is another
        room[random() % room.size()] ^= static_cast<std::byte>(1 + random() % 255);
      raw.commit(room.size(), {});
      const auto t = on.s.read();
      for (const auto& e : t.events) {
        if (e->name() != nullptr) sum += e->name()->size();
        if (e->samples() != nullptr)
          for (const auto v : *e->samples()) sum += static_cast<std::uint64_t>(v);
        good += e->value() == 1 && round % 2 == 0 ? 1u : 0u;
      }
      on.s.release(t.events.size());
      REQUIRE(on.s.unread() == 0);
    }
    CHECK(good == 2'500);
    CHECK(on.s.refused() > 500);
    CHECK(sum > 0);
  }
}

TEST_CASE("a copy does not change with what it was copied from") {
  for (auto how : all) {
    pair_on on(how);
    auto segment = lv::detail::segment::open_both(on.topic);
    REQUIRE(segment);
    flatbuffers::FlatBufferBuilder b;
    make(b, 7, "pump", {});
    REQUIRE(on.p.commit(b, {}));
    const auto t = on.s.read();
    REQUIRE(t.events.size() == 1);
    std::memset(segment->view().data + 8, 0x7f, b.GetSize());
    if (how == lv::verify::copy)
      CHECK(t.events[0]->value() == 7);
    else
      CHECK(on.s.read().events.size() == (how == lv::verify::none ? 1 : 0));  // verified anew
  }
}

TEST_CASE("tables of another name are refused in words") {
  pair_on on;
  auto s = lv::subscriber<lv::table<unnamed, "plant.Alarm">>::open(
      lv::topic<lv::table<unnamed, "plant.Alarm">>{on.scratch.bus(), "t", {.capacity = 512}});
  REQUIRE(!s);
  CHECK(s.error().sentence.view().find("'plant.Reading'") != std::string::npos);
  CHECK(s.error().sentence.view().find("'plant.Alarm'") != std::string::npos);
}

TEST_CASE("signals stand between tables, and a flow reads both") {
  pair_on on;
  flatbuffers::FlatBufferBuilder b;
  double sum = 0;
  auto reader = lv::flow(lv::from(on.topic) | lv::to([&](const lv::table_view<reading>& r) { sum += r->value(); }));
  REQUIRE(reader.open());
  for (int i = 1; i <= 3; ++i) {
    make(b, i, "", {});
    REQUIRE(on.p.commit(b, {}));
    REQUIRE(on.p.signal(lv::lane_kind::watermark, 1, {}));
  }
  while (reader.poll() == lv::polled::events) {
  }
  CHECK(sum == 6);
  std::size_t tables = 0, signals = 0;
  for (auto t = on.s.read(); t; t = on.s.read()) {
    tables += t.events.size(), signals += t.signal != nullptr ? 1u : 0u;
    on.s.release(t.events.size());
  }
  CHECK(tables == 3);
  CHECK(signals == 3);
}

TEST_CASE("many publishers of tables share a topic") {
  const scratch_bus scratch;
  const lv::topic<lv::many<readings>> topic{scratch.bus(), "t", {.capacity = 512}};
  auto a = lv::publisher<lv::many<readings>>::open(topic), b = lv::publisher<lv::many<readings>>::open(topic);
  REQUIRE(a);
  REQUIRE(b);
  for (auto how : all) {
    auto s = lv::subscriber<lv::many<readings>>::open(topic, {.from = lv::start_at::latest}, how);
    REQUIRE(s);
    flatbuffers::FlatBufferBuilder builder;
    for (int i = 0; i < 10; ++i)
      for (auto* p : {&*a, &*b}) {
        make(builder, i + 100.0 * p->producer(), "x", {});
        REQUIRE(p->commit(builder, {}));
      }
    double next[] = {0, 100};
    while (const auto turn = s->read()) {
      for (const auto& e : turn.events) CHECK(e->value() == next[s->producer()]++);
      s->release(turn.events.size());
    }
    CHECK(next[0] == 10);
    CHECK(next[1] == 110);
  }
}

TEST_CASE("a sealed topic carries tables, and its subscribers verify copies") {
  const lv::sealed_topic<readings> topic("test/tables/" + std::to_string(::getpid()), {.capacity = 512});
  auto p = lv::sealed_publisher<readings>::open(topic);
  REQUIRE(p);
  std::atomic<bool> done{false};
  std::thread host([&] {
    while (!done) p->admit();
  });
  auto s = lv::sealed_subscriber<readings>::open(topic, {}, 60_s);
  done = true;
  host.join();
  REQUIRE(s);
  flatbuffers::FlatBufferBuilder b;
  make(b, 4.5, "sealed", {1, 2, 3});
  REQUIRE(p->commit(b, {}));
  const auto t = s->read();
  REQUIRE(t.events.size() == 1);
  CHECK(t.events[0]->value() == 4.5);
  CHECK(t.events[0]->name()->str() == "sealed");
  CHECK(s->status());
}
