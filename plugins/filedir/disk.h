// SPDX-License-Identifier: Apache-2.0
//
// Files that appear in a directory whole, under their final name, or not at all, and never replace
// another. What goes wrong is thrown as sdk::Error: what, where, why and what to do.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "files/file.h"
#include "files/group_commit.h"
#include "files/names.h"

namespace stoq::plugins::filedir {

using files::absolute;
using files::Fd;
using files::join;
using files::shown;

// "what path: reason; what to do", where `option` names the setting that leads there.
[[noreturn]] void fail(std::string_view what, std::string_view path, int error,
                       std::string_view option);

// Writes through to a descriptor. After a failure, which error() keeps, it drops what it is given.
class Sink {
 public:
  explicit Sink(int fd) : fd_(fd) {}
  void append(const char* data, size_t size);
  void append(size_t count, char c);
  void append(std::string_view text) { append(text.data(), text.size()); }
  void flush();
  int error() const { return error_; }  // errno, or 0

 private:
  void write(const char* data, size_t size);

  int fd_;
  int error_ = 0;
  size_t size_ = 0;
  char buffer_[64 << 10];
};

// A directory, made with its parents when it is first needed, and kept open from then on.
// Thread-safe.
class Folder {
 public:
  // `option` names the setting that the path comes from. `durable`: what write() has written is on
  // the disk. Throws sdk::Error when the path is empty.
  Folder(const std::string& path, std::string option, bool durable);

  const std::string& path() const { return path_; }
  const std::string& option() const { return option_; }
  std::string path_of(std::string_view sub, std::string_view name) const;

  // Writes `name` in the directory `sub` ("" or "a/b", made as needed). False: it exists already
  // with another content, and stays as it is.
  bool write(const std::string& sub, const std::string& name,
             const std::function<void(Sink&)>& fill);

  // Whether a file that is there holds this; it counts then as if write() had written it.
  bool holds(const std::string& sub, const std::string& name, std::string_view content);

  // The size of a regular file; -1: nothing has that name.
  int64_t size_of(const std::string& sub, const std::string& name);

 private:
  std::shared_ptr<const Fd> root(bool anew);
  void make_sub(const Fd& root, const std::string& sub) const;
  Fd create(std::shared_ptr<const Fd>& root, const std::string& sub, const std::string& name,
            std::string& temporary);

  void sync_file(const Fd& file, const std::string& sub, const std::string& name);
  void sync_names(const std::string& sub, const std::string& name);
  int flush(const files::GroupCommit::Names& directories);

  const std::string path_, option_;
  const bool durable_;
  files::GroupCommit commit_{[this](const auto& directories) { return flush(directories); }};
  std::mutex mutex_;
  std::shared_ptr<const Fd> root_;
};

}  // namespace stoq::plugins::filedir
