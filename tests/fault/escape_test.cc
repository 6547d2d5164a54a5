// SPDX-License-Identifier: Apache-2.0
//
// A plugin that tries to get out of its host, under each profile: every attempt is seen to be made,
// and to come to what the profile says.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

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
TEST_P(Escape, ReadingAnotherRequest) {
  const auto starts = [](const std::string& outcome, const std::string& head) {
    EXPECT_TRUE(outcome.starts_with(head)) << outcome;
  };
  starts(sought("process", profile()), R"({"found": true, "looked": true)");
  starts(sought("fresh", profile()), R"({"found": false, "looked": true)");
}

}  // namespace
}  // namespace stoq::test
