// SPDX-License-Identifier: BSL-1.0
// What the examples of docs/models.md take for granted.
lv::model_parts parts;                            // of a model that was loaded
std::span<const std::string_view> feature_names;  // of its 32 features
float row[32], limit;                             // one row of them, and what an output may be
std::span<const float> window;                    // samples
std::array<float, 32> features_of(std::span<const float>) { return {}; }
struct summary {  // an event that is a row
  float values[32];
  std::span<const float> features() const { return values; }
};
struct forecast {  // and by how much it was wrong
  std::uint32_t site;
  double error;
};
const lv::bus plant("plant");
const lv::topic<summary> windows(plant, "windows");
const lv::topic<forecast> forecasts(plant, "forecasts");
const auto scores = [](const auto&) {};  // who hears them

lv::any_model first_model = *lv::any_model::make(parts), next_model = *lv::any_model::make(parts);
lv::slot bearing("bearing", *lv::any_model::make(parts));
lv::candidate with;       // what came with the next model
std::string_view digits;  // its maker's key, as text
bool verify(std::span<const std::byte>, std::span<const std::byte>) { return true; }
lv::admission gate;
struct arrived {  // what a loader gives to install
  lv::any_model model;
  lv::candidate with;
};
lv::result<arrived> loaded_from(std::string_view) { return lv::fault::of(lv::failure::unreadable, "there is no file"); }
