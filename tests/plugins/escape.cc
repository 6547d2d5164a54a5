// SPDX-License-Identifier: Apache-2.0
//
// Tries to get out of its host: the content names the attempt and what it is aimed at. The result
// says which system call it came to, and what that returned; where the call takes the process away,
// the engine has to say so.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "stoq/sdk/helper.h"
#include "stoq/sdk/plugin.h"

extern "C" void* __libc_stack_end;  // NOLINT(bugprone-reserved-identifier): the C library's

namespace stoq::test {
namespace {

constexpr size_t kArena = size_t{32} << 20;  // as hosts have it

class Escape {
 public:
  explicit Escape(const sdk::Host& host) : host_(host), early_(new char[64]) {}
  ~Escape() { delete[] early_; }

  void scan(const sdk::Payload& payload, sdk::Call& call) {
    const std::string text(payload.text());
    const size_t space = text.find(' ');
    const std::string attempt = text.substr(0, space),
                      target = space == text.npos ? "" : text.substr(space + 1);
    for (const Way& way : kWays)
      if (way.name == attempt) return (this->*way.go)(target, payload, call);
    throw sdk::Error("it knows no such way out");
  }

 private:
  using Go = void (Escape::*)(const std::string&, const sdk::Payload&, sdk::Call&);
  struct Way {
    std::string_view name;
    Go go;
  };

  static void tell(sdk::Call& call, std::string_view system_call, long returned) {
    const char* name = returned < 0 ? strerrorname_np(errno) : nullptr;
    sdk::JsonWriter json;
    json.begin_object().member("call", system_call).member("returned", returned < 0 ? -1 : 0);
    call.result(json.member("errno", name).end_object());
  }
  static long number(const std::string& text) {
    long value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }

  void nothing(const std::string&, const sdk::Payload&, sdk::Call& call) { tell(call, "none", 0); }
  void read_file(const std::string& path, const sdk::Payload&, sdk::Call& call) {
    const long fd = syscall(SYS_openat, AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC);
    tell(call, "openat", fd);
    if (fd >= 0) close(static_cast<int>(fd));
  }
  void write_file(const std::string& path, const sdk::Payload&, sdk::Call& call) {
    const long fd =
        syscall(SYS_openat, AT_FDCWD, path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    tell(call, "openat", fd);
    if (fd >= 0) close(static_cast<int>(fd));
  }
  void write_tmp(const std::string& name, const sdk::Payload& payload, sdk::Call& call) {
    if (host_.tmp().empty()) throw sdk::Error("it has no private tmp");
    write_file(std::string(host_.tmp()) + "/" + name, payload, call);
  }
  void read_tmp(const std::string& name, const sdk::Payload& payload, sdk::Call& call) {
    read_file(std::string(host_.tmp()) + "/" + name, payload, call);
  }
  void read_own(const std::string& name, const sdk::Payload& payload, sdk::Call& call) {
    read_file(host_.path(name), payload, call);
  }
  void connect_to(const std::string& port, const sdk::Payload&, sdk::Call& call) {
    const int fd = static_cast<int>(syscall(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (fd < 0) return tell(call, "socket", -1);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(number(port)));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    tell(call, "connect", syscall(SYS_connect, fd, &address, sizeof address));
    close(fd);
  }
  // A service of this machine, by its name in the file system.
  void connect_unix(const std::string& path, const sdk::Payload&, sdk::Call& call) {
    const int fd = static_cast<int>(syscall(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (fd < 0) return tell(call, "socket", -1);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    tell(call, "connect", syscall(SYS_connect, fd, &address, sizeof address));
    close(fd);
  }
  // Connects by sending.
  void fast_open(const std::string& port, const sdk::Payload&, sdk::Call& call) {
    const int fd = static_cast<int>(syscall(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (fd < 0) return tell(call, "socket", -1);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(number(port)));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    tell(call, "sendto",
         syscall(SYS_sendto, fd, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL, &address, sizeof address));
    close(fd);
  }
  void multipath(const std::string&, const sdk::Payload&, sdk::Call& call) {
    const long fd = syscall(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 262 /* MPTCP */);
    tell(call, "socket", fd);
    if (fd >= 0) close(static_cast<int>(fd));
  }
  // In its own place: when it works, nobody is left to answer.
  void exec(const std::string& program, const sdk::Payload&, sdk::Call& call) {
    const char* const arguments[] = {program.c_str(), nullptr};
    const char* const environment[] = {nullptr};
    tell(call, "execve", syscall(SYS_execve, program.c_str(), arguments, environment));
  }
  void spawn(const std::string& program, const sdk::Payload&, sdk::Call& call) {
    const pid_t child = fork();
    if (child < 0) return tell(call, "fork", -1);
    if (child == 0) {
      execl(program.c_str(), program.c_str(), nullptr);
      _exit(errno == EACCES ? 126 : 127);
    }
    int status = 0;
    if (waitpid(child, &status, 0) != child) return tell(call, "wait4", -1);
    sdk::JsonWriter json;
    json.begin_object().member("call", "execve").member("returned", 0);
    json.member("status", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
    call.result(json.end_object());
  }
  void helper(const std::string& name, const sdk::Payload&, sdk::Call& call) {
    const sdk::HelperResult run =
        sdk::Helper(host_, name).run({}, std::span<const uint8_t>(), 5000);
    sdk::JsonWriter json;
    call.result(
        json.begin_object().member("call", "helper").member("returned", run.status).end_object());
  }
  void ptrace_parent(const std::string&, const sdk::Payload&, sdk::Call& call) {
    tell(call, "ptrace", syscall(SYS_ptrace, PTRACE_SEIZE, getppid(), nullptr, nullptr));
  }
  void ptrace_engine(const std::string& pid, const sdk::Payload&, sdk::Call& call) {
    tell(call, "ptrace", syscall(SYS_ptrace, PTRACE_SEIZE, number(pid), nullptr, nullptr));
  }
  void signal_engine(const std::string& pid, const sdk::Payload&, sdk::Call& call) {
    tell(call, "kill", syscall(SYS_kill, number(pid), SIGUSR1));
  }
  void signal_group(const std::string&, const sdk::Payload&, sdk::Call& call) {
    tell(call, "kill", syscall(SYS_kill, 0, SIGURG));  // ignored by whom it reaches
  }
  // By the kernel's word that a pipe has something to read.
  void signal_by_pipe(const std::string& pid, const sdk::Payload&, sdk::Call& call) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return tell(call, "pipe2", -1);
    long outcome = syscall(SYS_fcntl, ends[0], F_SETOWN, number(pid));
    if (outcome >= 0) outcome = syscall(SYS_fcntl, ends[0], F_SETSIG, SIGUSR1);
    if (outcome >= 0) outcome = syscall(SYS_fcntl, ends[0], F_SETFL, O_ASYNC | O_NONBLOCK);
    if (outcome >= 0) outcome = write(ends[1], "x", 1);
    tell(call, "fcntl", outcome);
    close(ends[0]), close(ends[1]);
  }
  // What the user has of files, by name alone.
  void chmod_file(const std::string& path, const sdk::Payload&, sdk::Call& call) {
    tell(call, "chmod", syscall(SYS_chmod, path.c_str(), 0777));
  }
  void touch_file(const std::string& path, const sdk::Payload&, sdk::Call& call) {
    tell(call, "utimensat", syscall(SYS_utimensat, AT_FDCWD, path.c_str(), nullptr, 0));
  }
  void truncate_file(const std::string& path, const sdk::Payload&, sdk::Call& call) {
    tell(call, "truncate", syscall(SYS_truncate, path.c_str(), 0));
  }
  void truncate_own(const std::string& name, const sdk::Payload&, sdk::Call& call) {
    const std::string path = host_.path(name);
    const long fd = syscall(SYS_openat, AT_FDCWD, path.c_str(), O_RDONLY | O_TRUNC | O_CLOEXEC);
    tell(call, "openat", fd);
    if (fd >= 0) close(static_cast<int>(fd));
  }
  // The kernel ignores the upper half of the request.
  void type_at(const std::string& upper, const sdk::Payload&, sdk::Call& call) {
    char key = 'x';
    tell(call, "ioctl",
         syscall(SYS_ioctl, 0, static_cast<unsigned long>(number(upper)) << 32 | TIOCSTI, &key));
  }
  void own_user_namespace(const std::string&, const sdk::Payload&, sdk::Call& call) {
    const long child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, 0);
    if (child == 0) _exit(0);
    tell(call, "clone", child);
    if (child > 0) waitpid(static_cast<pid_t>(child), nullptr, 0);
  }
  void write_errors(const std::string& text, const sdk::Payload&, sdk::Call& call) {
    tell(call, "write", write(STDERR_FILENO, text.data(), text.size()));
  }
  // A system call by its number, with nothing to work on.
  void any(const std::string& call_number, const sdk::Payload&, sdk::Call& call) {
    tell(call, call_number, syscall(number(call_number), 0, 0, 0, 0, 0, 0));
  }
  // What the engine may use, which nothing but its number guards.
  void limit_engine(const std::string& pid, const sdk::Payload&, sdk::Call& call) {
    const rlimit none{0, 0};
    tell(call, "prlimit64", syscall(SYS_prlimit64, number(pid), RLIMIT_CORE, &none, nullptr));
  }
  void nice_engine(const std::string& pid, const sdk::Payload&, sdk::Call& call) {
    tell(call, "setpriority", syscall(SYS_setpriority, PRIO_PROCESS, number(pid), 1));
  }
  // Memory that no limit counts.
  void memory_of_zeros(const std::string&, const sdk::Payload&, sdk::Call& call) {
    const int fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
    if (fd < 0) return tell(call, "openat", -1);
    tell_map(call, mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
  }
  void memory_like_a_stack(const std::string&, const sdk::Payload&, sdk::Call& call) {
    tell_map(call, mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0));
  }
  // It would be there for whoever comes next.
  void lasting_memory(const std::string&, const sdk::Payload&, sdk::Call& call) {
    tell(call, "shmget", syscall(SYS_shmget, 0x73746f71, 4096, IPC_CREAT | 0600));
  }
  static void tell_map(sdk::Call& call, const void* map) {
    tell(call, "mmap", map == MAP_FAILED ? -1 : 0);
  }
  // The kernel ignores the upper half of the level.
  void linger(const std::string& upper, const sdk::Payload&, sdk::Call& call) {
    const long fd = syscall(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return tell(call, "socket", -1);
    const struct linger long_one { 1, 3600 };
    tell(call, "setsockopt",
         syscall(SYS_setsockopt, fd, static_cast<unsigned long>(number(upper)) << 32 | SOL_SOCKET,
                 SO_LINGER, &long_one, sizeof long_one));
    close(static_cast<int>(fd));
  }
  void keep_alive(const std::string&, const sdk::Payload&, sdk::Call& call) {
    const long fd = syscall(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return tell(call, "socket", -1);
    const int yes = 1;
    tell(call, "setsockopt",
         syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes));
    close(static_cast<int>(fd));
  }
  // A descriptor to the engine, which did not ask for any: over every socket there is.
  void send_descriptor(const std::string&, const sdk::Payload&, sdk::Call& call) {
    int why = 0;
    for (int fd = 3; fd < 64; ++fd) {
      int type = 0;
      socklen_t size = sizeof type;
      if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0) continue;
      alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
      msghdr msg{};
      msg.msg_control = control, msg.msg_controllen = sizeof control;
      cmsghdr* c = CMSG_FIRSTHDR(&msg);
      c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof(int));
      std::memcpy(CMSG_DATA(c), &fd, sizeof fd);
      if (syscall(SYS_sendmsg, fd, &msg, MSG_NOSIGNAL) < 0) why = errno;
    }
    errno = why;
    tell(call, "sendmsg", why == 0 ? 0 : -1);
  }
  void write_state(const std::string& name, const sdk::Payload& payload, sdk::Call& call) {
    if (host_.state().empty()) throw sdk::Error("it has no state");
    write_file(std::string(host_.state()) + "/" + name, payload, call);
  }
  // The engine's memory, at an address that means nothing: EFAULT or EIO if it were allowed.
  void read_engine(const std::string& pid, const sdk::Payload&, sdk::Call& call) {
    char byte;
    iovec mine{&byte, 1}, theirs{&byte, 1};
    tell(call, "process_vm_readv",
         syscall(SYS_process_vm_readv, number(pid), &mine, 1ul, &theirs, 1ul, 0ul));
  }
  void read_own_memory(const std::string&, const sdk::Payload& payload, sdk::Call& call) {
    read_file("/proc/self/mem", payload, call);
  }
  void other_user(const std::string&, const sdk::Payload&, sdk::Call& call) {
    sdk::JsonWriter json;
    json.begin_object().member("call", "getuid").member("returned", getuid());
    call.result(json.end_object());
  }

  void process(const std::string&, const sdk::Payload&, sdk::Call& call) {
    sdk::JsonWriter json;
    json.begin_object().member("call", "getpid").member("returned", getpid());
    call.result(json.end_object());
  }
  void environment(const std::string&, const sdk::Payload&, sdk::Call& call) {
    std::vector<std::string> names;
    for (char** at = environ; *at; ++at) names.emplace_back(*at, std::strcspn(*at, "="));
    std::sort(names.begin(), names.end());
    sdk::JsonWriter json;
    json.begin_object().key("names").begin_array();
    for (const std::string& name : names) json.value(std::string_view(name));
    call.result(json.end_array().end_object());
  }
  // The content, by its descriptor.
  void content_fd(const std::string&, const sdk::Payload& payload, sdk::Call& call) {
    const int fd = call.content_fd();
    std::string read_back(payload.size() + 1, 0);
    const ssize_t n = fd < 0 ? -1 : pread(fd, read_back.data(), read_back.size(), 0);
    if (n >= 0 && std::string_view(read_back).substr(0, static_cast<size_t>(n)) != payload.text())
      return call.error("its descriptor gives something else than content");
    tell(call, "content_fd", n);
  }

  void content_write(const std::string&, const sdk::Payload&, sdk::Call& call) {
    tell(call, "pwrite", pwrite(call.content_fd(), "x", 1, 0));
  }

  // Copies the content to where a seeker may find it.
  void keep(const std::string& secret, const sdk::Payload&, sdk::Call& call) {
    kept_ = new std::string(secret);  // never freed
    tell(call, "none", 0);
  }
  // Looks for a pattern, given backwards so that it does not find the question: in the arena past
  // the content, on the heap, on the stack, and in all that /proc tells of, if that can be read.
  void seek(const std::string& backwards, const sdk::Payload& payload, sdk::Call& call) {
    size_t found = 0, looked = 0;
    const auto look = [&](const char* from, const char* to) {
      const size_t size = backwards.size();
      for (const char* at = from; at + size <= to; ++at) {
        size_t same = 0;
        while (same < size && at[same] == backwards[size - 1 - same]) ++same;
        found += same == size;
      }
      looked += static_cast<size_t>(to - from);
    };
    const auto* content = reinterpret_cast<const char*>(payload.content().data());
    look(content + payload.size(), content + kArena);
    look(early_, static_cast<const char*>(sbrk(0)));
    const auto* frame = static_cast<const char*>(__builtin_frame_address(0));
    look(frame, static_cast<const char*>(__libc_stack_end));
    bool maps = false;
    std::ifstream file("/proc/self/maps");
    for (std::string line; std::getline(file, line);) {
      maps = true;
      unsigned long from = 0, to = 0;
      if (std::sscanf(line.c_str(), "%lx-%lx rw", &from, &to) == 2 &&
          line.find("rw-p") != line.npos)
        look(reinterpret_cast<const char*>(from), reinterpret_cast<const char*>(to));
    }
    sdk::JsonWriter json;
    json.begin_object().member("found", found > 0).member("looked", looked >= kArena / 2);
    call.result(json.member("maps", maps).end_object());
  }

  static constexpr Way kWays[] = {{"nothing", &Escape::nothing},
                                  {"read", &Escape::read_file},
                                  {"write", &Escape::write_file},
                                  {"write_tmp", &Escape::write_tmp},
                                  {"read_tmp", &Escape::read_tmp},
                                  {"read_own", &Escape::read_own},
                                  {"connect", &Escape::connect_to},
                                  {"connect_unix", &Escape::connect_unix},
                                  {"fast_open", &Escape::fast_open},
                                  {"multipath", &Escape::multipath},
                                  {"exec", &Escape::exec},
                                  {"spawn", &Escape::spawn},
                                  {"helper", &Escape::helper},
                                  {"ptrace_parent", &Escape::ptrace_parent},
                                  {"ptrace_engine", &Escape::ptrace_engine},
                                  {"signal_engine", &Escape::signal_engine},
                                  {"signal_group", &Escape::signal_group},
                                  {"signal_by_pipe", &Escape::signal_by_pipe},
                                  {"chmod", &Escape::chmod_file},
                                  {"touch", &Escape::touch_file},
                                  {"truncate", &Escape::truncate_file},
                                  {"truncate_own", &Escape::truncate_own},
                                  {"type_at", &Escape::type_at},
                                  {"own_user_namespace", &Escape::own_user_namespace},
                                  {"write_errors", &Escape::write_errors},
                                  {"call", &Escape::any},
                                  {"limit_engine", &Escape::limit_engine},
                                  {"nice_engine", &Escape::nice_engine},
                                  {"memory_of_zeros", &Escape::memory_of_zeros},
                                  {"memory_like_a_stack", &Escape::memory_like_a_stack},
                                  {"lasting_memory", &Escape::lasting_memory},
                                  {"linger", &Escape::linger},
                                  {"keep_alive", &Escape::keep_alive},
                                  {"send_descriptor", &Escape::send_descriptor},
                                  {"write_state", &Escape::write_state},
                                  {"read_engine", &Escape::read_engine},
                                  {"read_own_memory", &Escape::read_own_memory},
                                  {"user", &Escape::other_user},
                                  {"pid", &Escape::process},
                                  {"environment", &Escape::environment},
                                  {"content_fd", &Escape::content_fd},
                                  {"content_write", &Escape::content_write},
                                  {"keep", &Escape::keep},
                                  {"seek", &Escape::seek}};

  sdk::Host host_;
  char* early_;  // a place near the heap's beginning
  std::string* kept_ = nullptr;
};

}  // namespace
}  // namespace stoq::test

STOQ_PLUGIN(stoq::test::Escape, "escape", "1")
