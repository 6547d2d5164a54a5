// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/content.h"
#include "core/digest.h"

namespace stoq {

struct StoreSettings {
  uint64_t memory =
      uint64_t{512} << 20;  // bytes of buffers, in use and kept warm, before contents go to disk
  uint64_t spill_from = uint64_t{32}
                        << 20;  // a content of more than this lies in a file whatever the memory
  std::string spill_dir = "/var/tmp";
};

// A quarter of the machine's memory, 512 MiB at most.
uint64_t default_store_memory();

// Buffers within a byte budget. Freed ones are kept warm for the next content, since the first
// touch of fresh memory costs more than hashing it. [thread-safe]
class Buffers {
 public:
  explicit Buffers(uint64_t budget) : budget_(budget) {}
  ~Buffers();
  Buffers(const Buffers&) = delete;
  Buffers& operator=(const Buffers&) = delete;

  static unsigned class_for(uint64_t size);
  static size_t bytes_of(unsigned klass);
  uint8_t* take(unsigned klass);  // nullptr: over budget
  void give(uint8_t* buffer, unsigned klass);
  uint64_t in_use() const;

 private:
  static constexpr unsigned kClasses = 20;  // from 4 KiB to 2 GiB

  const uint64_t budget_;
  mutable std::mutex mutex_;
  uint64_t in_use_ = 0, kept_ = 0;
  std::array<std::vector<uint8_t*>, kClasses> free_;
};

// Where contents of payloads lie: in buffers, or in unnamed files once the budget is used up or a
// content is large. [thread-safe] Contents may outlive the store.
class Store {
 public:
  explicit Store(StoreSettings settings)
      : settings_(std::move(settings)), buffers_(std::make_shared<Buffers>(settings_.memory)) {}

  // A content in the making; hashes what passes through. One thread. Destroyed unfinished, it
  // leaves nothing behind.
  class Writer {
   public:
    explicit Writer(const Store& store, uint64_t expected = 0)
        : store_(&store), expected_(expected) {}
    Writer(Writer&&) noexcept;
    ~Writer();
    // False when the bytes can be kept nowhere (spill disk full or missing); problem() says why.
    bool append(Bytes chunk);
    // Reads from fd until its end or `most` bytes; false as append, or when reading fails.
    bool append_file(int fd, uint64_t most);
    uint64_t size() const { return size_; }
    const std::string& problem() const { return problem_; }
    bool full() const { return full_; }  // … for want of room, not for what was read
    Content finish(Sha256& digest);

   private:
    bool grow(size_t wanted);
    bool spill();
    bool write_out(Bytes bytes);  // into the file

    const Store* store_;
    uint8_t* buffer_ = nullptr;
    unsigned klass_ = 0;
    int fd_ = -1;
    uint64_t size_ = 0;
    uint64_t expected_;
    std::string problem_;
    bool full_ = false;
    Sha256Stream hash_;
  };

  uint64_t memory_in_use() const {
    return buffers_->in_use();
  }  // bytes of buffers that contents hold

 private:
  int open_spill(std::string& problem) const;

  StoreSettings settings_;
  std::shared_ptr<Buffers> buffers_;
};

}  // namespace stoq
