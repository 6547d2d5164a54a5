// SPDX-License-Identifier: Apache-2.0
#include "scratch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "stoq/sdk/views.h"

namespace stoq::plugins::last_resort {

File::File(sdk::Fd fd) {
  struct stat st {};
  if (!fd || fstat(fd.get(), &st) != 0 || !S_ISREG(st.st_mode)) return;
  fd_ = std::move(fd);
  size_ = static_cast<std::uint64_t>(st.st_size);
}

std::string_view File::read(std::uint64_t at) {
  buffer_.resize(1 << 20);
  ssize_t n;
  do n = pread(fd_.get(), buffer_.data(), buffer_.size(), static_cast<off_t>(at));
  while (n < 0 && errno == EINTR);
  return {buffer_.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
}

bool File::holds(std::string_view content) {
  if (content.size() != size_) return false;
  for (std::uint64_t at = 0; at < size_;) {
    const std::string_view there = read(at);
    if (there.empty() || !content.substr(at).starts_with(there)) return false;
    at += there.size();
  }
  return true;
}

Scratch::Scratch(std::string_view tmp) {
  if (tmp.empty())
    throw sdk::Error(
        "it has no private directory for what clamscan writes; let it run in a host process "
        "(isolation = process)");
  path_ = std::string(tmp) + "/clamscan.XXXXXX";
  if (!mkdtemp(path_.data()))
    throw sdk::Error("cannot make a directory in " + std::string(tmp) + ": " +
                     std::strerror(errno));
}

Scratch::~Scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

File Scratch::open(std::string_view place) const {
  sdk::Fd at(::open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  while (at) {
    const std::size_t end = place.find('/');
    const bool last = end == place.npos;
    const int how = last ? O_RDONLY | O_NONBLOCK : O_PATH | O_DIRECTORY;
    const std::string name(place.substr(0, end));
    at = sdk::Fd(openat(at.get(), name.c_str(), how | O_NOFOLLOW | O_CLOEXEC));
    if (last) break;
    place.remove_prefix(end + 1);
  }
  return File(std::move(at));
}

File Scratch::find(const std::string& name) const {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(path_, ignored))
    if (File file = open(entry.path().filename().string() + "/" + name)) return file;
  return {};
}

}  // namespace stoq::plugins::last_resort
