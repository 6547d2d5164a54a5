// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "stoq/payload.h"

namespace stoq {

// Where a content's bytes lie: in the caller's memory, in a buffer of the store, or in an unnamed
// file.
class Blob {
 public:
  virtual ~Blob() = default;
  virtual Bytes bytes() const = 0;       // [thread-safe]; valid as long as the blob
  virtual int fd() const { return -1; }  // a file that holds just these bytes
};

// The immutable bytes of one payload; copies share them. [thread-safe]
class Content {
 public:
  Content() = default;  // empty
  Content(std::shared_ptr<const Blob> blob, uint64_t size) : blob_(std::move(blob)), size_(size) {}
  // Bytes that the caller keeps alive and unchanged as long as any copy of this.
  static Content borrowed(Bytes bytes);
  static Content copy_of(Bytes bytes);

  uint64_t size() const { return size_; }
  Bytes bytes() const { return blob_ ? blob_->bytes() : Bytes(); }
  int fd() const { return blob_ ? blob_->fd() : -1; }

 private:
  std::shared_ptr<const Blob> blob_;
  uint64_t size_ = 0;
};

}  // namespace stoq
