// SPDX-License-Identifier: BSL-1.0
// doctor: what on this machine keeps buses from working, or from working well, and what lies about that nobody uses.
#include "catalog.hpp"
#include "commands.hpp"
#include "output.hpp"

#include <levada/os/barrier.hpp>
#include <levada/os/file.hpp>
#include <levada/os/folder.hpp>
#include <levada/os/lock.hpp>
#include <levada/os/mapping.hpp>
#include <levada/os/thread.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>

#include <linux/io_uring.h>
#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tool {

namespace {

enum class state : unsigned char { good, warning, error };

struct finding {
  state how;
  std::string what, sentence;
};

std::string first_line(const char* path) {
  std::string line;
  std::getline(std::ifstream(path) >> std::ws, line);
  return line;
}

/// The directory, or the nearest one above it that is there.
std::string existing(std::string path) {
  while (path.find('/') != path.npos && !lv::exists(lv::text<256>(path))) path.resize(path.rfind('/'));
  return path.empty() ? "/" : path;
}

finding look_at_directory(const std::string& directory) {
  const auto here = existing(directory);
  if (const auto stopped = lv::who_stops(lv::text<256>(directory)); !stopped.empty())
    return {state::error, "directory", std::string(stopped.view()) + "; or name another place in LEVADA_DIR"};
  struct statfs s{};
  if (::statfs(here.c_str(), &s) != 0) return {state::error, "directory", "'" + here + "' cannot be looked at"};
  if (static_cast<unsigned long>(s.f_type) != TMPFS_MAGIC)
    return {state::warning, "directory",
            "'" + directory + "' is not in memory (tmpfs): every event is written to a disk as well"};
  return {state::good, "directory", "'" + directory + "', in memory"};
}

finding look_at_room(const std::string& directory) {
  struct statfs s{};
  if (::statfs(existing(directory).c_str(), &s) != 0) return {state::error, "room", "it cannot be asked for"};
  const auto size = static_cast<std::uint64_t>(s.f_bsize);
  const auto free = s.f_bavail * size, all = s.f_blocks * size;
  const auto words = with_unit_bytes(free) + " of " + with_unit_bytes(all) + " are free";
  if (free < (std::uint64_t{16} << 20))
    return {state::error, "room", words + ": larger topics cannot be made (in a container: docker run --shm-size=1g)"};
  if (free < (std::uint64_t{64} << 20))
    return {state::warning, "room", words + ", which is little (in a container: docker run --shm-size=1g)"};
  return {state::good, "room", words};
}

finding look_at_locks(const std::string& directory) {
  const std::string why = "who is alive is known by them";
  std::string name = existing(directory) + "/.levada-doctor-XXXXXX";
  const lv::file one(::mkostemp(name.data(), O_CLOEXEC));
  if (!one) return {state::error, "locks", "no file can be made in '" + existing(directory) + "'"};
  const auto other = lv::file::open(name.c_str(), O_RDONLY);
  const bool works = other && lv::try_lock(one.fd()) && lv::is_locked(other->fd());
  ::unlink(name.c_str());
  if (!works) return {state::error, "locks", "open-file-description locks do not work there, and " + why};
  return {state::good, "locks", "open-file-description locks work; " + why};
}

std::string in_words(rlim_t n) { return n == RLIM_INFINITY ? "unlimited" : std::to_string(n); }

finding look_at_descriptors() {
  rlimit r{};
  ::getrlimit(RLIMIT_NOFILE, &r);
  const auto words =
      in_words(r.rlim_cur) + " descriptors (at most " + in_words(r.rlim_max) + "); a publisher takes 34, a subscriber 4";
  if (r.rlim_cur < 256) return {state::warning, "nofile", words + ": raise it with ulimit -n"};
  return {state::good, "nofile", words};
}

finding look_at_locked_memory() {
  rlimit r{};
  ::getrlimit(RLIMIT_MEMLOCK, &r);
  const auto words = r.rlim_cur == RLIM_INFINITY ? std::string("unlimited") : with_unit_bytes(r.rlim_cur);
  if (r.rlim_cur < (rlim_t{64} << 10))
    return {state::warning, "memlock", words + ": io_uring may be refused on kernels before 5.12; raise it with ulimit -l"};
  return {state::good, "memlock", words};
}

finding look_at_pages() {
  const auto huge = first_line("/sys/kernel/mm/transparent_hugepage/shmem_enabled");
  const auto from = huge.find('['), to = huge.find(']');
  const auto use = from < to && to != huge.npos ? huge.substr(from + 1, to - from - 1) : std::string("unknown");
  return {state::good, "pages", with_unit_bytes(lv::page_size()) + "; huge pages for shared memory: " + use};
}

finding look_at_barrier() {
  if (lv::register_barrier() && lv::barrier_everywhere())
    return {state::good, "membarrier", "allowed: to publish takes no fence"};
  return {state::warning, "membarrier", "refused by the kernel or a sandbox: every commit pays a fence (about 10 ns)"};
}

finding look_at_uring() {
  io_uring_params p{};
  const auto fd = static_cast<int>(::syscall(SYS_io_uring_setup, 1, &p));
  if (fd >= 0) {
    ::close(fd);
    return {state::good, "io_uring", "allowed: flows wait with it where they are built with liburing"};
  }
  const auto disabled = first_line("/proc/sys/kernel/io_uring_disabled");
  return {state::warning, "io_uring",
          disabled.empty() || disabled == "0" ? "refused by the kernel or a sandbox: flows wait with epoll"
                                              : "refused by kernel.io_uring_disabled=" + disabled + ": flows wait with epoll"};
}

finding look_at_cores() {
  const auto n = lv::usable_cores();
  if (n < 2) return {state::warning, "processors", "one: publisher and subscriber take turns, and nobody can spin"};
  return {state::good, "processors", std::to_string(n)};
}

finding look_at_boot() {
  if (lv::detail::boot_identity().empty())
    return {state::warning, "boot", "/proc is hidden: topics on a disk that an earlier boot left cannot be told from new ones"};
  return {state::good, "boot", "known: what an earlier boot left is told from what is new"};
}

struct leftover {
  address at;
  std::string why;
  bool promised = false;  ///< somebody may come back to it
};

std::optional<leftover> leftover_at(const address& at) {
  const auto o = lv::topic_observer::open(at.on(), at.topic);
  if (!o && o.error().kind == lv::failure::permission) return {};
  if (!o && o.error().kind == lv::failure::unavailable) return leftover{at, "was never made whole"};
  if (!o) return leftover{at, "is damaged, or of another version"};
  if (o->is_of_earlier_boot()) return leftover{at, "was left by an earlier boot"};
  const auto s = o->look();
  if (!s) return leftover{at, "is damaged"};
  if (s->in_use()) return {};
  const auto what = "nobody uses it; it holds " + count_of(s->retained(), "event");
  for (std::size_t i = 0; i < s->subscriber_count; ++i)
    if (!s->subscribers[i].name.empty())
      return leftover{at, what + ", and subscriber '" + name_of(s->subscribers[i]) + "' may come back for them", true};
  return leftover{at, what};
}

/// A topic of many producers stands for its rings, which come and go together.
std::vector<address> wholes_of(const std::vector<address>& topics) {
  std::vector<address> all;
  for (const address& at : topics) {
    const address whole{at.bus, at.topic.substr(0, at.topic.rfind('/'))};
    const auto own = at.on().files_of(at.topic), common = whole.on().files_of(whole.topic);
    const auto header = own ? lv::detail::header_of(*own) : std::nullopt;
    const bool is_part = header && header->place.of != 0 && common && lv::detail::producers_of(*common) != 0;
    const auto& one = is_part ? whole : at;
    if (std::ranges::find(all, one) == all.end()) all.push_back(one);
  }
  return all;
}

/// The same of a topic of many producers: as long as somebody uses one of its rings, it is used; a promise at one is one of all.
std::optional<leftover> leftover_of(const address& at) {
  const auto files = at.on().files_of(at.topic);
  const auto producers = files ? lv::detail::producers_of(*files) : 0;
  if (producers == 0) return leftover_at(at);
  std::optional<leftover> all;
  for (std::uint32_t i = 0; i < producers; ++i) {
    auto one = leftover_at({at.bus, at.topic + "/" + std::to_string(i)});
    if (!one) return {};
    if (!all || (one->promised && !all->promised))
      all = leftover{at, "of producer " + std::to_string(i) + ": " + one->why, one->promised};
  }
  return all;
}

class report {
 public:
  explicit report(bool as_json) : as_json_(as_json) {}

  void add(const finding& f) {
    constexpr const char* names[] = {"ok", "warning", "error"};
    const char* how = names[static_cast<int>(f.how)];
    failed_ = failed_ || f.how == state::error;
    if (as_json_)
      lines_ += (lines_.empty() ? "" : "\n") + line_of({{"check", f.what}, {"state", how}, {"says", f.sentence}});
    else
      shown_.row({how, f.what, f.sentence});
  }
  [[nodiscard]] lv::result<> end() const {
    if (auto done = print(as_json_ ? lines_ : shown_.str()); !done) return done;
    if (failed_) return lv::fault::of(lv::failure::unavailable, "buses cannot work here: see the lines that begin with 'error'");
    return {};
  }

 private:
  bool as_json_;
  bool failed_ = false;
  table shown_;
  std::string lines_;
};

}  // namespace

lv::result<> run_doctor(const options& o) {
  report all(o.json);
  const auto directory = directory_of_buses();
  if (directory) {
    const std::string where(directory->view());
    all.add(look_at_directory(where));
    all.add(look_at_room(where));
    all.add(look_at_locks(where));
  } else {
    all.add({state::error, "directory", std::string(directory.error().sentence.view())});
  }
  for (const auto& look :
       {look_at_descriptors, look_at_locked_memory, look_at_pages, look_at_barrier, look_at_uring, look_at_cores, look_at_boot})
    all.add(look());

  auto topics = directory ? all_topics() : lv::result<std::vector<address>>(std::vector<address>{});
  if (!topics) all.add({state::error, "topics", std::string(topics.error().sentence.view())});
  if (topics)
    for (const address& at : wholes_of(*topics)) {
      const auto left = leftover_of(at);
      if (!left) continue;
      if (!o.clean) {
        all.add({state::warning, at.str(), left->why + (left->promised ? "" : " (--clean removes it)")});
      } else if (left->promised) {
        all.add({state::warning, at.str(), left->why + ": it stays ('bus rm " + at.str() + "' removes it)"});
      } else if (auto gone = at.on().remove(at.topic); !gone) {
        all.add({state::warning, at.str(), std::string(gone.error().sentence.view())});
      } else {
        all.add({state::good, at.str(), left->why + ": removed"});
      }
    }
  return all.end();
}

}  // namespace tool
