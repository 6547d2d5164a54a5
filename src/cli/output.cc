// SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace stoq::cli {

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) errno = EIO;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

int complain(int code, std::string_view text) {
  write_all(STDERR_FILENO, "stoq: " + std::string(text) + "\n");
  return code;
}

bool print(std::string_view text) {
  return write_all(STDOUT_FILENO, text);
}

int finish(std::string_view text, int code) {
  if (print(text)) return code;
  return complain(
      kNotAll, std::string("the result could not be written to stdout: ") + std::strerror(errno));
}

size_t width_of(int fd, size_t otherwise) {
  struct winsize size {};
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char* text = std::getenv("COLUMNS");
  const std::string_view columns = text ? text : "";
  size_t width = 0;
  const auto [end, error] = std::from_chars(columns.data(), columns.data() + columns.size(), width);
  const bool good = error == std::errc() && end == columns.data() + columns.size() && width > 0;
  return good ? std::min<size_t>(width, 10000) : otherwise;
}

}  // namespace stoq::cli
