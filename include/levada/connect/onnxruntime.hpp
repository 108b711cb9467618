// SPDX-License-Identifier: BSL-1.0
// onnxruntime: models that ONNX Runtime runs (https://onnxruntime.ai): any operator, and any size, that it knows. What
// connect/onnx.hpp reads becomes a model of ours and is faster with small rows; this one is for the rest. This header alone needs
// ONNX Runtime (CMake: levada::onnxruntime), and is empty where that is not installed.
#pragma once

#if __has_include(<onnxruntime_c_api.h>)

#include <levada/core/config.hpp>
#include <levada/core/model.hpp>
#include <levada/core/result.hpp>
#include <levada/core/word.hpp>

#include <onnxruntime_c_api.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace levada::inline v0 {

namespace detail {

/// The first version of its interface has all that is used here, and each later one still begins with it: so the library that is
/// found at run time may be older than the header.
inline const OrtApi& ort() {
  static const OrtApi& api = *::OrtGetApiBase()->GetApi(1);
  return api;
}
struct ort_deleter {
  void operator()(OrtEnv* p) const { ort().ReleaseEnv(p); }
  void operator()(OrtSessionOptions* p) const { ort().ReleaseSessionOptions(p); }
  void operator()(OrtSession* p) const { ort().ReleaseSession(p); }
  void operator()(OrtMemoryInfo* p) const { ort().ReleaseMemoryInfo(p); }
  void operator()(OrtTypeInfo* p) const { ort().ReleaseTypeInfo(p); }
  void operator()(OrtTensorTypeAndShapeInfo* p) const { ort().ReleaseTensorTypeAndShapeInfo(p); }
  void operator()(OrtValue* p) const { ort().ReleaseValue(p); }
  void operator()(OrtStatus* p) const { ort().ReleaseStatus(p); }
};
template <class T>
using ort_pointer = std::unique_ptr<T, ort_deleter>;

/// No status is no trouble.
inline result<> ort_result(OrtStatus* status) {
  if (status == nullptr) return {};
  const ort_pointer<OrtStatus> owned(status);
  const bool missing = ort().GetErrorCode(status) == ORT_NO_SUCHFILE;
  return fault::of(missing ? failure::unreadable : failure::data, "onnxruntime: ", ort().GetErrorMessage(status));
}
/// What a function makes whose last argument is where to put it.
template <class T>
result<ort_pointer<T>> ort_made(auto function, auto... argument) {
  T* made = nullptr;
  if (auto ok = ort_result(function(argument..., &made)); !ok) return ok.error();
  return ort_pointer<T>(made);
}

/// An input or an output as the graph declares it. A length that is not known is -1; without dims nothing is known of its shape.
struct ort_place {
  std::string name;
  ONNXType type{};
  ONNXTensorElementDataType element{};
  std::vector<std::int64_t> dims;

  [[nodiscard]] bool holds_floats() const { return type == ONNX_TYPE_TENSOR && element == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT; }
};
inline result<> read_shape(const OrtTensorTypeAndShapeInfo* info, ort_place& to) {
  std::size_t length = 0;
  if (auto ok = ort_result(ort().GetTensorElementType(info, &to.element)); !ok) return ok;
  if (auto ok = ort_result(ort().GetDimensionsCount(info, &length)); !ok) return ok;
  to.dims.resize(length);
  return ort_result(ort().GetDimensions(info, to.dims.data(), length));
}
inline result<ort_place> ort_place_of(const OrtSession* session, std::size_t i, auto name_of_place, auto type_of_place) {
  ort_place place;
  OrtAllocator* allocator = nullptr;  // ORT's own
  char* name = nullptr;
  if (auto ok = ort_result(ort().GetAllocatorWithDefaultOptions(&allocator)); !ok) return ok.error();
  if (auto ok = ort_result(name_of_place(session, i, allocator, &name)); !ok) return ok.error();
  place.name = name;
  if (auto ok = ort_result(ort().AllocatorFree(allocator, name)); !ok) return ok.error();

  const auto info = ort_made<OrtTypeInfo>(type_of_place, session, i);
  if (!info) return info.error();
  if (auto ok = ort_result(ort().GetOnnxTypeFromTypeInfo(info->get(), &place.type)); !ok) return ok.error();
  if (place.type != ONNX_TYPE_TENSOR) return place;
  const OrtTensorTypeAndShapeInfo* tensor = nullptr;  // a part of info
  if (auto ok = ort_result(ort().CastTypeInfoToTensorInfo(info->get(), &tensor)); !ok) return ok.error();
  if (auto ok = read_shape(tensor, place); !ok) return ok.error();
  return place;
}
inline std::string words_of(const std::vector<std::int64_t>& dims) {
  std::string words;
  for (const auto d : dims) words += (words.empty() ? "" : ", ") + (d < 0 ? std::string("?") : std::to_string(d));
  return "[" + words + "]";
}

}  // namespace detail

/// Takes  a graph with one input, floats of the shape [batch, features]; a batch of any length, or of one row. NaN goes in as it
///        is.
/// Emits  an output of floats of the shape [batch, outputs]: the one that there is beside labels, as with the probabilities of a
///        classifier, or the one that is named. What a row gives beside others may differ in the last bits from what it gives
///        alone: that is the runtime's affair.
/// Holds  a session on the CPU, with one thread, that of the caller: threads may share it.
/// Fails  make and load: in a sentence, for other graphs, and where the runtime cannot run one or two rows of zeros. Later on, if
///        it cannot run a row, its outputs are NaN and it is counted: failures().
/// Costs  some microseconds a call before the first multiplication. Rows are read and outputs written where they lie, but the
///        runtime allocates in every call: this model alone breaks that promise of core/model.hpp.
class onnxruntime_model {
 public:
  /// From the bytes of a file, which are copied.
  static result<onnxruntime_model> make(std::span<const std::byte> bytes, std::string_view output = {}) {
    return opened(output, detail::ort().CreateSessionFromArray, static_cast<const void*>(bytes.data()), bytes.size());
  }
  /// From a file; also where its weights lie in another one beside it.
  static result<onnxruntime_model> load(const char* path, std::string_view output = {}) {
    return opened(output, detail::ort().CreateSession, path);
  }

  [[nodiscard]] std::size_t features() const { return features_; }
  [[nodiscard]] std::size_t outputs() const { return outputs_; }
  /// Rows for which the runtime had an error instead of outputs.
  [[nodiscard]] std::uint64_t failures() const { return failures_->relaxed(); }

  void score(std::span<const float> row, std::span<float> out) const { score_batch(row, 1, out); }
  void score_batch(std::span<const float> rows, std::size_t n, std::span<float> out) const {
    LEVADA_CHECK(rows.size() >= n * features_, rows.size());
    LEVADA_CHECK(out.size() >= n * outputs_, out.size());
    if (n > 1 && any_batch_ && ran(rows.first(n * features_), n, out.first(n * outputs_))) return;
    for (std::size_t r = 0; r < n; ++r) {  // where one row is the trouble, it alone is lost
      const auto filled = out.subspan(r * outputs_, outputs_);
      if (ran(rows.subspan(r * features_, features_), 1, filled)) [[likely]]
        continue;
      for (float& value : filled) value = std::numeric_limits<float>::quiet_NaN();
      failures_->fetch_add(1);
    }
  }

 private:
  using place = detail::ort_place;

  onnxruntime_model() = default;

  template <class... Part>
  static fault wrong(const Part&... part) {
    return fault::of(failure::data, "onnxruntime: ", part...);
  }

  /// `from` is what the function needs beside environment and options.
  static result<onnxruntime_model> opened(std::string_view output, auto function, auto... from) {
    const OrtApi& api = detail::ort();
    onnxruntime_model m;
    auto environment =
        detail::ort_made<OrtEnv>(api.CreateEnv, ORT_LOGGING_LEVEL_FATAL, "levada");  // errors are told, not printed
    if (!environment) return environment.error();
    m.environment_ = std::move(*environment);
    const auto options = detail::ort_made<OrtSessionOptions>(api.CreateSessionOptions);
    if (!options) return options.error();
    // No pool of threads, then. Node by node, on the CPU, out of an arena: that is what a session does unless told otherwise.
    if (auto ok = detail::ort_result(api.SetIntraOpNumThreads(options->get(), 1)); !ok) return ok.error();
    auto session = detail::ort_made<OrtSession>(function, m.environment_.get(), from..., options->get());
    if (!session) return session.error();
    m.session_ = std::move(*session);
    auto memory = detail::ort_made<OrtMemoryInfo>(api.CreateCpuMemoryInfo, OrtDeviceAllocator, OrtMemTypeDefault);
    if (!memory) return memory.error();
    m.memory_ = std::move(*memory);

    if (auto ok = m.choose_input(); !ok) return ok.error();
    if (auto ok = m.choose_output(output); !ok) return ok.error();
    if (auto ok = m.try_zeros(); !ok) return ok.error();
    return m;
  }

  result<> choose_input() {
    const OrtApi& api = detail::ort();
    std::size_t n = 0;
    if (auto ok = detail::ort_result(api.SessionGetInputCount(session_.get(), &n)); !ok) return ok;
    if (n != 1) return wrong("the graph takes ", n, " inputs; export it with one, of shape [None, features]");
    const auto got = detail::ort_place_of(session_.get(), 0, api.SessionGetInputName, api.SessionGetInputTypeInfo);
    if (!got) return got.error();
    if (!got->holds_floats())
      return wrong("input '", got->name, "' is not a tensor of floats; export it with one (skl2onnx: FloatTensorType)");
    const auto& dims = got->dims;
    if (dims.size() != 2 || dims[1] <= 0 || (dims[0] >= 0 && dims[0] != 1))
      return wrong("input '", got->name, "' has the shape ", detail::words_of(dims),
                   "; [None, features] is needed, or [1, features]");
    input_ = got->name;
    any_batch_ = dims[0] != 1;
    features_ = static_cast<std::size_t>(dims[1]);
    return {};
  }

  result<> choose_output(std::string_view wanted) {
    const OrtApi& api = detail::ort();
    std::size_t n = 0;
    if (auto ok = detail::ort_result(api.SessionGetOutputCount(session_.get(), &n)); !ok) return ok;
    std::string all;  // for a sentence
    bool has_maps = false;
    std::size_t chosen = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const auto got = detail::ort_place_of(session_.get(), i, api.SessionGetOutputName, api.SessionGetOutputTypeInfo);
      if (!got) return got.error();
      all += (all.empty() ? "'" : ", '") + got->name + "'";
      if (!wanted.empty() && got->name != wanted) continue;
      has_maps = has_maps || got->type == ONNX_TYPE_SEQUENCE || got->type == ONNX_TYPE_MAP;
      if (!got->holds_floats()) continue;
      ++chosen;
      output_ = got->name;
    }
    if (chosen == 1) return {};
    if (chosen > 1) return wrong("of the outputs ", all, " several are floats; name the one that is meant");
    if (has_maps)
      return wrong("its probabilities are a sequence of maps; export it without ZipMap (skl2onnx: options={'zipmap': False})");
    if (wanted.empty()) return wrong("of the outputs ", all, " none is a tensor of floats");
    return wrong("there is no output '", wanted, "' of floats; the outputs are ", all);
  }

  /// Whether it runs, and how long its rows are, which not every graph declares.
  result<> try_zeros() {
    const std::int64_t n = any_batch_ ? 2 : 1;
    const auto length = static_cast<std::size_t>(n);
    std::vector<float> rows(length * features_);
    const auto in = detail::ort_made<OrtValue>([&](OrtValue** to) { return make_tensor(rows, length, features_, to); });
    if (!in) return in.error();
    const auto came = detail::ort_made<OrtValue>([&](OrtValue** to) { return run(in->get(), to); });
    if (!came) return came.error();
    const auto info = detail::ort_made<OrtTensorTypeAndShapeInfo>(detail::ort().GetTensorTypeAndShape, came->get());
    if (!info) return info.error();
    place shape;
    if (auto ok = detail::read_shape(info->get(), shape); !ok) return ok;
    if (shape.dims.size() != 2 || shape.dims[0] != n || shape.dims[1] <= 0)
      return wrong("for ", n, " rows output '", output_, "' has the shape ", detail::words_of(shape.dims),
                   "; [batch, outputs] is needed");
    outputs_ = static_cast<std::size_t>(shape.dims[1]);
    return {};
  }

  /// Over floats that are somebody else's.
  OrtStatus* make_tensor(std::span<float> values, std::size_t n, std::size_t length, OrtValue** to) const {
    const std::int64_t shape[] = {static_cast<std::int64_t>(n), static_cast<std::int64_t>(length)};
    return detail::ort().CreateTensorWithDataAsOrtValue(memory_.get(), values.data(), values.size_bytes(), shape, 2,
                                                        ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, to);
  }
  /// Into the value that `to` points to, or into a new one where that is null.
  OrtStatus* run(const OrtValue* in, OrtValue** to) const {
    const char* const input = input_.c_str();
    const char* const output = output_.c_str();
    return detail::ort().Run(session_.get(), nullptr, &input, &in, 1, &output, 1, to);
  }

  [[nodiscard]] bool ran(std::span<const float> rows, std::size_t n, std::span<float> out) const {
    const std::span<float> given(const_cast<float*>(rows.data()), rows.size());  // an input is only read
    const auto is_fine = [](OrtStatus* status) { return detail::ort_pointer<OrtStatus>(status) == nullptr; };
    OrtValue *in = nullptr, *to = nullptr;
    const bool done =
        is_fine(make_tensor(given, n, features_, &in)) && is_fine(make_tensor(out, n, outputs_, &to)) && is_fine(run(in, &to));
    detail::ort().ReleaseValue(to);
    detail::ort().ReleaseValue(in);
    return done;
  }

  detail::ort_pointer<OrtEnv> environment_;  // one for all of a process, counted
  detail::ort_pointer<OrtSession> session_;
  detail::ort_pointer<OrtMemoryInfo> memory_;
  std::unique_ptr<word<std::uint64_t>> failures_ = std::make_unique<word<std::uint64_t>>();
  std::string input_, output_;
  std::size_t features_ = 0, outputs_ = 0;
  bool any_batch_ = false;
};
static_assert(batch_model<onnxruntime_model>);

}  // namespace levada::inline v0

#endif
