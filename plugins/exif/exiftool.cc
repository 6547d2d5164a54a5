// SPDX-License-Identifier: Apache-2.0
#include "exiftool.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace stoq::plugins::exif {
namespace {

// Nothing of a payload gets in here. What tells of the slot and not of the payload is left out as a
// group: one by one it costs half as much again as the whole answer.
constexpr std::string_view kQuestion =
    "-j\n-n\n"
    "--System:all\n"
    "/proc/self/fd/3\n"
    "-execute\n";
constexpr std::string_view kReady = "{ready}\n";  // JSON has no line like this
constexpr unsigned kMostAnswers = 10'000;
constexpr uint64_t kMostOutput = 32 << 20;  // twice what the engine takes

}  // namespace

Exiftool::Exiftool(const sdk::Helper& helper, int fd)
    : session_(helper.start({.arguments = {"-config", "", "-stay_open", "True", "-@", "-"},
                             .fds = {fd},
                             .max_output = kMostOutput})) {}

std::string_view Exiftool::ask(int64_t milliseconds) {
  session_.forget_errors();
  session_.write(kQuestion, milliseconds);
  const std::string_view answer = session_.read_until(kReady, milliseconds);
  ++answers_;
  return answer;
}

bool Exiftool::worn() const {
  return answers_ >= kMostAnswers;
}

// Sealed against seals: an ExifTool that a payload has turned cannot make the slot unusable.
Slot::Slot() : fd_(memfd_create("stoq-payload", MFD_CLOEXEC | MFD_ALLOW_SEALING)) {
  if (!fd_ || fcntl(fd_.get(), F_ADD_SEALS, F_SEAL_SEAL) != 0)
    throw sdk::Error(std::string("cannot make a memory file: ") + std::strerror(errno));
}

void Slot::fill(std::span<const uint8_t> content) {
  if (ftruncate(fd_.get(), static_cast<off_t>(content.size())) != 0)
    throw sdk::Error(std::string("cannot set the size of a memory file: ") + std::strerror(errno));
  for (size_t done = 0; done < content.size();) {
    const ssize_t n =
        pwrite(fd_.get(), content.data() + done, content.size() - done, static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0)
      throw sdk::Error(std::string("cannot write to a memory file: ") + std::strerror(errno));
    done += static_cast<size_t>(n);
  }
}

}  // namespace stoq::plugins::exif
