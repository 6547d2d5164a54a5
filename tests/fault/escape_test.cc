// SPDX-License-Identifier: Apache-2.0
//
// A plugin that tries to get out of its host, under each profile: every attempt is seen to be made,
// and to come to what the profile says.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>

#include "support/kernel.h"
#include "support/leftovers.h"
#include "support/prison.h"

namespace stoq::test {
namespace {

std::atomic<int> signals = 0;

class Escape : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (const std::string what = kernel_lacks(); !what.empty()) GTEST_SKIP() << what;
    signals = 0;
    struct sigaction count {};
    count.sa_handler = [](int) { ++signals; };
    sigaction(SIGUSR1, &count, &old_);
  }
  void TearDown() override { sigaction(SIGUSR1, &old_, nullptr); }
  std::string profile() const { return GetParam(); }
  bool is(const char* name) const { return profile() == name; }
  // What nobody may: `legacy` is told so, the others end by it.
  std::string refused(const std::string& call) const {
    return is("legacy") ? result(call, "EPERM") : trapped(call);
  }

  const Leftovers leftovers_;
  struct sigaction old_ {};
};
INSTANTIATE_TEST_SUITE_P(Profile, Escape, ::testing::Values("compute", "exec", "network", "legacy"),
                         [](const auto& each) { return std::string(each.param); });

TEST_P(Escape, ReadingAFileOfTheMachine) {
  Prison prison(profile());
  EXPECT_EQ(prison.attempt("read /etc/passwd"),
            is("legacy") ? result("openat") : result("openat", "EACCES"));
}
TEST_P(Escape, ReadingItsOwnFolderIsNone) {
  Prison prison(profile());
  EXPECT_EQ(prison.attempt("read_own escape.stoq"), result("openat"));
}
TEST_P(Escape, WritingOutsideItsPrivateTmp) {
  Prison prison(profile());
  const std::string target = prison.outside("written");
  EXPECT_EQ(prison.attempt("write " + target), result("openat", "EACCES"));
  EXPECT_FALSE(std::filesystem::exists(target));
  EXPECT_EQ(prison.attempt("write_tmp written"), result("openat"));
}
TEST_P(Escape, ConnectingToThisMachine) {
  const Listener listener;
  Prison prison(profile());
  const std::string outcome = prison.attempt("connect " + listener.port());
  const bool open = is("legacy") || is("network");
  if (open)
    EXPECT_EQ(outcome, result("connect"));
  else
    EXPECT_EQ(outcome, trapped("socket"));
  EXPECT_EQ(listener.somebody_came(), open);
}
// Some services do for whoever comes what he may not do himself.
TEST_P(Escape, ConnectingToAServiceOfThisMachine) {
  Prison prison(profile()), closed(profile(), {{"sandbox_network", "no"}});
  const std::string place = prison.outside("service");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  place.copy(address.sun_path, sizeof address.sun_path - 1);
  const sdk::Fd service(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(bind(service.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(service.get(), 8), 0);
  ASSERT_EQ(chmod(place.c_str(), 0777), 0);
  const std::string attempt = "connect_unix " + place;
  EXPECT_EQ(prison.attempt(attempt), is("legacy")    ? result("connect")
                                     : is("network") ? result("socket", "EAFNOSUPPORT")
                                                     : trapped("socket"));
  EXPECT_EQ(closed.attempt(attempt), is("legacy") ? result("socket", "EACCES") : trapped("socket"));
}
TEST_P(Escape, BecomingAnotherProgram) {
  Prison prison(profile());
  EXPECT_EQ(prison.attempt("exec /bin/true"),
            is("legacy") ? "worker:failed to scan: escape ; crash: its host process ended by exit "
                           "status 0; what it had given stands"
                         : trapped("execve"));
}
TEST_P(Escape, StartingAnotherProgram) {
  Prison prison(profile());
  EXPECT_EQ(prison.attempt("spawn /bin/true"),
            is("legacy") ? R"({"call": "execve", "returned": 0, "status": 0})" : trapped("clone"));
}
TEST_P(Escape, AHelperThatTheManifestNames) {
  Prison prison(profile());
  const std::string ran = R"({"call": "helper", "returned": 0})";
  const std::string outcome = prison.attempt("helper true");
  if (is("exec") || is("legacy"))
    EXPECT_EQ(outcome, ran);
  else
    EXPECT_TRUE(outcome.starts_with("worker:failed to scan: escape ; ")) << outcome;
}
TEST_P(Escape, TracingItsParent) {
  Prison prison(profile());
  EXPECT_EQ(prison.attempt("ptrace_parent"), refused("ptrace"));
}
TEST_P(Escape, TracingTheEngine) {
  Prison prison(profile());
  EXPECT_EQ(prison.attempt("ptrace_engine " + std::to_string(getpid())), refused("ptrace"));
}
TEST_P(Escape, ReadingTheEnginesMemory) {
  Prison prison(profile());
  EXPECT_EQ(prison.attempt("read_engine " + std::to_string(getpid())), refused("process_vm_readv"));
}
TEST_P(Escape, SignallingTheEngine) {
  Prison prison(profile());
  const std::string outcome = prison.attempt("signal_engine " + std::to_string(getpid()));
  if (is("legacy"))
    EXPECT_TRUE(outcome == result("kill", "EPERM") || outcome == result("kill", "ESRCH"))
        << outcome;
  else
    EXPECT_EQ(outcome, trapped("kill"));
  EXPECT_EQ(signals, 0);
}
// The kernel would send it, when a pipe has something to read.
TEST_P(Escape, HavingTheEngineSignalled) {
  Prison prison(profile());
  EXPECT_EQ(prison.attempt("signal_by_pipe " + std::to_string(getpid())),
            is("legacy") ? result("fcntl") : trapped("fcntl"));
  EXPECT_EQ(signals, 0);
}
// No kernel so far confines that by Landlock.
TEST_P(Escape, ChangingWhatTheEngineMayUse) {
  Prison prison(profile());
  const std::string engine = " " + std::to_string(getpid());
  rlimit before{}, after{};
  getrlimit(RLIMIT_CORE, &before);
  EXPECT_EQ(prison.attempt("limit_engine" + engine), refused("prlimit64"));
  EXPECT_EQ(prison.attempt("nice_engine" + engine), result("setpriority", "EPERM"));
  getrlimit(RLIMIT_CORE, &after);
  EXPECT_EQ(before.rlim_max, after.rlim_max);
  EXPECT_EQ(getpriority(PRIO_PROCESS, 0), 0);
}
TEST_P(Escape, MemoryThatNoLimitCounts) {
  Prison prison(profile());
  EXPECT_EQ(prison.attempt("memory_of_zeros"), result("openat", "EACCES"));
  EXPECT_EQ(prison.attempt("memory_like_a_stack"), result("mmap", "EPERM"));
}
TEST_P(Escape, MemoryThatOutlivesIt) {
  Prison prison(profile());
  EXPECT_EQ(prison.attempt("lasting_memory"),
            is("legacy") ? result("shmget", "EPERM") : trapped("shmget"));
}
// Whoever closes such a socket last waits for it, though it was only handed to him.
TEST_P(Escape, SocketsThatLinger) {
  Prison prison(profile());
  const bool nets = is("network") || is("legacy");
  for (const char* upper : {"0", "1"})
    EXPECT_EQ(prison.attempt("linger " + std::string(upper)),
              nets ? result("setsockopt", "EPERM") : trapped("socket"));
  EXPECT_EQ(prison.attempt("keep_alive"), nets ? result("setsockopt") : trapped("socket"));
}
TEST_P(Escape, DescriptorsForTheEngine) {
  if (!kernel_refuses_descriptors()) GTEST_SKIP() << "this kernel cannot refuse descriptors";
  Prison prison(profile());
  EXPECT_EQ(prison.attempt("send_descriptor"), result("sendmsg", "EPERM"));
}
// It is for whoever is no parser, and for the time of loading.
TEST_P(Escape, WritingWhereItsStateIs) {
  Prison prison(profile(), {}, quiet(), "state = yes\n");
  EXPECT_EQ(prison.attempt("write_state written"), result("openat", "EACCES"));
}
// No file mode refuses: the file is that of the host's own user.
TEST_P(Escape, ChangingAFileOfItsUser) {
  Prison prison(profile());
  const std::string file = prison.outside("file");
  std::ofstream(file) << "content";
  if (geteuid() == 0 && !is("legacy")) {
    ASSERT_EQ(chown(file.c_str(), user_of_hosts(), user_of_hosts()), 0);
  }
  ASSERT_EQ(chmod(file.c_str(), 0600), 0);
  const auto refused_here = [&](const char* call) {
    return is("legacy") ? result(call) : result(call, "EPERM");
  };
  EXPECT_EQ(prison.attempt("chmod " + file), refused_here("chmod"));
  EXPECT_EQ(prison.attempt("touch " + file), refused_here("utimensat"));
  EXPECT_EQ(prison.attempt("truncate " + file),
            result("truncate", is("legacy") ? "EACCES" : "EPERM"));
  struct stat st {};
  ASSERT_EQ(stat(file.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, is("legacy") ? 0777u : 0600u);
  EXPECT_EQ(st.st_size, 7);
}
TEST_P(Escape, CuttingWhatItMayOnlyRead) {
  Prison prison(profile());
  EXPECT_EQ(prison.attempt("truncate_own escape.stoq"),
            result("openat", is("legacy") ? "EACCES" : "EPERM"));
  EXPECT_EQ(prison.attempt("read_own escape.stoq"), result("openat"));
}
TEST_P(Escape, WritingToADevice) {
  if (!std::filesystem::exists("/dev/ptmx")) GTEST_SKIP() << "this machine has no /dev/ptmx";
  Prison prison(profile());
  EXPECT_EQ(prison.attempt("write /dev/ptmx"), result("openat", "EACCES"));
}
TEST_P(Escape, TypingAtTheTerminal) {
  Prison prison(profile());
  for (const char* upper : {"0", "1"})
    EXPECT_EQ(prison.attempt("type_at " + std::string(upper)), refused("ioctl"));
}
TEST_P(Escape, WritingToTheEnginesErrors) {
  const TemporaryDirectory elsewhere;
  const std::string file = elsewhere.file("errors", "");
  const sdk::Fd old(dup(STDERR_FILENO));
  {
    const sdk::Fd errors(open(file.c_str(), O_WRONLY | O_CLOEXEC));
    ASSERT_GE(dup2(errors.get(), STDERR_FILENO), 0);
  }
  {
    Prison prison(profile());
    EXPECT_EQ(prison.attempt("write_errors forged"), result("write"));
  }
  ASSERT_GE(dup2(old.get(), STDERR_FILENO), 0);
  EXPECT_EQ(read_all(file), is("legacy") ? "forged" : "");
}
TEST_P(Escape, BecomingRootInItsOwnWorld) {
  Prison prison(profile());
  EXPECT_EQ(prison.attempt("own_user_namespace"), refused("clone"));
  EXPECT_EQ(prison.attempt("call " + std::to_string(SYS_clone3)),
            result(std::to_string(SYS_clone3).c_str(), "ENOSYS"));
}
// What the kernel offers that no parser needs, and that reaches other processes or the kernel itself.
TEST_P(Escape, CallsThatNobodyMayMake) {
  Prison prison(profile());
  const auto told = [](long call, const char* error) {
    return result(std::to_string(call), error);
  };
  constexpr std::pair<long, const char*> kTrapped[] = {
      {SYS_process_vm_writev, "process_vm_writev"},
      {SYS_pidfd_getfd, "pidfd_getfd"},
      {SYS_bpf, "bpf"},
      {SYS_keyctl, "keyctl"},
      {SYS_add_key, "add_key"},
      {SYS_request_key, "request_key"},
      {SYS_mount, "mount"},
      {SYS_setns, "setns"},
      {SYS_unshare, "unshare"},
      {SYS_chroot, "chroot"},
      {SYS_open_by_handle_at, "open_by_handle_at"}};
  for (const auto& [call, name] : kTrapped)
    EXPECT_EQ(prison.attempt("call " + std::to_string(call)),
              is("legacy") ? told(call, "EPERM") : trapped(name));
  for (const long call : {SYS_io_uring_setup, SYS_userfaultfd, SYS_perf_event_open})
    EXPECT_EQ(prison.attempt("call " + std::to_string(call)),
              told(call, is("legacy") ? "EPERM" : "ENOSYS"));
  // None that a later kernel may have.
  if (is("legacy")) {
    EXPECT_EQ(prison.attempt("call 452"), told(452, "ENOSYS"));
  }
}
TEST_P(Escape, ReadingTheEnginesMemoryByItsFile) {
  Prison prison(profile());
  EXPECT_EQ(prison.attempt("read /proc/" + std::to_string(getpid()) + "/mem"),
            result("openat", "EACCES"));
}
TEST_P(Escape, ReadingAllMemoryByItsFile) {
  Prison prison(profile());
  EXPECT_EQ(prison.attempt("read_own_memory"),
            is("legacy") ? result("openat") : result("openat", "EACCES"));
}

// A payload with a secret, and then one whose plugin looks for it in all the memory that it can
// reach. In a host that has seen both it is there: the search finds what there is to be found.
std::string sought(const std::string& isolation, const std::string& profile) {
  Prison prison(profile, {{"isolation", isolation}});
  const std::string secret = "a secret of another request, 0123456789";
  // Long, so that it lies beyond the next payload in the arena, too.
  EXPECT_EQ(prison.attempt("keep " + std::string(1 << 20, '.') + secret), result("none"));
  return prison.attempt("seek " + std::string(secret.rbegin(), secret.rend()));
}
// The next host gets the arena of one that has ended.
TEST_P(Escape, ReadingWhatAHostBeforeItWasGiven) {
  Prison prison(profile());
  const std::string secret = "a secret of another request, 0123456789";
  EXPECT_EQ(prison.attempt("keep " + std::string(1 << 20, '.') + secret), result("none"));
  // Spare hosts with arenas of their own come between.
  for (int host = 0; host < 4; ++host) {
    EXPECT_TRUE(prison.attempt("exec /bin/true").starts_with("worker:failed to scan: escape ; "));
    const std::string outcome =
        prison.attempt("seek " + std::string(secret.rbegin(), secret.rend()));
    EXPECT_TRUE(outcome.starts_with(R"({"found": false, "looked": true)")) << outcome;
  }
}
TEST_P(Escape, ReadingAnotherRequest) {
  const auto starts = [](const std::string& outcome, const std::string& head) {
    EXPECT_TRUE(outcome.starts_with(head)) << outcome;
  };
  starts(sought("process", profile()), R"({"found": true, "looked": true)");
  starts(sought("fresh", profile()), R"({"found": false, "looked": true)");
}

}  // namespace
}  // namespace stoq::test
