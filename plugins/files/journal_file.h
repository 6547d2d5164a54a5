// SPDX-License-Identifier: Apache-2.0
//
// A journal's file: lines "word inode size mtime path" below a head line. A line counts once its
// end is written, so that a crash at any moment costs the last one at most.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "files/file.h"
#include "stoq/sdk/views.h"

namespace stoq::plugins::files {

struct Line {
  std::string_view word;  // README.md lists them
  Identity id;
  std::string path;
};

// Another process keeps the journal. what(): "PATH (process 123)".
class InUse : public sdk::Error {
  using Error::Error;
};

class JournalFile {
 public:
  struct Kind {
    std::string_view plugin;
    std::string_view advice;  // what it means when the file fails us, and what to do
  };

  // The journal of `source_dir` in the directory `state`. Takes the lock that keeps other runs off:
  // throws InUse, or sdk::Error.
  JournalFile(const Kind& kind, const std::string& state, const std::string& source_dir);
  ~JournalFile();
  JournalFile(const JournalFile&) = delete;
  JournalFile& operator=(const JournalFile&) = delete;

  const std::string& path() const { return path_; }
  bool exists() const;

  struct Read {
    uint64_t lines = 0, broken = 0;
    std::string_view foreign;  // set: it "is …", and no line was told
  };
  // Tells all lines. Throws sdk::Error when it cannot be read.
  Read read(const std::function<void(const Line&)>& told) const;

  // Gives what is foreign another name, which it returns. Throws sdk::Error.
  std::string move_aside();

  // Makes it ready for append(): cuts off what a crash has left of a line.
  void open();
  // errno, or 0: the lines are written, and survive this process.
  int append(std::span<const Line> lines);
  // What append() writes to, for a flush that goes on while others append.
  std::shared_ptr<const Fd> handle() const { return file_; }

  // A new file that takes the place of the old one when it is whole; with `sync`, on the disk.
  // Throw sdk::Error.
  void begin();
  void add(const Line& line);
  void commit(bool sync);
  void abandon();

  // Removes the file, and the lock with it.
  void remove();

 private:
  void lock();
  void flush();
  [[noreturn]] void fail(std::string_view what, const std::string& path, int error) const;

  const Kind kind_;
  const std::string path_, source_dir_, head_;
  Fd lock_, fresh_;
  std::shared_ptr<const Fd> file_;
  int64_t size_ = 0, fresh_size_ = 0;
  std::string buffer_;
};

}  // namespace stoq::plugins::files
