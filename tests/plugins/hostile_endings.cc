// SPDX-License-Identifier: Apache-2.0
//
// Ends of a host process, and answers that never come.
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <vector>

#include "hostile.h"

namespace stoq::test::hostile {
namespace {

void segfault() {
  raise(SIGSEGV);
}
void wild_write() {
  volatile uintptr_t nowhere = 16;
  *reinterpret_cast<volatile int*>(nowhere) = 1;
}
void leave() {
  std::exit(0);
}
[[noreturn]] void spin() {
  for (volatile unsigned turns = 0;;) turns = turns + 1;
}
[[noreturn]] void sleep_on() {
  while (true) usleep(100'000);
}
// Only a signal that cannot be caught ends it.
[[noreturn]] void deaf() {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, nullptr);
  for (int signal = 1; signal < SIGRTMAX; ++signal) std::signal(signal, SIG_IGN);
  spin();
}
[[noreturn]] void freeze() {
  while (true) raise(SIGSTOP);
}
int descend(volatile char* above) {  // NOLINT(misc-no-recursion)
  volatile char frame[4096];
  frame[0] = above ? *above : 0;
  if (frame[0] != 0) return 0;  // never
  return descend(frame) + frame[0];
}
void stack() {
  descend(nullptr);
}
// None of it is touched: the limit is on what is asked for.
void memory() {
  for (std::vector<std::unique_ptr<char[]>> eaten;;)
    eaten.push_back(std::make_unique_for_overwrite<char[]>(1 << 20));
}
// Past the C++ runtime: nobody turns what the kernel refuses into an exception.
void memory_raw() {
  constexpr size_t kPiece = 1 << 20;
  while (true) {
    void* piece = mmap(nullptr, kPiece, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (piece == MAP_FAILED) wild_write();
  }
}
// Nobody can hear it any more.
[[noreturn]] void closed() {
  for (int fd = 0; fd < 64; ++fd) close(fd);
  sleep_on();
}

struct End {
  std::string_view name;
  void (*go)();
};
constexpr End kEnds[] = {{"segfault", segfault},
                         {"wild_write", wild_write},
                         {"abort", std::abort},
                         {"exit", leave},
                         {"spin", spin},
                         {"sleep", sleep_on},
                         {"deaf", deaf},
                         {"freeze", freeze},
                         {"stack", stack},
                         {"memory", memory},
                         {"memory_raw", memory_raw},
                         {"closed", closed}};

template <size_t index>
void half_an_answer(Scene& scene) {
  scene.call.error("said before the end");
  scene.call.begin();
  scene.call.write(scene.payload.content());
  kEnds[index].go();
}

template <size_t... index>
std::span<const Deed> deeds(std::index_sequence<index...>) {
  static constexpr Deed kDeeds[] = {{kEnds[index].name, half_an_answer<index>}...};
  return kDeeds;
}

}  // namespace

std::span<const Deed> endings() {
  return deeds(std::make_index_sequence<std::size(kEnds)>());
}

void end_process(std::string_view how) {
  for (const End& end : kEnds)
    if (end.name == how) end.go();
}

}  // namespace stoq::test::hostile
