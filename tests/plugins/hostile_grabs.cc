// SPDX-License-Identifier: Apache-2.0
//
// Deeds that take, keep or reach what is not theirs. Raw system calls where the C library would
// come between: what is reported is what the kernel said.
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "hostile.h"

namespace stoq::test::hostile {
namespace {

// Children that outlive the call; a minute on they are gone whatever happens.
void fork_bomb(Scene& scene) {
  unsigned forked = 0;
  for (; forked < scene.most; ++forked) {
    const pid_t child = fork();
    if (child < 0) return report(scene, "fork", -1);
    if (child > 0) continue;
    alarm(60);
    while (true) pause();
  }
  report(scene, "fork", forked);
}
// Children in sessions of their own, and their children: nobody's descendants any more. Nobody
// waits for the first ones, which end at once.
void daemon_left(Scene& scene) {
  for (unsigned i = 0; i < scene.most; ++i) {
    const pid_t child = fork();
    if (child < 0) return report(scene, "fork", -1);
    if (child > 0) continue;
    setsid();
    if (fork() != 0) _exit(0);
    alarm(60);
    while (true) pause();
  }
  report(scene, "fork", scene.most);
}
void threads_left(Scene& scene) {
  for (unsigned i = 0; i < scene.most; ++i)
    std::thread([] {
      while (true) usleep(10'000);
    }).detach();
  report(scene, "thread", scene.most);
}
// As many as the kernel gives: the C library would need memory for each.
void thread_bomb(Scene& scene) {
  constexpr size_t kStack = 4096;
  constexpr unsigned long kThread =
      CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
  constexpr unsigned kMost = 20'000;
  for (unsigned i = 0; i < kMost; ++i) {
    auto* stack = static_cast<char*>(
        mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (stack == MAP_FAILED) return report(scene, "mmap", -1);
    const int started = clone(
        [](void*) -> int {
          while (true) syscall(SYS_pause);
        },
        stack + kStack, kThread, nullptr);
    if (started >= 0) continue;
    report(scene, "clone", -1);
    _exit(0);  // how many there were depends on what else this user does
  }
  report(scene, "clone", kMost);
}
void descriptors_left(Scene& scene) {
  for (unsigned i = 0; i < scene.most; ++i)
    if (dup(0) < 0) return report(scene, "dup", -1);
  report(scene, "dup", scene.most);
}
void socket_left(Scene& scene) {
  int pair[2];
  report(scene, "socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
}
void file_left(Scene& scene) {
  const std::string path = scene.host.path("hostile.stoq");
  report(scene, "open", open(path.c_str(), O_RDONLY) < 0 ? -1 : 0);
}

// Memory that is no data segment's: shared, and of a file. Kept, so that a second call adds to it.
void touch(char* piece, size_t size) {
  for (size_t at = 0; at < size; at += 4096) piece[at] = 'h';
}
void shared_memory(Scene& scene) {
  constexpr size_t kPiece = 1 << 20;
  for (unsigned i = 0; i < scene.mebibytes; ++i) {
    void* piece = mmap(nullptr, kPiece, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (piece == MAP_FAILED) return report(scene, "mmap", -1);
    touch(static_cast<char*>(piece), kPiece);
  }
  report(scene, "mmap", scene.mebibytes);
}
// Memory that RLIMIT_DATA does not count any more; until somebody sees it.
void read_only_memory(Scene& scene) {
  constexpr size_t kPiece = 1 << 20;
  for (unsigned i = 0; i < 3 * scene.mebibytes; ++i) {
    void* piece = mmap(nullptr, kPiece, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (piece == MAP_FAILED) return report(scene, "mmap", -1);
    touch(static_cast<char*>(piece), kPiece);
    if (mprotect(piece, kPiece, PROT_READ) != 0) return report(scene, "mprotect", -1);
  }
  while (true) syscall(SYS_pause);
}
// Memory of the kernel's: a page of a table for each page of zeros.
void page_tables(Scene& scene) {
  constexpr size_t kTable = 2 << 20, kTables = 256;  // of a mebibyte
  const size_t size = 3 * scene.mebibytes * kTables * kTable;
  void* all = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (all == MAP_FAILED) return report(scene, "mmap", -1);
  for (size_t at = 0; at < size; at += kTable)
    static_cast<void>(*static_cast<const volatile char*>(static_cast<char*>(all) + at));
  while (true) syscall(SYS_pause);
}
void memory_file(Scene& scene) {
  const int file = memfd_create("hostile", 0);
  if (file < 0) return report(scene, "memfd_create", -1);
  const std::string piece(1 << 20, 'h');
  for (unsigned i = 0; i < scene.mebibytes; ++i)
    if (write(file, piece.data(), piece.size()) != static_cast<ssize_t>(piece.size()))
      return report(scene, "write", -1);
  report(scene, "write", scene.mebibytes);
}
// Its own directory, until that is full.
void fill_tmp(Scene& scene) {
  const std::string tmp(scene.host.tmp());
  if (tmp.empty()) return report(scene, "no tmp", 0);
  const int file = open((tmp + "/full").c_str(), O_CREAT | O_WRONLY, 0600);
  if (file < 0) return report(scene, "open", -1);
  const std::string piece(1 << 20, 'h');
  for (unsigned i = 0; i < scene.mebibytes; ++i)
    if (write(file, piece.data(), piece.size()) != static_cast<ssize_t>(piece.size()))
      return report(scene, "write", -1);
  report(scene, "write", scene.mebibytes);
}
void many_files(Scene& scene) {
  const std::string tmp(scene.host.tmp());
  if (tmp.empty()) return report(scene, "no tmp", 0);
  for (unsigned i = 0; i < scene.mebibytes * 1000; ++i) {
    const int file = open((tmp + "/" + std::to_string(i)).c_str(), O_CREAT | O_WRONLY, 0600);
    if (file < 0) return report(scene, "open", -1);
    close(file);
  }
  report(scene, "open", scene.mebibytes * 1000);
}

// The content lies in the arena, which the engine alone writes.
uint8_t* arena_page(const Scene& scene) {
  const auto at = reinterpret_cast<uintptr_t>(scene.payload.content().data());
  return reinterpret_cast<uint8_t*>(at & ~uintptr_t{4095});
}
void arena_unlock(Scene& scene) {
  uint8_t* page = arena_page(scene);
  report(scene, "mprotect", syscall(SYS_mprotect, page, 4096, PROT_READ | PROT_WRITE));
}
void arena_write(Scene& scene) {
  report(scene, "write", 0);
  *arena_page(scene) = 'h';
}

// The template that its host was forked from, which holds the socket to the engine.
void ptrace_parent(Scene& scene) {
  report(scene, "ptrace", syscall(SYS_ptrace, PTRACE_SEIZE, getppid(), nullptr, nullptr));
}
void kill_parent(Scene& scene) {
  report(scene, "kill", syscall(SYS_kill, getppid(), SIGKILL));
}
void kill_group(Scene& scene) {
  report(scene, "kill", syscall(SYS_kill, 0, SIGTERM));
}
void kill_all(Scene& scene) {
  report(scene, "kill", syscall(SYS_kill, -1, SIGCONT));  // the one that hurts nobody who allows it
}

constexpr Deed kDeeds[] = {{"fork_bomb", fork_bomb},
                           {"daemon_left", daemon_left},
                           {"threads_left", threads_left},
                           {"descriptors_left", descriptors_left},
                           {"thread_bomb", thread_bomb},
                           {"socket_left", socket_left},
                           {"file_left", file_left},
                           {"shared_memory", shared_memory},
                           {"read_only_memory", read_only_memory},
                           {"page_tables", page_tables},
                           {"memory_file", memory_file},
                           {"fill_tmp", fill_tmp},
                           {"many_files", many_files},
                           {"arena_unlock", arena_unlock},
                           {"arena_write", arena_write},
                           {"ptrace_parent", ptrace_parent},
                           {"kill_parent", kill_parent},
                           {"kill_group", kill_group},
                           {"kill_all", kill_all}};

}  // namespace

std::span<const Deed> grabs() {
  return kDeeds;
}

}  // namespace stoq::test::hostile
