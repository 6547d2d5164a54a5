// SPDX-License-Identifier: Apache-2.0
#include "core/store.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "stoq/exceptions.h"

namespace stoq {
namespace {

// Small buffers come from malloc: one map each would run into the kernel's limit on maps.
constexpr size_t kMapped = size_t{1} << 20;

void free_buffer(uint8_t* buffer, size_t size) {
  if (size < kMapped)
    std::free(buffer);
  else
    munmap(buffer, size);
}

uint8_t* new_buffer(size_t size) {
  if (size < kMapped) return static_cast<uint8_t*>(std::malloc(size));
  void* raw = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return raw == MAP_FAILED ? nullptr : static_cast<uint8_t*>(raw);
}

class BorrowedBlob final : public Blob {
 public:
  explicit BorrowedBlob(Bytes bytes) : bytes_(bytes) {}
  Bytes bytes() const override { return bytes_; }

 private:
  Bytes bytes_;
};

class OwnedBlob final : public Blob {
 public:
  explicit OwnedBlob(Bytes bytes) : bytes_(bytes.begin(), bytes.end()) {}
  Bytes bytes() const override { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

// The file is ours alone and never changes, so mapping it is safe.
class FileBlob final : public Blob {
 public:
  FileBlob(int fd, uint64_t size) : fd_(fd), size_(size) {}
  ~FileBlob() override {
    if (map_) munmap(const_cast<uint8_t*>(map_), size_);
    close(fd_);
  }
  Bytes bytes() const override {
    std::call_once(once_, [this] {
      void* map = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd_, 0);
      if (map != MAP_FAILED) map_ = static_cast<const uint8_t*>(map);
    });
    if (!map_)
      throw StoqException("a spilled payload cannot be mapped: " +
                          std::string(std::strerror(errno)));
    return {map_, size_};
  }
  int fd() const override { return fd_; }

 private:
  int fd_;
  uint64_t size_;
  mutable std::once_flag once_;
  mutable const uint8_t* map_ = nullptr;
};

class BufferBlob final : public Blob {
 public:
  BufferBlob(std::shared_ptr<Buffers> buffers, uint8_t* buffer, unsigned klass, size_t size)
      : buffers_(std::move(buffers)), buffer_(buffer), klass_(klass), size_(size) {}
  ~BufferBlob() override { buffers_->give(buffer_, klass_); }
  Bytes bytes() const override { return {buffer_, size_}; }

 private:
  std::shared_ptr<Buffers> buffers_;
  uint8_t* buffer_;
  unsigned klass_;
  size_t size_;
};

bool write_all(int fd, const uint8_t* data, size_t size) {
  while (size > 0) {
    const ssize_t n = write(fd, data, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    data += n;
    size -= static_cast<size_t>(n);
  }
  return true;
}

}  // namespace

Content Content::borrowed(Bytes bytes) {
  return {std::make_shared<BorrowedBlob>(bytes), bytes.size()};
}
Content Content::copy_of(Bytes bytes) {
  return {std::make_shared<OwnedBlob>(bytes), bytes.size()};
}

uint64_t default_store_memory() {
  const uint64_t ram =
      static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return std::min<uint64_t>(ram / 4, uint64_t{512} << 20);
}

size_t Buffers::bytes_of(unsigned klass) {
  return size_t{1} << (klass + 12);
}

unsigned Buffers::class_for(uint64_t size) {
  const unsigned bits = static_cast<unsigned>(std::bit_width(size == 0 ? 0 : size - 1));
  return bits <= 12 ? 0 : bits - 12;
}

Buffers::~Buffers() {
  for (unsigned klass = 0; klass < kClasses; ++klass)
    for (uint8_t* buffer : free_[klass]) free_buffer(buffer, bytes_of(klass));
}

uint64_t Buffers::in_use() const {
  const std::lock_guard lock(mutex_);
  return in_use_;
}

uint8_t* Buffers::take(unsigned klass) {
  const uint64_t size = bytes_of(klass);
  std::vector<std::pair<uint8_t*, unsigned>> dropped;
  uint8_t* taken = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (!free_[klass].empty()) {
      taken = free_[klass].back();
      free_[klass].pop_back();
      kept_ -= size;
      in_use_ += size;
      return taken;
    }
    if (in_use_ + size > budget_) return nullptr;
    for (unsigned other = kClasses; other-- > 0 && in_use_ + kept_ + size > budget_;)
      while (!free_[other].empty() && in_use_ + kept_ + size > budget_) {
        dropped.emplace_back(free_[other].back(), other);
        free_[other].pop_back();
        kept_ -= bytes_of(other);
      }
    in_use_ += size;
  }
  for (auto [buffer, other] : dropped) free_buffer(buffer, bytes_of(other));
  taken = new_buffer(size);
  if (!taken) {
    const std::lock_guard lock(mutex_);
    in_use_ -= size;
  }
  return taken;
}

void Buffers::give(uint8_t* buffer, unsigned klass) {
  const std::lock_guard lock(mutex_);
  in_use_ -= bytes_of(klass);
  kept_ += bytes_of(klass);
  free_[klass].push_back(buffer);
}

int Store::open_spill(std::string& problem) const {
  int fd = open(settings_.spill_dir.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {  // a file system without unnamed files
    std::string path = settings_.spill_dir + "/stoq-spill-XXXXXX";
    fd = mkostemp(path.data(), O_CLOEXEC);
    if (fd >= 0) unlink(path.c_str());
  }
  if (fd < 0)
    problem = "cannot make a spill file in " + settings_.spill_dir + ": " + std::strerror(errno) +
              " (set spill_dir)";
  return fd;
}

Store::Writer::Writer(Writer&& other) noexcept
    : store_(other.store_),
      buffer_(std::exchange(other.buffer_, nullptr)),
      klass_(other.klass_),
      fd_(std::exchange(other.fd_, -1)),
      size_(std::exchange(other.size_, 0)),
      expected_(other.expected_),
      problem_(std::move(other.problem_)),
      full_(other.full_),
      hash_(std::move(other.hash_)) {}

Store::Writer::~Writer() {
  if (buffer_) store_->buffers_->give(buffer_, klass_);
  if (fd_ >= 0) close(fd_);
}

bool Store::Writer::spill() {
  fd_ = store_->open_spill(problem_);
  full_ = fd_ < 0;
  if (full_) return false;
  if (buffer_) {
    if (!write_out({buffer_, static_cast<size_t>(size_)})) return false;
    store_->buffers_->give(std::exchange(buffer_, nullptr), klass_);
  }
  return true;
}

bool Store::Writer::write_out(Bytes bytes) {
  full_ = !write_all(fd_, bytes.data(), bytes.size());
  if (full_)
    problem_ =
        "cannot write to the spill in " + store_->settings_.spill_dir + ": " + std::strerror(errno);
  return !full_;
}

// Makes room for `wanted` more bytes in memory, or moves to a file.
bool Store::Writer::grow(size_t wanted) {
  const uint64_t need = size_ + wanted;
  if (need > store_->settings_.spill_from) return spill();
  unsigned klass = Buffers::class_for(need);
  if (buffer_)
    klass = std::max(klass, klass_ + 1);  // doubling
  else if (expected_ > need && expected_ <= store_->settings_.spill_from)
    klass = Buffers::class_for(expected_);
  uint8_t* larger = store_->buffers_->take(klass);
  if (!larger) return spill();
  if (buffer_) {
    std::memcpy(larger, buffer_, size_);
    store_->buffers_->give(buffer_, klass_);
  }
  buffer_ = larger;
  klass_ = klass;
  return true;
}

bool Store::Writer::append(Bytes chunk) {
  if (chunk.empty()) return true;
  if (fd_ < 0 && (!buffer_ || size_ + chunk.size() > Buffers::bytes_of(klass_)) &&
      !grow(chunk.size()))
    return false;
  if (fd_ >= 0) {
    if (!write_out(chunk)) return false;
  } else {
    std::memcpy(buffer_ + size_, chunk.data(), chunk.size());
  }
  size_ += chunk.size();
  hash_.update(chunk);
  return true;
}

bool Store::Writer::append_file(int fd, uint64_t most) {
  // Straight into the buffer as long as there is one; through scratch memory of this thread once
  // the content goes to a file.
  constexpr size_t kStep = 256 << 10;
  thread_local std::vector<uint8_t> scratch;
  while (most > 0) {
    if (fd_ < 0 && (!buffer_ || size_ == Buffers::bytes_of(klass_))) {
      // One byte more than expected, so that the end of the file is seen without growing.
      const uint64_t wanted =
          buffer_ || expected_ == 0 ? kStep / 4 : expected_ + 1 - std::min(size_, expected_);
      if (!grow(static_cast<size_t>(std::min(wanted, most)))) return false;
    }
    if (fd_ >= 0) scratch.resize(kStep);
    uint8_t* const target = fd_ >= 0 ? scratch.data() : buffer_ + size_;
    const size_t room = fd_ >= 0 ? kStep : Buffers::bytes_of(klass_) - size_;
    const ssize_t n = read(fd, target, static_cast<size_t>(std::min<uint64_t>(most, room)));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      problem_ = std::string("cannot read: ") + std::strerror(errno);
      return false;
    }
    if (n == 0) return true;
    if (fd_ >= 0) {
      if (!append({target, static_cast<size_t>(n)})) return false;
    } else {
      hash_.update({target, static_cast<size_t>(n)});
      size_ += static_cast<uint64_t>(n);
    }
    most -= static_cast<uint64_t>(n);
  }
  return true;
}

Content Store::Writer::finish(Sha256& digest) {
  digest = hash_.finish();
  const uint64_t size = std::exchange(size_, 0);
  if (size == 0) {
    if (buffer_) store_->buffers_->give(std::exchange(buffer_, nullptr), klass_);
    return {};
  }
  if (fd_ >= 0) return {std::make_shared<FileBlob>(std::exchange(fd_, -1), size), size};
  return {
      std::make_shared<BufferBlob>(store_->buffers_, std::exchange(buffer_, nullptr), klass_, size),
      size};
}

}  // namespace stoq
