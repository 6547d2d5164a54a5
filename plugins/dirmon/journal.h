// SPDX-License-Identifier: Apache-2.0
//
// Which files are known, by path, inode, size and mtime: kept over restarts where there is a
// directory for it, else as long as the instance lives. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "files/deaths.h"
#include "files/group_commit.h"
#include "files/journal_file.h"
#include "stoq/sdk/views.h"

namespace stoq::plugins::dirmon {

using files::Identity;

class Journal {
 public:
  // Its file lies in `directory`; without one, what is known lives in memory. `durable`: what is
  // settled is on the disk when settle() returns.
  Journal(const sdk::Host& host, std::string directory, std::string source_dir, bool durable);

  // Reads what earlier runs have left; what is no journal is moved aside. Throws sdk::Error.
  void open();
  // Nothing is known yet: the first start. begin, note…, commit make the first state; until commit
  // it stays the first start.
  bool first() const;
  bool lost() const;  // it is no first start, but what earlier runs have left was moved aside
  void begin();
  void note(const std::string& path, const Identity& id, int64_t firm);
  void commit();

  bool knows(const std::string& path, const Identity& id) const;
  // To an event, a file that is known counts as new all the same, so that no change can hide in
  // the same size and mtime; unless it was noted or taken `firm`, when nobody wrote to it, and has
  // that change_time() still. 0: it was not.
  bool knows_firmly(const std::string& path, const Identity& id, int64_t changed) const;

  // In work, by token, until it is settled ("done", "failed") or given back.
  void take(uint64_t token, const std::string& path, const Identity& id, int64_t firm);
  void settle(uint64_t token, std::string_view word);
  void give_back(uint64_t token);
  // In how many runs it was in work when the engine died; what fails for that is settled so.
  unsigned deaths(const std::string& path, const Identity& id) const;
  void fail(const std::string& path, const Identity& id, int64_t firm);

  // An era tells what was known before it from what is noted or taken since.
  uint32_t begin_era();
  void forget(const std::string& path, uint32_t before_era = UINT32_MAX);
  // Carries what is known of a file over to its new path, or to its new mtime. False: nothing is.
  bool rename(const std::string& from, const std::string& to, const Identity& id);
  bool touch(const std::string& path, const Identity& id);

  // A look at all files. At its end those that were not met are forgotten, if it was complete and
  // met any: an empty directory may be one whose disk is not mounted.
  void begin_round();
  void met(const std::string& path);
  void end_round(bool complete);

  size_t size() const;

 private:
  struct Entry {
    Identity id;
    int64_t firm;
    uint64_t token;  // 0: it is not in work, and the file has it
    uint32_t round, era;
    bool copied;  // while the file is rewritten
  };
  using Entries = std::unordered_map<size_t, Entry>;
  static size_t key(std::string_view path) { return std::hash<std::string_view>{}(path); }
  Entries::iterator in_work(uint64_t token, std::string& path);  // no more from now on
  void append(const files::Line& line);
  int flush_to_disk();
  void shrink();
  void say_once(std::string_view problem);

  const sdk::Host host_;
  const std::string directory_, source_dir_;
  const bool durable_;
  mutable std::mutex mutex_;
  std::unique_ptr<files::JournalFile> file_;  // none: in memory only
  // By the hash of the path: should two paths share one, the identity keeps them apart, and the
  // worst is that a file is taken once more after a restart.
  Entries entries_;
  std::unordered_map<uint64_t, std::string> paths_;  // of what is in work
  files::Deaths deaths_;
  files::GroupCommit commit_{[this](const files::GroupCommit::Names&) { return flush_to_disk(); }};
  uint64_t lines_ = 0, shrink_at_ = 0;
  uint32_t round_ = 0, era_ = 0;
  bool opened_ = false, first_ = true, lost_ = false, met_any_ = false, said_ = false;
};

}  // namespace stoq::plugins::dirmon
