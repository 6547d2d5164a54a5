// SPDX-License-Identifier: Apache-2.0
//
// Prints to a descriptor, one whole text after the other.
#pragma once

#include <mutex>
#include <string_view>

namespace stoq::plugins::print {

// Thread-safe. `fd` must outlive it. Both end with a newline, and throw sdk::Error when they cannot
// write.
class Printer {
 public:
  explicit Printer(int fd) : fd_(fd) {}

  void text(std::string_view text);
  void json(std::string_view canonical);  // indented by 4

 private:
  const int fd_;
  std::mutex mutex_;
};

}  // namespace stoq::plugins::print
