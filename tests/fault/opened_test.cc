// SPDX-License-Identifier: Apache-2.0
//
// What stoq.cfg and manifests open and close of a sandbox; hosts that are replaced; machines that
// do not give all of it.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "host/host_group.h"
#include "support/eventually.h"
#include "support/kernel.h"
#include "support/leftovers.h"
#include "support/prison.h"
#include "support/process_tree.h"

namespace stoq::test {
namespace {

class OpenedSandbox : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string what = kernel_lacks(); !what.empty()) GTEST_SKIP() << what;
  }
  const Leftovers leftovers_;
};

TEST_F(OpenedSandbox, ReadsAndWritesWhatStoqCfgNames) {
  const TemporaryDirectory elsewhere;
  chmod(elsewhere.path().c_str(), 0777);
  const std::string file = elsewhere.file("secret");
  const auto attempts = [&](OptionMap options) {
    Prison prison("compute", std::move(options));
    return std::pair(prison.attempt("read " + file),
                     prison.attempt("write " + (elsewhere / "written")));
  };
  const std::string refused = result("openat", "EACCES"), opened = result("openat");
  EXPECT_EQ(attempts({}), std::pair(refused, refused));
  EXPECT_EQ(attempts({{"sandbox_read", elsewhere.path()}}), std::pair(opened, refused));
  EXPECT_EQ(attempts({{"sandbox_read", file}}), std::pair(opened, refused));
  EXPECT_EQ(attempts({{"sandbox_write", elsewhere.path()}}), std::pair(opened, opened));
}

TEST_F(OpenedSandbox, MakesTheCallsThatStoqCfgNames) {
  const TemporaryDirectory elsewhere;
  chmod(elsewhere.path().c_str(), 0777);
  const std::string file = elsewhere.file("file");
  if (geteuid() == 0) {
    ASSERT_EQ(chown(file.c_str(), user_of_hosts(), user_of_hosts()), 0);
  }
  const auto attempt = [&](const std::string& calls) {
    Prison prison("compute", {{"sandbox_calls", calls}});
    return prison.attempt("chmod " + file);
  };
  EXPECT_EQ(attempt("socket"), result("chmod", "EPERM"));
  EXPECT_EQ(attempt("chmod, fcntl, openat"), result("chmod"));
}

TEST_F(OpenedSandbox, ReadsAFileThatAnOptionOfItsOwnNames) {
  const TemporaryDirectory elsewhere;
  chmod(elsewhere.path().c_str(), 0755);
  const std::string file = elsewhere.file("secret");
  Prison prison("compute", {{"rules", file}});
  EXPECT_EQ(prison.attempt("read " + file), result("openat"));
}

TEST_F(OpenedSandbox, HasTheNetworkThatStoqCfgGives) {
  const Listener listener;
  const auto connect = [&](const std::string& profile, OptionMap options) {
    Prison prison(profile, std::move(options));
    return prison.attempt("connect " + listener.port());
  };
  EXPECT_EQ(connect("compute", {{"sandbox_network", "yes"}}), result("connect"));
  EXPECT_TRUE(listener.somebody_came());
  EXPECT_EQ(connect("network", {{"sandbox_network", "no"}}), trapped("socket"));
  EXPECT_EQ(connect("legacy", {{"sandbox_network", "no"}}), result("connect", "EACCES"));
  EXPECT_FALSE(listener.somebody_came());
}

TEST_F(OpenedSandbox, ConnectsToThePortsThatAreNamed) {
  const Listener listener, other;
  const auto connect = [&](const std::string& profile, OptionMap options,
                           const std::string& manifest = "") {
    Prison prison(profile, std::move(options), quiet(), manifest);
    return prison.attempt("connect " + listener.port());
  };
  const std::string refused = result("connect", "EACCES"), done = result("connect");
  const std::string both = other.port() + ", " + listener.port();
  EXPECT_EQ(connect("network", {{"sandbox_ports", other.port()}}), refused);
  EXPECT_EQ(connect("legacy", {{"sandbox_ports", other.port()}}), refused);
  EXPECT_EQ(connect("network", {}, "ports = " + other.port() + "\n"), refused);
  // Nor in ways that Landlock does not see.
  const auto otherwise = [&](const std::string& profile, const std::string& attempt) {
    return Prison(profile, {{"sandbox_ports", other.port()}}).attempt(attempt);
  };
  EXPECT_EQ(otherwise("network", "fast_open " + listener.port()), trapped("sendto"));
  EXPECT_EQ(otherwise("legacy", "fast_open " + listener.port()), result("sendto", "EPERM"));
  EXPECT_EQ(otherwise("network", "multipath"), trapped("socket"));
  EXPECT_EQ(otherwise("legacy", "multipath"), result("socket", "EPROTONOSUPPORT"));
  EXPECT_FALSE(listener.somebody_came());
  EXPECT_EQ(connect("network", {{"sandbox_ports", both}}), done);
  EXPECT_EQ(connect("network", {}, "ports = " + both + "\n"), done);
  // stoq.cfg comes first.
  EXPECT_EQ(
      connect("network", {{"sandbox_ports", listener.port()}}, "ports = " + other.port() + "\n"),
      done);
}

TEST_F(OpenedSandbox, HasAnEmptyTmpInEachCall) {
  for (const char* profile : {"compute", "exec", "network", "legacy"}) {
    Prison prison(profile);
    const std::string host = prison.attempt("pid");
    for (const char* name : {"first", "second", "third"}) {
      EXPECT_EQ(prison.attempt("write_tmp " + std::string(name)), result("openat")) << profile;
      EXPECT_EQ(prison.attempt("read_tmp " + std::string(name)), result("openat", "ENOENT"));
    }
    EXPECT_EQ(prison.attempt("pid "), host);
  }
}

TEST_F(OpenedSandbox, GivesContentByItsDescriptor) {
  for (const char* profile : {"compute", "exec", "network", "legacy"}) {
    Prison prison(profile);
    const std::string large(33 << 20, '.');
    EXPECT_EQ(prison.attempt("content_fd"), result("content_fd")) << profile;
    EXPECT_EQ(prison.attempt("content_fd " + large), result("content_fd")) << profile;
    EXPECT_EQ(prison.attempt_extracted("content_write " + large), result("pwrite", "EBADF"))
        << profile;
  }
}

TEST_F(OpenedSandbox, EnvironmentIsWhatTheProfileSays) {
  setenv("STOQ_TEST_SECRET", "secret", 1);
  const auto names = [](const std::string& profile) {
    Prison prison(profile);
    return prison.attempt("environment");
  };
  // TZ is there also when the program has none.
  EXPECT_EQ(names("compute"), R"({"names": ["LANG", "TMPDIR", "TZ"]})");
  EXPECT_EQ(names("legacy"), R"({"names": ["HOME", "LANG", "PATH", "TMPDIR", "TZ"]})");
  unsetenv("STOQ_TEST_SECRET");
}

// What the kernel says of a process: a line of its status, by name.
std::string status_of(const std::string& pid, const std::string& name) {
  std::ifstream status("/proc/" + pid + "/status");
  for (std::string word; status >> word;)
    if (word == name + ":") {
      status >> word;
      return word;
    }
  return "";
}
std::string limit_of(const std::string& pid, const std::string& name) {
  std::ifstream limits("/proc/" + pid + "/limits");
  std::string soft;
  for (std::string line; std::getline(limits, line);)
    if (line.starts_with(name)) std::istringstream(line.substr(name.size())) >> soft;
  return soft;
}
std::string link(const std::string& path) {
  std::error_code ec;
  return std::filesystem::read_symlink(path, ec).string();
}

// Each layer by what it leaves, also where another one would hide that it is missing.
TEST_F(OpenedSandbox, HostsAndTheProcessesOfTheirHelpersHaveLittle) {
  for (const std::string profile : {"compute", "exec", "network", "legacy"}) {
    SCOPED_TRACE(profile);
    Prison prison(profile);
    const Json told = Json::parse(prison.attempt("pid"));
    std::vector<std::string> pids = {told.get("returned").text()};
    // One for programs, which begins beside the host.
    const size_t more = profile == "exec" || profile == "legacy" ? 1 : 0;
    EXPECT_TRUE(eventually([&] { return descendants("stoq-helpers").size() == more; }));
    for (const TreeProcess& p : descendants("stoq-helpers")) pids.push_back(std::to_string(p.pid));
    const bool legacy = profile == "legacy", nets = legacy || profile == "network";
    for (const std::string& pid : pids) {
      // The last layer that it puts on.
      EXPECT_TRUE(eventually([&] { return status_of(pid, "Seccomp") == "2"; }));
      const uid_t user = legacy ? geteuid() : user_of_hosts();
      EXPECT_EQ(status_of(pid, "Uid"), std::to_string(user));
      for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"})
        EXPECT_EQ(status_of(pid, set), "0000000000000000") << set;
      EXPECT_EQ(status_of(pid, "NoNewPrivs"), "1");
      EXPECT_EQ(limit_of(pid, "Max core file size"), "0");
      EXPECT_EQ(limit_of(pid, "Max locked memory"), "0");
      if (!legacy) {
        EXPECT_EQ(limit_of(pid, "Max open files"), "256");
        EXPECT_EQ(limit_of(pid, "Max file size"), std::to_string(uint64_t{2} << 30));
        EXPECT_EQ(limit_of(pid, "Max processes"), status_of(pid, "Name") == "stoq-helpers" ? "12288"
                                                  : profile == "network"                   ? "8192"
                                                                         : "4096");
        // In a root of its own the kernel shows more of the path.
        EXPECT_TRUE(link("/proc/" + pid + "/fd/2").ends_with("/dev/null"));
      }
      for (const std::string kind : {"mnt", "ipc", "uts"})
        EXPECT_NE(link("/proc/" + pid + "/ns/" + kind), link("/proc/self/ns/" + kind)) << kind;
      EXPECT_EQ(link("/proc/" + pid + "/ns/net") == link("/proc/self/ns/net"), nets);
    }
  }
}

// Nobody could not even load it; without capabilities root has little more.
TEST_F(OpenedSandbox, HostsOfWhatRootAloneReachesAreRoots) {
  if (geteuid() != 0) GTEST_SKIP() << "only root's hosts can be somebody else's";
  if (user_of_hosts() == 0) GTEST_SKIP() << "root alone can reach this build";
  const TemporaryDirectory directory;
  const std::string plugins = copy_with_profile(directory, "escape", "compute");
  for (const mode_t mode : {0755, 0700}) {
    chmod(directory.path().c_str(), mode);
    StoqOptions o = quiet();
    o.plugin_dir_list = {plugins};
    Stoq s(std::move(o));
    const StoqResponse r = s.scan("pid", {.add_start_dispatch = {"escape"}});
    const Json* told = r.results.at(0).workers.at(0).find("escape");
    ASSERT_TRUE(told) << r.dumps();
    const std::string pid = Json::parse(told->text()).get("returned").text();
    EXPECT_EQ(status_of(pid, "Uid"), mode == 0755 ? "65534" : "0");
    EXPECT_EQ(status_of(pid, "CapEff"), "0000000000000000");
  }
}

// For each a template and a host, below the template that all come from.
TEST_F(OpenedSandbox, PluginsOfDifferentTrustShareNoHost) {
  StoqOptions o = quiet();
  o.plugin_dir_list = {STOQ_TEST_PLUGINS};
  Stoq s(std::move(o));
  const StoqResponse r = s.scan("pid", {.add_start_dispatch = {"escape", "hostile"}});
  for (const char* plugin : {"escape", "hostile"})
    EXPECT_TRUE(r.results.at(0).workers.at(0).find(plugin)) << r.dumps();
  EXPECT_TRUE(soon([&] { return descendants("stoq-host").size() == 5; }))
      << descendants("stoq-host").size();
}

TEST_F(OpenedSandbox, HostIsReplacedAfterItsCalls) {
  StoqOptions o = quiet({{"host_calls", "2"}});
  Prison prison("compute", {}, std::move(o));
  std::vector<std::string> pids;
  for (int i = 0; i < 6; ++i) pids.push_back(prison.attempt("pid"));
  for (int i = 0; i < 6; i += 2) {
    EXPECT_EQ(pids[i], pids[i + 1]);
    EXPECT_EQ(std::ranges::count(pids, pids[i]), 2) << pids[i];
  }
}

// One that dies is followed by one that was asked for ahead; there are never many of them.
TEST_F(OpenedSandbox, HostsThatAreAskedForAheadAreFew) {
  for (const char* isolation : {"process", "fresh"}) {
    Prison prison("compute", {{"isolation", isolation}});
    std::vector<std::string> pids;
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(prison.attempt("signal_group " + std::to_string(i)), trapped("kill"));
      pids.push_back(prison.attempt("pid"));
    }
    std::ranges::sort(pids);
    EXPECT_TRUE(std::ranges::unique(pids).empty()) << "a host that died answered again";
    const size_t most = 3 + std::max(2u, std::thread::hardware_concurrency()) + 1;
    EXPECT_TRUE(soon([&] { return descendants("stoq-host").size() <= most; })) << isolation;
  }
}

TEST(EarlyEnds, ArePausedAfterLongerAndLonger) {
  using std::chrono::milliseconds;
  EXPECT_EQ(HostGroup::pause_after(0), milliseconds(0));
  EXPECT_EQ(HostGroup::pause_after(7), milliseconds(0));
  EXPECT_EQ(HostGroup::pause_after(8), milliseconds(1));
  EXPECT_EQ(HostGroup::pause_after(12), milliseconds(16));
  EXPECT_EQ(HostGroup::pause_after(4'000'000'000), milliseconds(512));
}

TEST_F(OpenedSandbox, OnlyHostsThatNeverAnsweredArePausedAfter) {
  const auto deaths = [](int count, bool answers) {
    Prison prison("compute");
    const auto before = std::chrono::steady_clock::now();
    for (int i = 0; i < count; ++i) {
      if (answers) prison.attempt("pid");
      EXPECT_EQ(prison.attempt("signal_group " + std::to_string(i)), trapped("kill"));
    }
    return std::chrono::steady_clock::now() - before;
  };
  const auto paused = [](unsigned count) {
    std::chrono::milliseconds sum(0);
    for (unsigned i = 0; i < count; ++i) sum += HostGroup::pause_after(i);
    return sum;
  };
  EXPECT_GE(deaths(18, false), paused(18));
  EXPECT_LT(deaths(26, true), paused(26));
}

// What `tell` returns in a process on a machine without mounts and networks for it; "" where that
// cannot be had.
template <class Tell>
std::string on_a_poor_machine(const Tell& tell) {
  int ends[2];
  if (pipe(ends) != 0) return "";
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    const std::string user = "0 " + std::to_string(geteuid()) + " 1",
                      group = "0 " + std::to_string(getegid()) + " 1";
    if (unshare(CLONE_NEWUSER) != 0) _exit(1);
    for (const auto& [file, text] : {std::pair<std::string, std::string>{"setgroups", "deny"},
                                     {"uid_map", user},
                                     {"gid_map", group}})
      if (!(std::ofstream("/proc/self/" + file) << text << std::flush)) _exit(1);
    for (const char* kind : {"mnt", "net", "ipc", "uts"})
      if (!(std::ofstream("/proc/sys/user/max_" + std::string(kind) + "_namespaces")
            << 0 << std::flush))
        _exit(1);
    const std::string told = tell();
    _exit(write(ends[1], told.data(), told.size()) < 0);
  }
  close(ends[1]);
  std::string told(64 << 10, 0);
  size_t got = 0;
  for (ssize_t n; (n = read(ends[0], told.data() + got, told.size() - got)) > 0;)
    got += static_cast<size_t>(n);
  close(ends[0]);
  waitpid(child, nullptr, 0);
  told.resize(got);
  return told;
}

const std::string kLacking =
    "namespaces: No space left on device; private tmp with a quota: No space left on device";

TEST_F(OpenedSandbox, OfAPoorMachineIsToldOnce) {
  const std::string told = on_a_poor_machine([] {
    StoqOptions o = quiet();
    const auto log = std::make_shared<QuietSink>();
    o.log_sink = log;
    o.plugin_dir_list = {STOQ_TEST_PLUGINS};
    o.plugin_opts["echo_worker"] = {{"isolation", "process"}};
    Stoq s(std::move(o));
    s.load_plugin("escape");
    s.load_plugin("echo_worker");
    std::string lines;
    for (const std::string& line : log->lines)
      if (line.find("sandbox") != line.npos) lines += line + "\n";
    return lines;
  });
  if (told.empty()) GTEST_SKIP() << "this machine cannot be made to give less";
  EXPECT_EQ(
      told,
      "WARNING stoq: The sandbox of host processes is not whole on this machine: " + kLacking +
          " (stoq doctor tells more; sandbox = require in [core] makes this an error)\n");
}

TEST_F(OpenedSandbox, ThatIsRequiredIsAnError) {
  const std::string told = on_a_poor_machine([]() -> std::string {
    StoqOptions o = quiet({{"sandbox", "require"}});
    o.plugin_dir_list = {STOQ_TEST_PLUGINS};
    Stoq s(std::move(o));
    try {
      s.load_plugin("escape");
    } catch (const StoqPluginException& e) {
      return e.what();
    }
    return "nothing was refused";
  });
  if (told.empty()) GTEST_SKIP() << "this machine cannot be made to give less";
  EXPECT_EQ(told, "plugin 'escape' (" STOQ_TEST_PLUGINS
                  "/escape/escape.stoq) cannot be loaded: the sandbox is not whole on this "
                  "machine, and stoq.cfg says sandbox = require: " +
                      kLacking);
}

TEST_F(OpenedSandbox, HasItsTmpOnDiskWhereNothingCanBeMounted) {
  const TemporaryDirectory scratch;
  const std::string told = on_a_poor_machine([&] {
    setenv("TMPDIR", scratch.path().c_str(), 1);
    Prison prison("compute");
    return prison.attempt("write_tmp written") + "\n" +
           prison.attempt("write " + prison.outside("written"));
  });
  if (told.empty()) GTEST_SKIP() << "this machine cannot be made to give less";
  EXPECT_EQ(told, result("openat") + "\n" + result("openat", "EACCES"));
  EXPECT_TRUE(soon([&] {
    for (const std::string& name : names_in(scratch.path()))
      if (name.starts_with("stoq-host-")) return false;
    return true;
  })) << "the directory is gone with its host";
}

}  // namespace
}  // namespace stoq::test
