// SPDX-License-Identifier: Apache-2.0
#include "host/host_process.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "core/content.h"
#include "core/cores.h"
#include "host/memory_of.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

namespace stoq {
namespace {

constexpr int kWaitForEnd = 5 * kTick;  // with a host that has closed its socket
constexpr int kListens = 5000;          // milliseconds within which it has room for a question
// Of its memory: that one looks at it, and what it may have besides.
constexpr std::chrono::milliseconds kLookEach(50);
constexpr uint64_t kBesides = 64 << 20;
constexpr uint64_t kMostChildren = 32;  // that a host may keep after a call

// What a content takes of an arena.
size_t room_for(uint64_t size) {
  constexpr size_t kAligned = 64;
  return (size + kAligned - 1) / kAligned * kAligned;
}

std::string counted(uint64_t count, const std::string& what) {
  return count == 1 ? "a " + what : std::to_string(count) + " " + what + "s";
}

template <class Each>
void for_each_entry(const Fd& directory, const Each& each) {
  const int fd = openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* entries = fd < 0 ? nullptr : fdopendir(fd);
  if (!entries) return;
  while (const dirent* entry = readdir(entries))
    if (entry->d_name[0] != '.') each(*entry);
  closedir(entries);
}

}  // namespace

Arena::Arena() : fd_(memfd_create("stoq-arena", MFD_CLOEXEC | MFD_ALLOW_SEALING)) {
  if (!fd_ || ftruncate(fd_.get(), wire::kArena) != 0)
    throw std::system_error(errno, std::generic_category(),
                            "cannot make an arena for a host process");
  void* map = mmap(nullptr, wire::kArena, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
  if (map == MAP_FAILED)
    throw std::system_error(errno, std::generic_category(),
                            "cannot map an arena for a host process");
  map_ = static_cast<uint8_t*>(map);
  // Whoever maps it from now on can only read.
  fcntl(fd_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL);
}

Arena::~Arena() {
  if (map_) munmap(map_, wire::kArena);
}

void Arena::fill(size_t offset, Bytes content) {
  const size_t end = offset + content.size();
  wire::populate(map_, touched_, end, MADV_POPULATE_WRITE);
  if (!content.empty()) std::memcpy(map_ + offset, content.data(), content.size());
  used_ = std::max(used_, end);
}

void Arena::wipe() {
  std::memset(map_, 0, used_);  // a sealed file has no holes made in it
  used_ = 0;
}

HostProcess::HostProcess(std::shared_ptr<TemplateClient> parent, std::shared_ptr<Arena> arena)
    : parent_(std::move(parent)), arena_(std::move(arena)) {
  auto [ours, theirs] = wire::socket_pair();
  request_ = parent_->ask_for_host(theirs.get(), arena_->fd(), outbox_.fd());
  socket_ = std::move(ours);
  wire::receive_timeout(socket_.get(), kTick);
  wire::send_timeout(socket_.get(), kListens);
}

HostProcess::~HostProcess() {
  if (request_ != 0) parent_->forget(request_);  // without its socket it ends
  if (ended_ || process_.pid <= 0) return;
  process_.kill();
  parent_->forget_end(process_.pid);
}

void HostProcess::meet() {
  if (request_ == 0) return;
  process_ = parent_->host(std::exchange(request_, 0));
  inherited_ = parent_->memory();
}

wire::Received HostProcess::receive(wire::Message& message) {
  // The socket's own time-out is as coarse as the kernel's ticks.
  if (pollfd fd{socket_.get(), POLLIN, 0}; patience_ < kTick && poll(&fd, 1, patience_) == 0)
    return wire::Received::timeout;
  const wire::Received received = inbox_.receive(socket_.get(), message, wire::kAnswerBody);
  if (received != wire::Received::message) return received;
  // They are the engine's from here on, and may wait long to be looked at.
  if (message.fds.size() > 1) throw wire::Malformed("a message brings more than one descriptor");
  if (message.header.type == wire::Type::ready) {
    if (descriptors_) throw wire::Malformed("it says again that it is ready");
    descriptors_ = wire::Reader(message.body).raw<uint32_t>();
    return receive(message);
  }
  if (message.header.type == wire::Type::refused_call) {
    refused_call_ = wire::Reader(message.body).raw<int>();
    return wire::Received::timeout;  // its end is next
  }
  return received;
}

// RLIMIT_DATA counts what may be written, and no more than that: neither what was written before it
// was protected, nor what is shared, nor the kernel's tables.
uint64_t HostProcess::too_much_memory() {
  const auto now = std::chrono::steady_clock::now();
  if (most_memory == 0 || inherited_ == 0 || now - looked_ < kLookEach) return 0;
  looked_ = now;
  const MemoryOf has = memory_of(process_.pid);
  const uint64_t lent = wire::kArena + given_;
  const uint64_t bytes = has.own + has.tables + has.shared - std::min(has.shared, lent);
  return bytes > most_memory + inherited_ + kBesides ? bytes : 0;
}

void HostProcess::look_at_proc() {
  if (threads_now_) return;
  const std::string proc = "/proc/" + std::to_string(process_.pid);
  constexpr int kHow = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  threads_now_ = Fd(open((proc + "/task").c_str(), kHow));
  descriptors_now_ = Fd(open((proc + "/fd").c_str(), kHow));
}

// Each thread has children of its own.
std::string HostProcess::children_left() {
  look_at_proc();
  uint64_t count = 0;
  for_each_entry(threads_now_, [&](const dirent& thread) {
    const std::string list = std::string(thread.d_name) + "/children";
    const Fd file(openat(threads_now_.get(), list.c_str(), O_RDONLY | O_CLOEXEC));
    char chunk[4096];
    for (ssize_t n; file && count <= 1'000'000 && (n = read(file.get(), chunk, sizeof chunk)) > 0;)
      count += static_cast<uint64_t>(std::count(chunk, chunk + n, ' '));
  });
  return count > kMostChildren ? std::to_string(count) + " child processes" : "";
}

std::string HostProcess::left_over() {
  if (!descriptors_) return "";
  look_at_proc();
  struct stat st {};
  if (threads_now_ && fstat(threads_now_.get(), &st) == 0 && st.st_nlink > 3)
    return counted(st.st_nlink - 3, "thread");
  if (!descriptors_now_ || fstat(descriptors_now_.get(), &st) != 0) return "";
  uint64_t now = static_cast<uint64_t>(st.st_size);
  if (now == 0)  // a kernel older than 6.2
    for_each_entry(descriptors_now_, [&](const dirent&) { ++now; });
  return now > *descriptors_ ? counted(now - *descriptors_, "descriptor") : "";
}

bool HostProcess::send(wire::Header header, std::string_view body) {
  return wire::send(socket_.get(), header, body, {}, MSG_DONTWAIT);
}

bool HostProcess::tell(wire::Header header, std::string_view body, double seconds) {
  const auto start = std::chrono::steady_clock::now();
  while (!wire::send(socket_.get(), header, body) && errno == EAGAIN)
    if (std::chrono::steady_clock::now() - start >= std::chrono::duration<double>(seconds))
      return false;
  return true;
}

bool HostProcess::has_unheard() const {
  int bytes = 0;
  return ioctl(socket_.get(), SIOCOUTQ, &bytes) == 0 && bytes > 0;
}

void HostProcess::kill() {
  killed_ = true;
  process_.kill();
}

void HostProcess::leave() {
  shutdown(socket_.get(), SHUT_WR);
}

// Else the kernel would keep those that nobody reads, and count them against all of its user.
void HostProcess::takes_no_descriptors() {
  constexpr int kPassRights = 83;  // SO_PASSRIGHTS, of Linux 6.16
  const int none = 0;
  setsockopt(socket_.get(), SOL_SOCKET, kPassRights, &none, sizeof none);
}

// Side by side, unless all of them lie there from before.
void HostProcess::into_arena(Question& question) {
  const auto& payloads = question.payloads;
  auto& parts = question.message.payloads;
  const auto in_arena = [](const wire::CallPayload& p) { return p.place == wire::Place::arena; };
  const auto lies_there = [&](wire::CallPayload& part) {
    const auto at = std::find_if(in_arena_.begin(), in_arena_.end(),
                                 [&](const InArena& a) { return a.sha256 == part.sha256; });
    if (at != in_arena_.end()) part.offset = at->offset;
    return at != in_arena_.end();
  };
  if (std::all_of(parts.begin(), parts.end(),
                  [&](auto& part) { return !in_arena(part) || lies_there(part); }))
    return;
  in_arena_.clear();
  size_t offset = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!in_arena(parts[i])) continue;
    arena_->fill(offset, payloads[i]->content());
    parts[i].offset = offset;
    in_arena_.push_back({parts[i].sha256, offset});
    offset += room_for(parts[i].size);
  }
}

bool HostProcess::ask(Question& question, uint64_t number) {
  std::vector<int> fds;
  std::vector<Fd> files;
  size_t room = wire::kArena;
  given_ = 0;
  for (size_t i = 0; i < question.payloads.size(); ++i) {
    const Payload& payload = *question.payloads[i];
    wire::CallPayload& part = question.message.payloads[i];
    part.size = payload.size();
    given_ += part.size;
    if (part.size <= room && payload.blob().fd() < 0) {
      part.place = wire::Place::arena;
      room -= std::min(room, room_for(part.size));
      continue;
    }
    part.place = wire::Place::file;
    Fd file;
    if (payload.blob().fd() >= 0) {
      char path[32];  // read-only, whatever the engine may do with its own
      std::snprintf(path, sizeof path, "/proc/self/fd/%d", payload.blob().fd());
      file = Fd(open(path, O_RDONLY | O_CLOEXEC));
    }
    if (!file) {
      const Bytes content = payload.content();
      file = wire::memory_file("stoq-payload",
                               {reinterpret_cast<const char*>(content.data()), content.size()});
    }
    fds.push_back(file.get());
    files.push_back(std::move(file));
  }
  into_arena(question);
  return wire::send(socket_.get(), {wire::Type::call, 0, number, 0}, wire::encode(question.message),
                    fds);
}

void HostProcess::move_to(int core) {
  if (core != core_ && bind_process(process_.pid, core)) core_ = core;
}

HostEnd HostProcess::end() {
  // Its socket is closed: mostly it is on its way out, and how is worth knowing.
  if (pollfd end{process_.pidfd.get(), POLLIN, 0}; !killed_) poll(&end, 1, kWaitForEnd);
  process_.kill();
  ended_ = true;
  HostEnd end{.refused_call = refused_call_};
  if (const auto told = parent_->end_of(process_.pid))
    end.status = told->status, end.memory = told->memory;
  return end;
}

}  // namespace stoq
