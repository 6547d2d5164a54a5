// SPDX-License-Identifier: Apache-2.0
//
// What an unfinished run has done with the files of source_dir, so that the next one can go on
// where it ended. A run that comes to its end leaves none. Thread-safe.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "files/deaths.h"
#include "files/group_commit.h"
#include "files/journal_file.h"
#include "stoq/sdk/views.h"

namespace stoq::plugins::filedir {

struct Taken {
  std::string path;
  files::Identity id;
};

class Journal {
 public:
  // Its file lies in `directory`; without one, or where it cannot be kept, none is, and the log
  // says so. `durable`: an outcome is on the disk when settle() returns.
  Journal(const sdk::Host& host, std::string directory, std::string source_dir, bool durable);

  // A run begins: reads what an unfinished one has left.
  void open();

  // Those of a run that did not end.
  uint64_t known() const { return done_.size(); }
  bool knows(const Taken& file) const;  // it was done
  unsigned deaths(const Taken& file) const { return deaths_.of(file.path, file.id); }

  void take(std::span<const Taken> files);
  void settle(const Taken& file, std::string_view word);  // "done", "failed"
  void give_back(std::span<const Taken> files);           // neither done nor its doing

  // The run has come to its end: the next one takes everything.
  void end();

 private:
  using Mark = std::array<uint64_t, 2>;
  static Mark mark(const Taken& file);
  void read();
  void append(std::span<const files::Line> lines);
  int flush_to_disk();
  void say_once(std::string_view problem);

  const sdk::Host host_;
  const std::string directory_, source_dir_;
  const bool durable_;
  std::vector<Mark> done_;  // sorted; these two change in open() only
  files::Deaths deaths_;
  std::mutex mutex_;
  std::unique_ptr<files::JournalFile> file_;
  bool begun_ = false;  // the file is there and takes lines
  bool said_ = false;
  files::GroupCommit commit_{[this](const auto&) { return flush_to_disk(); }};
};

}  // namespace stoq::plugins::filedir
