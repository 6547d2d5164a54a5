// SPDX-License-Identifier: Apache-2.0
//
// Prints responses to a descriptor, one whole document after the other.
#pragma once

#include <mutex>
#include <string_view>

namespace stoq::plugins::print {

// Thread-safe. `fd` must outlive it.
class Printer {
 public:
  explicit Printer(int fd) : fd_(fd) {}

  // Indented by 4, with a newline at its end. Throws sdk::Error when it cannot be written.
  void print(std::string_view response);

 private:
  const int fd_;
  std::mutex mutex_;
};

}  // namespace stoq::plugins::print
