// SPDX-License-Identifier: BSL-1.0
// onnx_file: the messages of an ONNX file (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto) as plain structs, read with
// protozero. That throws, so this header is empty in programs without exceptions. Fields of an unexpected wire type are skipped,
// as unknown ones are.
#pragma once

#include <levada/core/config.hpp>

#if LEVADA_EXCEPTIONS && __has_include(<protozero/pbf_reader.hpp>)

#include <levada/connect/detail/numbers.hpp>
#include <levada/core/result.hpp>

#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace levada::inline v0::detail {

/// Numbers of a tensor: `floats` of one of floats or doubles, `integers` of one of whole numbers.
struct onnx_tensor {
  std::string_view name;
  std::vector<std::int64_t> dims;
  std::vector<float> floats;
  std::vector<std::int64_t> integers;
  bool outside = false;  // its data lie in another file

  /// The dims are those of its numbers.
  [[nodiscard]] bool whole() const {
    const std::size_t most = floats.size() + integers.size();
    std::size_t n = 1;
    for (const std::int64_t dim : dims) {
      if (dim <= 0 || static_cast<std::uint64_t>(dim) > most) return false;
      if ((n *= static_cast<std::size_t>(dim)) > most) return false;
    }
    return n == most;
  }
  /// One float, or one a column: what is the same for every row.
  [[nodiscard]] bool is_row() const {
    return !floats.empty() && whole() && (dims.empty() || static_cast<std::size_t>(dims.back()) == floats.size());
  }
};

struct onnx_attribute {
  std::string_view name, words;
  float number = 0;
  std::int64_t integer = 0;
  onnx_tensor tensor;
  std::vector<float> numbers;
  std::vector<std::int64_t> integers;
  std::vector<std::string_view> strings;
};

struct onnx_node {
  std::string_view name, op;
  std::vector<std::string_view> inputs, outputs;
  std::vector<onnx_attribute> attributes;

  [[nodiscard]] const onnx_attribute* find(std::string_view attribute) const {
    for (const auto& a : attributes)
      if (a.name == attribute) return &a;
    return nullptr;
  }
  [[nodiscard]] std::string_view words(std::string_view attribute) const {
    const auto* a = find(attribute);
    return a == nullptr ? std::string_view() : a->words;
  }
  [[nodiscard]] std::int64_t integer(std::string_view attribute, std::int64_t otherwise) const {
    const auto* a = find(attribute);
    return a == nullptr ? otherwise : a->integer;
  }
  [[nodiscard]] float number(std::string_view attribute, float otherwise) const {
    const auto* a = find(attribute);
    return a == nullptr ? otherwise : a->number;
  }
  [[nodiscard]] std::span<const float> numbers(std::string_view attribute) const {
    const auto* a = find(attribute);
    return a == nullptr ? std::span<const float>() : std::span(a->numbers);
  }
  [[nodiscard]] std::span<const std::int64_t> integers(std::string_view attribute) const {
    const auto* a = find(attribute);
    return a == nullptr ? std::span<const std::int64_t>() : std::span(a->integers);
  }
  [[nodiscard]] std::span<const std::string_view> strings(std::string_view attribute) const {
    const auto* a = find(attribute);
    return a == nullptr ? std::span<const std::string_view>() : std::span(a->strings);
  }
};

/// What a graph takes or gives. A dimension that is not known is 0.
struct onnx_value {
  std::string_view name;
  std::vector<std::int64_t> dims;
};

struct onnx_graph {
  std::vector<onnx_node> nodes;
  std::map<std::string_view, onnx_tensor> constants;
  std::vector<onnx_value> inputs, outputs;
};

/// A field by its number and how it lies in the file.
using onnx_wire = protozero::pbf_wire_type;
constexpr std::uint32_t onnx_field(std::uint32_t number, onnx_wire type) { return protozero::tag_and_type(number, type); }

class onnx_parser {
 public:
  using reader = protozero::pbf_reader;

  /// Throws what protozero throws.
  static onnx_graph graph_of(reader model) {
    onnx_graph graph;
    each(model, [&](std::uint32_t field) {
      switch (field) {
        case onnx_field(7, onnx_wire::length_delimited): read(model.get_message(), graph); break;
        default: model.skip();
      }
    });
    return graph;
  }

 private:
  template <class F>
  static void each(reader& message, F&& f) {
    while (message.next()) f(message.tag_and_type());
  }
  static std::string_view words(reader& from) {
    const auto view = from.get_view();
    return {view.data(), view.size()};
  }
  template <class Range, class T>
  static void append(const Range& range, std::vector<T>& to) {
    for (const auto value : range) to.push_back(static_cast<T>(value));
  }

  static void read(reader m, onnx_graph& graph) {
    each(m, [&](std::uint32_t field) {
      switch (field) {
        case onnx_field(1, onnx_wire::length_delimited): read(m.get_message(), graph.nodes.emplace_back()); break;
        case onnx_field(5, onnx_wire::length_delimited): {
          onnx_tensor tensor;
          read(m.get_message(), tensor);
          graph.constants[tensor.name] = std::move(tensor);
          break;
        }
        case onnx_field(11, onnx_wire::length_delimited): read(m.get_message(), graph.inputs.emplace_back()); break;
        case onnx_field(12, onnx_wire::length_delimited): read(m.get_message(), graph.outputs.emplace_back()); break;
        default: m.skip();
      }
    });
  }

  static void read(reader m, onnx_node& node) {
    each(m, [&](std::uint32_t field) {
      switch (field) {
        case onnx_field(1, onnx_wire::length_delimited): node.inputs.push_back(words(m)); break;
        case onnx_field(2, onnx_wire::length_delimited): node.outputs.push_back(words(m)); break;
        case onnx_field(3, onnx_wire::length_delimited): node.name = words(m); break;
        case onnx_field(4, onnx_wire::length_delimited): node.op = words(m); break;
        case onnx_field(5, onnx_wire::length_delimited): read(m.get_message(), node.attributes.emplace_back()); break;
        default: m.skip();
      }
    });
  }

  static void read(reader m, onnx_attribute& a) {
    each(m, [&](std::uint32_t field) {
      switch (field) {
        case onnx_field(1, onnx_wire::length_delimited): a.name = words(m); break;
        case onnx_field(2, onnx_wire::fixed32): a.number = m.get_float(); break;
        case onnx_field(3, onnx_wire::varint): a.integer = m.get_int64(); break;
        case onnx_field(4, onnx_wire::length_delimited): a.words = words(m); break;
        case onnx_field(5, onnx_wire::length_delimited): read(m.get_message(), a.tensor); break;
        case onnx_field(7, onnx_wire::fixed32): a.numbers.push_back(m.get_float()); break;
        case onnx_field(7, onnx_wire::length_delimited): append(m.get_packed_float(), a.numbers); break;
        case onnx_field(8, onnx_wire::varint): a.integers.push_back(m.get_int64()); break;
        case onnx_field(8, onnx_wire::length_delimited): append(m.get_packed_int64(), a.integers); break;
        case onnx_field(9, onnx_wire::length_delimited): a.strings.push_back(words(m)); break;
        default: m.skip();
      }
    });
  }

  static void read(reader m, onnx_tensor& t) {
    std::int32_t type = 0;
    std::string_view raw;
    each(m, [&](std::uint32_t field) {
      switch (field) {
        case onnx_field(1, onnx_wire::varint): t.dims.push_back(m.get_int64()); break;
        case onnx_field(1, onnx_wire::length_delimited): append(m.get_packed_int64(), t.dims); break;
        case onnx_field(2, onnx_wire::varint): type = m.get_int32(); break;
        case onnx_field(4, onnx_wire::fixed32): t.floats.push_back(m.get_float()); break;
        case onnx_field(4, onnx_wire::length_delimited): append(m.get_packed_float(), t.floats); break;
        case onnx_field(5, onnx_wire::varint): t.integers.push_back(m.get_int32()); break;
        case onnx_field(5, onnx_wire::length_delimited): append(m.get_packed_int32(), t.integers); break;
        case onnx_field(7, onnx_wire::varint): t.integers.push_back(m.get_int64()); break;
        case onnx_field(7, onnx_wire::length_delimited): append(m.get_packed_int64(), t.integers); break;
        case onnx_field(8, onnx_wire::length_delimited): t.name = words(m); break;
        case onnx_field(9, onnx_wire::length_delimited): raw = words(m); break;
        case onnx_field(10, onnx_wire::length_delimited):
          for (const double value : m.get_packed_double()) t.floats.push_back(rounded(value));
          break;
        case onnx_field(14, onnx_wire::varint): t.outside = m.get_int32() == 1; break;
        default: m.skip();
      }
    });
    switch (type) {
      case 1: from_raw<float>(raw, t.floats); break;
      case 6: from_raw<std::int32_t>(raw, t.integers); break;
      case 7: from_raw<std::int64_t>(raw, t.integers); break;
      case 11: from_raw<double>(raw, t.floats); break;
      default: break;
    }
  }

  template <class From, class To>
  static void from_raw(std::string_view raw, std::vector<To>& to) {
    static_assert(std::endian::native == std::endian::little, "onnx: raw tensors are little endian");
    for (; raw.size() >= sizeof(From); raw.remove_prefix(sizeof(From))) {
      From value;
      std::memcpy(&value, raw.data(), sizeof value);
      if constexpr (std::is_same_v<From, double>)
        to.push_back(rounded(value));
      else
        to.push_back(value);
    }
  }

  /// ValueInfoProto: a name, and the shape of a tensor, three messages down.
  static void read(reader m, onnx_value& value) {
    each(m, [&](std::uint32_t field) {
      switch (field) {
        case onnx_field(1, onnx_wire::length_delimited): value.name = words(m); break;
        case onnx_field(2, onnx_wire::length_delimited): read_shape(m.get_message(), value.dims, 0); break;
        default: m.skip();
      }
    });
  }
  /// TypeProto.tensor_type, .shape, .dim, .dim_value.
  static void read_shape(reader m, std::vector<std::int64_t>& dims, int level) {
    constexpr std::uint32_t tags[] = {1, 2, 1, 1};
    each(m, [&](std::uint32_t field) {
      if (level < 3 && field == onnx_field(tags[level], onnx_wire::length_delimited)) {
        if (level == 2) dims.push_back(0);
        read_shape(m.get_message(), dims, level + 1);
      } else if (level == 3 && field == onnx_field(1, onnx_wire::varint)) {
        dims.back() = m.get_int64();
      } else {
        m.skip();
      }
    });
  }
};

/// The graph of a file. It looks into the bytes.
inline result<onnx_graph> onnx_graph_of(std::span<const std::byte> bytes) {
  try {
    return onnx_parser::graph_of({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  } catch (const protozero::exception& e) {
    return fault::of(failure::data, "onnx: this is not a whole ONNX file: ", e.what());
  }
}

}  // namespace levada::inline v0::detail

#endif
