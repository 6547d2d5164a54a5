// SPDX-License-Identifier: Apache-2.0
#include "host/memory_of.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "stoq/sdk/descriptor.h"

namespace stoq {
namespace {

uint64_t field(std::string_view status, std::string_view name) {
  const size_t at = status.find(name);
  if (at == status.npos) return 0;
  status.remove_prefix(at + name.size());
  status.remove_prefix(std::min(status.find_first_not_of(" \t"), status.size()));
  uint64_t kilobytes = 0;
  std::from_chars(status.data(), status.data() + status.size(), kilobytes);
  return kilobytes << 10;
}

}  // namespace

MemoryOf memory_of(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/status";
  const sdk::Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char text[4096];
  const ssize_t size = file ? read(file.get(), text, sizeof text) : 0;
  if (size <= 0) return {};
  const std::string_view status(text, static_cast<size_t>(size));
  return {field(status, "\nRssAnon:"), field(status, "\nRssShmem:"), field(status, "\nVmPTE:")};
}

}  // namespace stoq
