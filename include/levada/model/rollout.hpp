// SPDX-License-Identifier: BSL-1.0
// rollout: how a new model takes the place of one that works. It scores beside it, unheard; then for a share of the keys; then
// for all. At the first sign of trouble it goes, and the one before it stays.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/hash.hpp>
#include <levada/core/model.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/core/word.hpp>
#include <levada/model/detail/scorers.hpp>
#include <levada/state/slot.hpp>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

enum class rollout_stage : std::uint8_t {
  settled,  ///< one model scores
  shadow,   ///< a new one scores the same rows, and nobody hears it
  canary    ///< it scores for a share of the keys
};
[[nodiscard]] constexpr std::string_view name_of(rollout_stage s) {
  constexpr std::string_view names[] = {"settled", "shadow", "canary"};
  return names[static_cast<std::size_t>(s)];
}

struct rollout_options {
  std::uint32_t shadow_rows = 1000;  ///< that both must have scored
  std::uint32_t canary_rows = 1000;  ///< that the new one must have scored for its keys
  std::uint32_t canary_share = 50;   ///< of 1000 keys
  float most_different = INFINITY;   ///< that the outputs may be apart, of 99 in 100 rows of the shadow
};

/// How it stands. Differences are the greatest of a row's outputs, at most a quarter above the truth.
struct rollout_status {
  rollout_stage stage = rollout_stage::settled;
  std::uint64_t version = 0;    ///< of the model that works
  std::uint64_t candidate = 0;  ///< of the new one, if there is one
  std::uint64_t shadow_rows = 0, canary_rows = 0;
  std::uint64_t not_finite = 0;                      ///< rows of which the new one says no number, and the other one does
  float median_difference = 0, most_difference = 0;  ///< 50 and 99 in 100 rows are not further apart
  std::uint64_t promoted = 0, rolled_back = 0;
  text<160> reason{};  ///< of the last change of stage
};

namespace detail {

/// What threads that score tell of a new model. Counters: they order nothing.
class rollout_tally {
 public:
  void shadow(std::span<const float> good, std::span<const float> fresh) const {
    float most = 0;
    for (std::size_t o = 0; o < good.size(); ++o) {
      const float apart = std::fabs(good[o] - fresh[o]);
      if (apart > most) most = apart;
    }
    if (is_worse(good, fresh)) failed.fetch_add(1);
    buckets[bucket_of(most)].fetch_add(1);
    shadow_rows.fetch_add(1);
  }
  [[nodiscard]] static bool is_finite(std::span<const float> out) {
    bool finite = true;
    for (const float o : out) finite &= o - o == 0;
    return finite;
  }
  /// Does one model say no number where the other one knows one? Of a row that nobody can judge both may say NaN.
  [[nodiscard]] static bool is_worse(std::span<const float> good, std::span<const float> fresh) {
    bool worse = false;
    for (std::size_t o = 0; o < good.size(); ++o) worse |= fresh[o] - fresh[o] != 0 && good[o] - good[o] == 0;
    return worse;
  }
  /// That so much of all differences lie at or below.
  [[nodiscard]] float quantile(double share) const {
    std::uint64_t all = 0, seen = 0;
    for (const auto& b : buckets) all += b.relaxed();
    const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(all)));
    for (std::uint32_t i = 0; i < size && all > 0; ++i)
      if ((seen += buckets[i].relaxed()) >= wanted) return i == 0 ? 0 : std::bit_cast<float>((i + 1) << fine);
    return 0;
  }

  mutable word<std::uint32_t> shadow_rows{}, canary_rows{}, failed{};

 private:
  // A float's exponent and the first two bits behind it.
  static constexpr int fine = 21;
  static constexpr std::uint32_t size = 0x7F800000u >> fine;
  static std::uint32_t bucket_of(float d) {
    const std::uint32_t i = std::bit_cast<std::uint32_t>(d) >> fine;
    return i < size ? i : size - 1;
  }
  mutable word<std::uint32_t> buckets[size]{};
};

/// What threads that score see of a rollout: all of it changes at once, between two of their turns.
template <model M>
struct rollout_plan {
  shared_version<M> good, fresh{};
  shared_version<rollout_tally> tally{};
  rollout_stage stage = rollout_stage::settled;
  rollout_options options{};
};

template <model M>
struct rollout_scorer {
  using model_type = M;
  static constexpr std::size_t most_outputs = 64;  // of a model in the shadow: its outputs need a place
  slot<rollout_plan<M>> from;

  [[nodiscard]] row_shape shape() const { return shape_of(*from.newest()->good); }
  template <class Key>
  LEVADA_INLINE bool score(std::span<const float> row, std::span<float> out, Key&& key, std::uint64_t& version) const {
    const rollout_plan<M>& plan = *from;
    if (shape_of(*plan.good) != row_shape{row.size(), out.size()}) [[unlikely]]
      return false;
    if (plan.stage == rollout_stage::canary && part_of(key(), 1000) < plan.options.canary_share &&
        plan.tally->failed.relaxed() == 0 && try_fresh(plan, row, out)) {
      version = plan.fresh.version();
      return true;
    }
    plan.good->score(row, out);
    version = plan.good.version();
    if (plan.stage == rollout_stage::shadow) compare(plan, row, out);
    return true;
  }
  /// False while there are two models: rows go to one or to both, each by itself.
  LEVADA_INLINE bool score_batch(std::span<const float> rows, std::size_t n, std::span<float> out, std::uint64_t& version) const
    requires batch_model<M>
  {
    const rollout_plan<M>& plan = *from;
    version = plan.good.version();
    return plan.stage == rollout_stage::settled && score_rows(*plan.good, rows, n, out);
  }

 private:
  /// A row of which it says no number is scored by the good one.
  static bool try_fresh(const rollout_plan<M>& plan, std::span<const float> row, std::span<float> out) {
    plan.fresh->score(row, out);
    plan.tally->canary_rows.fetch_add(1);
    if (rollout_tally::is_finite(out)) [[likely]]
      return true;
    float good[most_outputs];
    const std::span<float> by_good(good, out.size());
    plan.good->score(row, by_good);
    if (rollout_tally::is_worse(by_good, out)) plan.tally->failed.fetch_add(1);
    return false;
  }
  static void compare(const rollout_plan<M>& plan, std::span<const float> row, std::span<const float> good) {
    if (plan.tally->shadow_rows.relaxed() >= plan.options.shadow_rows) return;
    float fresh[most_outputs];
    plan.fresh->score(row, std::span<float>(fresh, good.size()));
    plan.tally->shadow(good, {fresh, good.size()});
  }
};

}  // namespace detail

/// Takes  a name and the model to begin with; infer<"name">(rollout, ...) asks it. offer() gives a new one. review() looks at
///        what was counted since and moves on: to the canary when enough rows were scored in the shadow, to all when enough were
///        in the canary, back at the first output that is no number where the good model has one, or when the two differ by too
///        much. Without rows nothing moves. Anybody calls it now and then: install does at every tick. promote() and roll_back()
///        do so by hand, at any stage.
/// Emits  status(). Which keys are the canary's is a matter of their hash: the same ones at each try, and on each thread. Where
///        neither the stream has a key nor the event a member `key`, as the rows of windows have, of the features'.
/// Holds  the model that works, the one before it, the new one, and four kilobytes of counters.
/// Fails  offer(), with a sentence, while another is on its way, and for a model of other rows than the one that works. A row of
///        which the canary says what is no number is scored by the good model, and so are all that follow, on every thread.
/// Costs  settled, nothing; in the shadow a second score a row and some atomic additions, until it has its rows; in the canary a
///        hash of the key. All but the scoring: one thread at a time.
template <model M>
class rollout {
 public:
  using value_type = M;

  rollout(std::string_view name, M first, std::uint64_t version = 0, rollout_options options = {})
      : options_(options),
        good_(std::move(first), version),
        plan_(name, plan_type{good_, {}, {}, rollout_stage::settled, options}) {
    LEVADA_CHECK(options.canary_share <= 1000, options.canary_share);
    LEVADA_CHECK(options.canary_share > 0 || options.canary_rows == 0, options.canary_rows);  // nobody would bring them
    good_ = plan_.newest()->good;  // one of this name that was there before has left its model
    status_.version = good_.version();
    go_to(rollout_stage::settled, "it has begun");
  }
  rollout(const rollout&) = delete;
  rollout& operator=(const rollout&) = delete;

  /// Begins with the shadow.
  result<> offer(M fresh, std::uint64_t version) {
    if (status_.stage != rollout_stage::settled)
      return fault::of(failure::unavailable, "rollout '", name(), "': version ", status_.candidate, " is still in the ",
                       name_of(status_.stage), ": promote it or roll it back first");
    if (version == good_.version())
      return fault::of(failure::data, "rollout '", name(), "': version ", version,
                       " is that of the model that works: give the new one a number of its own");
    if (const result<> fits = detail::fits_in("rollout", name(), *good_, fresh, version); !fits) return fits;
    if (detail::shape_of(*good_).outputs > detail::rollout_scorer<M>::most_outputs)
      return fault::of(failure::usage, "rollout '", name(), "': models of more than ", detail::rollout_scorer<M>::most_outputs,
                       " outputs cannot be compared: put them into a slot");
    fresh_ = shared_version<M>(std::move(fresh), version);
    tally_ = shared_version<detail::rollout_tally>(std::in_place, version);
    status_.candidate = version;
    go_to(rollout_stage::shadow, "it was offered");
    return {};
  }
  rollout_stage review() {
    if (status_.stage == rollout_stage::settled) return status_.stage;
    if (tally_->failed.relaxed() != 0) {
      roll_back("an output was no number");
    } else if (status_.stage == rollout_stage::shadow && tally_->shadow_rows.relaxed() >= options_.shadow_rows) {
      if (tally_->quantile(0.99) > options_.most_different)
        roll_back("its outputs are too far from those of the model that works");
      else
        go_to(rollout_stage::canary, "its outputs in the shadow were good");
    } else if (status_.stage == rollout_stage::canary && tally_->canary_rows.relaxed() >= options_.canary_rows) {
      promote("its outputs in the canary were good");
    }
    return status_.stage;
  }
  /// The new one scores for all from the next turns on; without a new one nothing happens.
  void promote(std::string_view reason = "by hand") {
    if (status_.stage == rollout_stage::settled) return;
    note();
    before_ = std::exchange(good_, std::exchange(fresh_, {}));
    ++status_.promoted;
    settle(reason);
  }
  /// The new one goes. Where all is settled the model before the present one comes back, if there is one.
  void roll_back(std::string_view reason = "by hand") {
    if (status_.stage == rollout_stage::settled) {
      if (!before_) return;
      good_ = std::exchange(before_, {});
    } else {
      note();
      fresh_ = {};
    }
    ++status_.rolled_back;
    settle(reason);
  }

  [[nodiscard]] const rollout_status& status() {
    note();
    return status_;
  }
  [[nodiscard]] std::string_view name() const { return plan_.name(); }
  [[nodiscard]] auto scorer() const { return detail::rollout_scorer<M>{plan_}; }

 private:
  using plan_type = detail::rollout_plan<M>;

  void settle(std::string_view reason) {
    status_.version = good_.version();
    status_.candidate = 0;
    tally_ = {};
    go_to(rollout_stage::settled, reason);
  }
  void go_to(rollout_stage stage, std::string_view reason) {
    status_.stage = stage;
    status_.reason = reason;
    plan_.put(plan_type{good_, fresh_, tally_, stage, options_}, good_.version());
  }
  /// What was counted by now.
  void note() {
    if (!tally_) return;
    status_.shadow_rows = tally_->shadow_rows.relaxed();
    status_.canary_rows = tally_->canary_rows.relaxed();
    status_.not_finite = tally_->failed.relaxed();
    status_.median_difference = tally_->quantile(0.5);
    status_.most_difference = tally_->quantile(0.99);
  }

  rollout_options options_;
  shared_version<M> good_, before_, fresh_;
  shared_version<detail::rollout_tally> tally_;
  slot<plan_type> plan_;
  rollout_status status_;
};

}  // namespace levada::inline v0
