// SPDX-License-Identifier: BSL-1.0
// model_file: a model from a file, whichever tool has written it. The format is recognised by what is in the file, not by its
// name.
#pragma once

#include <levada/connect/detail/model_bytes.hpp>
#include <levada/connect/lightgbm.hpp>
#include <levada/connect/model_document.hpp>
#include <levada/connect/onnx.hpp>
#include <levada/connect/xgboost.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace levada::inline v0 {

/// Formats that are recognised; what is not one of them is `unknown`.
enum class model_format : std::uint8_t { unknown, xgboost, lightgbm, onnx };

/// By the first bytes: a brace, the word "tree", or field 1 (the version) of a protobuf message.
[[nodiscard]] inline model_format model_format_of(std::span<const std::byte> bytes) {
  const std::string_view words(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (words.starts_with("tree\n")) return model_format::lightgbm;
  if (words.starts_with('\x08')) return model_format::onnx;
  const auto begin = words.find_first_not_of(" \t\r\n");
  return begin != words.npos && words[begin] == '{' ? model_format::xgboost : model_format::unknown;
}

inline namespace LEVADA_LOOP_NAMESPACE {  // without exceptions there is no ONNX

/// Takes  the bytes of a model of XGBoost (JSON or UBJ), LightGBM (text) or ONNX.
/// Emits  what read_xgboost, read_lightgbm or read_onnx does.
/// Fails  as they do; and in words where this program was built without the library that the format needs.
inline result<model_document> read_model(std::span<const std::byte> bytes) {
  switch (model_format_of(bytes)) {
    case model_format::lightgbm: return read_lightgbm(bytes);
    case model_format::xgboost:
#if __has_include(<nlohmann/json.hpp>)
      return read_xgboost(bytes);
#else
      return fault::of(failure::usage,
                       "model: this is JSON or UBJ, and the program was built without nlohmann/json (levada::json)");
#endif
    case model_format::onnx:
#if LEVADA_EXCEPTIONS && __has_include(<protozero/pbf_reader.hpp>)
      return read_onnx(bytes);
#else
      return fault::of(failure::usage,
                       "model: this is ONNX, and the program was built without exceptions or protozero (levada::onnx)");
#endif
    default: break;
  }
  return fault::of(failure::data, "model: the format is not known; XGBoost's .json and .ubj, LightGBM's .txt and .onnx are read");
}

/// The same from a file of 256 MiB at most.
inline result<model_document> load_model(const char* path) {
  const auto bytes = detail::read_model_bytes(path);
  if (!bytes) return bytes.error();
  auto read = read_model(std::as_bytes(std::span(*bytes)));
  if (!read) return fault::of(read.error().kind, read.error().sentence, " (", path, ")");
  return read;
}

}  // namespace LEVADA_LOOP_NAMESPACE
}  // namespace levada::inline v0
