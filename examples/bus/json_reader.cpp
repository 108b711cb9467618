// SPDX-License-Identifier: BSL-1.0
#include "json_reader.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace tool {

namespace {

/// What the parser tells becomes members: no document is built, and numbers keep all their digits.
class filler final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit filler(const lv::mutable_record& to) : to_(to), fields_(to.view().descriptor().fields), came_(fields_.size(), false) {}

  [[nodiscard]] const lv::result<>& outcome() const { return outcome_; }

  bool null() override { return value("nan", shape::nothing); }
  bool boolean(bool yes) override { return value(yes ? "true" : "false", shape::truth); }
  bool number_integer(number_integer_t n) override { return value(std::to_string(n), shape::number); }
  bool number_unsigned(number_unsigned_t n) override { return value(std::to_string(n), shape::number); }
  bool number_float(number_float_t, const string_t& digits) override { return value(digits, shape::number); }
  bool string(string_t& s) override { return value(s, shape::words); }
  bool binary(binary_t&) override { return false; }  // not in JSON

  bool start_object(std::size_t) override {
    if (scopes_.empty()) return enter({"", kind::object});
    const auto path = next_path();
    if (!is_struct(path)) return refuse_member(path, "is no object");
    return enter({path, kind::object});
  }
  bool key(string_t& name) override {
    const auto& path = scopes_.back().path;
    key_ = path.empty() ? name : path + "." + name;
    return true;
  }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override {
    if (scopes_.empty()) return refuse_all();
    const auto path = next_path();
    const auto i = to_.view().find(path);
    if (i != lv::record::npos && fields_[i].count > 1) {
      if (came_[i]) return refuse_member(path, "came twice");
      came_[i] = true;
      return enter({path, kind::values, i});
    }
    if (i == lv::record::npos && is_struct(path + ".0")) return enter({path, kind::structs});
    return refuse_member(path, "is no array");
  }
  bool end_array() override {
    const auto& s = scopes_.back();
    if (s.what == kind::values && s.next != fields_[s.field].count)
      return refuse("member '" + s.path + "' has " + std::to_string(fields_[s.field].count) + " elements, and " +
                    std::to_string(s.next) + " came");
    return leave();
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return refuse("is no JSON: see character " + std::to_string(position));
  }

 private:
  enum class kind : unsigned char { object, structs, values };
  enum class shape : unsigned char { nothing, truth, number, words };
  struct scope {
    std::string path;
    kind what;
    std::size_t field = 0;  // of values
    std::size_t next = 0;   // element
  };

  bool enter(scope s) {
    scopes_.push_back(std::move(s));
    return true;
  }
  bool leave() {
    scopes_.pop_back();
    return true;
  }
  /// Of the value that begins here.
  std::string next_path() {
    auto& s = scopes_.back();
    return s.what == kind::object ? key_ : s.path + "." + std::to_string(s.next++);
  }
  [[nodiscard]] bool is_struct(const std::string& path) const {
    for (const lv::field& f : fields_)
      if (f.name.view().starts_with(path + ".")) return true;
    return false;
  }

  bool value(std::string_view characters, shape form) {
    if (scopes_.empty()) return refuse_all();
    auto& s = scopes_.back();
    if (s.what == kind::values) {
      if (s.next == fields_[s.field].count)
        return refuse("member '" + s.path + "' has only " + std::to_string(s.next) + " elements");
      return set(s.field, s.next++, characters, form);
    }
    const auto path = next_path();
    const auto i = to_.view().find(path);
    if (i == lv::record::npos) return refuse_member(path, "is an object or an array");
    if (fields_[i].count > 1) return refuse("member '" + path + "' is an array");
    if (came_[i]) return refuse_member(path, "came twice");
    came_[i] = true;
    return set(i, 0, characters, form);
  }
  bool set(std::size_t i, std::size_t element, std::string_view characters, shape form) {
    if (!takes(fields_[i].kind, form)) {
      constexpr std::string_view forms[] = {"null", "a boolean", "a number", "a string"};
      return refuse("member '" + std::string(fields_[i].name.view()) + "' is of kind " +
                    std::string(lv::name_of(fields_[i].kind)) + ", and " + std::string(forms[static_cast<int>(form)]) + " came");
    }
    if (auto done = to_.set(i, characters, element); !done) return refuse(std::string(done.error().sentence.view()));
    return true;
  }
  static bool takes(lv::field_kind what, shape form) {
    switch (what) {
      case lv::field_kind::boolean: return form == shape::truth;
      case lv::field_kind::signed_integer:
      case lv::field_kind::unsigned_integer:
      case lv::field_kind::duration: return form == shape::number;
      case lv::field_kind::floating: return form == shape::number || form == shape::nothing;
      case lv::field_kind::character:
      case lv::field_kind::text: return form == shape::words;
      case lv::field_kind::timestamp:
      case lv::field_kind::enumeration: return form == shape::number || form == shape::words;
    }
    return false;
  }

  bool refuse(const std::string& sentence) {
    outcome_ = lv::fault::of(lv::failure::data, sentence);
    return false;
  }
  bool refuse_all() { return refuse("is no JSON object"); }
  bool refuse_member(const std::string& path, const std::string& why) {
    if (to_.view().find(path) != lv::record::npos || is_struct(path)) return refuse("member '" + path + "' " + why);
    std::string names;
    for (const lv::field& f : fields_) names += (names.empty() ? "" : ", ") + std::string(f.name.view());
    return refuse("the events have no member '" + path + "'; they have " + names);
  }

  const lv::mutable_record& to_;
  std::span<const lv::field> fields_;
  std::vector<bool> came_;
  std::vector<scope> scopes_;
  std::string key_;
  lv::result<> outcome_;
};

}  // namespace

lv::result<> read_json(std::string_view text, const lv::mutable_record& to) {
  filler fill(to);
  if (nlohmann::json::sax_parse(text, &fill)) return {};
  return fill.outcome();
}

}  // namespace tool
