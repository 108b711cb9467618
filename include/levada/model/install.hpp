// SPDX-License-Identifier: BSL-1.0
// install: models that come as events. Each is loaded, admitted or refused, and put to work; what became of it comes out.
//   from(topic<update>(bus, "models")) | stage<"install">() | install<"bearing">(slot, admission(options), load) | to(...)
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/model.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/model/admission.hpp>
#include <levada/model/rollout.hpp>
#include <levada/state/slot.hpp>
#include <levada/state/slots.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// What became of a model that was sent.
struct acknowledgement {
  enum class outcome : std::uint8_t {
    refused,      ///< it could not be loaded, or did not pass a check
    admitted,     ///< into a slot: it scores; into a rollout: it is in the shadow
    canary,       ///< it scores for a share of the keys
    promoted,     ///< it scores for all
    rolled_back,  ///< the one before it scores
  };
  text<64> name{};
  std::uint64_t version = 0;  ///< 0 where it could not be loaded
  outcome what{};
  text<376> reason{};  ///< the sentence of what was refused; why a rollout has moved
};

/// What a loader gives: a model, and what came with it. The views of `with` must outlive a move of it, as those into heap memory
/// do.
template <class L>
concept loaded_model = requires(L& l) {
  requires model<std::remove_reference_t<decltype((l.model))>>;
  { l.with } -> std::convertible_to<const candidate&>;
};

/// Nothing is kept on a disk.
struct keep_nowhere {};

namespace detail {

template <class M>
struct into_slot {
  using model_type = M;
  static constexpr bool moves = false;
  slot<M> to;
  [[nodiscard]] std::uint64_t version() const { return to.newest().version(); }
  result<> ready(const M& m, std::uint64_t version) const { return fits_in("slot", to.name(), *to.newest(), m, version); }
  result<> take(M&& m, std::uint64_t version) {
    to.put(std::move(m), version);
    return {};
  }
};
template <class M>
struct into_rollout {
  using model_type = M;
  static constexpr bool moves = true;
  rollout<M>* to;
  [[nodiscard]] std::uint64_t version() const { return to->status().version; }
  result<> ready(const M&, std::uint64_t) const {
    const rollout_status& s = to->status();
    if (s.stage == rollout_stage::settled) return {};
    return fault::of(failure::unavailable, "rollout '", to->name(), "': version ", s.candidate, " is still in the ",
                     name_of(s.stage), ": send it again later");
  }
  result<> take(M&& m, std::uint64_t version) { return to->offer(std::move(m), version); }
};
template <model M>
auto target_of(const slot<M>& s) {
  return into_slot<M>{s};
}
template <model M>
auto target_of(rollout<M>& r) {
  return into_rollout<M>{&r};
}

template <class Loader, class E>
struct loaded_by {
  using type = void;
};
template <class Loader, class E>
  requires requires(Loader& l, const payload_type<E>& e) { *l(e); }
struct loaded_by<Loader, E> {
  using type = std::remove_reference_t<decltype(*std::declval<Loader&>()(std::declval<const payload_type<E>&>()))>;
};

}  // namespace detail

/// Takes  events that announce a model (a path and a version, say); load(event) gives a result of a struct with `model` and
///        `with`, a candidate. Where the target is a rollout, it is reviewed at every tick and before every event.
/// Emits  an acknowledgement for each event, and one for each step that a rollout makes.
/// Holds  the gate, whose counts are read from at<"name">().gate; while a rollout goes on, the new model's bytes.
/// Fails  never by itself. A model that scores and could not be kept on the disk is told so in its acknowledgement.
/// Costs  whatever load and the gate cost, on the thread that it stands on: give it a stage of its own.
template <fixed_string Name, class Target, class Gate, class Load, class Keep>
struct install_operator {
  static constexpr std::string_view kind = "install";
  static constexpr std::string_view name = Name.view();
  static constexpr bool ends_slots = true;
  using outcome = acknowledgement::outcome;
  Target target;
  Gate gate;
  [[no_unique_address]] Load load;
  [[no_unique_address]] Keep keep;
  std::uint64_t not_loaded = 0;  ///< models that never came to the gate
  slots<std::byte> bytes{};      ///< of the one that is being rolled out
  acknowledgement last{};        ///< the step that it has made last

  template <class>
  using output = acknowledgement;
  template <class E>
  static consteval bool fits() {
    using L = typename detail::loaded_by<Load, E>::type;
    constexpr bool loads = [] {
      if constexpr (loaded_model<L>)
        return std::is_same_v<std::remove_cvref_t<decltype(std::declval<L&>().model)>, typename Target::model_type>;
      else
        return false;
    }();
    static_assert(loads,
                  "install: the loader must be callable with the event type that arrives here and return a result of a struct "
                  "with `model`, of the target's model type, and `with`, a levada::candidate");
    return loads;
  }

  template <class E>
  void operator()(const E& e, auto out) {
    review(out);
    auto loaded = load(levada::payload(e));
    if (!loaded) {
      ++not_loaded;
      return out(acknowledgement{name, 0, outcome::refused, loaded.error().sentence});
    }
    const candidate& with = loaded->with;
    acknowledgement said{with.name, with.version, outcome::refused, {}};
    result<> done = target.ready(loaded->model, with.version);
    if constexpr (requires { gate.above(with.version); }) gate.above(target.version());
    if (done) done = gate.admit(loaded->model, with);
    if (done) done = target.take(std::move(loaded->model), with.version);
    if (done) {
      said.what = outcome::admitted;
      if constexpr (Target::moves) {
        hold(with.bytes);
        last = said;
      } else {
        said.reason = kept(with.version, with.bytes);
      }
    } else {
      said.reason = done.error().sentence;
    }
    out(said);
  }
  void on(const tick& t, auto out) {
    review(out);
    out.raise(t);
  }

 private:
  void hold(std::span<const std::byte> some) {
    if constexpr (!std::is_same_v<Keep, keep_nowhere>) {
      bytes.resize(some.size());
      if (!some.empty()) std::memcpy(bytes.begin(), some.data(), some.size());
    }
  }
  text<376> kept([[maybe_unused]] std::uint64_t version, [[maybe_unused]] std::span<const std::byte> some) {
    if constexpr (!std::is_same_v<Keep, keep_nowhere>)
      if (const result<> done = keep(version, some); !done)
        return compose<376>("it scores, but was not kept: ", done.error().sentence);
    return {};
  }
  void review(auto out) {
    if constexpr (Target::moves) {
      if (last.what != outcome::admitted && last.what != outcome::canary) return;  // nothing is on its way
      const rollout_stage stage = target.to->review();
      if (stage == rollout_stage::shadow || (stage == rollout_stage::canary && last.what == outcome::canary)) return;
      const rollout_status& s = target.to->status();
      last.reason = s.reason.view();
      if (stage == rollout_stage::canary) {
        last.what = outcome::canary;
      } else if (s.version == last.version) {
        last.what = outcome::promoted;
        if (const text<376> not_kept = kept(last.version, {bytes.begin(), bytes.size()}); !not_kept.empty())
          last.reason = not_kept;
      } else {
        last.what = outcome::rolled_back;
      }
      if (stage == rollout_stage::settled) bytes = {};
      out(last);
    }
  }
};

/// install<"name">(slot or rollout, gate, load, keep): keep(version, bytes) brings a model that scores for all onto the disk, and
/// gives a result<>; replace_file is what it should call.
template <fixed_string Name = "", class Target, class Gate, class Load, class Keep = keep_nowhere>
  requires requires(Target&& t) { detail::target_of(t); }
constexpr auto install(Target&& target, Gate gate, Load load, Keep keep = {}) {
  auto to = detail::target_of(target);
  return link{
      install_operator<Name, decltype(to), Gate, Load, Keep>{std::move(to), std::move(gate), std::move(load), std::move(keep)}};
}

}  // namespace levada::inline v0
