// SPDX-License-Identifier: Apache-2.0
#include "rar5.h"

#include <cstddef>

#include "rar_number.h"

namespace stoq::plugins::decompress {
namespace {

constexpr std::size_t kSignature = 8, kChecksum = 4, kMaxFiles = 1'000'000;
constexpr std::uint64_t kFile = 2, kEncryptedHeaders = 4, kEnd = 5, kHasExtra = 1, kHasData = 2,
                        kEncryption = 1;

bool has_encryption(Cursor extra) {
  while (extra.ok && extra.at < extra.end) {
    const auto size = extra.number();
    const auto start = extra.at;
    if (!extra.ok || size == 0 || size > extra.end - start) return false;
    if (extra.number() == kEncryption) return true;
    extra.at = start + size;
  }
  return false;
}

}  // namespace

std::vector<bool> rar5_locks(std::span<const std::uint8_t> content) {
  std::vector<bool> locks;
  std::size_t at = kSignature;
  while (locks.size() < kMaxFiles && content.size() > at && content.size() - at > kChecksum) {
    Cursor head{content, at + kChecksum, content.size()};
    const auto size = head.number();
    if (!head.ok || size == 0 || size > content.size() - head.at) break;
    head.end = head.at + size;
    const auto type = head.number(), flags = head.number();
    const auto extra = flags & kHasExtra ? head.number() : 0;
    const auto data = flags & kHasData ? head.number() : 0;
    if (!head.ok || type == kEncryptedHeaders || type == kEnd) break;
    if (type == kFile)
      locks.push_back(extra <= head.end - head.at &&
                      has_encryption({content, head.end - extra, head.end}));
    if (data > content.size() - head.end) break;
    at = head.end + data;
  }
  return locks;
}

}  // namespace stoq::plugins::decompress
