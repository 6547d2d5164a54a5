// SPDX-License-Identifier: Apache-2.0
#include "printer/printer.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "stoq/sdk/views.h"

namespace stoq::plugins::print {
namespace {

// Writes through, for the text may be far longer than the response. Throws what went wrong.
class Sink {
 public:
  explicit Sink(int fd) : fd_(fd) {}

  void append(const char* data, size_t size) {
    if (size == 0) return;
    if (size > sizeof buffer_ - size_) {
      flush();
      if (size >= sizeof buffer_) return write(data, size);
    }
    std::memcpy(buffer_ + size_, data, size);
    size_ += size;
  }
  void append(size_t count, char c) {
    while (count > 0) {
      if (size_ == sizeof buffer_) flush();
      const size_t n = std::min(count, sizeof buffer_ - size_);
      std::memset(buffer_ + size_, c, n);
      size_ += n;
      count -= n;
    }
  }
  void flush() {
    write(buffer_, size_);
    size_ = 0;
  }

 private:
  void write(const char* data, size_t size) {
    while (size > 0) {
      const ssize_t n = ::write(fd_, data, size);
      if (n >= 0) {
        data += n;
        size -= static_cast<size_t>(n);
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
  size_t size_ = 0;
  char buffer_[64 << 10];
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

}  // namespace stoq::plugins::print
