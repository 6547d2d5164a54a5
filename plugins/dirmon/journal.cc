// SPDX-License-Identifier: Apache-2.0
#include "journal.h"

#include <cstring>

#include "names.h"

namespace stoq::plugins::dirmon {
namespace {

constexpr uint64_t kSlack = 4096;  // lines that are not worth a rewrite

}  // namespace

Journal::Journal(const sdk::Host& host, std::string directory, std::string source_dir)
    : host_(host), directory_(std::move(directory)), source_dir_(std::move(source_dir)) {}

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
  auto file = std::make_unique<JournalFile>(directory_, source_dir_);
  if (file->exists()) {
    const auto [lines, broken] = file->read([this](const Line& line) {
      if (line.word == "gone")
        entries_.erase(key(line.path));
      else
        entries_[key(line.path)] = {line.id, 0, 0, 0, false};
    });
    lines_ = lines + broken;
    file->open();
    first_ = false;
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

void Journal::begin() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
  lines_ = 0;
  if (file_) file_->begin();
}

void Journal::note(const std::string& path, const Identity& id, int64_t firm) {
  const std::lock_guard lock(mutex_);
  entries_[key(path)] = {id, firm, 0, round_, false};
  ++lines_;
  if (file_) file_->add({"seen", id, path});
}

void Journal::commit() {
  const std::lock_guard lock(mutex_);
  if (file_) file_->commit();
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
  entries_[key(path)] = {id, firm, token, round_, false};
  paths_[token] = path;
}

void Journal::settle(uint64_t token, std::string_view word) {
  const std::lock_guard lock(mutex_);
  std::string path;
  const auto known = in_work(token, path);
  if (known == entries_.end()) return;
  known->second.token = 0;
  append({word, known->second.id, path});
}

void Journal::give_back(uint64_t token) {
  const std::lock_guard lock(mutex_);
  std::string path;
  const auto known = in_work(token, path);
  if (known != entries_.end()) entries_.erase(known);
}

Journal::Entries::iterator Journal::in_work(uint64_t token, std::string& path) {
  auto taken = paths_.extract(token);
  if (taken.empty()) return entries_.end();
  path = std::move(taken.mapped());
  const auto known = entries_.find(key(path));
  // It may have been removed, or replaced by a newer one, in the meantime.
  return known != entries_.end() && known->second.token == token ? known : entries_.end();
}

void Journal::forget(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto known = entries_.find(key(path));
  if (known == entries_.end()) return;
  entries_.erase(known);
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
  append({"gone", {}, from});
  if (entry.token == 0)
    append({"seen", id, to});
  else
    paths_[entry.token] = to;
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
  } else if (const int error = file_->append(line)) {
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
      const auto known = entries_.find(key(line.path));
      if (known == entries_.end()) return;
      Entry& entry = known->second;
      if (line.word == "gone" || entry.token != 0 || entry.copied || entry.id != line.id) return;
      entry.copied = true;
      file_->add(line);
      ++lines;
    });
    file_->commit();
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
