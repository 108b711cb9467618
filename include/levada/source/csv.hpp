// SPDX-License-Identifier: BSL-1.0
// csv_source: the rows of a file as a stream. With a time in its rows, processing time is theirs: a replay.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/text.hpp>
#include <levada/os/file.hpp>
#include <levada/os/io.hpp>
#include <levada/state/slots.hpp>
#include <levada/wire/csv.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

struct no_time {};

/// Takes  a file with a header line; its columns are found by the names of Row's members.
/// Emits  its rows, in order. With a time (member pointer or callable) each span holds rows of one time, and processing
///        time moves to it before; a row that is older than processing time does not turn it back. Then the end.
/// Holds  twice 64 KiB of the file and a line of it on the heap, and 16 KiB of rows in itself.
/// Fails  unreadable: at open. data: at the first row that is none, with its line and column; the rows before it have been
///        emitted, and the stream ends there.
///        A pipe that nobody writes to holds the flow, also at a stop: this is for files.
/// Costs  about 100 ns a row. Where its loop reads files on the side, the next chunk is read while this one is parsed.
template <describable Row, class Time = no_time>
class csv_source {
 public:
  using event_type = Row;
  static constexpr bool brings_time = !std::is_same_v<Time, no_time>;

  csv_source(std::string_view path, Time time) : path_(path), fits_(path.size() < sizeof path_), time_(std::move(time)) {}

  [[nodiscard]] result<> open() {
    if (!fits_)
      return fault::of(failure::unreadable, "the path '", path_, "...' is longer than ", sizeof path_ - 1, " characters");
    request_.cancel();
    reading_ = false;
    auto opened = file::open(path_.c_str(), O_RDONLY);
    if (!opened) return opened.error();
    file_ = *std::move(opened);
    parser_.emplace();
    for (auto& chunk : chunks_) chunk.resize(chunk_bytes);
    status_ = {};
    ended_ = false;
    held_ = 0;
    rows_ = 0;
    const io_queue later = std::exchange(queue_, {});  // a loop is used by the thread that drives the flow, not by who opens it
    read_ahead();
    result<> first = take_chunk();  // a directory opens, but cannot be read
    queue_ = later;
    return first;
  }
  /// A read that is on its way is waited for.
  void attach(const io_queue& queue) {
    request_.finish();
    queue_ = queue;
  }

  [[nodiscard]] polled poll(auto out, std::size_t budget) {
    keep_reading();
    for (std::size_t brought = 0; brought < budget;) {
      const std::size_t n = fill();
      if (n == 0 && !ended_ && status_) return brought > 0 ? polled::events : polled::nothing;
      if (n == 0) return brought > 0 && status_ ? polled::events : polled::end;
      brought += n;
      if constexpr (brings_time) out.advance(pick(time_, batch_[0]));
      out(std::span<const Row>(batch_, n));
      rows_ += n;
    }
    return polled::events;
  }

  /// Rows emitted so far.
  [[nodiscard]] std::uint64_t position() const { return rows_; }
  /// Goes on behind the first `position` rows.
  [[nodiscard]] result<> seek(std::uint64_t position) {
    if (result<> again = open(); !again) return again;
    const io_queue later = std::exchange(queue_, {});
    Row passed;
    while (rows_ < position && next(passed, true)) ++rows_;
    queue_ = later;
    if (!status_ || rows_ == position) return status_;
    return fault::of(failure::data, "'", path_, "' has ", rows_, " rows, not ", position);
  }
  /// What went wrong with a row, if anything did.
  [[nodiscard]] const result<>& status() const { return status_; }

 private:
  static constexpr std::size_t chunk_bytes = std::size_t{1} << 16;
  static constexpr std::size_t batch_rows = sizeof(Row) < 256 ? 16384 / sizeof(Row) : 64;

  /// Rows for one span: in batch_, from its beginning. The row that ended the last one by its time is the first.
  std::size_t fill() {
    std::size_t n = std::exchange(held_, 0);
    if (n > 0) batch_[0] = ahead_;
    while (n < batch_rows) {
      if (!next(ahead_, brings_time)) break;  // a source of time must not look dry: time would become the clock's
      if constexpr (brings_time)
        if (n > 0 && pick(time_, ahead_) != pick(time_, batch_[0])) {
          held_ = 1;
          break;
        }
      batch_[n++] = ahead_;
    }
    return n;
  }
  /// The next row of the file; false at its end, at a fault, and, unless it is to wait, while the next chunk is on its way.
  bool next(Row& row, bool wait) {
    while (status_) {
      const result<bool> got = parser_->next(row);
      if (!got) {
        status_ = fault::of(got.error().kind, "'", path_, "', ", got.error().sentence);
      } else if (*got) {
        return true;
      } else if (ended_) {
        return false;
      } else {
        if (!reading_) read_ahead();
        if (!wait && !request_.done()) return false;
        status_ = take_chunk();
        keep_reading();
      }
    }
    return false;
  }
  /// The next chunk comes while this one is parsed, if somebody else can bring it.
  void keep_reading() {
    if (queue_.asynchronous() && !reading_ && !ended_ && status_) read_ahead();
  }
  void read_ahead() {
    auto& chunk = chunks_[ahead_chunk_];
    request_.read(queue_, file_.fd(), {chunk.begin(), chunk.size()});
    reading_ = true;
  }
  /// Gives the parser what was read.
  result<> take_chunk() {
    request_.finish();
    reading_ = false;
    const std::int64_t n = request_.result();
    if (n < 0) return fault::of(failure::unreadable, file_.refused("read", static_cast<int>(-n)).sentence);
    if (n == 0) {
      ended_ = true;
      parser_->end();
      return {};
    }
    parser_->feed({chunks_[ahead_chunk_].begin(), static_cast<std::size_t>(n)});
    ahead_chunk_ = 1 - ahead_chunk_;
    return {};
  }

  text<1024> path_;
  bool fits_;
  [[no_unique_address]] Time time_;
  file file_;
  std::optional<csv_parser<Row>> parser_;
  slots<char> chunks_[2];  // one is parsed, the other is read
  std::size_t ahead_chunk_ = 0;
  result<> status_;
  Row batch_[batch_rows]{};
  Row ahead_{};
  std::size_t held_ = 0;
  std::uint64_t rows_ = 0;
  bool reading_ = false;  // a request was made, and what it brought was not taken
  bool ended_ = false;    // the file is
  io_queue queue_;
  io_request request_;  // the last member: it ends before the memory that it fills
};

/// from(csv<row>("file.csv")), or from(csv<row>("file.csv", &row::time)) for a replay.
template <describable Row, class Time = no_time>
[[nodiscard]] csv_source<Row, Time> csv(std::string_view path, Time time = {}) {
  return {path, std::move(time)};
}

}  // namespace levada::inline v0
