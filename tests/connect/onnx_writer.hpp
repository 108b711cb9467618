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
  node(const std::string& op, const words& inputs, const words& outputs, const std::string& name = "it") {
    protozero::pbf_writer to(bytes_);
    for (const auto& i : inputs) to.add_string(1, i);
    for (const auto& o : outputs) to.add_string(2, o);
    to.add_string(3, name);
    to.add_string(4, op);
  }
  node&& with(const std::string& name, float value) && {
    return attribute(name, [&](auto& to) { to.add_float(2, value); });
  }
  node&& with(const std::string& name, std::int64_t value) && {
    return attribute(name, [&](auto& to) { to.add_int64(3, value); });
  }
  node&& with(const std::string& name, const std::string& value) && {
    return attribute(name, [&](auto& to) { to.add_string(4, value); });
  }
  node&& with(const std::string& name, const floats& values) && {
    return attribute(name, [&](auto& to) {
      for (const float v : values) to.add_float(7, v);
    });
  }
  node&& with(const std::string& name, const integers& values) && {
    return attribute(name, [&](auto& to) { to.add_packed_int64(8, values.begin(), values.end()); });
  }
  node&& with(const std::string& name, const words& values) && {
    return attribute(name, [&](auto& to) {
      for (const auto& v : values) to.add_string(9, v);
    });
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  template <class F>
  node&& attribute(const std::string& name, F&& f) {
    std::string bytes;
    protozero::pbf_writer to(bytes);
    to.add_string(1, name);
    f(to);
    protozero::pbf_writer(bytes_).add_message(5, bytes);
    return std::move(*this);
  }
  std::string bytes_;
};

/// A file whose graph takes "x" of these dimensions (0: not known) and gives `outputs`.
inline std::string onnx(const integers& dims, const std::vector<node>& nodes, const std::vector<std::string>& constants = {},
                        const words& outputs = {"y"}) {
  std::string shape, graph, model;
  for (const auto d : dims) {
    std::string dim;
    if (d != 0) protozero::pbf_writer(dim).add_int64(1, d);
    protozero::pbf_writer(shape).add_message(1, dim);
  }
  const auto value = [&](const std::string& name) {
    std::string type, tensor_type, bytes;
    protozero::pbf_writer inner(tensor_type);
    inner.add_int32(1, 1);
    inner.add_message(2, shape);
    protozero::pbf_writer(type).add_message(1, tensor_type);
    protozero::pbf_writer to(bytes);
    to.add_string(1, name);
    to.add_message(2, type);
    return bytes;
  };
  protozero::pbf_writer to(graph);
  for (const auto& n : nodes) to.add_message(1, n.bytes());
  for (const auto& c : constants) to.add_message(5, c);
  to.add_message(11, value("x"));
  for (const auto& o : outputs) to.add_message(12, value(o));
  protozero::pbf_writer all(model);
  all.add_int64(1, 8);
  all.add_message(7, graph);
  return model;
}

}  // namespace naive
