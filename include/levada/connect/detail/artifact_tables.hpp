// SPDX-License-Identifier: BSL-1.0
// artifact_tables: the tables of artifact.fbs, each described once, by its fields in their order: the writer and the reader walk
// the same descriptions. A field that is added goes to the end.
#pragma once

#if __has_include(<flatbuffers/flatbuffers.h>)

#include <levada/connect/model_document.hpp>
#include <levada/core/config.hpp>
#include <levada/wire/model_parts.hpp>

#include <flatbuffers/flatbuffers.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace levada::inline v0::detail {

inline constexpr char envelope_mark[] = "LVMF", artifact_mark[] = "LVM1";
constexpr flatbuffers::voffset_t field_offset(std::size_t index) { return static_cast<flatbuffers::voffset_t>(4 + 2 * index); }

struct artifact_body {
  std::string_view name{};
  std::uint64_t version = 0;
  std::string_view made_by{};
  model_parts parts{};
  std::span<const float> golden_rows{}, golden_outputs{};
};

struct artifact_envelope {
  std::span<const std::uint8_t> body{}, signature{};
};

template <class P>
void fields_of(auto& f, P& p) {
  using table = std::remove_const_t<P>;
  if constexpr (std::is_same_v<table, scaler_parts>)
    f(p.kind, p.features, p.offset, p.scale);
  else if constexpr (std::is_same_v<table, linear_parts>)
    f(p.features, p.outputs, p.weights, p.bias, p.link);
  else if constexpr (std::is_same_v<table, tree_parts>)
    f(p.features, p.outputs, p.leaf_outputs, p.nodes, p.trees, p.leaf_values, p.base, p.covers, p.scale, p.link);
  else if constexpr (std::is_same_v<table, layer_parts>)
    f(p.kind, p.inputs, p.outputs, p.kernel, p.stride, p.weights, p.bias, p.then);
  else if constexpr (std::is_same_v<table, network_parts>)
    f(p.features, p.outputs, p.steps, p.layers);
  else if constexpr (std::is_same_v<table, component_parts>)
    f(p.gives, p.features, p.components, p.mean, p.directions, p.variance);
  else if constexpr (std::is_same_v<table, centre_parts>)
    f(p.features, p.centres, p.labels_count, p.neighbours, p.positions, p.labels);
  else if constexpr (std::is_same_v<table, mixture_parts>)
    f(p.features, p.parts, p.diagonal, p.weights, p.means, p.precisions);
  else if constexpr (std::is_same_v<table, model_part>)
    f(p.kind, p.scaler, p.linear, p.trees, p.network, p.components, p.centres, p.mixture);
  else if constexpr (std::is_same_v<table, histogram_parts>)
    f(p.features, p.bins, p.edges, p.counts);
  else if constexpr (std::is_same_v<table, model_parts>)
    f(p.steps, p.feature_names, p.output_names, p.training);
  else if constexpr (std::is_same_v<table, artifact_envelope>)
    f(p.body, p.signature);
  else
    f(p.name, p.version, p.made_by, p.parts, p.golden_rows, p.golden_outputs);
}

/// The last value of an enumeration that is kept as a byte.
template <class E>
inline constexpr E last_of{};
template <>
inline constexpr bool last_of<bool> = true;
template <>
inline constexpr link_function last_of<link_function> = link_function::exponential;
template <>
inline constexpr activation last_of<activation> = activation::leaky_relu;
template <>
inline constexpr auto last_of<layer_parts::kind_t> = layer_parts::kind_t::flatten;
template <>
inline constexpr auto last_of<scaler_parts::kind_t> = scaler_parts::kind_t::max;
template <>
inline constexpr auto last_of<component_parts::kind_t> = component_parts::kind_t::projection;
template <>
inline constexpr auto last_of<model_part::kind_t> = model_part::kind_t::mixture;

template <class T>
inline constexpr bool is_span = false;
template <class T>
inline constexpr bool is_span<std::span<const T>> = true;
template <class T>
inline constexpr bool is_byte = std::is_enum_v<T> || std::is_same_v<T, bool>;

/// Writes tables from the inside out, as FlatBuffers wants it.
class artifact_writer {
 public:
  explicit artifact_writer(flatbuffers::FlatBufferBuilder& into) : builder_(into) {}

  template <class P>
  flatbuffers::Offset<flatbuffers::Table> table(const P& p) {
    fields_of(*this, p);
    return made_;
  }
  template <class... Fields>
  void operator()(const Fields&... fields) {
    const flatbuffers::uoffset_t offsets[] = {prepare(fields)...};
    const auto start = builder_.StartTable();
    std::size_t i = 0;
    ((add(i, fields, offsets[i]), ++i), ...);
    made_ = flatbuffers::Offset<flatbuffers::Table>(builder_.EndTable(start));
  }

 private:
  /// Where what lies outside of the table was put; 0: nothing does, or it is empty.
  template <class F>
  flatbuffers::uoffset_t prepare(const F& field) {
    if constexpr (std::is_arithmetic_v<F> || std::is_enum_v<F>) {
      return 0;
    } else if constexpr (std::is_same_v<F, std::string_view>) {
      return field.empty() ? 0 : builder_.CreateString(field.data(), field.size()).o;
    } else if constexpr (is_span<F>) {
      using value = typename F::value_type;
      if (field.empty()) return 0;
      if constexpr (std::is_arithmetic_v<value>) {
        if (sizeof(value) == 1) builder_.ForceVectorAlignment(field.size(), 1, 16);  // tables lie in it
        return builder_.CreateVector(field.data(), field.size()).o;
      } else if constexpr (std::is_same_v<value, tree_node>) {
        return builder_.CreateVectorOfStructs(field.data(), field.size()).o;
      } else if constexpr (std::is_same_v<value, std::string_view>) {
        std::vector<flatbuffers::Offset<flatbuffers::String>> all;
        for (const std::string_view word : field) all.push_back(builder_.CreateString(word.data(), word.size()));
        return builder_.CreateVector(all).o;
      } else {
        std::vector<flatbuffers::Offset<flatbuffers::Table>> all;
        for (const auto& one : field) all.push_back(table(one));
        return builder_.CreateVector(all).o;
      }
    } else if constexpr (requires { field.features; }) {
      return field.features == 0 ? 0 : table(field).o;  // a step has one of them
    } else {
      return table(field).o;
    }
  }
  template <class F>
  void add(std::size_t index, const F& field, flatbuffers::uoffset_t offset) {
    const auto at = field_offset(index);
    if constexpr (is_byte<F>)
      builder_.AddElement(at, static_cast<std::uint8_t>(field));
    else if constexpr (std::is_arithmetic_v<F>)
      builder_.AddElement(at, field);
    else if (offset != 0)
      builder_.AddOffset(at, flatbuffers::Offset<void>(offset));
  }

  flatbuffers::FlatBufferBuilder& builder_;
  flatbuffers::Offset<flatbuffers::Table> made_{};
};

/// Reads tables that nobody has verified. Vectors of numbers stay where they are; lists of tables and names go into the document.
class artifact_reader {
 public:
  artifact_reader(flatbuffers::Verifier& v, model_document& keeps) : verifier_(v), keeps_(keeps) {}

  template <class P>
  bool root(const std::uint8_t* begin, P& into) {
    return verifier_.Verify<flatbuffers::uoffset_t>(0) && verifier_.VerifyOffset(0) != 0 &&
           read_table(flatbuffers::GetRoot<flatbuffers::Table>(begin), into);
  }
  template <class... Fields>
  void operator()(Fields&... fields) {
    const auto* const table = table_;
    std::size_t i = 0;
    ((good_ = good_ && read(table, field_offset(i++), fields)), ...);
  }

 private:
  template <class P>
  bool read_table(const flatbuffers::Table* table, P& into) {
    if (!verifier_.VerifyTableStart(reinterpret_cast<const std::uint8_t*>(table))) return good_ = false;
    const auto* const outer = table_;
    table_ = table;
    fields_of(*this, into);
    table_ = outer;
    verifier_.EndTable();
    return good_;
  }
  template <class T>
  bool verified(const flatbuffers::Table* table, flatbuffers::voffset_t at) {
    if constexpr (requires { table->VerifyField<T>(verifier_, at, sizeof(T)); })
      return table->VerifyField<T>(verifier_, at, sizeof(T));
    else
      return table->VerifyField<T>(verifier_, at);
  }
  template <class F>
  bool read(const flatbuffers::Table* table, flatbuffers::voffset_t at, F& into) {
    if constexpr (is_byte<F>) {
      if (!verified<std::uint8_t>(table, at)) return false;
      const auto value = table->GetField<std::uint8_t>(at, static_cast<std::uint8_t>(into));
      if (value > static_cast<std::uint8_t>(last_of<F>)) return false;
      into = static_cast<F>(value);
      return true;
    } else if constexpr (std::is_arithmetic_v<F>) {
      if (!verified<F>(table, at)) return false;
      into = table->GetField<F>(at, into);
      return true;
    } else if (!table->VerifyOffset(verifier_, at)) {
      return false;
    } else if constexpr (std::is_same_v<F, std::string_view>) {
      const auto* words = table->GetPointer<const flatbuffers::String*>(at);
      if (!verifier_.VerifyString(words)) return false;
      if (words != nullptr) into = {words->c_str(), words->size()};
      return true;
    } else if constexpr (is_span<F>) {
      return read_list(table, at, into);
    } else {
      const auto* inner = table->GetPointer<const flatbuffers::Table*>(at);
      return inner == nullptr || read_table(inner, into);
    }
  }
  template <class T>
  bool read_list(const flatbuffers::Table* table, flatbuffers::voffset_t at, std::span<const T>& into) {
    if constexpr (std::is_arithmetic_v<T>) {
      const auto* list = table->GetPointer<const flatbuffers::Vector<T>*>(at);
      if (!verifier_.VerifyVector(list)) return false;
      if (list != nullptr) into = {list->data(), list->size()};
    } else if constexpr (std::is_same_v<T, tree_node>) {
      const auto* list = table->GetPointer<const flatbuffers::Vector<const tree_node*>*>(at);
      if (!verifier_.VerifyVector(list)) return false;
      if (list == nullptr) return true;
      const auto* bytes = list->Data();
      for (std::size_t i = 0; i < list->size(); ++i)  // a bool that is neither 0 nor 1 must not be looked at as one
        if (bytes[i * sizeof(T) + offsetof(T, or_equal)] > 1 || bytes[i * sizeof(T) + offsetof(T, missing_left)] > 1)
          return false;
      into = {reinterpret_cast<const tree_node*>(bytes), list->size()};
    } else {
      using pointed = std::conditional_t<std::is_same_v<T, std::string_view>, flatbuffers::String, flatbuffers::Table>;
      const auto* list = table->GetPointer<const flatbuffers::Vector<flatbuffers::Offset<pointed>>*>(at);
      if (!verifier_.VerifyVector(list)) return false;
      if (list == nullptr) return true;
      std::vector<T> all(list->size());
      for (flatbuffers::uoffset_t i = 0; i < list->size(); ++i) {
        if constexpr (std::is_same_v<T, std::string_view>) {
          const auto* words = list->Get(i);
          if (!verifier_.VerifyString(words)) return false;
          all[i] = {words->c_str(), words->size()};
        } else if (!read_table(list->Get(i), all[i])) {
          return false;
        }
      }
      into = keeps_.keep(all);
    }
    return true;
  }

  flatbuffers::Verifier& verifier_;
  model_document& keeps_;
  const flatbuffers::Table* table_ = nullptr;
  bool good_ = true;
};

}  // namespace levada::inline v0::detail

#endif
