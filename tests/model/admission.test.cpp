// SPDX-License-Identifier: BSL-1.0
#include <levada/model/admission.hpp>

#include "../support/linear.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using lv::admission_check;
using support::linear;

namespace {
constexpr std::array<std::string_view, 2> names{"rms", "kurtosis"};

/// A clock by which everything takes so long.
struct slow_clock {
  std::int64_t step = 0;
  std::int64_t* at;
  [[nodiscard]] lv::timestamp now() const { return {*at}; }
  [[nodiscard]] lv::duration steady() const { return lv::duration{*at += step}; }
};

/// A model and what came with it. Its members are made wrong one by one.
struct sent {
  linear model{.weight = 2};
  std::vector<float> rows{1, 2, 3, 4};
  std::vector<float> outputs{6, 14};
  std::vector<std::byte> bytes{std::byte{7}}, signature{std::byte{7}};
  lv::candidate with{.name = "bearing", .version = 5, .schema = lv::schema_hash(names)};

  [[nodiscard]] lv::candidate candidate() const {
    lv::candidate c = with;
    c.golden_rows = rows;
    c.golden_outputs = outputs;
    c.bytes = bytes;
    c.signature = signature;
    return c;
  }
};
constexpr auto same_bytes = [](std::span<const std::byte> bytes, std::span<const std::byte> signature) {
  return bytes.size() == signature.size() && std::memcmp(bytes.data(), signature.data(), bytes.size()) == 0;
};
const lv::admission_options strict{.schema = lv::schema_hash(names), .above = 4};

/// What the gate says; it must be that check, and no other, that has refused.
std::string refused(auto& gate, const auto& model, const lv::candidate& c, admission_check by) {
  const std::uint64_t before = gate.refused(), of_check = gate.refused(by);
  const auto said = gate.admit(model, c);
  CHECK(gate.refused() == before + 1);
  CHECK(gate.refused(by) == of_check + 1);
  if (said) return "admitted";
  CHECK(said.error().kind == lv::failure::data);
  const std::string sentence(said.error().sentence.view());
  CHECK(sentence.starts_with("model 'bearing', version 5, is refused by its " + std::string(lv::name_of(by)) + ": "));
  return sentence;
}
bool says(const std::string& sentence, std::string_view what) {
  CAPTURE(sentence);
  const bool there = sentence.find(what) != std::string::npos;
  CHECK(there);
  return there;
}

/// As linear, but beyond a bound it has no answer.
struct brittle : linear {
  float bound = 0;
  void score(std::span<const float> row, std::span<float> out) const {
    linear::score(row, out);
    if (row[0] > bound) out[0] = std::numeric_limits<float>::infinity();
  }
};
}  // namespace

TEST_CASE("a good model is admitted, once: its version must rise") {
  lv::admission gate(strict, same_bytes);
  const sent s;
  CHECK(gate.admit(s.model, s.candidate()));
  CHECK(gate.admitted() == 1);
  CHECK(gate.version() == 5);
  says(refused(gate, s.model, s.candidate(), admission_check::version), "it must be above 5");
  sent next;
  next.with.version = 6;
  CHECK(gate.admit(next.model, next.candidate()));
}

TEST_CASE("every check refuses by name, and what was refused changes nothing") {
  lv::admission gate(strict, same_bytes);
  const auto refuse = [&](admission_check by, std::string_view what, auto&& spoil) {
    sent s;
    spoil(s);
    says(refused(gate, s.model, s.candidate(), by), what);
  };
  refuse(admission_check::signature, "not that of anybody", [](sent& s) { s.bytes[0] = std::byte{8}; });
  refuse(admission_check::schema, "other features", [](sent& s) { s.with.schema ^= 1; });
  refuse(admission_check::golden_vectors, "of row 1, output 0, it says 14, and its maker's program said 14.1",
         [](sent& s) { s.outputs[1] = 14.1f; });
  refuse(admission_check::golden_vectors, "said 6", [](sent& s) { s.model.weight = 2.001f; });
  refuse(admission_check::golden_vectors, "it has none", [](sent& s) { s.rows.clear(); });
  refuse(admission_check::golden_vectors, "other numbers of features and outputs", [](sent& s) { s.model.length = 3; });
  refuse(admission_check::golden_vectors, "other numbers of features and outputs", [](sent& s) { s.model.results = 2; });
  refuse(admission_check::golden_vectors, "no features", [](sent& s) { s.model.length = 0; });
  refuse(admission_check::golden_vectors, "said nan", [](sent& s) { s.outputs[0] = std::numeric_limits<float>::quiet_NaN(); });
  refuse(admission_check::finite_outputs, "of golden row 0 it says nan",
         [](sent& s) { s.model.weight = std::numeric_limits<float>::quiet_NaN(); });
  CHECK(gate.refused() == 10);
  CHECK(gate.refused(admission_check::golden_vectors) == 7);
  const sent good;
  CHECK(gate.admit(good.model, good.candidate()));
}

TEST_CASE("no row is scored by a model that was not signed") {
  struct armed : linear {
    bool* fired = nullptr;
    void score(std::span<const float>, std::span<float>) const { *fired = true; }
  };
  bool fired = false;
  sent s;
  s.signature.clear();
  lv::admission gate(strict, same_bytes);
  says(refused(gate, armed{{}, &fired}, s.candidate(), admission_check::signature), "signature");
  CHECK(!fired);
}

TEST_CASE("a signature may be that of a part of the file") {
  lv::admission gate(strict, same_bytes);
  sent s;
  s.bytes = {std::byte{1}, std::byte{7}, std::byte{2}};
  lv::candidate c = s.candidate();
  says(refused(gate, s.model, c, admission_check::signature), "signature");
  c.signed_part = c.bytes.subspan(1, 1);
  CHECK(gate.admit(s.model, c));
}

TEST_CASE("a verifier may say why") {
  lv::admission gate(strict,
                     [](auto, auto) { return lv::result<>(lv::fault::of(lv::failure::data, "the key is of last year")); });
  const sent s;
  says(refused(gate, s.model, s.candidate(), admission_check::signature), "the key is of last year");
}

TEST_CASE("outputs must be numbers around the golden rows as well") {
  lv::admission gate(strict);
  const sent s;
  // The first feature lies between 1 and 3: random rows between -1 and 5.
  says(refused(gate, brittle{s.model, 4.5f}, s.candidate(), admission_check::finite_outputs), "it says inf");
  CHECK(gate.admit(brittle{s.model, 5.0f}, s.candidate()));
}

TEST_CASE("random rows have no values that a float cannot hold, however far apart the golden ones are") {
  struct small : linear {
    void score(std::span<const float> row, std::span<float> out) const { out[0] = 1e-38f * row[0]; }
  };
  sent s;
  s.rows = {-3e38f, 0, 3e38f, 0};
  s.outputs = {-3, 3};
  lv::admission gate(strict);
  CHECK(gate.admit(small{s.model}, s.candidate()));
}

TEST_CASE("a golden output may be off by the tolerance, relative to great ones") {
  lv::admission gate(lv::admission_options{.tolerance = 1e-3f});
  sent s;
  s.rows = {1000, 1000, 0, 0};
  s.outputs = {4003.9f, 0.0009f};
  CHECK(gate.admit(s.model, s.candidate()));
  s.outputs[0] = 4004.1f;
  s.with.version = 6;
  CHECK(!gate.admit(s.model, s.candidate()));
  s.outputs = {4000, 0.0011f};
  CHECK(!gate.admit(s.model, s.candidate()));
}

TEST_CASE("a row has a budget of time, by the clock that is given") {
  std::int64_t at = 0;
  lv::admission_options options = strict;
  options.probes = 98;  // and two golden rows
  options.row_budget = 200_ns;
  const sent s;
  lv::admission gate(options, lv::unsigned_models{}, slow_clock{20'001, &at});
  says(refused(gate, s.model, s.candidate(), admission_check::time), "a row takes 201 ns, and may take 200");
  lv::admission quick(options, lv::unsigned_models{}, slow_clock{20'000, &at});
  CHECK(quick.admit(s.model, s.candidate()));
  CHECK(at == 10 * 20'001 + 10 * 20'000);
}

TEST_CASE("a schema is the names of the features in their order") {
  using list = std::vector<std::string_view>;
  const auto of = [](const list& l) { return lv::schema_hash(l); };
  CHECK(of({"rms", "kurtosis"}) == lv::schema_hash(names));
  CHECK(of({"kurtosis", "rms"}) != lv::schema_hash(names));
  CHECK(of({"rms"}) != lv::schema_hash(names));
  CHECK(of({"rms", "kurtosis", ""}) != lv::schema_hash(names));
  CHECK(of({"rmskurtosis"}) != lv::schema_hash(names));
  CHECK(of({std::string_view("a\0", 2)}) != of({"a"}));
}
