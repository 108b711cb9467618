// SPDX-License-Identifier: BSL-1.0
// csv_source: the rows of a file as a stream. With a time in its rows, processing time is theirs: a replay.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/text.hpp>
#include <levada/os/file.hpp>
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
/// Holds  64 KiB of the file and a line of it on the heap, and 16 KiB of rows in itself.
/// Fails  unreadable: at open. data: at the first row that is none, with its line and column; the rows before it have been
///        emitted, and the stream ends there.
/// Costs  about 100 ns a row.
template <describable Row, class Time = no_time>
class csv_source {
 public:
  using event_type = Row;
  static constexpr bool brings_time = !std::is_same_v<Time, no_time>;

  csv_source(std::string_view path, Time time) : path_(path), fits_(path.size() < sizeof path_), time_(std::move(time)) {}

  [[nodiscard]] result<> open() {
    if (!fits_)
      return fault::of(failure::unreadable, "the path '", path_, "...' is longer than ", sizeof path_ - 1, " characters");
    auto opened = file::open(path_.c_str(), O_RDONLY);
    if (!opened) return opened.error();
    file_ = *std::move(opened);
    parser_.emplace();
    chunk_.resize(std::size_t{1} << 16);
    status_ = {};
    more_ = true;
    held_ = 0;
    rows_ = 0;
    return read_chunk();  // a directory opens, but cannot be read
  }

  [[nodiscard]] polled poll(auto out, std::size_t budget) {
    for (std::size_t brought = 0; brought < budget;) {
      const std::size_t n = fill();
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
    Row passed;
    for (; rows_ < position; ++rows_)
      if (!next(passed))
        return status_ ? fault::of(failure::data, "'", path_, "' has ", rows_, " rows, not ", position) : status_.error();
    return {};
  }
  /// What went wrong with a row, if anything did.
  [[nodiscard]] const result<>& status() const { return status_; }

 private:
  static constexpr std::size_t batch_rows = sizeof(Row) < 256 ? 16384 / sizeof(Row) : 64;

  /// Rows for one span: in batch_, from its beginning. The row that ended the last one by its time is the first.
  std::size_t fill() {
    std::size_t n = std::exchange(held_, 0);
    if (n > 0) batch_[0] = ahead_;
    while (n < batch_rows) {
      if (!next(ahead_)) break;
      if constexpr (brings_time)
        if (n > 0 && pick(time_, ahead_) != pick(time_, batch_[0])) {
          held_ = 1;
          break;
        }
      batch_[n++] = ahead_;
    }
    return n;
  }
  /// The next row of the file; false at its end or at a fault.
  bool next(Row& row) {
    while (status_) {
      const result<bool> got = parser_->next(row);
      if (!got) {
        status_ = fault::of(got.error().kind, "'", path_, "', ", got.error().sentence);
      } else if (*got) {
        return true;
      } else if (!more_) {
        return false;
      } else {
        status_ = read_chunk();
      }
    }
    return false;
  }
  result<> read_chunk() {
    const auto n = file_.read({chunk_.begin(), chunk_.size()});
    if (!n) return fault::of(failure::unreadable, n.error().sentence);
    more_ = *n > 0;
    if (more_)
      parser_->feed({chunk_.begin(), *n});
    else
      parser_->end();
    return {};
  }

  text<1024> path_;
  bool fits_;
  [[no_unique_address]] Time time_;
  file file_;
  std::optional<csv_parser<Row>> parser_;
  slots<char> chunk_;
  result<> status_;
  Row batch_[batch_rows]{};
  Row ahead_{};
  std::size_t held_ = 0;
  std::uint64_t rows_ = 0;
  bool more_ = true;
};

/// from(csv<row>("file.csv")), or from(csv<row>("file.csv", &row::time)) for a replay.
template <describable Row, class Time = no_time>
[[nodiscard]] csv_source<Row, Time> csv(std::string_view path, Time time = {}) {
  return {path, std::move(time)};
}

}  // namespace levada::inline v0
