// SPDX-License-Identifier: BSL-1.0
// checkpoint: a flow that goes on after a stop, a crash or a power cut where it was.
//   auto flow = lv::flow(...);
//   lv::checkpoint saved(flow, {.folder = "/var/lib/press", .every = 10_s});
//   return lv::run(flow);
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/result.hpp>
#include <levada/core/signal.hpp>
#include <levada/core/time.hpp>
#include <levada/core/word.hpp>
#include <levada/flow/detail/part_keeper.hpp>
#include <levada/os/folder.hpp>
#include <levada/os/thread.hpp>
#include <levada/state/manifest.hpp>
#include <levada/state/slots.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// Takes  a flow that is not open yet. From its opening on its state is kept in the folder: positions of its sources, what its
///        operators and sinks name by persist(archive), its time, and the parameters of the process. A folder with a checkpoint
///        makes the flow go on there, its sources at the positions of that checkpoint.
///        A stop (SIGTERM, request_stop) takes a last one, and ends no stream: open windows go on after the next start. Where all
///        sources have ended by themselves the flow has drained, and nothing more is kept.
/// Emits  a barrier through the flow for each, and durable{id} when it is on the disk: sources that need not keep more than that
///        hear commit(position), sinks may commit what they prepared at the barrier.
/// Holds  a copy of all that survives: the state once more.
/// Fails  open() with a sentence for what cannot be restored: another flow, another version, an operator that is not there any
/// more or keeps
///        something else, a damaged file when the one before it is damaged as well. A checkpoint that cannot be written is told
///        by status(); the flow goes on, and tries again at the next one. Only the last one's fault is that of the run. State is
///        exactly that of the checkpoint; what a sink has emitted since is emitted again after a crash, unless it can take it
///        back (json_lines does) or tell it by (id, sequence).
/// Costs  a test a cell that is written. While an image is taken a cell is copied before its first change, the rest between turns
/// in
///        slices; the disk is waited for on a thread of its own.
template <class Flow>
class checkpoint {
  template <class>
  struct stages_of;
  template <std::size_t... T>
  struct stages_of<std::index_sequence<T...>> {
    using type = pack<detail::stage_keeper<std::remove_reference_t<decltype(std::declval<Flow&>().template part<T + 1>())>>...>;
  };

 public:
  checkpoint(Flow& flow, checkpoint_options options) : flow_(flow), first_(*this) {
    desk_.options = options;
    desk_.whole = this;
    desk_.opened = [](void* whole) { return static_cast<checkpoint*>(whole)->begin_from(); };
    first_.attach(flow_.template part<0>(), desk_, {});
    flow_.template part<0>().keep_by(&first_);
    for_each_index<Flow::threads - 1>([&](auto below) {
      auto& stage = get<below>(stages_);
      auto& part = flow_.template part<below + 1>();
      stage.attach(part, desk_, Flow::name_of_thread(below + 1));
      part.keep_by(&stage);
    });
  }
  checkpoint(const checkpoint&) = delete;
  checkpoint& operator=(const checkpoint&) = delete;
  ~checkpoint() {
    writer_.join();
    first_.let_go();
    for_each_index<Flow::threads - 1>([&](auto s) { get<s>(stages_).let_go(); });
    flow_.for_each_part([](auto& part) { part.keep_by(nullptr); });
  }

  /// Asks for one from any thread; it is taken at the next turn, and not twice for two that ask meanwhile.
  void take() { desk_.asked.release(1); }  // pairs with the acquire in begins
  /// The number of the last one on the disk: they count from 1, in one folder. 0: none yet.
  [[nodiscard]] std::uint64_t last() const { return desk_.last.acquire(); }  // pairs with the release in write
  /// The one that the flow has gone on from, or 0.
  [[nodiscard]] std::uint64_t restored() const { return restored_; }
  /// Why the last one was not written, if it was not. On the thread of the flow, or after its end.
  [[nodiscard]] const result<>& status() const { return status_; }

 private:
  enum class phase : std::uint8_t { idle, imaging, writing };

  /// Of the thread that drives: it begins each checkpoint, and sees to it that it comes to the disk.
  class first_keeper final
      : public detail::part_keeper<std::remove_reference_t<decltype(std::declval<Flow&>().template part<0>())>> {
    using base = detail::part_keeper<std::remove_reference_t<decltype(std::declval<Flow&>().template part<0>())>>;

   public:
    explicit first_keeper(checkpoint& whole) : whole_(whole) {}
    result<> opened() override {
      result<> found = whole_.find();
      return found ? base::opened() : found;
    }
    void turned() override {
      base::turned();
      whole_.go_on();
    }
    void finish() override { whole_.suspend(); }
    result<> closed() override { return whole_.close(); }
    [[nodiscard]] duration wake_at() const override {
      const duration own = base::wake_at();
      return own < whole_.wake_at() ? own : whole_.wake_at();
    }
    void begin(std::uint64_t id) {
      // What is handed on by a flush comes before the barrier, or is in the image; on no account between the two.
      this->graph_->raise_everywhere(flush{});
      this->graph_->raise_everywhere(barrier{id});
      this->capture(id);
      this->graph_->raise_everywhere(flush{});
    }
    /// Is a source held, by a barrier that is not ours and has not come by all others? One that overtook it would part the two.
    [[nodiscard]] bool waits() const {
      std::size_t asked = 0, all = 0;
      this->graph_->for_each_live_source([&](auto&) { ++asked; });
      this->graph_->for_each_source([&](std::size_t, bool ended) { all += ended ? 0u : 1u; });
      return asked < all;
    }
    using base::complete;
    [[nodiscard]] duration steady() const { return this->graph_->clock().steady; }
    [[nodiscard]] timestamp wall() const { return this->graph_->clock().wall; }
    [[nodiscard]] bool has_ended() const {
      bool ended = true;
      this->graph_->for_each_live_source([&](auto&) { ended = false; });
      return ended;
    }

   private:
    checkpoint& whole_;
  };
  friend first_keeper;

  /// What the folder says, before the parts take their own.
  result<> find() {
    const text<256> folder = desk_.options.folder.view();
    writer_.join();  // of a run before, which did not come to its end
    phase_ = phase::idle;
    desk_.suspending.release(0);  // nobody runs yet
    desk_.taken = 0;
    if (result<> made = make_folders(folder); !made) return made;
    auto newest = newest_manifest(folder);
    if (!newest) return newest.error();
    next_ = first_.steady() + desk_.options.every;
    desk_.parts_to_open = Flow::threads;
    if (!newest->has_value()) return {};
    desk_.loaded = std::move(*newest);
    const manifest_title& title = desk_.loaded->title();
    const auto other = [&](const auto&... what) {
      return fault::of(failure::data, "the folder '", folder, "' holds checkpoint ", title.id, " of ", what...);
    };
    if (title.flow != desk_.options.flow)
      return other("flow '", title.flow, "', and this is '", desk_.options.flow, "': give each flow a folder of its own");
    if (title.version != desk_.options.version)
      return other("version ", title.version, " of the state of '", title.flow, "', and this program has version ",
                   desk_.options.version, ": take the program that wrote it, or an empty folder");
    restored_ = title.id;
    desk_.last.release(title.id);  // pairs with the acquire in last
    return {};
  }

  /// All parts are open. Where there was no checkpoint the first is that of the beginning: what a sink writes before the next one
  /// can be taken back.
  result<> begin_from() {
    const result<> settled = desk_.settle();
    return settled && restored_ == 0 ? write() : settled;
  }

  void go_on() {
    switch (phase_) {
      case phase::idle:
        if (begins()) begin();
        break;
      case phase::imaging:
        if (all_are_whole()) {
          written_.release(0);  // pairs with the acquire below: of the thread that is started now
          if (auto started = thread::start(writing_, "checkpoint"); started) {
            writer_ = *std::move(started);
            phase_ = phase::writing;
          } else {
            end(started.error());
          }
        }
        break;
      case phase::writing:
        if (written_.acquire() != 0) {  // pairs with the release in writing
          writer_.join();
          end(outcome_);
        }
        break;
    }
  }
  [[nodiscard]] bool all_are_whole() {
    bool all = first_.has_whole(barrier_);
    for_each_index<Flow::threads - 1>([&](auto s) { all = all && get<s>(stages_).has_whole(barrier_); });
    return all;
  }
  [[nodiscard]] bool begins() {
    if (first_.waits()) return false;
    if (desk_.asked.acquire() != 0 && desk_.asked.exchange(0) != 0) return true;  // pairs with the release in take
    return desk_.options.every.ns > 0 && first_.steady() >= next_;
  }
  void begin() {
    const auto now = static_cast<std::uint64_t>(first_.wall().ns);
    barrier_ = barrier_ < now ? now : barrier_ + 1;  // nobody else's barrier has this number
    desk_.barrier.release(barrier_);                 // pairs with the acquire in stage_keeper::heard
    first_.begin(barrier_);
    desk_.note_parameters();
    phase_ = phase::imaging;
  }
  void end(const result<>& how) {
    status_ = how;
    phase_ = phase::idle;
    next_ = first_.steady() + desk_.options.every;
  }
  result<> write() {
    slots<saved_array> all;
    std::size_t n = 1 + first_.arrays(), at = 0;
    for_each_index<Flow::threads - 1>([&](auto s) { n += get<s>(stages_).arrays(); });
    all.resize(n);
    first_.collect(all, at);
    for_each_index<Flow::threads - 1>([&](auto s) { get<s>(stages_).collect(all, at); });
    all[at] = desk_.parameters_array();
    const std::uint64_t id = desk_.last.relaxed() + 1;
    result<> done =
        write_manifest(desk_.options.folder.view(), {id, desk_.options.version, desk_.options.flow}, {all.begin(), n});
    if (done) {
      desk_.last.release(id);           // pairs with the acquire in last
      desk_.on_disk.release(barrier_);  // pairs with the acquire in part_keeper::turned
    }
    return done;
  }

  /// The flow is to end, and its sources have not: the state of this moment is the last.
  void suspend() {
    if (first_.has_ended()) return;
    while (phase_ != phase::idle && !flow_.is_abandoned()) {
      first_.complete();
      go_on();
      give_way();
    }
    if (flow_.is_abandoned()) return;
    begin();
    desk_.suspending.release(1);  // pairs with the acquire in part_keeper::suspends; it says whose barrier is that of the stop
    first_.complete();
  }
  result<> close() {
    if (phase_ == phase::writing) writer_.join();
    if (phase_ == phase::imaging && all_are_whole()) outcome_ = write();
    const bool last = desk_.suspending.relaxed() != 0;
    if (phase_ != phase::idle) end(outcome_);
    return last ? status_ : result<>{};
  }
  [[nodiscard]] duration wake_at() const {
    if (phase_ == phase::idle && desk_.options.every.ns == 0) return duration{INT64_MAX};
    if (phase_ == phase::idle && next_ > first_.steady()) return next_;
    return first_.steady() + duration{1'000'000};  // other threads have to do, or the disk
  }

  /// What the writer's thread runs.
  struct writing {
    checkpoint& whole;
    void operator()() const {
      whole.outcome_ = whole.write();
      whole.written_.release(1);  // pairs with the acquire in go_on
    }
  };

  Flow& flow_;
  detail::checkpoint_desk desk_;
  first_keeper first_;
  typename stages_of<std::make_index_sequence<Flow::threads - 1>>::type stages_{};
  phase phase_ = phase::idle;
  duration next_{};
  std::uint64_t barrier_ = 0;
  std::uint64_t restored_ = 0;
  result<> status_;
  result<> outcome_;  // of the writer, until written_ says so
  word<std::uint32_t> written_{};
  writing writing_{*this};
  thread writer_;
};

}  // namespace levada::inline v0
