// SPDX-License-Identifier: Apache-2.0
//
// The journal's file: lines "word inode size mtime path" below a head line. A line counts once its
// end is written, so that a crash at any moment costs the last one at most.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "root.h"

namespace stoq::plugins::dirmon {

struct Line {
  std::string_view word;  // seen, done, failed, gone
  Identity id;
  std::string path;
};

class JournalFile {
 public:
  // The file of `source_dir` in the directory `state`. Takes the lock that keeps other runs off.
  // Throws sdk::Error.
  JournalFile(const std::string& state, const std::string& source_dir);
  ~JournalFile();
  JournalFile(const JournalFile&) = delete;
  JournalFile& operator=(const JournalFile&) = delete;

  const std::string& path() const { return path_; }
  bool exists() const;

  struct Read {
    uint64_t lines = 0, broken = 0;
  };
  // Tells all lines. Throws sdk::Error when it is no journal of this directory.
  Read read(const std::function<void(const Line&)>& told) const;

  // Makes it ready for append(): cuts off what a crash has left of a line.
  void open();
  // errno, or 0: the line is written.
  int append(const Line& line);

  // A new file that takes the place of the old one when it is whole. Throw sdk::Error.
  void begin();
  void add(const Line& line);
  void commit();
  void abandon();

 private:
  void flush();
  [[noreturn]] void fail(std::string_view what, const std::string& path, int error) const;

  const std::string path_, source_dir_;
  Fd lock_, file_, fresh_;
  int64_t size_ = 0, fresh_size_ = 0;
  std::string buffer_;
};

}  // namespace stoq::plugins::dirmon
