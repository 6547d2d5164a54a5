// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <span>

#include "stoq/sdk/descriptor.h"
#include "stoq/sdk/views.h"

namespace stoq::sdk {

// Anonymous memory that a helper program reads as a file, by a descriptor handed over. Filled any
// number of times. Throws Error. One thread.
class MemoryFile {
 public:
  // Sealed against seals: a program that a payload has turned cannot make the memory unusable.
  MemoryFile() : fd_(memfd_create("stoq-payload", MFD_CLOEXEC | MFD_ALLOW_SEALING)) {
    if (!fd_ || fcntl(fd_.get(), F_ADD_SEALS, F_SEAL_SEAL) != 0) fail("make a memory file");
  }
  int fd() const { return fd_.get(); }

  // Makes `content` all that it holds.
  void fill(std::span<const uint8_t> content) {
    if (ftruncate(fd_.get(), static_cast<off_t>(content.size())) != 0)
      fail("set the size of a memory file");
    for (size_t done = 0; done < content.size();) {
      const ssize_t n =
          pwrite(fd_.get(), content.data() + done, content.size() - done, static_cast<off_t>(done));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) fail("write to a memory file");
      done += static_cast<size_t>(n);
    }
  }
  void fill(std::string_view content) {
    fill({reinterpret_cast<const uint8_t*>(content.data()), content.size()});
  }

 private:
  [[noreturn]] static void fail(const char* what) {
    throw Error(std::string("cannot ") + what + ": " + std::strerror(errno));
  }
  Fd fd_;
};

}  // namespace stoq::sdk
