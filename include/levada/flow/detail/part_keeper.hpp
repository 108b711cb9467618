// SPDX-License-Identifier: BSL-1.0
// part_keeper: keeps the state of one part of a flow, the graph of one thread; and what all parts of a flow share for it.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/result.hpp>
#include <levada/core/signal.hpp>
#include <levada/core/text.hpp>
#include <levada/core/time.hpp>
#include <levada/core/word.hpp>
#include <levada/flow/detail/archive.hpp>
#include <levada/flow/detail/keeper.hpp>
#include <levada/state/manifest.hpp>
#include <levada/state/parameter.hpp>
#include <levada/state/slots.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>

namespace levada::inline v0 {

/// Where a flow keeps its state, and how often.
struct checkpoint_options {
  text<200> folder;                ///< of this flow alone; made if it is not there
  duration every{10'000'000'000};  ///< from the end of one to the next; 0: those that are asked for, and the one at a stop
  text<64> flow = "flow";          ///< its name: the folder of another is refused
  std::uint64_t version = 0;       ///< of the state: raise it when what was saved makes no sense any more
  std::size_t slice = 1u << 14;    ///< bytes that are copied between two turns
};

namespace detail {

struct saved_parameter {
  text<64> name;
  double value = 0;
};

/// What the parts share: one checkpoint at a time.
struct checkpoint_desk {
  static constexpr std::string_view parameters_name = "parameters";

  checkpoint_options options;
  std::optional<manifest> loaded;  // until every part has taken its own
  std::size_t taken = 0;           // arrays of it that somebody has asked for
  std::size_t parts_to_open = 0;
  void* whole = nullptr;  // the checkpoint, which hears that the last part is open
  result<> (*opened)(void* whole) = nullptr;
  slots<saved_parameter> parameters;
  word<std::uint64_t> barrier{};  // of the one that is being taken
  word<std::uint64_t> on_disk{};  // the barrier of the last one that is
  word<std::uint64_t> last{};     // its number
  word<std::uint32_t> suspending{};
  word<std::uint32_t> asked{};

  void note_parameters() {
    std::size_t n = 0;
    for_each_parameter([&](std::string_view, double) { ++n; });
    parameters.resize(n);
    for_each_parameter([&](std::string_view name, double value) {
      if (n > 0) parameters[--n] = {name, value};  // one that came meanwhile stands first, and is left out
    });
  }
  [[nodiscard]] saved_array parameters_array() const {
    return {parameters_name, sizeof(saved_parameter), parameters.size(), reinterpret_cast<const std::byte*>(parameters.begin())};
  }
  /// After the last part: parameters, and what nobody has asked for.
  result<> settle() {
    if (!loaded) return {};
    result<> all;
    if (const auto saved = loaded->find(parameters_name); saved && saved->cell == sizeof(saved_parameter)) {
      ++taken;
      for (std::uint64_t i = 0; i < saved->count; ++i) {
        saved_parameter p;
        std::memcpy(&p, saved->bytes + i * sizeof p, sizeof p);
        [[maybe_unused]] const auto set =
            set_parameter(p.name.view(), p.value);  // one that is not there any more: nobody misses it
      }
    }
    if (taken < loaded->size())
      all = fault::of(failure::data, "checkpoint ", loaded->title().id, " of flow '", loaded->title().flow,
                      "' holds the state of operators that are not in this flow: take the program that wrote it, or an "
                      "empty folder");
    loaded.reset();
    return all;
  }
};

template <class Graph>
class part_keeper : public keeper {
 public:
  part_keeper() = default;
  part_keeper(const part_keeper&) = delete;
  part_keeper& operator=(const part_keeper&) = delete;

  void attach(Graph& graph, checkpoint_desk& desk, std::string_view part) {
    graph_ = &graph;
    desk_ = &desk;
    part_ = part;
  }

  result<> opened() override {
    counter count(part_);
    graph_->persist(count);
    members_.resize(count.members);
    result<> outcome;
    if (desk_->loaded) {
      loader load(*desk_->loaded, part_);
      graph_->persist(load);
      outcome = load.outcome;
      desk_->taken += load.taken;
    }
    capture(0);  // for the memory: a copy into pages that the kernel has to find first would make the stream wait
    complete();
    if (--desk_->parts_to_open == 0 && outcome) outcome = desk_->opened(desk_->whole);
    return outcome;
  }
  void turned() override {
    if (imaging_ && step(desk_->options.slice)) settle();
    const std::uint64_t id = desk_->on_disk.acquire();  // pairs with the release in checkpoint::write
    if (id == told_) return;
    told_ = id;
    std::size_t i = 0;
    graph_->for_each_operator([&](auto& op) {
      if constexpr (committing<std::remove_reference_t<decltype(op)>>) op.commit(positions_[i]);
      ++i;
    });
    graph_->raise_everywhere(durable{id});
    graph_->raise_everywhere(flush{});
  }
  void heard(std::size_t, std::uint64_t) override {}
  [[nodiscard]] bool holds(std::size_t) const override { return false; }
  [[nodiscard]] bool suspends(std::size_t) const override {
    return desk_->suspending.acquire() != 0;  // pairs with the release in suspend
  }
  void finish() override { complete(); }
  result<> closed() override { return {}; }
  /// At once, while there is something to copy.
  [[nodiscard]] duration wake_at() const override { return imaging_ ? duration{} : duration{INT64_MAX}; }

  [[nodiscard]] std::size_t arrays() const { return members_.size(); }
  /// Adds its arrays, whose images are whole.
  void collect(slots<saved_array>& into, std::size_t& at) {
    for (const saved_member& m : members_) into[at++] = m.array();
  }
  /// Is the image of this barrier whole? From any thread.
  [[nodiscard]] bool has_whole(std::uint64_t id) const { return whole_.acquire() == id; }  // pairs with the release in settle
  /// The graph lives on, and its state is not kept.
  void let_go() {
    for (saved_member& m : members_) m.let_go();
    imaging_ = false;
  }

 protected:
  /// The state of this moment is what is kept.
  void capture(std::uint64_t id) {
    captured_ = id;
    saver save(members_, part_);
    graph_->persist(save);
    std::size_t i = 0;
    graph_->for_each_operator([&](auto& op) {
      if constexpr (source<std::remove_reference_t<decltype(op)>>) positions_[i] = op.position();
      ++i;
    });
    imaging_ = true;
    at_ = 0;
  }
  void complete() {
    if (imaging_ && step(SIZE_MAX)) settle();
  }

  Graph* graph_ = nullptr;
  checkpoint_desk* desk_ = nullptr;

 private:
  /// Copies about so much; true when all is copied.
  bool step(std::size_t bytes) {
    for (; at_ < members_.size(); ++at_)
      if (!members_[at_].step(bytes)) return false;
    return true;
  }
  void settle() {
    imaging_ = false;
    whole_.release(captured_);  // pairs with the acquire in has_whole
  }

  std::string_view part_;
  slots<saved_member> members_;
  std::size_t at_ = 0;
  std::uint64_t told_ = 0;
  std::array<std::uint64_t, Graph::wiring::nodes> positions_{};  // of its sources, at the barrier
  bool imaging_ = false;
  std::uint64_t captured_ = 0;   // the barrier of the image
  word<std::uint64_t> whole_{};  // that of the last one that is whole
};

/// Of a thread below: its state is that of the barrier when all its streams have brought it. Those that have wait for the others.
template <class Graph>
class stage_keeper final : public part_keeper<Graph> {
 public:
  result<> opened() override {
    brought_ = {};
    wanted_ = 0;
    is_last_ = false;
    ended_.release(0);  // nobody runs yet
    return part_keeper<Graph>::opened();
  }
  void heard(std::size_t source, std::uint64_t id) override {
    if (id != this->desk_->barrier.acquire()) return;  // somebody else's; pairs with the release in checkpoint::begin
    brought_[source] = id;
    wanted_ = id;
    capture_if_all();  // at once: a flush lets operators emit, and what is below the ring would have it after its barrier
  }
  [[nodiscard]] bool holds(std::size_t source) const override { return wanted_ != 0 && brought_[source] == wanted_; }
  /// A stream that ended by itself has not brought the barrier of the stop, however late its end is read.
  [[nodiscard]] bool suspends(std::size_t source) const override {
    return part_keeper<Graph>::suspends(source) && brought_[source] == this->desk_->barrier.acquire();  // pairs as above
  }
  void turned() override {
    capture_if_all();
    part_keeper<Graph>::turned();
  }
  void finish() override {
    turned();
    this->complete();
    ended_.release(1);  // pairs with the acquire in has_whole
  }
  /// Where all streams have ended no barrier comes any more, and nothing changes: then it is the thread that asks which takes the
  /// image. Once, for all checkpoints to come.
  [[nodiscard]] bool has_whole(std::uint64_t id) {
    const bool ended = ended_.acquire() != 0;  // pairs with the release in finish; before the look at the image
    if (part_keeper<Graph>::has_whole(id)) return true;
    if (ended && !is_last_) {
      is_last_ = true;
      this->capture(id);
      this->complete();
    }
    return ended;
  }

 private:
  void capture_if_all() {
    if (wanted_ == 0 || !have_all()) return;
    this->capture(wanted_);
    wanted_ = 0;
  }
  [[nodiscard]] bool have_all() {
    bool all = true;
    this->graph_->for_each_source([&](std::size_t node, bool ended) { all = all && (ended || brought_[node] == wanted_); });
    return all;
  }
  std::array<std::uint64_t, Graph::wiring::nodes> brought_{};
  std::uint64_t wanted_ = 0;
  bool is_last_ = false;         // its image is that of its end
  word<std::uint32_t> ended_{};  // its thread has nothing more to do
};

}  // namespace detail

}  // namespace levada::inline v0
