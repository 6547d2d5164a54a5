// SPDX-License-Identifier: Apache-2.0
#include "journal.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "names.h"

namespace stoq::plugins::dirmon {
namespace {

using files::Deaths;
using files::Line;

constexpr uint64_t kSlack = 4096;  // lines that are not worth a rewrite
constexpr files::JournalFile::Kind kKind{
    "dirmon",
    "without it the files that arrive while nobody watches would be lost: mend that, or set "
    "journal_dir to another place"};

}  // namespace

Journal::Journal(const sdk::Host& host, std::string directory, std::string source_dir, bool durable)
    : host_(host),
      directory_(std::move(directory)),
      source_dir_(std::move(source_dir)),
      durable_(durable) {}

void Journal::open() {
  const std::lock_guard lock(mutex_);
  if (opened_) return;
  if (directory_.empty()) {
    host_.warning("there is no state directory, and journal_dir is not set: what is known of " +
                  shown(source_dir_) +
                  " is kept in memory, and files that arrive while nobody watches are not noticed; "
                  "set journal_dir in the section [dirmon] of stoq.cfg to a directory that stays");
    opened_ = true;
    return;
  }
  std::unique_ptr<files::JournalFile> file;
  try {
    file = std::make_unique<files::JournalFile>(kKind, directory_, source_dir_);
  } catch (const files::InUse& e) {
    throw sdk::Error("another run watches " + shown(source_dir_) + " and keeps its journal " +
                     e.what() +
                     "; end it first, or let both scan each file, with a journal_dir of its own");
  }
  if (file->exists()) {
    const auto [lines, broken, foreign] = file->read([this](const Line& line) {
      deaths_.read(line);
      if (line.word == "seen" || line.word == "done" || line.word == "failed")
        entries_[key(line.path)] = {line.id, 0, 0, 0, 0, false};
      else
        entries_.erase(key(line.path));
    });
    if (!foreign.empty()) {
      lost_ = true;
      const std::string aside = file->move_aside();
      host_.warning(shown(file->path()) + " " + std::string(foreign) + "; it was moved to " +
                    shown(aside) + ", and all files of " + shown(source_dir_) +
                    " are taken, since it may have said which are new");
    } else {
      lines_ = lines + broken;
      file->open();
      first_ = false;
    }
    if (broken > 0)
      host_.warning(std::to_string(broken) + " lines of " + shown(file->path()) +
                    " are damaged; the files that they stood for are taken again");
  }
  file_ = std::move(file);
  opened_ = true;
}

bool Journal::first() const {
  const std::lock_guard lock(mutex_);
  return first_;
}

bool Journal::lost() const {
  const std::lock_guard lock(mutex_);
  return lost_;
}

void Journal::begin() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
  lines_ = 0;
  if (file_) file_->begin();
}

void Journal::note(const std::string& path, const Identity& id, int64_t firm) {
  const std::lock_guard lock(mutex_);
  entries_[key(path)] = {id, firm, 0, round_, era_, false};
  ++lines_;
  if (file_) file_->add({"seen", id, path});
}

void Journal::commit() {
  const std::lock_guard lock(mutex_);
  if (file_) file_->commit(true);
  first_ = false;
}

bool Journal::knows(const std::string& path, const Identity& id) const {
  const std::lock_guard lock(mutex_);
  const auto known = entries_.find(key(path));
  return known != entries_.end() && known->second.id == id;
}

bool Journal::knows_firmly(const std::string& path, const Identity& id, int64_t changed) const {
  const std::lock_guard lock(mutex_);
  const auto known = entries_.find(key(path));
  return known != entries_.end() && known->second.id == id && known->second.firm == changed;
}

void Journal::take(uint64_t token, const std::string& path, const Identity& id, int64_t firm) {
  const std::lock_guard lock(mutex_);
  entries_[key(path)] = {id, firm, token, round_, era_, false};
  paths_[token] = path;
  append({Deaths::word(deaths_.of(path, id) + 1), id, path});
}

void Journal::settle(uint64_t token, std::string_view word) {
  {
    const std::lock_guard lock(mutex_);
    std::string path;
    const auto known = in_work(token, path);
    if (known == entries_.end()) return;
    known->second.token = 0;
    deaths_.forget(path);
    append({word, known->second.id, path});
    if (!file_ || !durable_) return;
  }
  if (const int error = commit_.wait({""})) {
    const std::lock_guard lock(mutex_);
    say_once(std::string("cannot be flushed to the disk: ") + std::strerror(error));
  }
}

int Journal::flush_to_disk() {
  std::shared_ptr<const files::Fd> file;
  {
    const std::lock_guard lock(mutex_);
    file = file_->handle();
  }
  return fdatasync(file->get()) == 0 ? 0 : errno;
}

unsigned Journal::deaths(const std::string& path, const Identity& id) const {
  const std::lock_guard lock(mutex_);
  return deaths_.of(path, id);
}

void Journal::fail(const std::string& path, const Identity& id, int64_t firm) {
  const std::lock_guard lock(mutex_);
  entries_[key(path)] = {id, firm, 0, round_, era_, false};
  deaths_.forget(path);
  append({"failed", id, path});
}

void Journal::give_back(uint64_t token) {
  const std::lock_guard lock(mutex_);
  std::string path;
  const auto known = in_work(token, path);
  if (known == entries_.end()) return;
  const Identity id = known->second.id;
  entries_.erase(known);
  const unsigned deaths = deaths_.of(path, id);
  append({deaths > 0 ? Deaths::word(deaths) : "gone", id, path});
}

Journal::Entries::iterator Journal::in_work(uint64_t token, std::string& path) {
  auto taken = paths_.extract(token);
  if (taken.empty()) return entries_.end();
  path = std::move(taken.mapped());
  const auto known = entries_.find(key(path));
  // It may have been removed, or replaced by a newer one, in the meantime.
  return known != entries_.end() && known->second.token == token ? known : entries_.end();
}

uint32_t Journal::begin_era() {
  const std::lock_guard lock(mutex_);
  return ++era_;
}

void Journal::forget(const std::string& path, uint32_t before_era) {
  const std::lock_guard lock(mutex_);
  const auto known = entries_.find(key(path));
  if (known == entries_.end() || known->second.era >= before_era) return;
  entries_.erase(known);
  deaths_.forget(path);
  append({"gone", {}, path});
}

bool Journal::rename(const std::string& from, const std::string& to, const Identity& id) {
  const std::lock_guard lock(mutex_);
  const auto known = entries_.find(key(from));
  if (known == entries_.end() || known->second.id != id) return false;
  Entry entry = known->second;
  entry.round = round_;
  entries_.erase(known);
  entries_[key(to)] = entry;
  deaths_.rename(from, to);
  append({"gone", {}, from});
  append({entry.token == 0 ? "seen" : Deaths::word(deaths_.of(to, id) + 1), id, to});
  if (entry.token != 0) paths_[entry.token] = to;
  return true;
}

bool Journal::touch(const std::string& path, const Identity& id) {
  const std::lock_guard lock(mutex_);
  const auto known = entries_.find(key(path));
  if (known == entries_.end()) return false;
  Entry& entry = known->second;
  if (entry.id.inode != id.inode || entry.id.size != id.size) return false;
  if (entry.id == id) return true;
  entry.id = id;
  entry.firm = 0;
  if (entry.token == 0) append({"seen", id, path});
  return true;
}

void Journal::begin_round() {
  const std::lock_guard lock(mutex_);
  ++round_;
  met_any_ = false;
}

void Journal::met(const std::string& path) {
  const std::lock_guard lock(mutex_);
  met_any_ = true;
  const auto known = entries_.find(key(path));
  if (known != entries_.end()) known->second.round = round_;
}

void Journal::end_round(bool complete) {
  const std::lock_guard lock(mutex_);
  if (complete && met_any_)
    std::erase_if(entries_, [this](const auto& entry) { return entry.second.round != round_; });
  shrink();
}

size_t Journal::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void Journal::append(const Line& line) {
  if (!file_) return;
  if (first_) {
    file_->add(line);
  } else if (const int error = file_->append({&line, 1})) {
    return say_once(std::string("cannot be written: ") + std::strerror(error));
  }
  ++lines_;
  shrink();
}

void Journal::shrink() {
  if (!file_ || first_ || lines_ < shrink_at_ || lines_ <= 2 * entries_.size() + kSlack) return;
  for (auto& [key, entry] : entries_) entry.copied = false;
  uint64_t lines = 0;
  try {
    file_->begin();
    file_->read([&](const Line& line) {
      if (line.word == "gone") return;
      const bool taken = Deaths::is_taken(line.word);
      const auto known = entries_.find(key(line.path));
      if (known != entries_.end() && known->second.id == line.id) {
        Entry& entry = known->second;
        if (taken != (entry.token != 0) || entry.copied) return;
        entry.copied = !taken;  // the last of them tells
      } else if (!taken || deaths_.of(line.path, line.id) == 0) {
        return;
      }
      file_->add(line);
      ++lines;
    });
    file_->commit(true);
    lines_ = lines;
    shrink_at_ = 0;
  } catch (const sdk::Error& e) {
    file_->abandon();
    shrink_at_ = 2 * lines_;
    say_once(std::string("cannot be rewritten: ") + e.what());
  }
}

void Journal::say_once(std::string_view problem) {
  if (said_) return;
  said_ = true;
  host_.log(STOQ_LOG_ERROR, "the journal " + shown(file_->path()) + " " + std::string(problem) +
                                "; files that are done from now on may be taken again after a "
                                "restart");
}

}  // namespace stoq::plugins::dirmon
