// SPDX-License-Identifier: Apache-2.0
//
// The monitor's directories: those that are watched, and what lies in them.
#include <dirent.h>
#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "monitor.h"

namespace stoq::plugins::dirmon {
namespace {

constexpr unsigned kBetweenEvents = 32;  // entries
constexpr Timing::ms kOpenAgain{1'000};  // when a directory cannot be opened for now

}  // namespace

void Monitor::watch_root() {
  const auto refuse = [this](std::string_view why) {
    throw sdk::Error("source_dir " + shown(options_.source_dir) +
                     " cannot be watched: " + std::string(why));
  };
  // The watch first: should the path lead elsewhere in between, the next check sees it.
  const int id = inotify_.add(options_.source_dir, true);
  if (id < 0) refuse(Inotify::reason(errno));
  if (const int error = root_.open(options_.source_dir)) {
    inotify_.remove(id);
    refuse(std::strerror(error));
  }
  struct stat st {};
  root_.stat(".", st);
  folders_.add(id, nullptr, "", st.st_ino);
  rooted_ = true;
  root_checked_ = unwatched_tried_ = Clock::now();
}

Monitor::Adopted Monitor::adopt(Folder& parent, const std::string& name, Folder*& folder,
                                std::string& before) {
  const std::string path = join(folders_.path(parent), name);
  int id = inotify_.add(full(path), false);
  const int error = id < 0 ? errno : 0;
  struct stat st {};
  if (root_.stat(path, st) != 0 || !S_ISDIR(st.st_mode)) return Adopted::no;  // gone again
  Folder* occupant = folders_.child(parent, name);
  if (error == ENOSPC || error == ENOMEM) {
    if (!std::exchange(told_limit_, true))
      host_.warning(shown(full(path)) + " cannot be watched: " + Inotify::reason(error) +
                    ". Until then all that cannot are looked into every " +
                    std::to_string(timing_.unwatched.count() / 1000) + " s");
    if (occupant && occupant->inode == st.st_ino) {
      folder = occupant;
      return Adopted::same;
    }
    id = folders_.unwatched_id();
  } else if (error == ENOENT || error == ENOTDIR) {
    return Adopted::no;
  } else if (error != 0) {
    complete_ = false;
    unreadable({parent.id, name}, path, Inotify::reason(error));
    return Adopted::no;
  }
  folder = folders_.find(id);
  if (folder && folder == occupant) {
    folder->inode = st.st_ino;
    return Adopted::same;
  }
  for (const Folder* above = &parent; folder && above; above = above->parent) {
    if (above != folder) continue;
    // The tree is out of date, as it can be after an overflow.
    drop(*folder);
    look_again_in(Timing::ms(0));
    return Adopted::no;
  }
  if (occupant && occupant->id < 0 && occupant->inode == st.st_ino) {
    folders_.renumber(*occupant, id);
    folder = occupant;
    return Adopted::added;
  }
  if (occupant) {
    drop(*occupant);
    if (folder && !folders_.find(id)) return adopt(parent, name, folder, before);  // it lay below
  }
  const Adopted how = folder ? Adopted::moved : Adopted::added;
  if (folder) {
    before = folders_.path(*folder);
    folders_.move(*folder, parent, name);
    folder->inode = st.st_ino;
  } else {
    folder = &folders_.add(id, &parent, name, st.st_ino);
  }
  folder->era = journal_.begin_era();
  return how;
}

void Monitor::drop(Folder& folder) {
  for (const int id : folders_.drop(folder)) {
    if (id > 0) inotify_.remove(id);
    waiting_.remove_folder(id);
  }
}

void Monitor::drop_moved() {
  // Moved inside, it has been met at its new place by now; else it is out of our sight.
  for (const int id : std::exchange(moved_, {})) {
    Folder* folder = folders_.find(id);
    if (!folder) continue;
    struct stat st {};
    if (root_.stat(folders_.path(*folder), st) != 0 || st.st_ino != folder->inode) drop(*folder);
  }
}

void Monitor::retry_unwatched() {
  const std::vector<int> ids = folders_.unwatched();
  if (ids.empty()) told_limit_ = false;
  for (const int id : ids) {
    Folder* folder = folders_.find(id);
    if (!folder || stopped()) continue;
    std::string before;
    const std::string name = folder->name;  // one that was replaced is dropped on the way
    if (adopt(*folder->parent, name, folder, before) == Adopted::no) {
      if (Folder* gone = folders_.find(id)) drop(*gone);
      continue;
    }
    jobs_.push_back({.folder = folder->id});
    work_off_jobs();
  }
  unwatched_tried_ = Clock::now();
}

void Monitor::look_at_all() {
  overflow_ = false;
  again_at_.reset();
  complete_ = true;
  ++round_;
  journal_.begin_round();
  jobs_.push_back({.folder = folders_.root()->id, .whole = true});
  work_off_jobs();
  const bool complete = complete_ && !stopped_ && rooted_ && !root_gone_;
  journal_.end_round(complete);
  if (!complete) return;
  for (const int id : folders_.missed(round_))
    if (Folder* gone = folders_.find(id)) drop(*gone);
}

void Monitor::work_off_jobs() {
  while (!jobs_.empty() && !stopped()) {
    const Job job = std::move(jobs_.back());
    jobs_.pop_back();
    list(job);
  }
}

void Monitor::list(const Job& job) {
  Folder* folder = folders_.find(job.folder);
  if (!folder) return;
  folder->round = round_;
  const std::string path = folders_.path(*folder);
  // What was replaced or removed just now is told by an event.
  const auto fail = [&](int error) {
    complete_ = false;
    if (error == ENOENT || error == ENOTDIR || error == ELOOP || error == EXDEV) return;
    if (error == EMFILE || error == ENFILE || error == ENOMEM) {
      tell_transient(path, error);
      return look_again_in(kOpenAgain);
    }
    const Place place =
        folder->parent ? Place{folder->parent->id, folder->name} : Place{folder->id, ""};
    unreadable(place, path, std::strerror(error));
  };
  Fd fd = root_.open_directory(path);
  struct stat st {};
  if (!fd || fstat(fd.get(), &st) != 0) return fail(errno);
  if (st.st_ino != folder->inode) return fail(ENOENT);
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(fd.get()), &closedir);
  if (!stream) return fail(errno);
  const int directory = fd.release();
  for (unsigned count = 1; !stopped(); ++count) {
    errno = 0;
    const dirent* entry = readdir(stream.get());
    if (!entry) {
      if (errno != 0) fail(errno);
      return;
    }
    const std::string name = entry->d_name;
    if (name == "." || name == ".." || options_.ignore.match(name)) continue;
    if (count % kBetweenEvents == 0 && !noting_) {
      read_events(Timing::ms(0));
      look_at_due();
      folder = folders_.find(job.folder);
      if (!folder) return;
    }
    if (fstatat(directory, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) continue;  // gone again
    if (!S_ISDIR(st.st_mode)) {
      list_file(*folder, name, st, job);
      continue;
    }
    list_directory(*folder, name, job);
    folder = folders_.find(job.folder);
    if (!folder) return;
  }
}

void Monitor::list_directory(Folder& parent, const std::string& name, const Job& job) {
  if (!options_.recursive) {
    if (!noting_)
      skipped(join(folders_.path(parent), name), "it is a directory and recursive is off");
    return;
  }
  Folder* folder = nullptr;
  Job next{.folder = 0, .whole = job.whole, .arrived = job.arrived};
  const Adopted adopted = adopt(parent, name, folder, next.before);
  if (adopted == Adopted::no) return;
  next.folder = folder->id;
  next.renamed = adopted == Adopted::moved;
  if (job.renamed && adopted == Adopted::same) {
    next.renamed = true;
    next.before = join(job.before, name);
  }
  if (adopted != Adopted::same || next.renamed || job.whole || job.arrived != 0 || folder->id < 0)
    jobs_.push_back(std::move(next));
}

void Monitor::list_file(const Folder& folder, const std::string& name, const struct stat& st,
                        const Job& job) {
  const Place place{folder.id, name};
  const std::string path = join(folders_.path(folder), name);
  if (noting_) return note(place, path);
  journal_.met(path);
  if (job.arrived != 0) journal_.forget(path, job.arrived);
  if (S_ISREG(st.st_mode)) {
    const Identity id = files::identity(st);
    if (job.renamed && journal_.rename(join(job.before, name), path, id)) return;
    if (journal_.knows(path, id)) return;
  }
  look(place, {});
}

void Monitor::note(const Place& place, const std::string& path) {
  const Opened file = root_.open_file(path);
  if (!S_ISREG(file.st.st_mode)) return;
  const Writers writers = file.fd ? writers_of(file.fd.get()) : Writers::unknown;
  // It may have arrived before its directory was watched.
  const timespec changed = file.st.st_ctim;
  const bool newer = std::pair(changed.tv_sec, changed.tv_nsec) >
                     std::pair(noting_since_.tv_sec, noting_since_.tv_nsec);
  if (writers == Writers::some || newer)
    later(place, {.busy = writers == Writers::some}, Timing::ms(0));
  else
    journal_.note(path, files::identity(file.st),
                  writers == Writers::none ? files::change_time(file.st) : 0);
}

}  // namespace stoq::plugins::dirmon
