// SPDX-License-Identifier: BSL-1.0
#include <levada/connect/artifact.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace lv = levada;

namespace {

/// A scaler, a network with a convolution, and trees: everything that has lists of its own.
struct sample {
  std::array<float, 2> offset{1, 2}, scale{3, 4};
  std::array<float, 4> weights{1, -2, 3, -4};
  std::array<float, 2> bias{0.5f, -0.5f};
  std::array<lv::layer_parts, 2> layers{
      lv::layer_parts{lv::layer_parts::kind_t::conv1d, 1, 2, 2, 1, weights, bias, lv::activation::relu},
      lv::layer_parts{lv::layer_parts::kind_t::max_pool, 2, 2, 2, 2, {}, {}, lv::activation::none}};
  std::array<lv::tree_node, 3> nodes{lv::tree_node{0.25f, 1, true, true, 1, 2}, lv::tree_node{-1}, lv::tree_node{2}};
  std::array<std::uint32_t, 1> trees{0};
  std::array<float, 1> base{0.125f};
  std::array<lv::model_part, 3> steps{};
  std::array<std::string_view, 2> features{"rms", "kurtosis"};
  std::array<std::string_view, 1> outputs{"worn"};
  std::array<float, 4> rows{1, 2, 3, 4};
  std::array<float, 2> scores{0.5f, 0.75f};

  sample() {
    steps[0].kind = lv::model_part::kind_t::scaler;
    steps[0].scaler = {lv::scaler_parts::kind_t::affine, 2, offset, scale};
    steps[1].kind = lv::model_part::kind_t::network;
    steps[1].network = {2, 2, 2, layers};
    steps[2].kind = lv::model_part::kind_t::trees;
    steps[2].trees = {
        .features = 2, .nodes = nodes, .trees = trees, .base = base, .scale = 0.5f, .link = lv::link_function::logistic};
  }
  [[nodiscard]] lv::artifact_contents contents() const {
    return {"bearing", 7, "a test", {steps, features, outputs, {}}, rows, scores};
  }
};
std::vector<std::byte> sign(std::span<const std::byte> bytes) { return {3, static_cast<std::byte>(bytes.size())}; }

template <class T, class U>
bool same(std::span<const T> a, const U& b) {
  return std::equal(a.begin(), a.end(), std::begin(b), std::end(b));
}

}  // namespace

TEST_CASE("what was written is read, and stays where it is when the artifact moves") {
  const sample s;
  auto read = lv::artifact::read(lv::write_artifact(s.contents(), sign));
  REQUIRE_MESSAGE(read, read.error().sentence.c_str());
  const lv::artifact moved = std::move(*read);
  CHECK(moved.name() == "bearing");
  CHECK(moved.version() == 7);
  CHECK(moved.made_by() == "a test");
  CHECK(same(moved.golden_rows(), s.rows));
  CHECK(same(moved.golden_outputs(), s.scores));
  CHECK(moved.signature().size() == 3);
  const auto again = lv::artifact::read(moved.file());
  REQUIRE(again);
  CHECK(again->version() == 7);
  CHECK(moved.signature()[0] == static_cast<std::byte>(moved.signed_bytes().size()));
  const lv::model_parts& parts = moved.parts();
  CHECK(same(parts.feature_names, s.features));
  CHECK(same(parts.output_names, s.outputs));
  REQUIRE(parts.steps.size() == 3);
  CHECK(parts.steps[0].kind == lv::model_part::kind_t::scaler);
  CHECK(same(parts.steps[0].scaler.scale, s.scale));
  CHECK(parts.steps[0].trees.nodes.empty());
  const auto& network = parts.steps[1].network;
  REQUIRE(network.layers.size() == 2);
  CHECK(network.layers[0].kind == lv::layer_parts::kind_t::conv1d);
  CHECK(network.layers[0].then == lv::activation::relu);
  CHECK(same(network.layers[0].weights, s.weights));
  CHECK(network.layers[1].stride == 2);
  const auto& trees = parts.steps[2].trees;
  REQUIRE(trees.nodes.size() == 3);
  CHECK(trees.nodes[0].threshold == 0.25f);
  CHECK(trees.nodes[0].or_equal);
  CHECK(trees.nodes[0].right == 2);
  CHECK(trees.nodes[2].threshold == 2.0f);
  CHECK(same(trees.trees, s.trees));
  CHECK(same(trees.base, s.base));
  CHECK(trees.scale == 0.5f);
  CHECK(trees.link == lv::link_function::logistic);
  CHECK(trees.covers.empty());
}

TEST_CASE("a file on a disk, and one that is none") {
  const auto folder = std::filesystem::temp_directory_path() / "levada-artifact-XXXXXX";
  std::string path = folder.string();
  const int file = ::mkstemp(path.data());
  REQUIRE(file >= 0);
  ::close(file);
  const auto bytes = lv::write_artifact(sample().contents());
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  const auto read = lv::artifact::load(path.c_str());
  REQUIRE_MESSAGE(read, read.error().sentence.c_str());
  CHECK(read->signature().empty());
  std::filesystem::remove(path);
  CHECK_FALSE(lv::artifact::load(path.c_str()));
  const std::array<std::byte, 40> nonsense{};
  const auto refused = lv::artifact::read(nonsense);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().sentence.view() == "artifact: this is no file of levada's: it does not begin as one");
}

TEST_CASE("no file, however it was cut off or changed, is believed beyond its bytes") {
  const auto good = lv::write_artifact(sample().contents(), sign);
  for (std::size_t n = 0; n < good.size(); ++n) {
    const auto cut = lv::artifact::read(std::span(good).first(n));
    if (cut) CHECK(n + 16 > good.size());  // what fell off was padding
  }
  std::mt19937 random(5);
  std::size_t refused = 0;
  for (int i = 0; i < 4000; ++i) {
    auto bytes = good;
    for (int k = 0; k < 3; ++k) bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    const auto read = lv::artifact::read(bytes);
    refused += read ? 0u : 1u;
    if (!read) continue;
    double sum = 0;  // whatever it says can be looked at
    for (const auto& step : read->parts().steps) {
      for (const auto& node : step.trees.nodes) sum += node.or_equal ? 1 : 0;
      for (const auto& layer : step.network.layers)
        for (const float w : layer.weights) sum += static_cast<double>(w);
    }
    for (const auto name : read->parts().feature_names) sum += static_cast<double>(name.size());
    CHECK(sum == sum + 0 * sum);
  }
  CHECK(refused > 500);
}

TEST_CASE("flatc reads it by the schema") {
  if (std::system("flatc --version > /dev/null 2>&1") != 0) {
    MESSAGE("skipped: no flatc");
    return;
  }
  std::string folder = (std::filesystem::temp_directory_path() / "levada-flatc-XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const auto bytes = lv::write_artifact(sample().contents(), sign);
  std::ofstream(folder + "/model.lvm", std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  const std::string command =
      "flatc --json --strict-json --raw-binary -o " + folder + " include/levada/connect/artifact.fbs -- " + folder + "/model.lvm";
  CHECK(std::system(command.c_str()) == 0);
  std::ifstream file(folder + "/model.json");
  const std::string json{std::istreambuf_iterator<char>(file), {}};
  for (const char* word : {"\"bearing\"", "\"kurtosis\"", "\"or_equal\": true", "\"conv1d\"", "\"logistic\"", "\"stride\": 2"})
    CHECK_MESSAGE(json.find(word) != std::string::npos, word, " is not in ", json);
  std::filesystem::remove_all(folder);
}
