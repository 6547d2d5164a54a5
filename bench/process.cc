// SPDX-License-Identifier: Apache-2.0
#include "bench/process.h"

#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <optional>
#include <stdexcept>

#include "bench/memory.h"

namespace stoq::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

void allow(const std::vector<int>& list) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int core : list) CPU_SET(core, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) throw std::runtime_error("cannot choose a core");
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

pid_t start(const Command& command, const fs::path& errors, const fs::path& work) {
  std::vector<std::string> arguments = command.arguments;
  std::vector<std::string> environment = {"STOQ_HOME=" + (work / "home").string(),
                                          "HOME=" + (work / "home").string(), "LANG=C.UTF-8",
                                          "PATH=/usr/bin:/bin"};
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  const auto redirect = [&](int fd, const fs::path& to, int flags) {
    posix_spawn_file_actions_addopen(&files, fd, to.c_str(), flags, 0644);
  };
  redirect(0, "/dev/null", O_RDONLY);
  redirect(1, command.out, O_WRONLY | O_CREAT | O_TRUNC);
  redirect(2, errors, O_WRONLY | O_CREAT | O_TRUNC);
  pid_t pid = -1;
  const std::optional<Pinned> pinned =
      command.one_core ? std::optional<Pinned>(std::in_place, cores().front()) : std::nullopt;
  const int problem = posix_spawn(&pid, arguments.front().c_str(), &files, nullptr,
                                  pointers(arguments).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&files);
  if (problem != 0) throw std::runtime_error(arguments.front() + " cannot be started");
  return pid;
}

void wait_for(pid_t pid, const Command& command, const fs::path& errors) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  std::string line;
  std::ifstream file(errors);
  std::getline(file, line);
  const std::string how = WIFEXITED(status) ? "exit code " + std::to_string(WEXITSTATUS(status))
                                            : "signal " + std::to_string(WTERMSIG(status));
  throw std::runtime_error(command.arguments.front() + " ended with " + how + ": " + line);
}

}  // namespace

const std::vector<int>& cores() {
  static const std::vector<int> list = [] {
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    std::vector<int> found;
    for (int core = 0; core < CPU_SETSIZE; ++core)
      if (CPU_ISSET(core, &set)) found.push_back(core);
    return found;
  }();
  return list;
}

Pinned::Pinned(int core) {
  cores();  // seen before they become fewer
  allow({core});
}
Pinned::~Pinned() {
  allow(cores());
}

double run(const Command& command, const fs::path& work) {
  const fs::path errors = work / "stderr";
  const auto begin = Clock::now();
  const pid_t pid = start(command, errors, work);
  wait_for(pid, command, errors);
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double peak_memory(const Command& command, const fs::path& work) {
  const fs::path errors = work / "stderr";
  const pid_t pid = start(command, errors, work);
  MemoryWatch watch(pid);
  wait_for(pid, command, errors);
  return watch.peak_mb();
}

}  // namespace stoq::bench
