// SPDX-License-Identifier: Apache-2.0
#include "core/uuid.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "core/fork.h"
#include "stoq/exceptions.h"

namespace stoq {
namespace {

// A block of kernel randomness per thread. A forked child must not hand out what its parent will:
// the block remembers its process.
struct Randomness {
  std::array<uint8_t, 4096> block;
  size_t used = block.size();
  unsigned owner = 0;

  const uint8_t* take(size_t n) {
    if (const unsigned now = fork_count(); used + n > block.size() || owner != now) {
      for (size_t got = 0; got < block.size();) {
        const ssize_t r = getrandom(block.data() + got, block.size() - got, 0);
        if (r < 0 && errno != EINTR)
          throw StoqException("the kernel gives no randomness (getrandom failed)");
        if (r > 0) got += static_cast<size_t>(r);
      }
      used = 0;
      owner = now;
    }
    const uint8_t* taken = block.data() + used;
    used += n;
    return taken;
  }
};

}  // namespace

std::string new_uuid() {
  thread_local Randomness randomness;
  uint8_t raw[16];
  std::memcpy(raw, randomness.take(sizeof raw), sizeof raw);
  raw[6] = static_cast<uint8_t>((raw[6] & 0x0f) | 0x40);
  raw[8] = static_cast<uint8_t>((raw[8] & 0x3f) | 0x80);
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(36, '-');
  size_t at = 0;
  for (size_t i = 0; i < sizeof raw; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) ++at;
    text[at++] = kDigits[raw[i] >> 4];
    text[at++] = kDigits[raw[i] & 15];
  }
  return text;
}

}  // namespace stoq
