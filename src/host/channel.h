// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/wire.h"
#include "stoq/payload.h"
#include "stoq/sdk/descriptor.h"

#ifndef MADV_POPULATE_READ  // Linux 5.14
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

namespace stoq {

using sdk::Fd;

namespace wire {

// A received message. The body is valid until the next receive on the same Inbox.
struct Message {
  Header header;
  std::string_view body;
  std::vector<Fd> fds;
};

enum class Received : uint8_t { message, timeout, closed };

// Room for one received message; long bodies are copied out of their memory file into memory of
// one's own before anybody looks at them.
class Inbox {
 public:
  // Throws Malformed for what is no message. Bodies longer than `most` are Malformed. The time-out
  // is the socket's.
  Received receive(int socket, Message& message, size_t most);

 private:
  std::unique_ptr<char[]> buffer_;  // its pages are touched only as far as messages reach
  std::string long_body_;
};

// False when the other side is gone, or has no room (errno is EAGAIN): within the socket's time-out,
// or at once with MSG_DONTWAIT among `flags`. Throws std::runtime_error when the message cannot be
// made (no memory file).
bool send(int socket, Header header, std::string_view body, const std::vector<int>& fds = {},
          int flags = 0);

// A file as memory. Throws Malformed when it is not that long, or when somebody may still change
// it.
class MappedFile {
 public:
  MappedFile(const Fd& file, uint64_t size, bool sealed);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  Bytes bytes() const { return {static_cast<const uint8_t*>(map_), size_}; }

 private:
  uint64_t size_;
  void* map_;
};

// Pages from `touched` on, which becomes `size`, are brought in at once where the kernel knows how:
// by a fault each they cost ten times as much.
void populate(const void* map, size_t& touched, size_t size, int advice);

std::pair<Fd, Fd> socket_pair();  // SEQPACKET, close-on-exec
void receive_timeout(int socket, int milliseconds);
void send_timeout(int socket, int milliseconds);
Fd memory_file(const char* name, std::string_view content);  // sealed

}  // namespace wire
}  // namespace stoq
