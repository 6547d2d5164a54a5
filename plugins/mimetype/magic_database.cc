// SPDX-License-Identifier: Apache-2.0
#include "magic_database.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "stoq/sdk/views.h"

namespace stoq::plugins::mimetype {
namespace {

std::string why(magic_t magic) {
  const char* text = magic ? magic_error(magic) : nullptr;
  return text ? text : std::strerror(ENOMEM);
}

}  // namespace

void Database::Unmap::operator()(void* map) const {
  munmap(map, size);
}

std::string Database::default_path() {
  const char* path = magic_getpath(nullptr, 0);
  return path ? path : "";
}

std::string Database::add(const std::string& file) {
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::strerror(errno);
  struct stat st {};
  const size_t size = fstat(fd, &st) == 0 ? static_cast<size_t>(st.st_size) : 0;
  void* map = size > 0 ? mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
  const std::string why = size == 0 ? "it is empty" : std::strerror(errno);
  close(fd);
  if (map == MAP_FAILED) return why;
  maps_.emplace_back(map, Unmap{size});
  return "used";
}

Database::Database(std::string_view path) {
  std::string tried;
  for (size_t from = 0; from <= path.size();) {
    const size_t end = std::min(path.find(':', from), path.size());
    std::string file(path.substr(from, end - from));
    from = end + 1;
    if (file.empty()) continue;
    if (!file.ends_with(".mgc")) file += ".mgc";
    tried += (tried.empty() ? "" : ", ") + file + " (" + add(file) + ")";
  }
  if (maps_.empty())
    throw sdk::Error(
        "libmagic's database was not found: " + (tried.empty() ? "its path is empty" : tried) +
        "; install it (Debian: libmagic-mgc), or name it in the environment variable MAGIC");
  Cookie probe(*this);
}

Cookie::Cookie(const Database& database)
    : magic_(magic_open(MAGIC_MIME_TYPE | MAGIC_ERROR), &magic_close) {
  std::vector<void*> maps;
  std::vector<size_t> sizes;
  for (const Database::Map& map : database.maps_) {
    maps.push_back(map.get());
    sizes.push_back(map.get_deleter().size);
  }
  if (!magic_ || magic_load_buffers(magic_.get(), maps.data(), sizes.data(), maps.size()) != 0)
    throw sdk::Error("libmagic does not take its database: " + why(magic_.get()) +
                     "; install the one that belongs to this libmagic");
}

std::string_view Cookie::type_of(std::span<const uint8_t> content) {
  content = content.first(std::min(content.size(), kLooked));
  const char* type = magic_buffer(magic_.get(), content.data(), content.size());
  if (!type)
    throw sdk::Error("libmagic could not tell the type of this payload: " + why(magic_.get()));
  return type;
}

}  // namespace stoq::plugins::mimetype
