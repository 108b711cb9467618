// SPDX-License-Identifier: BSL-1.0
// catalog: the topics there are, in order, and what is told of one of them.
#pragma once

#include <levada/bus/directory.hpp>
#include <levada/bus/topic.hpp>
#include <levada/core/result.hpp>
#include <levada/core/time.hpp>

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tool {

namespace lv = levada;

/// Names a topic.
struct address {
  std::string bus, topic;

  [[nodiscard]] std::string str() const { return bus + "/" + topic; }
  [[nodiscard]] lv::bus on() const;
  friend auto operator<=>(const address&, const address&) = default;
};

/// All buses are those of this group from here on; of nobody but this user where it is empty.
void take_group(const std::string& name_or_number);
/// Where they lie.
lv::result<lv::text<88>> directory_of_buses();

/// Fails  usage: it is not BUS/TOPIC.
lv::result<address> parse_address(const std::string& text);

/// In alphabetical order.
lv::result<std::vector<address>> all_topics();

/// "float64", "int32[3]", "text[48]", "enum8{idle=0,running=1}".
std::string type_of(const lv::descriptor_view& d, std::size_t field);
/// "time timestamp, value float64".
std::string schema_of(const lv::descriptor_view& d);

std::string_view word_for(lv::detail::ring_kind kind);
/// What happens to a subscriber when the ring is full: the number stands in its cursor.
std::string_view word_for_policy(std::uint32_t policy);
/// Its name, or "#3" for the one without a name in place 3.
std::string name_of(const lv::subscriber_state& s);

/// How long the retained events took, if the lane knows it.
std::optional<double> span_of(const lv::topic_state& s);

/// All that is known of a topic. A rate that is not known is null.
nlohmann::ordered_json to_json(const address& at, const lv::topic_observer& o, const lv::topic_state& s,
                               std::optional<double> rate);
/// One line. Bytes that are no UTF-8 do not spoil it.
std::string line_of(const nlohmann::ordered_json& object);

/// Sleeps, and false if it was stopped meanwhile.
bool rest(double seconds);

}  // namespace tool
