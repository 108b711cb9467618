// SPDX-License-Identifier: BSL-1.0
#include <levada/connect/model_file.hpp>

#include "naive_model.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

namespace lv = levada;
using naive::bytes_of;

namespace {

const std::string linear = R"({"learner":{"gradient_booster":{"model":{"weights":[1,2,3]},"name":"gblinear"},
  "learner_model_param":{"base_score":"5E-1","num_class":"0","num_feature":"2"},"objective":{"name":"reg:squarederror"}}})";
const std::string leaf =
    "tree\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=0\nobjective=regression\n\n"
    "Tree=0\nnum_leaves=1\nleaf_value=7\n\nend of trees\n";

struct saved {
  std::string path;
  explicit saved(std::string_view bytes)
      : path((std::filesystem::temp_directory_path() / ("levada-model-" + std::to_string(getpid()))).string()) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  ~saved() { std::remove(path.c_str()); }
};

}  // namespace

TEST_CASE("a format is recognised by what is in the file") {
  const auto of = [](std::string_view words) { return lv::model_format_of(bytes_of(words)); };
  CHECK(of("tree\nversion=v4\n") == lv::model_format::lightgbm);
  CHECK(of("\n {\"learner\":{}}") == lv::model_format::xgboost);
  CHECK(of("{L\x01") == lv::model_format::xgboost);
  CHECK(of("\x08\x07\x12\x04") == lv::model_format::onnx);
  CHECK(of("") == lv::model_format::unknown);
  CHECK(of("trees grow") == lv::model_format::unknown);
}

TEST_CASE("a model is loaded from a file, whatever its name") {
  {
    const saved file(leaf);
    const auto got = lv::load_model(file.path.c_str());
    REQUIRE_MESSAGE(got, naive::refusal(got));
    CHECK(naive::score(*got, {0})[0] == 7);
  }
#if __has_include(<nlohmann/json.hpp>)
  {
    const saved file(linear);
    const auto got = lv::load_model(file.path.c_str());
    REQUIRE_MESSAGE(got, naive::refusal(got));
    CHECK(naive::score(*got, {10, 20})[0] == 53.5f);
  }
#endif
}

TEST_CASE("what is not a model, or not there, is refused with the name of the file") {
  const saved file("binf");
  CHECK_REFUSED(lv::load_model(file.path.c_str()), "the format is not known");
  CHECK_REFUSED(lv::load_model(file.path.c_str()), file.path);
  CHECK_REFUSED(lv::load_model("/nowhere/model.onnx"), "cannot open '/nowhere/model.onnx'");
  CHECK_REFUSED(lv::read_model({}), "the format is not known");
  CHECK(lv::load_model("/nowhere").error().kind == lv::failure::unreadable);
}
