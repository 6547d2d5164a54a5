// SPDX-License-Identifier: Apache-2.0
//
// A plugin that tries to get out of its host, under each profile: every attempt is seen to be made,
// and to come to what the profile says.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

#include "stoq/sdk/descriptor.h"
#include "support/kernel.h"
#include "support/leftovers.h"
#include "support/objects.h"
#include "support/profile_copy.h"

namespace stoq::test {
namespace {

std::atomic<int> signals = 0;

// What a refused system call is told as.
std::string trapped(const std::string& call) {
  return "worker:failed to scan: escape ; sandbox: its host process was ended for a system call "
         "that its sandbox refuses: " +
         call + " (sandbox_calls = " + call +
         " in section [escape] of stoq.cfg would allow it); what it had given stands";
}

// A server on a port of this machine that only counts who comes.
class Listener {
 public:
  Listener() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(socket_.get(), 8) != 0 ||
        getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("no port to listen on");
    port_ = ntohs(address.sin_port);
  }
  std::string port() const { return std::to_string(port_); }
  bool somebody_came() const {
    return sdk::Fd(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)).get() >= 0;
  }

 private:
  sdk::Fd socket_;
  uint16_t port_ = 0;
};

// An engine with the plugin under a profile.
class Prison {
 public:
  explicit Prison(const std::string& profile, OptionMap options = {}) {
    const bool may_exec = profile == "exec" || profile == "legacy";
    const std::string plugins = copy_with_profile(directory_, "escape", profile,
                                                  may_exec ? "helpers = true=/bin/true\n" : "");
    std::filesystem::create_directory(outside(""));
    chmod(outside("").c_str(), 0777);  // it is no file mode that refuses
    StoqOptions o = quiet();
    o.base_dir = directory_.path();
    o.plugin_dir_list = {plugins};
    o.plugin_opts["escape"] = std::move(options);
    o.plugin_opts["escape"].try_emplace("deadline", "10s");
    stoq_ = std::make_unique<Stoq>(std::move(o));
  }

  // "returned" or an errno's name, after the system call that it came to; or the error.
  std::string attempt(const std::string& content) {
    const StoqResponse r = stoq_->scan(content, {.add_start_dispatch = {"escape"}});
    for (const auto& [name, texts] : r.errors)
      return texts.at(0).substr(0, texts.at(0).find(" ; payload"));
    const Json* result = r.results.at(0).workers.at(0).find("escape");
    return result ? result->text() : "neither a result nor an error";
  }
  std::string outside(const std::string& name) const { return directory_ / ("outside/" + name); }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<Stoq> stoq_;
};

std::string result(const std::string& call, const char* error = nullptr) {
  return "{\"call\": \"" + call + "\", \"returned\": " + (error ? "-1" : "0") +
         ", \"errno\": " + (error ? "\"" + std::string(error) + "\"" : "null") + "}";
}

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
