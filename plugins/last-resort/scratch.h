// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "stoq/sdk/descriptor.h"

namespace stoq::plugins::last_resort {

/// A file that another program has written, open for reading. Nothing of it is taken for granted:
/// it may end early.
class File {
 public:
  File() = default;
  explicit File(sdk::Fd fd);  // only a regular file counts

  explicit operator bool() const { return static_cast<bool>(fd_); }
  std::uint64_t size() const { return size_; }  // as it was when opened
  /// What stands at `at`, at most 1 MiB; empty at the end. Valid until the next call.
  std::string_view read(std::uint64_t at);
  bool holds(std::string_view content);

 private:
  sdk::Fd fd_;
  std::uint64_t size_ = 0;
  std::string buffer_;
};

/// A directory for one run of a program, below the host's private one; removed with this.
class Scratch {
 public:
  explicit Scratch(std::string_view tmp);  // throws sdk::Error
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::string& path() const { return path_; }
  /// By a relative place. Links are not followed.
  File open(std::string_view place) const;
  /// The file of this name in the first directory that has one.
  File find(const std::string& name) const;

 private:
  std::string path_;
};

}  // namespace stoq::plugins::last_resort
