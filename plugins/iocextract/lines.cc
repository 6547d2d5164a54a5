// SPDX-License-Identifier: Apache-2.0
#include "lines.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "stoq/sdk/views.h"

namespace stoq::plugins::iocextract {

std::string read_list(const std::string& option, const std::string& path) {
  const auto fail = [&](const std::string& why) {
    return sdk::Error(option + ": " + path + ": " + why + "; name a text file that can be read");
  };
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
  if (!file) throw fail(std::strerror(errno));
  std::string text;
  std::array<char, 1 << 14> chunk;
  while (const std::size_t size = std::fread(chunk.data(), 1, chunk.size(), file.get())) {
    text.append(chunk.data(), size);
    if (text.size() > kMaxListFile) throw fail("it is larger than 64 MiB");
  }
  if (std::ferror(file.get())) throw fail(std::strerror(errno));
  return text;
}

}  // namespace stoq::plugins::iocextract
