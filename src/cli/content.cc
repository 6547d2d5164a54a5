// SPDX-License-Identifier: Apache-2.0
#include "cli/content.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "cli/output.h"
#include "stoq/sdk/descriptor.h"

namespace stoq::cli {
namespace {

using sdk::Fd;

constexpr uint64_t kInMemory = 32u << 20;  // a longer stdin goes to disk

std::string reason(const char* what) {
  return std::string(what) + ": " + std::strerror(errno);
}

// Why the content of `fd` cannot go on in a file on disk; else it does.
std::string move_to_disk(Fd& fd) {
  const char* dir = std::getenv("TMPDIR");
  Fd file(open(dir ? dir : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file)
    return reason("stdin is too long for memory and cannot be put on disk") + " (set TMPDIR)";
  off_t from = 0;
  std::vector<char> chunk(1 << 20);
  for (ssize_t n; (n = pread(fd.get(), chunk.data(), chunk.size(), from)) > 0; from += n)
    if (!write_all(file.get(), {chunk.data(), static_cast<size_t>(n)}))
      return reason("cannot put stdin on disk");
  fd = std::move(file);
  return "";
}

}  // namespace

Opened open_file(const std::string& path) {
  // A FIFO without writer must not hang us.
  Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat st {};
  if (!fd || fstat(fd.get(), &st) != 0) return {-1, reason(path.c_str())};
  if (S_ISDIR(st.st_mode))
    return {-1, path +
                    " is a directory; scan one file, or use: stoq run -P filedir --plugin-opts "
                    "filedir:source_dir=" +
                    path};
  if (!S_ISREG(st.st_mode))
    return {-1, path +
                    " is no regular file; to scan what comes out of it, redirect it to stdin: "
                    "stoq scan < " +
                    path};
  if (st.st_size == 0) return {-1, "The provided content to scan was empty: " + path};
  return {fd.release(), ""};
}

Opened read_stdin() {
  struct stat st {};
  // Closed, or held so that nothing can be read (see main).
  if (fstat(STDIN_FILENO, &st) != 0 || (fcntl(STDIN_FILENO, F_GETFL) & O_ACCMODE) == O_WRONLY)
    return {-1,
            "No content to scan was provided: stdin is closed; name a file, or pipe the content "
            "in"};
  if (isatty(STDIN_FILENO))
    return {-1, "No content to scan was provided: name a file, or pipe the content in"};
  Fd fd(memfd_create("stoq-stdin", MFD_CLOEXEC));
  if (!fd) return {-1, reason("cannot keep what stdin gives")};
  uint64_t total = 0;
  std::vector<char> chunk(256 << 10);
  for (ssize_t n; (n = read(STDIN_FILENO, chunk.data(), chunk.size())) != 0;) {
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return {-1, reason("cannot read stdin")};
    const bool in_memory = total <= kInMemory;
    total += static_cast<uint64_t>(n);
    if (in_memory && total > kInMemory)
      if (std::string problem = move_to_disk(fd); !problem.empty()) return {-1, problem};
    if (!write_all(fd.get(), {chunk.data(), static_cast<size_t>(n)}))
      return {-1, reason("cannot keep what stdin gives")};
  }
  if (total == 0) return {-1, "The provided content to scan was empty"};
  lseek(fd.get(), 0, SEEK_SET);
  return {fd.release(), ""};
}

}  // namespace stoq::cli
