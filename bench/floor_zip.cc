// SPDX-License-Identifier: Apache-2.0
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>

#include "bench/digests.h"
#include "bench/floor.h"

namespace stoq::bench {

void floor_zip(const std::string& file) {
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat st {};
  if (fd < 0 || fstat(fd, &st) != 0) throw std::runtime_error(file + " cannot be opened");
  const auto size = static_cast<size_t>(st.st_size);
  void* map = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
  close(fd);
  if (map == MAP_FAILED) throw std::runtime_error(file + " cannot be mapped");

  Digests digests;
  digests.of({static_cast<const uint8_t*>(map), size});
  const std::unique_ptr<archive, int (*)(archive*)> zip(archive_read_new(), archive_read_free);
  archive_read_support_format_zip(zip.get());
  if (archive_read_open_memory(zip.get(), map, size) != ARCHIVE_OK)
    throw std::runtime_error(file + ": " + archive_error_string(zip.get()));
  archive_entry* entry = nullptr;
  int code;
  while ((code = archive_read_next_header(zip.get(), &entry)) == ARCHIVE_OK) {
    digests.begin();
    const void* block = nullptr;
    size_t length = 0;
    la_int64_t offset = 0;
    while ((code = archive_read_data_block(zip.get(), &block, &length, &offset)) == ARCHIVE_OK)
      digests.update({static_cast<const uint8_t*>(block), length});
    if (code != ARCHIVE_EOF) break;
    digests.finish();
  }
  if (code != ARCHIVE_EOF) throw std::runtime_error(file + ": " + archive_error_string(zip.get()));
  munmap(map, size);
}

}  // namespace stoq::bench
