// SPDX-License-Identifier: BSL-1.0
// onnx_writer: ONNX files for tests, field by field.
#pragma once

#include <protozero/pbf_writer.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace naive {

using floats = std::vector<float>;
using integers = std::vector<std::int64_t>;
using words = std::vector<std::string>;

/// A tensor of floats, in raw_data as exporters write it, or in float_data.
inline std::string tensor(const std::string& name, const integers& dims, const floats& values, bool raw = true) {
  std::string bytes;
  protozero::pbf_writer to(bytes);
  for (const auto d : dims) to.add_int64(1, d);
  to.add_int32(2, 1);
  if (raw)
    to.add_bytes(9, reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  else
    to.add_packed_float(4, values.begin(), values.end());
  to.add_string(8, name);
  return bytes;
}
inline std::string tensor(const std::string& name, const integers& values) {
  std::string bytes;
  protozero::pbf_writer to(bytes);
  to.add_int64(1, static_cast<std::int64_t>(values.size()));
  to.add_int32(2, 7);
  to.add_packed_int64(7, values.begin(), values.end());
  to.add_string(8, name);
  return bytes;
}

class node {
 public:
  node(const std::string& op, const words& inputs, const words& outputs, const std::string& name = "") {
    protozero::pbf_writer to(bytes_);
    for (const auto& i : inputs) to.add_string(1, i);
    for (const auto& o : outputs) to.add_string(2, o);
    to.add_string(3, name.empty() ? outputs.front() : name);
    to.add_string(4, op);
    for (auto theirs : {"Tree", "Linear", "Scaler", "Normalizer", "ZipMap"})
      if (op.starts_with(theirs)) to.add_string(7, "ai.onnx.ml");
  }
  node&& with(const std::string& name, float value) && {
    return attribute(name, 1, [&](auto& to) { to.add_float(2, value); });
  }
  node&& with(const std::string& name, std::int64_t value) && {
    return attribute(name, 2, [&](auto& to) { to.add_int64(3, value); });
  }
  node&& with(const std::string& name, const std::string& value) && {
    return attribute(name, 3, [&](auto& to) { to.add_string(4, value); });
  }
  node&& with(const std::string& name, const floats& values) && {
    return attribute(name, 6, [&](auto& to) {
      for (const float v : values) to.add_float(7, v);
    });
  }
  node&& with(const std::string& name, const integers& values) && {
    return attribute(name, 7, [&](auto& to) { to.add_packed_int64(8, values.begin(), values.end()); });
  }
  node&& with(const std::string& name, const words& values) && {
    return attribute(name, 8, [&](auto& to) {
      for (const auto& v : values) to.add_string(9, v);
    });
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  template <class F>
  node&& attribute(const std::string& name, std::int32_t type, F&& f) {
    std::string bytes;
    protozero::pbf_writer to(bytes);
    to.add_string(1, name);
    f(to);
    to.add_int32(20, type);
    protozero::pbf_writer(bytes_).add_message(5, bytes);
    return std::move(*this);
  }
  std::string bytes_;
};

/// A file whose graph takes "x" of these dimensions (0: not known) and gives `outputs`, whose types are for the reader to find.
inline std::string onnx(const integers& dims, const std::vector<node>& nodes, const std::vector<std::string>& constants = {},
                        const words& outputs = {"y"}, std::int32_t element = 1) {
  std::string shape, tensor_type, type, input, graph, model;
  for (const auto d : dims) {
    std::string dim;
    if (d != 0) protozero::pbf_writer(dim).add_int64(1, d);
    protozero::pbf_writer(shape).add_message(1, dim);
  }
  protozero::pbf_writer inner(tensor_type);
  inner.add_int32(1, element);
  inner.add_message(2, shape);
  protozero::pbf_writer(type).add_message(1, tensor_type);
  protozero::pbf_writer x(input);
  x.add_string(1, "x");
  x.add_message(2, type);

  protozero::pbf_writer to(graph);
  for (const auto& n : nodes) to.add_message(1, n.bytes());
  to.add_string(2, "graph");
  for (const auto& c : constants) to.add_message(5, c);
  to.add_message(11, input);
  for (const auto& o : outputs) {
    std::string output;
    protozero::pbf_writer(output).add_string(1, o);
    to.add_message(12, output);
  }
  protozero::pbf_writer all(model);
  all.add_int64(1, 8);
  all.add_message(7, graph);
  for (const auto& [domain, version] : {std::pair("", 13), std::pair("ai.onnx.ml", 3)}) {
    std::string set;
    protozero::pbf_writer opset(set);
    opset.add_string(1, domain);
    opset.add_int64(2, version);
    all.add_message(8, set);
  }
  return model;
}

}  // namespace naive
