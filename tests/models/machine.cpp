// SPDX-License-Identifier: BSL-1.0
// The machine over Relacy. Not instrumented itself; it is what the instrumentation of the others calls.
#include <relacy/relacy.hpp>

// Relacy makes macros of these words.
#undef new
#undef delete
#undef malloc
#undef free
#undef assert
#undef errno
#define HERE ::rl::debug_info("", "", 0)

#include "machine.hpp"

#include <cstring>
#include <ostream>
#include <streambuf>

namespace machine {

namespace {

using std::size_t;
using std::uint64_t;

constexpr unsigned most_threads = 3, most_cells = 1024, most_bells = 64, most_locks = 16, most_faults = 16;
constexpr unsigned stall_chance = 32, most_stall = 96;

/// A piece of memory that threads share, and what Relacy knows of it.
struct cell {
  std::byte* at;
  unsigned bytes;
  bool is_plain;
  uint64_t first;  // the value with which the schedule has begun
  alignas(rl::atomic<uint64_t>) std::byte value_room[sizeof(rl::atomic<uint64_t>)];
  alignas(rl::var<unsigned>) std::byte order_room[sizeof(rl::var<unsigned>)];

  rl::atomic<uint64_t>& value() { return *std::launder(reinterpret_cast<rl::atomic<uint64_t>*>(value_room)); }
  rl::var<unsigned>& order() { return *std::launder(reinterpret_cast<rl::var<unsigned>*>(order_room)); }
  [[nodiscard]] uint64_t in_memory() const {
    uint64_t v = 0;
    std::memcpy(&v, at, bytes);
    return v;
  }
};

struct kept {
  void* at;
  size_t bytes;
  std::byte* copy;
};

struct fault {
  enum { none, relaxed, omitted, frozen, swapped } kind;
  const void* word;
  const void* other;
  unsigned thread;
};

/// What a thread of the model has going.
struct worker {
  rl::thread_info_base* info;
  cell* pending[32];  // plain writes that were announced: made when this thread comes here again
  unsigned pendings;
  bool holds_store;  // of the word `held`: a fault
  cell* held;
  uint64_t held_value;
  rl::memory_order held_order;
  unsigned steps_to_live;  // 0: immortal
  std::jmp_buf grave;
};

// All of it is one thread's: the fibres of Relacy take turns.
cell cells[most_cells];
unsigned cell_count = 0;
std::byte* low = nullptr;  // where cells lie
std::byte* high = nullptr;
std::int16_t* cell_of_word = nullptr;  // by 4 bytes from low on
kept kepts[32];
unsigned kept_count = 0;
fault faults[most_faults];
unsigned fault_count = 0;
bool barriers_omitted = false, fences_omitted = false, barriers_broken = false;
bool hidden[most_threads];
worker workers[most_threads];
bool active = false;  // threads run
bool stalls = false;
bool patient = false;
uint64_t steps = 0;
bool fence_due = false;
program* explored = nullptr;
void (*fence_on)(rl::thread_info_base*) = nullptr;
char bell_paths[most_bells][256];
int bell_count = 0;
alignas(rl::atomic<unsigned>) std::byte bell_room[most_bells + 1][sizeof(rl::atomic<unsigned>)];
std::int64_t time_now = 0, tick = 1'000;
alignas(rl::atomic<unsigned>) std::byte lock_room[most_locks][sizeof(rl::atomic<unsigned>)];
bool free_locks[most_locks];  // where schedules begin
const char* broken = nullptr;

rl::atomic<unsigned>& bell_at(int i) { return *std::launder(reinterpret_cast<rl::atomic<unsigned>*>(bell_room[i])); }
rl::atomic<unsigned>& lock_at(unsigned i) { return *std::launder(reinterpret_cast<rl::atomic<unsigned>*>(lock_room[i])); }
rl::atomic<unsigned>& any_bell() { return bell_at(most_bells); }
worker& self() { return workers[rl::ctx().threadx_->index_]; }
unsigned self_index() { return static_cast<unsigned>(rl::ctx().threadx_->index_); }

cell* find(const volatile void* at) {
  auto* p = static_cast<std::byte*>(const_cast<void*>(at));
  if (!active || p < low || p >= high) return nullptr;
  const auto i = cell_of_word[(p - low) / 4];
  return i < 0 ? nullptr : &cells[i];
}
const fault* fault_of(const void* word, int kind) {
  for (unsigned i = 0; i < fault_count; ++i)
    if (faults[i].kind == kind && faults[i].word == word) return &faults[i];
  return nullptr;
}

rl::memory_order order_of(int order) {
  constexpr rl::memory_order all[] = {rl::mo_relaxed, rl::mo_consume, rl::mo_acquire,
                                      rl::mo_release, rl::mo_acq_rel, rl::mo_seq_cst};
  return all[order];
}

/// Plain writes are announced before they are made; what they wrote is there when their thread comes by again.
void settle() {
  auto& w = self();
  if (w.pendings == 0) return;
  uint64_t values[32];
  const unsigned n = w.pendings;
  w.pendings = 0;
  for (unsigned i = 0; i < n; ++i) values[i] = w.pending[i]->in_memory();
  for (unsigned i = 0; i < n; ++i) w.pending[i]->value().store(values[i], rl::mo_relaxed, HERE);
}
/// Each step may be followed by any other; and now and then a thread is stopped for long, which coins alone would hardly ever do.
void step() {
  settle();
  auto& w = self();
  ++steps;
  if (stalls && rl::rand(stall_chance) == 0) {
    const auto until = steps + rl::rand(most_stall);
    for (unsigned tries = most_stall; steps < until && tries > 0; --tries) rl::ctx().sched();
  }
  if (w.steps_to_live != 0 && --w.steps_to_live == 0) std::longjmp(w.grave, 1);
}

void put(cell& c, uint64_t v, rl::memory_order order) {
  c.value().store(v, order, HERE);
  std::memcpy(c.at, &v, c.bytes);
}
void release_held(worker& w) {
  if (!w.holds_store) return;
  w.holds_store = false;
  put(*w.held, w.held_value, w.held_order);
}
uint64_t load(cell& c, int order) {
  step();
  if (const auto* f = fault_of(c.at, fault::frozen); f != nullptr && f->thread == self_index()) return c.first;
  const auto how = fault_of(c.at, fault::relaxed) != nullptr ? rl::mo_relaxed : order_of(order);
  const auto seen = c.value().load(how, HERE);
  return seen;
}
void store(cell& c, uint64_t v, int order) {
  step();
  const auto how = fault_of(c.at, fault::relaxed) != nullptr ? rl::mo_relaxed : order_of(order);
  auto& w = self();
  if (fault_of(c.at, fault::swapped) != nullptr) {
    w.holds_store = true, w.held = &c, w.held_value = v, w.held_order = how;
    return;
  }
  put(c, v, how);
  for (unsigned i = 0; i < fault_count; ++i)
    if (faults[i].kind == fault::swapped && faults[i].other == c.at) step(), release_held(w);
}
template <class Change>
uint64_t change(cell& c, int order, Change how) {
  step();
  if (fault_of(c.at, fault::omitted) != nullptr) return c.value().load(rl::mo_relaxed, HERE);
  const auto before = how(c.value(), fault_of(c.at, fault::relaxed) != nullptr ? rl::mo_relaxed : order_of(order));
  const auto after = c.value().debug_value();
  std::memcpy(c.at, &after, c.bytes);
  return before;
}

void touch(const volatile void* at, size_t bytes, bool writes) {
  if (!active) return;
  auto* p = static_cast<std::byte*>(const_cast<void*>(at));
  cell* last = nullptr;
  for (auto* word = p; word < p + bytes; word += 4) {
    cell* c = find(word);
    if (c == nullptr || c == last) continue;
    if (last == nullptr) step();
    last = c;
    if (!c->is_plain) require(false, "a word that threads share is read or written plainly");
    if (writes) {
      c->order()(HERE) = 1;
      auto& w = self();
      if (w.pendings == 32) std::abort();  // larger than anything that the bus writes at once
      w.pending[w.pendings++] = c;
    } else {
      [[maybe_unused]] const unsigned ordered = c->order()(HERE);
    }
  }
}

// ---- a schedule ----------------------------------------------------------------------------------------------------------

void begin_schedule() {
  active = false;
  broken = nullptr;
  for (unsigned i = 0; i < kept_count; ++i) std::memcpy(kepts[i].at, kepts[i].copy, kepts[i].bytes);
  for (auto& w : workers) w.info = nullptr, w.pendings = 0, w.holds_store = false, w.steps_to_live = 0;
  for (unsigned i = 0; i < most_locks; ++i) {
    ::new (lock_room[i]) rl::atomic<unsigned>;
    lock_at(i).store(free_locks[i] ? 1 : 0, rl::mo_relaxed, HERE);
  }
  fence_due = false;
  time_now = 0, steps = 0;
  for (unsigned i = 0; i <= most_bells; ++i) {
    if (i >= static_cast<unsigned>(bell_count) && i != most_bells) continue;
    ::new (bell_room[i]) rl::atomic<unsigned>;
    bell_at(static_cast<int>(i)).store(0, rl::mo_relaxed, HERE);
  }
  explored->begin();
  for (unsigned i = 0; i < cell_count; ++i) {
    cell& c = cells[i];
    c.first = c.in_memory();
    ::new (c.value_room) rl::atomic<uint64_t>;
    c.value().store(c.first, rl::mo_relaxed, HERE);
    if (!c.is_plain) continue;
    ::new (c.order_room) rl::var<unsigned>;
    c.order()(HERE) = 1;
  }
  active = true;
}
void run_thread(unsigned i) {
  workers[i].info = rl::ctx().threadx_;
  if (fence_due) fence_on(workers[i].info);
  explored->thread(i);
  settle();
  release_held(workers[i]);
}
void end_schedule() {
  active = false;
  explored->end();
  for (unsigned i = 0; i < cell_count; ++i) {
    cells[i].value().~atomic();
    if (cells[i].is_plain) cells[i].order().~var();
  }
  for (int i = 0; i < bell_count; ++i) bell_at(i).~atomic();
  any_bell().~atomic();
  for (unsigned i = 0; i < most_locks; ++i) lock_at(i).~atomic();
}

template <int Threads>
struct suite : rl::test_suite<suite<Threads>, Threads> {
  void before() {
    fence_on = [](rl::thread_info_base* t) {
      static_cast<rl::thread_info<Threads>*>(t)->atomic_thread_fence_seq_cst(rl::ctx().seq_cst_fence_order_);
    };
    begin_schedule();
  }
  void thread(unsigned i) { run_thread(i); }
  void after() { end_schedule(); }
};

struct nowhere : std::streambuf {
  int overflow(int c) override { return c; }
};

}  // namespace

outcome explore(program& p, const search& how) {
  explored = &p;
  active = false;
  for (unsigned i = 0; i < kept_count; ++i) std::memcpy(kepts[i].copy, kepts[i].at, kepts[i].bytes);
  static nowhere sink;
  static std::ostream quiet(&sink);  // a stringstream's memory would be taken for the program's
  const bool tells = std::getenv("LEVADA_HISTORY") != nullptr;
  rl::test_params params;
  const auto first = how.switches != 0 ? 0 : (how.seed - 1) * 1'000'000'000;  // Relacy seeds each schedule with its number
  params.iteration_count = first + how.schedules;
  if (first != 0) params.initial_state = std::to_string(first + 1).c_str();
  params.search_type = how.switches != 0 ? rl::fair_context_bound_scheduler_type : rl::random_scheduler_type;
  params.context_bound = how.switches;
  params.execution_depth_limit = 20'000;
  stalls = how.switches == 0;
  params.output_stream = tells ? &std::cerr : &quiet;
  params.progress_stream = &quiet;
  const bool held = how.threads == 3 ? rl::simulate<suite<3>>(params) : rl::simulate<suite<2>>(params);
  active = false;
  for (unsigned i = 0; i < kept_count; ++i) std::memcpy(kepts[i].at, kepts[i].copy, kepts[i].bytes);
  outcome o{held, params.stop_iteration - first, {}};
  if (!held) o.sentence = broken != nullptr ? broken : rl::test_result_str(params.test_result);
  return o;
}

void keep(void* at, size_t bytes) { kepts[kept_count++] = {at, bytes, static_cast<std::byte*>(std::malloc(bytes))}; }

namespace {
void share_cell(void* at, size_t bytes, bool is_plain) {
  auto* p = static_cast<std::byte*>(at);
  if (low == nullptr) {  // around the first one, wide enough for a ring or two
    constexpr size_t reach = 1 << 20;
    low = p - reach, high = p + reach;
    cell_of_word = static_cast<std::int16_t*>(std::malloc(2 * reach / 4 * sizeof(std::int16_t)));
    for (size_t i = 0; i < 2 * reach / 4; ++i) cell_of_word[i] = -1;
  }
  if (p < low || p + bytes > high || cell_count == most_cells) std::abort();
  for (size_t i = 0; i < bytes / 4; ++i)
    cell_of_word[(p - low) / 4 + static_cast<std::ptrdiff_t>(i)] = static_cast<std::int16_t>(cell_count);
  cell& c = cells[cell_count++];
  c.at = p, c.bytes = static_cast<unsigned>(bytes), c.is_plain = is_plain;
}
}  // namespace

void share_word(void* at, size_t bytes) { share_cell(at, bytes, false); }
void share_data(void* at, size_t bytes) {
  for (size_t i = 0; i < bytes; i += 8) share_cell(static_cast<std::byte*>(at) + i, 8, true);
}
void forget_all() {
  for (unsigned i = 0; i < kept_count; ++i) std::free(kepts[i].copy);
  std::free(cell_of_word);
  cell_of_word = nullptr, low = high = nullptr;
  kept_count = cell_count = fault_count = 0;
  bell_count = 0;
  barriers_omitted = fences_omitted = barriers_broken = false;
  for (auto& h : hidden) h = false;
  for (auto& f : free_locks) f = false;
  tick = 1'000;
  patient = false;
}

void relax(const void* word) { faults[fault_count++] = {fault::relaxed, word, nullptr, 0}; }
void omit(const void* word) { faults[fault_count++] = {fault::omitted, word, nullptr, 0}; }
void freeze(const void* word, unsigned thread) { faults[fault_count++] = {fault::frozen, word, nullptr, thread}; }
void swap(const void* earlier, const void* later) { faults[fault_count++] = {fault::swapped, earlier, later, 0}; }
void omit_barriers() { barriers_omitted = true; }
void omit_fences() { fences_omitted = true; }
void hide(unsigned thread) { hidden[thread] = true; }
void break_barriers() { barriers_broken = true; }

void require(bool holds, const char* sentence) {
  if (holds) return;
  broken = sentence;
  rl::ctx().fail_test(sentence, rl::test_result_user_assert_failed, HERE);
}
unsigned choose(unsigned n) { return n < 2 ? 0 : rl::rand(n); }
void yield() {
  step();
  rl::ctx().yield(1, HERE);
}

namespace detail {
std::jmp_buf& arm(unsigned most_steps) {
  settle();
  self().steps_to_live = 1 + choose(most_steps);
  return self().grave;
}
void disarm() {
  settle();
  self().steps_to_live = 0;
}
}  // namespace detail

// ---- the operating system ------------------------------------------------------------------------------------------------

bool can_register() { return !barriers_broken; }
/// The kernel interrupts the processors one by one, and each makes a fence between two of its instructions.
bool barrier_everywhere() {
  if (!active) return !barriers_broken;
  step();
  if (barriers_broken) return false;
  if (barriers_omitted) return true;
  const auto me = self_index();
  fence_on(workers[me].info);
  for (unsigned i = 0; i < most_threads; ++i) {
    if (i == me || hidden[i] || workers[i].info == nullptr) continue;
    rl::ctx().sched();
    fence_on(workers[i].info);
  }
  fence_due = true;  // for those who have not begun yet
  rl::ctx().sched();
  fence_on(workers[me].info);
  return true;
}

int bell_of(const char* path) {
  for (int i = 0; i < bell_count; ++i)
    if (std::strcmp(bell_paths[i], path) == 0) return i;
  std::strncpy(bell_paths[bell_count], path, sizeof bell_paths[0] - 1);
  return bell_count++;
}
void ring(int bell) {
  if (!active) return;
  step();
  bell_at(bell).exchange(1, rl::mo_seq_cst, HERE);
  any_bell().fetch_add(1, rl::mo_seq_cst, HERE);
  any_bell().wake(rl::ctx(), most_threads, HERE);
}
void drain(int bell) {
  if (!active) return;
  step();
  bell_at(bell).exchange(0, rl::mo_seq_cst, HERE);
}
bool wait(std::initializer_list<int> bells, bool limited) {
  if (!active) return false;
  step();
  for (;;) {
    const auto rings = any_bell().fetch_add(0, rl::mo_seq_cst, HERE);
    for (const int b : bells)
      if (bell_at(b).fetch_add(0, rl::mo_seq_cst, HERE) != 0) return true;
    if (any_bell().fetch_add(0, rl::mo_seq_cst, HERE) != rings) continue;
    if (any_bell().wait(rl::ctx(), limited && !patient, false, HERE) == rl::unpark_reason_timeout) return false;
  }
}
std::int64_t clock() { return time_now += tick; }
void set_tick(std::int64_t ns) { tick = ns; }
void set_patient() { patient = true; }
/// The kernel orders what the dead have done before what those do who hear of it.
bool is_held(int lock) {
  if (lock < 0 || lock >= static_cast<int>(most_locks)) return true;
  if (!active) return !free_locks[lock];
  step();
  return lock_at(static_cast<unsigned>(lock)).fetch_add(0, rl::mo_seq_cst, HERE) == 0;
}
void take(int lock) {
  step();
  lock_at(static_cast<unsigned>(lock)).exchange(0, rl::mo_seq_cst, HERE);
}
void let_go(int lock) {
  if (!active) {
    free_locks[lock] = true;
    return;
  }
  step();
  lock_at(static_cast<unsigned>(lock)).exchange(1, rl::mo_seq_cst, HERE);
}

}  // namespace machine

// ---- what the compiler calls ---------------------------------------------------------------------------------------------

namespace {
using machine::cell;
}

#define LEVADA_HOOKS(bits)                                                                                          \
  extern "C" std::uint##bits##_t __tsan_atomic##bits##_load(const volatile std::uint##bits##_t* at, int order) {    \
    if (auto* c = machine::find(at)) return static_cast<std::uint##bits##_t>(machine::load(*c, order));             \
    return __atomic_load_n(at, __ATOMIC_SEQ_CST);                                                                   \
  }                                                                                                                 \
  extern "C" void __tsan_atomic##bits##_store(volatile std::uint##bits##_t* at, std::uint##bits##_t v, int order) { \
    if (auto* c = machine::find(at)) return machine::store(*c, v, order);                                           \
    __atomic_store_n(at, v, __ATOMIC_SEQ_CST);                                                                      \
  }                                                                                                                 \
  LEVADA_CHANGE(bits, fetch_add)                                                                                    \
  LEVADA_CHANGE(bits, fetch_or)                                                                                     \
  LEVADA_CHANGE(bits, fetch_and)                                                                                    \
  LEVADA_CHANGE(bits, exchange)
#define LEVADA_ATOMIC_fetch_add __atomic_fetch_add
#define LEVADA_ATOMIC_fetch_or __atomic_fetch_or
#define LEVADA_ATOMIC_fetch_and __atomic_fetch_and
#define LEVADA_ATOMIC_exchange __atomic_exchange_n
#define LEVADA_CHANGE(bits, what)                                                                                      \
  extern "C" std::uint##bits##_t __tsan_atomic##bits##_##what(volatile std::uint##bits##_t* at, std::uint##bits##_t v, \
                                                              int order) {                                             \
    if (auto* c = machine::find(at))                                                                                   \
      return static_cast<std::uint##bits##_t>(                                                                         \
          machine::change(*c, order, [v](auto& word, rl::memory_order how) { return word.what(v, how, HERE); }));      \
    return LEVADA_ATOMIC_##what(at, v, __ATOMIC_SEQ_CST);                                                              \
  }
LEVADA_HOOKS(8)  // guards of static variables
LEVADA_HOOKS(32)
LEVADA_HOOKS(64)

extern "C" {
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_atomic_signal_fence(int) {}
void __tsan_atomic_thread_fence(int order) {
  if (machine::active && !machine::fences_omitted) machine::step(), rl::atomic_thread_fence(machine::order_of(order), HERE);
}
void __tsan_read_range(void* at, unsigned long bytes) { machine::touch(at, bytes, false); }
void __tsan_write_range(void* at, unsigned long bytes) { machine::touch(at, bytes, true); }
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}
void* __tsan_memcpy(void* to, const void* from, unsigned long bytes) {
  machine::touch(from, bytes, false), machine::touch(to, bytes, true);
  return std::memcpy(to, from, bytes);
}
void* __tsan_memmove(void* to, const void* from, unsigned long bytes) {
  machine::touch(from, bytes, false), machine::touch(to, bytes, true);
  return std::memmove(to, from, bytes);
}
void* __tsan_memset(void* to, int value, unsigned long bytes) {
  machine::touch(to, bytes, true);
  return std::memset(to, value, bytes);
}
#define LEVADA_PLAIN(bytes)                                               \
  void __tsan_read##bytes(void* at) { machine::touch(at, bytes, false); } \
  void __tsan_write##bytes(void* at) { machine::touch(at, bytes, true); }
LEVADA_PLAIN(1)
LEVADA_PLAIN(2)
LEVADA_PLAIN(4)
LEVADA_PLAIN(8)
LEVADA_PLAIN(16)
#define LEVADA_UNALIGNED(bytes)                                                     \
  void __tsan_unaligned_read##bytes(void* at) { machine::touch(at, bytes, false); } \
  void __tsan_unaligned_write##bytes(void* at) { machine::touch(at, bytes, true); }
LEVADA_UNALIGNED(2)
LEVADA_UNALIGNED(4)
LEVADA_UNALIGNED(8)
LEVADA_UNALIGNED(16)
}
