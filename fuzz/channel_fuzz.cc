// SPDX-License-Identifier: Apache-2.0
// Datagrams as no honest sender makes them, and honest ones of any size.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz/target.h"
#include "host/channel.h"

using namespace stoq;
using fuzz::must;

namespace {

constexpr size_t kMost = 4096;

void raw_send(int socket, std::string_view datagram, const Fd& file) {
  iovec part{const_cast<char*>(datagram.data()), datagram.size()};
  msghdr msg{};
  msg.msg_iov = &part, msg.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  if (file) {
    msg.msg_control = control, msg.msg_controllen = sizeof control;
    cmsghdr* c = CMSG_FIRSTHDR(&msg);
    c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof(int));
    const int fd = file.get();
    std::memcpy(CMSG_DATA(c), &fd, sizeof fd);
  }
  must(sendmsg(socket, &msg, MSG_NOSIGNAL) >= 0);
}

}  // namespace

// One byte: whether a file comes along, and which; then the datagram.
STOQ_FUZZ(channel) {
  static auto sockets = wire::socket_pair();
  fuzz::Input in(data);
  const uint8_t how = in.byte();
  const std::string_view datagram = in.rest();
  const int free_before = Fd(open("/dev/null", O_RDONLY | O_CLOEXEC)).get();
  {
    Fd file;
    if (how & 1) file = wire::memory_file("fuzz", datagram);
    if (how & 2) file = Fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (datagram.empty()) return;
    raw_send(sockets.first.get(), datagram.substr(0, wire::kDatagram), file);
    wire::Inbox inbox;
    wire::Message message;
    try {
      must(inbox.receive(sockets.second.get(), message, kMost) == wire::Received::message);
      must(message.body.size() == message.header.body);
      must(message.body.size() <= std::max(kMost, datagram.size()));
    } catch (const wire::Malformed&) {
    }

    std::string body(datagram);
    if (how & 4) body.resize(wire::kInlineBody + datagram.size(), 'x');
    const wire::Header header{wire::Type::records, 0, datagram.size()};
    std::vector<int> fds;
    if (file) fds = {file.get()};
    must(wire::send(sockets.first.get(), header, body, fds));
    must(inbox.receive(sockets.second.get(), message, wire::kDatagram) == wire::Received::message);
    must(message.header.type == header.type && message.header.call == header.call);
    must(message.body == body && message.fds.size() == fds.size());
  }
  must(Fd(open("/dev/null", O_RDONLY | O_CLOEXEC)).get() == free_before);  // none is left open
}

STOQ_FUZZ_SEEDS(channel) {
  std::vector<std::string> seeds;
  for (const auto& [how, flags, size] :
       {std::tuple{0, 0u, 4u}, {1, 1u, 4u}, {1, 1u, 28u}, {2, 1u, 3u}, {5, 0u, 99u}, {0, 1u, 4u}}) {
    const wire::Header header{wire::Type::records, flags, 7, size};
    seeds.push_back(static_cast<char>(how) +
                    std::string(reinterpret_cast<const char*>(&header), sizeof header) + "body");
  }
  return seeds;
}
