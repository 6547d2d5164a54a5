// SPDX-License-Identifier: Apache-2.0
#include "monitor.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace stoq::plugins::dirmon {
namespace {

using ms = Timing::ms;

constexpr size_t kMostWaiting = 100'000;    // beyond, a look at everything comes later
constexpr size_t kMostUnreadable = 10'000;  // beyond, a chmod is not noticed
constexpr size_t kMostLeaving = 1'000;      // the oldest has left for good
constexpr ms kOverflowWait{1'000};          // for the queue to run empty
constexpr ms kLookAgain{10'000};            // when there is more than can be remembered

ms doubled(ms first, unsigned times, ms most) {
  return std::min(most, first * (1 << std::min(times, 16u)));
}

}  // namespace

Monitor::Monitor(const sdk::Host& host, sdk::Call& call, const Options& options,
                 const Timing& timing, Journal& journal, Items& items)
    : host_(host),
      call_(call),
      options_(options),
      timing_(timing),
      journal_(journal),
      items_(items),
      root_(options.follow_links) {}

void Monitor::run() {
  watch_root();
  const bool note = journal_.first() && !journal_.lost() && !options_.existing;
  if (note) note_all();
  host_.info("watching " + shown(options_.source_dir) +
             (options_.recursive ? " and the directories below it" : ""));
  if (!note) {
    if (journal_.first()) {
      journal_.begin();
      journal_.commit();
    }
    look_at_all();
  }
  while (!stopped()) {
    read_events(jobs_.empty() ? timing_.tick : ms(0));
    work_off_jobs();
    drop_moved();
    look_at_due();
    keep_up();
  }
  farewell();
}

bool Monitor::stopped() {
  if (!stopped_) stopped_ = call_.cancelled();
  return stopped_;
}

void Monitor::note_all() {
  journal_.begin();
  noting_ = true;
  clock_gettime(CLOCK_REALTIME, &noting_since_);
  look_at_all();
  // What an event names was not there before: it arrives.
  while (!stopped() && read_events(ms(0))) continue;
  noting_ = false;
  if (stopped()) return;  // a part of what is there would be noted
  waiting_.each([this](const Place& place, const Look& look) {
    const Folder* folder = folders_.find(place.folder);
    if (folder && look.origin != Look::touched)
      journal_.forget(join(folders_.path(*folder), place.name));
  });
  journal_.commit();
  const size_t seen = journal_.size();
  host_.info("this is the first start on " + shown(options_.source_dir) + ": " +
             (seen == 0   ? "it holds no files yet"
              : seen == 1 ? "the file in it was noted as seen and is not taken"
                          : "the " + std::to_string(seen) +
                                " files in it were noted as seen and are not taken") +
             (seen == 0 ? "" : " (existing = true takes what is there)"));
}

void Monitor::keep_up() {
  const auto now = Clock::now();
  for (const Items::Item& item : items_.given_back()) {
    if (!folders_.find(item.place.folder)) look_again_in(ms(0));  // it may be found elsewhere
    const Look look{.origin = Look::closed, .retries = item.retries + 1};
    later(item.place, look, doubled(ms(100), item.retries, timing_.retry_most));
  }
  check_root();
  if (!rooted_) return;
  if (again_at_ && now >= *again_at_) look_at_all();
  if (now - unwatched_tried_ >= timing_.unwatched) retry_unwatched();
}

void Monitor::check_root() {
  const auto now = Clock::now();
  if (rooted_) {
    if (!root_doubt_ && !root_gone_ && now - root_checked_ < timing_.root_check) return;
    root_checked_ = now;
    root_doubt_ = false;
    if (!root_gone_ && root_.still_at(options_.source_dir)) return;
    host_.warning(shown(options_.source_dir) +
                  " was removed, moved or replaced; it is watched again as soon as it is there");
    lose_root();
  }
  struct stat st {};
  if (::stat(options_.source_dir.c_str(), &st) != 0) return;
  try {
    watch_root();
  } catch (const sdk::Error& e) {
    if (!std::exchange(told_root_, true)) host_.warning(e.what());
    return;
  }
  told_root_ = false;
  host_.info(shown(options_.source_dir) + " is there, and watched again");
  look_at_all();
}

void Monitor::lose_root() {
  if (Folder* root = folders_.root()) drop(*root);
  waiting_.clear();
  jobs_.clear();
  unreadable_.clear();
  rooted_ = root_gone_ = overflow_ = false;
  again_at_.reset();
}

void Monitor::farewell() {
  if (const size_t busy = waiting_.busy(); busy > 0)
    host_.info(std::to_string(busy) + " files of " + shown(options_.source_dir) +
               " are still open for writing; the next run takes them");
  if (unreadable_count_ == 0) return;
  call_.error(std::to_string(unreadable_count_) +
              (unreadable_count_ == 1 ? " file or directory" : " files or directories") +
              " could not be read, first " + first_unreadable_ +
              "; the log names each, and the next run takes what can be read then");
}

bool Monitor::read_events(ms most) {
  if (const auto next = waiting_.next())
    most = std::clamp(std::chrono::ceil<ms>(*next - Clock::now()), ms(0), most);
  const bool any =
      inotify_.read(static_cast<int>(most.count()), [this](const Event& event) { handle(event); });
  // The queue has run empty: what was lost is to be looked for now.
  if (!any && overflow_) look_again_in(ms(0));
  return any;
}

void Monitor::handle(const Event& event) {
  if (event.mask & IN_Q_OVERFLOW) {
    if (std::exchange(overflow_, true)) return;
    look_again_in(kOverflowWait);
    host_.warning("more happened in " + shown(options_.source_dir) +
                  " than the kernel's queue of events holds (the sysctl "
                  "fs.inotify.max_queued_events); looking at all files to miss none");
    return;
  }
  Folder* folder = folders_.find(event.watch);
  if (!folder) return;
  if (event.mask & (IN_IGNORED | IN_UNMOUNT | IN_DELETE_SELF | IN_MOVE_SELF))
    return self_event(*folder, event.mask);
  if (event.name.empty() || options_.ignore.match(event.name)) return;
  const std::string name(event.name);
  if (event.mask & IN_ISDIR)
    directory_event(*folder, name, event);
  else
    file_event(*folder, name, event.mask);
}

void Monitor::self_event(Folder& folder, uint32_t mask) {
  if (&folder == folders_.root()) {
    (mask & IN_IGNORED ? root_gone_ : root_doubt_) = true;
  } else if (mask & IN_IGNORED) {
    drop(folder);
  } else if (mask & IN_MOVE_SELF) {
    moved_.push_back(folder.id);
  }
}

void Monitor::directory_event(Folder& parent, const std::string& name, const Event& event) {
  const uint32_t mask = event.mask;
  if (mask & IN_MOVED_FROM) {
    leaving_.insert(event.cookie);
    if (leaving_.size() > kMostLeaving) leaving_.erase(leaving_.begin());
    if (Folder* folder = folders_.child(parent, name)) folder->era = journal_.begin_era();
    return;
  }
  if (!(mask & (IN_CREATE | IN_MOVED_TO | IN_ATTRIB))) return;
  if (!options_.recursive) {
    if (!(mask & IN_ATTRIB))
      skipped(join(folders_.path(parent), name), "it is a directory and recursive is off");
    return;
  }
  if ((mask & IN_ATTRIB) && folders_.child(parent, name)) return;
  const bool from_outside = (mask & IN_MOVED_TO) && leaving_.erase(event.cookie) == 0;
  Job job{.folder = 0};
  Folder* folder = nullptr;
  const Adopted adopted = adopt(parent, name, folder, job.before);
  if (adopted == Adopted::no) return;
  job.folder = folder->id;
  job.renamed = adopted == Adopted::moved && !from_outside;
  if (noting_ && !job.renamed)
    job.arrived = journal_.begin_era();
  else if (from_outside)
    job.arrived = folder->era;
  if (adopted != Adopted::same || job.arrived != 0) jobs_.push_back(std::move(job));
}

void Monitor::file_event(const Folder& folder, const std::string& name, uint32_t mask) {
  const Place place{folder.id, name};
  if (mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) {
    later(place, {.origin = Look::closed}, ms(0));
  } else if (mask & IN_CREATE) {
    later(place, {.created = true}, timing_.settle);
  } else if (mask & IN_ATTRIB) {
    if (unreadable_.erase(place) > 0)
      later(place, {}, timing_.settle);
    else
      later(place, {.origin = Look::touched}, ms(0));
  } else if (mask & (IN_MOVED_FROM | IN_DELETE)) {
    const std::string path = join(folders_.path(folder), name);
    const std::optional<Look> look = waiting_.remove(place);
    if ((mask & IN_DELETE) && look && look->origin == Look::closed && !look->busy)
      host_.warning(shown(full(path)) + " was removed before it could be read");
    unreadable_.erase(place);
    journal_.forget(path);
  }
}

void Monitor::look_at_due() {
  // What is put off to "now" waits for the events that come before.
  const auto now = Clock::now();
  while (!stopped()) {
    auto due = waiting_.take(now);
    if (!due) return;
    look(due->first, due->second);
  }
}

void Monitor::look(const Place& place, Look look) {
  const Folder* folder = folders_.find(place.folder);
  if (!folder) return;
  const std::string path = join(folders_.path(*folder), place.name);
  if (look.origin == Look::touched) return look_at_touched(place, look, path);
  Opened file = root_.open_file(path);
  if (!file.fd) return unopened(place, look, path, file);
  const Writers writers = writers_of(file.fd.get());
  struct stat st {};
  if (fstat(file.fd.get(), &st) != 0) return unreadable(place, path, std::strerror(errno));
  const Identity id = files::identity(st);
  const bool listed = look.origin == Look::found;
  const int64_t changed = files::change_time(st);
  if (listed ? journal_.knows(path, id) : journal_.knows_firmly(path, id, changed)) return;
  if (writers == Writers::some) return busy(place, look, path);
  if (look.busy && !look.ready) {
    // The event of its closing is in the queue already, unless it was closed by another name.
    look.ready = true;
    return later(place, look, ms(0));
  }
  if (listed && !look.settled && !look.ready) {
    const auto now = Clock::now();  // before the age is taken: nobody waits longer than those after
    const auto wait = to_settle(st, writers, look);
    if (wait > wait.zero()) return later(place, look, now + wait);
  }
  unreadable_.erase(place);
  const bool firm = listed && writers == Writers::none && !look.ready;
  if (!items_.put(call_, std::move(file.fd), {place, path, id, firm ? changed : 0, look.retries}))
    stopped_ = true;
}

void Monitor::look_at_touched(const Place& place, Look look, const std::string& path) {
  // Programs that unpack or download set the mtime once they have closed a file: it is the same
  // file still. A change of its content is told by a closing, of which the event comes before the
  // second look.
  if (look.ready) {
    journal_.touch(path, look.id);
    return;
  }
  const Opened file = root_.open_file(path);
  if (!file.fd || writers_of(file.fd.get()) != Writers::none) return;
  look.id = files::identity(file.st);
  look.ready = true;
  if (!journal_.knows(path, look.id)) later(place, look, ms(0));
}

void Monitor::unopened(const Place& place, Look look, const std::string& path, const Opened& file) {
  switch (file.error) {
    case 0:
      if (!S_ISDIR(file.st.st_mode) || file.link)
        skipped(path, std::string("it is ") + (file.link ? "a link to " : "") +
                          std::string(files::kind_of(file.st.st_mode)));
      return;
    case ENOENT:
      if (file.link) break;
      if (look.origin == Look::found) return;
      if (std::exchange(look.settled, true))
        host_.warning(shown(full(path)) + " was removed before it could be read");
      else
        later(place, look, timing_.settle);  // the event that tells why may follow
      return;
    case EXDEV:
      return skipped(path,
                     "it is a link that leads out of source_dir, or may do so "
                     "(follow_links = true follows it)");
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
    case EINTR:
      tell_transient(path, file.error);
      return later(place, look, doubled(ms(10), look.tries++, timing_.busy_most));
    default:
      break;
  }
  unreadable(place, path, std::strerror(file.error));
}

void Monitor::busy(const Place& place, Look look, const std::string& path) {
  look.busy = true;
  look.ready = false;
  if (!look.told && Clock::now() - look.since >= timing_.patience) {
    look.told = true;
    host_.info(shown(full(path)) + " has been open for writing for " +
               std::to_string(timing_.patience.count() / 1000) +
               " s; it is taken when it is closed");
  }
  const ms wait = doubled(ms(1), look.tries++, timing_.busy_most);
  later(place, look, wait);
}

Clock::duration Monitor::to_settle(const struct stat& st, Writers writers, Look& look) const {
  const bool closing = look.created && st.st_nlink == 1;
  const ms needed = writers == Writers::unknown ? (closing ? timing_.unclosed : timing_.quiet)
                    : st.st_size == 0 && st.st_nlink == 1 ? timing_.empty
                                                          : timing_.settle;
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  const auto age = std::chrono::seconds(now.tv_sec - st.st_ctim.tv_sec) +
                   std::chrono::nanoseconds(now.tv_nsec - st.st_ctim.tv_nsec);
  if (age >= needed) return ms(0);
  if (age >= ms(0)) return needed - age;
  look.settled = true;  // a clock that was set back: the whole time, once
  return needed;
}

void Monitor::later(const Place& place, const Look& look, ms wait) {
  later(place, look, Clock::now() + wait);
}

void Monitor::later(const Place& place, const Look& look, Clock::time_point due) {
  if (waiting_.size() < kMostWaiting) return waiting_.add(place, look, due);
  if (look.origin != Look::touched) look_again_in(kLookAgain);
}

void Monitor::look_again_in(ms wait) {
  again_at_ = Clock::now() + wait;
}

void Monitor::skipped(const std::string& path, std::string_view why) {
  host_.warning(shown(full(path)) + " is skipped: " + std::string(why));
}

void Monitor::tell_transient(const std::string& path, int error) {
  if (std::exchange(told_transient_, true)) return;
  host_.warning(shown(full(path)) + " cannot be opened for now: " + std::strerror(error) +
                "; it, and others like it, are tried again until they can");
}

void Monitor::unreadable(const Place& place, const std::string& path, std::string_view why) {
  if (unreadable_.size() < kMostUnreadable && !unreadable_.insert(place).second) return;
  if (++unreadable_count_ == 1)
    first_unreadable_ = shown(full(path)) + " (" + std::string(why) + ")";
  host_.warning(shown(full(path)) + " could not be read: " + std::string(why));
}

}  // namespace stoq::plugins::dirmon
