// SPDX-License-Identifier: BSL-1.0
// artifact: a model as a file of levada's own: its parts, its name and version, rows with the outputs that its maker's program
// gave (golden vectors), how its features were spread in training, and a signature. A FlatBuffers table, whose schema is
// artifact.fbs beside this header: it is used where it lies, and flatc shows what is in it. This header needs FlatBuffers (CMake:
// levada::flatbuffers), and is empty where that is not installed.
#pragma once

#if __has_include(<flatbuffers/flatbuffers.h>)

#include <levada/connect/detail/artifact_tables.hpp>
#include <levada/connect/detail/model_bytes.hpp>
#include <levada/connect/model_document.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/wire/model_parts.hpp>

#include <flatbuffers/flatbuffers.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace levada::inline v0 {

/// What a file is made of. Views: they are copied into it.
struct artifact_contents {
  std::string_view name{};
  std::uint64_t version = 1;
  std::string_view made_by{};  ///< which program, from which data: for people
  model_parts parts{};
  std::span<const float> golden_rows{};     ///< as many values a row as the first step has features,
  std::span<const float> golden_outputs{};  ///< and the outputs of each
};

/// For files that nobody signs.
struct leave_unsigned {
  std::vector<std::byte> operator()(std::span<const std::byte>) const { return {}; }
};

/// Takes  contents, and sign(bytes) -> std::vector<std::byte>: see connect/signature.hpp.
/// Emits  the bytes of the file.
template <class Sign = leave_unsigned>
[[nodiscard]] std::vector<std::byte> write_artifact(const artifact_contents& c, Sign sign = {}) {
  flatbuffers::FlatBufferBuilder body(1u << 16);
  detail::artifact_writer fields(body);
  body.Finish(fields.table(detail::artifact_body{c.name, c.version, c.made_by, c.parts, c.golden_rows, c.golden_outputs}),
              detail::artifact_mark);
  const auto bytes = std::as_bytes(std::span(body.GetBufferPointer(), body.GetSize()));
  const std::vector<std::byte> signature = sign(bytes);
  flatbuffers::FlatBufferBuilder file(bytes.size() + 256);
  const auto as_numbers = [](std::span<const std::byte> b) {
    return std::span(reinterpret_cast<const std::uint8_t*>(b.data()), b.size());
  };
  detail::artifact_writer outer(file);
  file.Finish(outer.table(detail::artifact_envelope{as_numbers(bytes), as_numbers(signature)}), detail::envelope_mark);
  const auto whole = std::as_bytes(std::span(file.GetBufferPointer(), file.GetSize()));
  return {whole.begin(), whole.end()};
}

/// A file that was read. Its parts are views of the bytes in it; they stay where they are when it is moved.
/// Fails  of kind data, before anything is used, for bytes that are no such file: every offset, length and enumeration in it is
///        checked. Whether the weights make sense, the model that is made from them says.
class artifact {
 public:
  static result<artifact> read(std::span<const std::byte> bytes) {
    artifact a;
    // FlatBuffers wants to find its numbers aligned.
    a.room_.resize(bytes.size() / sizeof(block) + 1);
    std::memcpy(a.room_.data(), bytes.data(), bytes.size());
    a.size_ = bytes.size();
    const auto* begin = reinterpret_cast<const std::uint8_t*>(a.room_.data());
    const auto refused = [](const auto&... why) { return fault::of(failure::data, "artifact: ", why...); };
    if (bytes.size() < 16 || !flatbuffers::BufferHasIdentifier(begin, detail::envelope_mark))
      return refused("this is no file of levada's: it does not begin as one");
    flatbuffers::Verifier outer(begin, bytes.size());
    detail::artifact_envelope envelope;
    if (!detail::artifact_reader(outer, a.lists_).root(begin, envelope))
      return refused("the file is damaged: it was cut off, or something in it leads out of it");
    const auto* body = envelope.body.data();
    a.signed_ = std::as_bytes(envelope.body);
    a.signature_ = std::as_bytes(envelope.signature);
    if (envelope.body.size() < 16 || reinterpret_cast<std::uintptr_t>(body) % alignof(block) != 0)
      return refused("the file has no model in it, or not where one can be used");
    if (!flatbuffers::BufferHasIdentifier(body, detail::artifact_mark))
      return refused("the model in it has another format than the one that is known here, 1");
    flatbuffers::Verifier inner(body, envelope.body.size(), 16, 1u << 20);
    if (!detail::artifact_reader(inner, a.lists_).root(body, a.body_))
      return refused("the model in it is damaged: a list leads out of it, or a value is none that it may be");
    return a;
  }
  /// The same from a file of 256 MiB at most.
  static result<artifact> load(const char* path) {
    const auto bytes = detail::read_model_bytes(path);
    if (!bytes) return bytes.error();
    auto read_one = read(std::as_bytes(std::span(*bytes)));
    if (!read_one) return fault::of(failure::data, read_one.error().sentence, " (", path, ")");
    return read_one;
  }

  [[nodiscard]] std::string_view name() const { return body_.name; }
  [[nodiscard]] std::uint64_t version() const { return body_.version; }
  [[nodiscard]] std::string_view made_by() const { return body_.made_by; }
  [[nodiscard]] const model_parts& parts() const { return body_.parts; }
  [[nodiscard]] std::span<const float> golden_rows() const { return body_.golden_rows; }
  [[nodiscard]] std::span<const float> golden_outputs() const { return body_.golden_outputs; }
  /// All of it, as it was read.
  [[nodiscard]] std::span<const std::byte> file() const { return std::as_bytes(std::span(room_)).first(size_); }
  /// What was signed, and with what; empty where nobody has.
  [[nodiscard]] std::span<const std::byte> signed_bytes() const { return signed_; }
  [[nodiscard]] std::span<const std::byte> signature() const { return signature_; }

 private:
  artifact() = default;
  struct alignas(16) block {
    std::byte bytes[16];
  };
  std::vector<block> room_;
  std::size_t size_ = 0;
  model_document lists_;
  detail::artifact_body body_{};
  std::span<const std::byte> signed_{}, signature_{};
};

}  // namespace levada::inline v0

#endif
