// SPDX-License-Identifier: BSL-1.0
// json_lines: a file with one event a line, in JSON: for people, for grep, and for programs that know nothing of levada.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/text.hpp>
#include <levada/os/file.hpp>
#include <levada/os/io.hpp>
#include <levada/state/slots.hpp>
#include <levada/wire/descriptor.hpp>
#include <levada/wire/json.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// Takes  any describable events; appends each as one line to a file, which is made if it is not there.
/// Holds  twice 64 KiB on the heap: one gathers lines until the input runs dry or it is full, the other is being written. When
///        both are full the flow waits for the disk: that is back-pressure. A barrier puts everything on the disk.
/// Fails  at open, in words. A write that fails (the disk is full) loses its lines: they are counted as dropped, status() tells
///        the first reason, and later lines are tried again. Lines stay whole: what follows a torn one begins a new line. A pipe
///        that nobody reads holds the flow, also at a stop.
/// Costs  what write_json does, and a system call for 64 KiB; the flow waits for it only where its loop knows no other way.
class json_lines_sink {
 public:
  using is_sink = void;

  explicit json_lines_sink(std::string_view path) : path_(path), fits_(path.size() < sizeof path_) {}

  [[nodiscard]] result<> open() {
    if (!fits_)
      return fault::of(failure::unreadable, "the path '", path_, "...' is longer than ", sizeof path_ - 1, " characters");
    request_.finish();
    const bool torn = is_torn(path_.c_str());
    auto opened = file::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (!opened) return opened.error();
    file_ = *std::move(opened);
    for (auto& half : halves_) half.resize(half_bytes);
    used_ = lines_ = lost_ = 0;
    writing_ = {};
    torn_ = torn;
    status_ = {};
    return {};
  }
  /// A write that is on its way is waited for.
  void attach(const io_queue& queue) {
    settle();
    queue_ = queue;
  }

  template <describable E>
  void write(const E& e, auto out) {
    if (!append(record(e))) [[unlikely]] {
      hand_over(out);
      if (!append(record(e))) {
        fail(fault::of(failure::data, "'", path_, "': an event is longer than ", half_bytes, " bytes of JSON"));
        out.drop();
      }
    }
  }
  void on(const flush&, auto out) { hand_over(out); }
  void on(const barrier&, auto out) {
    finish(out);
    sync();
  }
  void on(const end_of_stream&, auto out) { finish(out); }

  /// The length of the file at the checkpoint. What was written after it is taken back when the flow goes on from there, because
  /// it comes again. What a flush or a tick has brought since the barrier does not: operators have emitted it.
  void persist(auto& archive) {
    if (used_ > 0 || !writing_.empty()) {
      begin_write();
      settle();
      sync();
    }
    const auto size = file_ ? file_.size() : result<std::uint64_t>(std::uint64_t{0});
    const std::uint64_t now = size ? *size : 0;
    std::uint64_t kept = now;
    archive(kept);
    if (kept == now) return;
    if (kept > now)
      return fail(fault::of(failure::data, "'", path_, "' has ", now, " bytes, and its checkpoint knows of ", kept,
                            ": lines that were there are gone"));
    if (::ftruncate(file_.fd(), static_cast<off_t>(kept)) != 0) return fail(file_.refused("shorten", errno));
    torn_ = false;
  }

  /// Why lines were lost, if any were.
  [[nodiscard]] const result<>& status() const { return status_; }

 private:
  static constexpr std::size_t half_bytes = std::size_t{1} << 16;

  /// Was whoever wrote this file killed in the middle of a line?
  static bool is_torn(const char* path) {
    const auto file = levada::file::open(path, O_RDONLY | O_NONBLOCK);
    if (!file) return false;
    const auto bytes = file->size();
    char last = '\n';
    return bytes && *bytes > 0 && file->pread({&last, 1}, *bytes - 1) && last != '\n';
  }
  [[nodiscard]] bool append(const record& r) {
    auto& half = halves_[gathering_];
    if (used_ == half.size()) return false;
    const std::span<char> room(half.begin() + used_, half.size() - used_ - 1);  // the last byte is for the line break
    const auto line = to_json(r, room);
    if (!line) return false;
    used_ += line->size();
    half[used_++] = '\n';
    ++lines_;
    return true;
  }

  /// Begins to write what was gathered, when what was handed over before is written.
  LEVADA_COLD void hand_over(auto out) {
    begin_write();
    if (const std::uint64_t lost = std::exchange(lost_, 0); lost > 0) out.drop(lost);
  }
  void finish(auto out) {
    hand_over(out);
    hand_over(out);
  }
  void begin_write() {
    settle();
    if (used_ == 0) return;
    writing_ = {halves_[gathering_].begin(), used_};
    lines_writing_ = std::exchange(lines_, 0);
    used_ = 0;
    gathering_ = 1 - gathering_;
    if (torn_) {
      request_.write(io_queue{}, file_.fd(), std::string_view("\n"));
      torn_ = request_.result() != 1;
    }
    request_.write(queue_, file_.fd(), writing_);
  }
  void sync() {
    request_.sync(queue_, file_.fd());
    request_.finish();
    // A pipe or a terminal is on no disk.
    if (const std::int64_t done = request_.result(); done < 0 && done != -EINVAL && done != -EROFS)
      fail(file_.refused("keep", static_cast<int>(-done)));
  }
  /// Waits until the kernel has taken all that was handed over, or has said no.
  void settle() {
    while (!writing_.empty()) {
      request_.finish();
      const std::int64_t n = request_.result();
      if (n <= 0) return lose(n < 0 ? static_cast<int>(-n) : EIO);
      for (char c : writing_.first(static_cast<std::size_t>(n))) lines_writing_ -= c == '\n' ? 1u : 0u;
      torn_ = writing_[static_cast<std::size_t>(n) - 1] != '\n';
      writing_ = writing_.subspan(static_cast<std::size_t>(n));
      if (!writing_.empty()) request_.write(queue_, file_.fd(), writing_);
    }
  }
  LEVADA_COLD void lose(int error) {
    fail(file_.refused("write", error));
    lost_ += std::exchange(lines_writing_, 0);
    writing_ = {};
  }
  void fail(const fault& reason) {
    if (status_) status_ = reason;
  }

  text<1024> path_;
  bool fits_;
  file file_;
  slots<char> halves_[2];
  std::size_t gathering_ = 0;
  std::size_t used_ = 0;
  std::uint64_t lines_ = 0;  // in the half that gathers
  std::span<const char> writing_;
  std::uint64_t lines_writing_ = 0;
  std::uint64_t lost_ = 0;  // lines that no port has heard of yet
  bool torn_ = false;       // the file ends inside a line
  result<> status_;
  io_queue queue_;
  io_request request_;  // the last member: it ends before the memory that it reads
};

/// to(json_lines("file.jsonl")).
[[nodiscard]] inline json_lines_sink json_lines(std::string_view path) { return json_lines_sink(path); }

}  // namespace levada::inline v0
