// SPDX-License-Identifier: Apache-2.0
#include "host/channel.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace stoq {

namespace wire {
namespace {

constexpr size_t kMostFds = 16;
constexpr uint32_t kBodyInFile = 1;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void set_timeout(int socket, int which, int milliseconds) {
  const timeval timeout{milliseconds / 1000, (milliseconds % 1000) * 1000};
  setsockopt(socket, SOL_SOCKET, which, &timeout, sizeof timeout);
}

std::vector<Fd> descriptors_of(msghdr& msg) {
  std::vector<Fd> fds;
  for (cmsghdr* c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    for (size_t at = 0; at + sizeof(int) <= c->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(c) + at, sizeof fd);
      fds.emplace_back(fd);
    }
  }
  return fds;
}

}  // namespace

Received Inbox::receive(int socket, Message& message, size_t most) {
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<char[]>(kDatagram);
  alignas(cmsghdr) char control[CMSG_SPACE(kMostFds * sizeof(int))];
  iovec part{buffer_.get(), kDatagram};
  msghdr msg{};
  msg.msg_iov = &part;
  msg.msg_iovlen = 1;
  msg.msg_control = control;
  msg.msg_controllen = sizeof control;
  ssize_t n;
  do n = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Received::timeout;
  if (n <= 0) return Received::closed;
  message.fds = descriptors_of(msg);
  if (static_cast<size_t>(n) < sizeof(Header) || (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
    throw Malformed("a message is too short or too long");
  std::memcpy(&message.header, buffer_.get(), sizeof(Header));
  message.body = {buffer_.get() + sizeof(Header), static_cast<size_t>(n) - sizeof(Header)};
  if (!(message.header.flags & kBodyInFile)) {
    if (message.header.body != message.body.size())
      throw Malformed("a message's body has another size than its header says");
    return Received::message;
  }
  if (message.header.body > most || message.fds.empty())
    throw Malformed("a message's body is too long or missing");
  const Fd file = std::move(message.fds.back());
  message.fds.pop_back();
  long_body_.resize(message.header.body);
  size_t got = 0;
  while (got < long_body_.size()) {
    const ssize_t r = pread(file.get(), long_body_.data() + got, long_body_.size() - got,
                            static_cast<off_t>(got));
    if (r < 0 && errno == EINTR) continue;
    if (r <= 0) throw Malformed("a message's body is shorter than its header says");
    got += static_cast<size_t>(r);
  }
  message.body = long_body_;
  return Received::message;
}

bool send(int socket, Header header, std::string_view body, const std::vector<int>& fds,
          int flags) {
  std::vector<int> all = fds;
  Fd file;
  header.body = body.size();
  if (body.size() > kInlineBody) {
    file = memory_file("stoq-message", body);
    header.flags |= kBodyInFile;
    all.push_back(file.get());
    body = {};
  }
  iovec parts[2] = {{&header, sizeof header}, {const_cast<char*>(body.data()), body.size()}};
  msghdr msg{};
  msg.msg_iov = parts;
  msg.msg_iovlen = body.empty() ? 1 : 2;
  alignas(cmsghdr) char control[CMSG_SPACE(kMostFds * sizeof(int))];
  if (!all.empty()) {
    msg.msg_control = control;
    msg.msg_controllen = CMSG_SPACE(all.size() * sizeof(int));
    cmsghdr* c = CMSG_FIRSTHDR(&msg);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(all.size() * sizeof(int));
    std::memcpy(CMSG_DATA(c), all.data(), all.size() * sizeof(int));
  }
  while (sendmsg(socket, &msg, MSG_NOSIGNAL | flags) < 0) {
    if (errno == EINTR) continue;
    return false;
  }
  return true;
}

MappedFile::MappedFile(const Fd& file, uint64_t size, bool sealed) : size_(size) {
  struct stat st {};
  constexpr int kFixed = F_SEAL_WRITE | F_SEAL_SHRINK;
  const int seals = sealed ? fcntl(file.get(), F_GET_SEALS) : kFixed;
  if (seals < 0 || (seals & kFixed) != kFixed)  // negative: a file that cannot have seals
    throw Malformed("a payload's file may still change");
  if (fstat(file.get(), &st) != 0 || static_cast<uint64_t>(st.st_size) < size)
    throw Malformed("a payload's file is shorter than its message says");
  map_ = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (map_ == MAP_FAILED) throw Malformed("a payload's file cannot be mapped");
}

MappedFile::~MappedFile() {
  munmap(map_, size_);
}

void populate(const void* map, size_t& touched, size_t size, int advice) {
  constexpr size_t kPage = 4096;
  if (size <= touched) return;
  const size_t end = (size + kPage - 1) & ~(kPage - 1);
  char* const begin = static_cast<char*>(const_cast<void*>(map)) + touched;
  madvise(begin, end - touched, advice);
  touched = end;
}

std::pair<Fd, Fd> socket_pair() {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
    fail("cannot make a socket pair for a host process");
  const int room = 4 * static_cast<int>(kDatagram);
  for (const int fd : pair) {
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  }
  return {Fd(pair[0]), Fd(pair[1])};
}

void receive_timeout(int socket, int milliseconds) {
  set_timeout(socket, SO_RCVTIMEO, milliseconds);
}

void send_timeout(int socket, int milliseconds) {
  set_timeout(socket, SO_SNDTIMEO, milliseconds);
}

Fd memory_file(const char* name, std::string_view content) {
  Fd file(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) fail("cannot make a memory file");
  while (!content.empty()) {
    const ssize_t n = write(file.get(), content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail("cannot write to a memory file");
    content.remove_prefix(static_cast<size_t>(n));
  }
  fcntl(file.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  return file;
}

}  // namespace wire
}  // namespace stoq
