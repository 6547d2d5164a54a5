// SPDX-License-Identifier: Apache-2.0
//
// What is said of a sandbox that is asked for wrongly, or that this machine cannot give.
#include "sandbox/spec.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "core/places.h"
#include "host/template_client.h"
#include "sandbox/filter.h"
#include "support/objects.h"
#include "support/temporary_directory.h"

namespace stoq {
namespace {

const std::string kPlugins = STOQ_TEST_PLUGINS;

std::string refusal(const std::string& option, const std::string& value) {
  StoqOptions o = test::quiet();
  o.plugin_dir_list = {kPlugins};
  o.plugin_opts["escape"] = {{option, value}};
  Stoq s(std::move(o));
  try {
    s.load_plugin("escape");
  } catch (const StoqPluginException& e) {
    return e.what();
  }
  return "";
}

const std::string kCannot =
    "plugin 'escape' (" + kPlugins + "/escape/escape.stoq) cannot be loaded: ";

TEST(Sandbox, IsOpenedByNamesThatThereAre) {
  EXPECT_EQ(
      refusal("sandbox_calls", "socket, frobnicate"),
      kCannot +
          "plugin_opts: option 'sandbox_calls' of plugin 'escape': this kernel has no system call "
          "'frobnicate'");
  EXPECT_EQ(refusal("sandbox_write", "results"),
            kCannot +
                "plugin_opts: option 'sandbox_write' of plugin 'escape': results is not an "
                "absolute path; "
                "write it in full");
  EXPECT_EQ(refusal("sandbox_ports", "443, https"),
            kCannot +
                "plugin_opts: option 'sandbox_ports' of plugin 'escape': 'https' is no TCP port; "
                "write a number from 1 to 65535");
  EXPECT_EQ(refusal("sandbox_calls", "socket"), "");
}

TEST(Sandbox, SaysWhereInStoqCfg) {
  const test::TemporaryDirectory home;
  StoqOptions o = test::quiet();
  o.plugin_dir_list = {kPlugins};
  o.config_file = home.file("stoq.cfg", "[escape]\nsandbox_read = /srv\nsandbox_write = srv\n");
  Stoq s(std::move(o));
  try {
    s.load_plugin("escape");
    FAIL();
  } catch (const StoqPluginException& e) {
    EXPECT_EQ(e.what(), kCannot + home.path() +
                            "/stoq.cfg:3: option 'sandbox_write' of plugin 'escape': srv is not an "
                            "absolute path; write it in full");
  }
}

TEST(Sandbox, SpecCrossesToTheTemplate) {
  sandbox::Spec spec;
  spec.confined = spec.network = true;
  spec.profile = config::Profile::exec;
  spec.memory = 1, spec.tmp = 2, spec.tmp_place = "/t";
  spec.read = {"/r"}, spec.write = {"/w", "/v"}, spec.calls = {"socket"};
  spec.environment = {"HOME=/"};
  spec.ports = {443, 65535};
  EXPECT_EQ(sandbox::decode(sandbox::encode(spec)), spec);
}

// For kernels whose Landlock does not see to it.
TEST(Sandbox, ProgramsOfHelpersSignalNobody) {
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    sandbox::refuse_signals();
    const pid_t engine = getppid();
    const auto refused = [](long returned) { return returned == -1 && errno == EPERM; };
    const bool all = refused(syscall(SYS_kill, engine, 0)) &&
                     refused(syscall(SYS_tkill, engine, 0)) &&
                     refused(syscall(SYS_tgkill, engine, engine, 0)) &&
                     refused(syscall(SYS_rt_sigqueueinfo, engine, 0, nullptr)) &&
                     refused(syscall(SYS_rt_tgsigqueueinfo, engine, engine, 0, nullptr)) &&
                     refused(syscall(SYS_pidfd_send_signal, -1, 0, nullptr, 0));
    _exit(all && getppid() == engine ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(Sandbox, WhatItLacksIsNamed) {
  const auto confine = [](const sandbox::Spec& spec) {
    const auto root = TemplateClient::start(host_program());
    return root->fork()->confine(spec);
  };
  sandbox::Spec spec;
  EXPECT_EQ(confine(spec), sandbox::Missing{}) << "nothing is asked for";
  spec.confined = true;
  spec.tmp_place = "/nonexistent/place";
  const sandbox::Missing missing = confine(spec);
  EXPECT_TRUE(std::ranges::any_of(missing, [](const std::string& line) {
    return line.starts_with("private tmp with a quota: ");
  }));
}

}  // namespace
}  // namespace stoq
