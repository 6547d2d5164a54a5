// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/group_commit.h"
#include "core/spool_file.h"
#include "core/spool_settings.h"
#include "stoq/sdk/descriptor.h"

namespace stoq {

// A response in the spool that this process alone may save, change or take out, until it is let go.
class SpoolClaim {
 public:
  const SpoolHeader& header() const { return file_.header; }
  std::string_view response() const { return file_.response; }
  // It is saved, or not wanted any more: "", or why its file cannot be taken out.
  std::string take_out();
  // It has failed once more: notes why. Where that cannot be written the file stays as it was.
  void failed(std::string_view error);

 private:
  friend class Spool;
  class Spool* spool_ = nullptr;
  std::string name_;
  std::unique_ptr<const std::string> text_;  // what file_ looks at, also when this is moved
  SpoolFile file_;
  sdk::Fd fd_;  // holds the lock
};

// A file in the spool as `stoq spool list` shows it.
struct SpoolEntry {
  std::string name;  // or what it is called that has the name of no response
  SpoolHeader header;
  uint64_t size = 0;    // of the file
  std::string problem;  // why it is left alone; then there is no header
};

// Responses that a connector has not saved, each in a file of its own, in a directory that several
// processes may use. Written under another name and renamed, so that a file is there whole or not
// at all. Who works on one holds its lock (flock), and a lock ends with its process. [thread-safe]
class Spool {
 public:
  explicit Spool(SpoolSettings settings);

  bool off() const { return settings_.dir.empty(); }
  const std::string& dir() const { return settings_.dir; }

  struct Put {
    std::string name;
    std::string problem;  // why it does not lie there
    bool never = false;   // … nor ever will: it is larger than the spool may be
  };
  // Time and name are its own; durable as the settings say.
  Put put(SpoolHeader header, std::string_view response);

  // The names of those for a connector, or for all, oldest first. None where there is no spool.
  // `problem`: why there may be others.
  std::vector<std::string> names(std::string_view connector = {},
                                 std::string* problem = nullptr) const;
  // Everything that lies there, oldest first.
  std::vector<SpoolEntry> list(std::string* problem = nullptr) const;
  // Why it is not to be had: gone, another process has it, or a problem of its file.
  struct Claimed {
    std::optional<SpoolClaim> claim;
    bool gone = false, busy = false;
    std::string problem;
    bool passing = false;  // … of the machine, not of what is in it: another time it may be had
  };
  Claimed claim(const std::string& name);
  std::string path(std::string_view name) const;

  // Removes what processes left that were killed while they wrote.
  void clean() const;

 private:
  friend class SpoolClaim;
  using Clock = std::chrono::steady_clock;

  std::string make_room(uint64_t size);  // "": counted in; else why not
  std::string count();                   // with the lock; "", or why not
  void forget(uint64_t size);
  std::string now();
  // Writes a new file, locked, and gives it that name, in place of one that is there if it may.
  std::string write(const std::string& name, std::string_view text, bool replace, sdk::Fd& file);

  const SpoolSettings settings_;
  GroupCommit files_{&GroupCommit::sync_files}, directory_{&GroupCommit::sync_directory};
  std::mutex mutex_;
  uint64_t count_ = 0, bytes_ = 0;
  std::optional<Clock::time_point> counted_;
  int64_t last_time_ = 0;  // microseconds
};

}  // namespace stoq
