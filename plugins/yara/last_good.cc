// SPDX-License-Identifier: Apache-2.0
#include "last_good.h"

#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>

#include "source.h"

namespace stoq::plugins::yara {

namespace fs = std::filesystem;

// Named by a hash of the path; the path stands in front of the text, so that another file of the
// same hash is not taken for it.
fs::path LastGoodFolder::file_of(const std::string& path) const {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (unsigned char c : path) hash = (hash ^ c) * 0x100000001b3;
  char name[32];
  snprintf(name, sizeof name, "%016llx.yar", static_cast<unsigned long long>(hash));
  return folder_ / name;
}

std::optional<std::string> LastGoodFolder::find(const std::string& path) const {
  if (folder_.empty()) return std::nullopt;
  auto source = read_source(file_of(path));
  const std::string head = path + '\n';
  if (!source.error.empty() || !source.text.starts_with(head)) return std::nullopt;
  return source.text.substr(head.size());
}

std::string LastGoodFolder::keep(const std::map<std::string, std::string>& texts) const {
  if (folder_.empty()) return {};
  for (const auto& [path, text] : texts) {
    if (find(path) == text) continue;
    const fs::path file = file_of(path);
    std::string temporary = (folder_ / ".new-XXXXXX").string();
    const int fd = mkstemp(temporary.data());
    if (fd < 0) return "cannot write in " + folder_.string() + ": " + std::strerror(errno);
    close(fd);
    std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
    out << path << '\n' << text;
    out.close();
    std::error_code error;
    if (out) fs::rename(temporary, file, error);
    if (!out || error) {
      const std::string why = error ? error.message() : std::strerror(errno);
      fs::remove(temporary, error);
      return "cannot write " + file.string() + ": " + why;
    }
  }
  return {};
}

}  // namespace stoq::plugins::yara
