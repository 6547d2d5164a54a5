// SPDX-License-Identifier: Apache-2.0
#include "printer.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "stoq/sdk/views.h"

namespace stoq::plugins::jinja {
namespace {

// Writes through, for indented JSON may be far longer than the response.
class Sink {
 public:
  explicit Sink(int fd) : fd_(fd) {}

  void append(const char* data, size_t size) {
    buffer_.append(data, size);
    if (buffer_.size() >= kFull) flush();
  }
  void append(size_t count, char c) {
    buffer_.append(count, c);
    if (buffer_.size() >= kFull) flush();
  }
  void flush() {
    write(buffer_);
    buffer_.clear();
  }

 private:
  static constexpr size_t kFull = 64 << 10;

  void write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t n = ::write(fd_, text.data(), text.size());
      if (n >= 0) {
        text.remove_prefix(static_cast<size_t>(n));
      } else if (errno == EAGAIN) {  // somebody made it non-blocking
        pollfd ready{fd_, POLLOUT, 0};
        poll(&ready, 1, -1);
      } else if (errno == EPIPE) {
        throw sdk::Error("cannot print the response: stdout was closed by its reader");
      } else if (errno != EINTR) {
        throw sdk::Error(std::string("cannot print the response to stdout: ") +
                         std::strerror(errno) +
                         "; mend what stdout leads to, or use another connector");
      }
    }
  }

  const int fd_;
  std::string buffer_;
};

}  // namespace

void Printer::text(std::string_view text) {
  const std::lock_guard lock(mutex_);
  Sink sink(fd_);
  sink.append(text.data(), text.size());
  sink.append(1, '\n');
  sink.flush();
}

void Printer::json(std::string_view canonical) {
  const std::lock_guard lock(mutex_);
  Sink sink(fd_);
  sdk::indent_to(sink, canonical, 4);
  sink.append(1, '\n');
  sink.flush();
}

}  // namespace stoq::plugins::jinja
