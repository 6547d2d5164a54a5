// SPDX-License-Identifier: Apache-2.0
//
// A plugin that runs helper programs, in this process and in hosts.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

#include "support/leftovers.h"
#include "support/objects.h"
#include "support/process_tree.h"

namespace stoq::test {
namespace {

class HelperPlugin : public testing::TestWithParam<const char*> {
 protected:
  std::unique_ptr<Stoq> engine(OptionMap options = {}) {
    StoqOptions o = quiet();
    o.plugin_dir_list = {STOQ_TEST_PLUGINS};
    o.always_dispatch = {"helper_user"};
    o.plugin_opts["helper_user"] = std::move(options);
    o.plugin_opts["helper_user"].try_emplace("isolation", GetParam());
    return std::make_unique<Stoq>(std::move(o));
  }
  static std::string result(const StoqResponse& r) {
    const Json* found = r.results.at(0).workers.at(0).find("helper_user");
    return found ? found->text() : "";
  }
  static std::string error(const StoqResponse& r) {
    const auto* errors = r.errors.find("helper_user");
    if (!errors || errors->size() != 1)
      return std::to_string(errors ? errors->size() : 0) + " errors";
    return errors->front().substr(0, errors->front().find(" ; payload"));
  }
  std::string refusal(OptionMap options) { return error(engine(std::move(options))->scan("x")); }

  const Leftovers leftovers;
};
INSTANTIATE_TEST_SUITE_P(Isolation, HelperPlugin, testing::Values("none", "process", "fresh"),
                         [](const auto& each) { return std::string(each.param); });

TEST_P(HelperPlugin, RunsAProgramOnAPayload) {
  const auto s = engine();
  EXPECT_EQ(result(s->scan("wc -c; echo $GIVEN >&2; head -c 5 /dev/fd/3; exit 9\n")),
            R"({"output": "52\nwc -c", "errors": "by the plugin\n", "status": 9})");
  EXPECT_EQ(result(s->scan("kill -9 $$")), R"({"output": "", "errors": "", "status": -9})");
}

TEST_P(HelperPlugin, PayloadsOfAnySizeComeByDescriptor) {
  const auto s = engine();
  for (const size_t size : {size_t{100}, size_t{64} << 10, (size_t{32} << 20) + 1}) {
    std::string payload = "head -c 4 /dev/fd/3; wc -c < /dev/fd/3; tail -c 3 /dev/fd/3; wc -c\n";
    payload.resize(size - 3, 'x');
    const std::string digits = std::to_string(size);
    EXPECT_EQ(result(s->scan(payload + "end")), "{\"output\": \"head" + digits + "\\nend" + digits +
                                                    "\\n\", \"errors\": \"\", \"status\": 0}");
  }
}

TEST_P(HelperPlugin, SaysWhatWentWrong) {
  const auto s = engine({{"milliseconds", "200"}, {"max_output", "1000"}});
  EXPECT_NE(error(s->scan("sleep 100")).find("sh did not give its answer in time"),
            std::string::npos);
  EXPECT_NE(error(s->scan("exec cat /dev/zero")).find("sh gave more than 1000 bytes"),
            std::string::npos);
  EXPECT_EQ(result(s->scan("echo fine")), R"({"output": "fine\n", "errors": "", "status": 0})");
  EXPECT_TRUE(soon([] { return descendants("sleep").empty() && descendants("cat").empty(); }));
}

TEST_P(HelperPlugin, StartsNoneWhileItIsLoaded) {
  const std::string text = refusal({{"eager", "yes"}});
  EXPECT_NE(text.find("helper programs cannot be started while the plugin is loaded; start them in "
                      "a call"),
            std::string::npos)
      << text;
}

TEST_P(HelperPlugin, AnOptionMayNameAnotherProgram) {
  EXPECT_EQ(result(engine({{"path", "/bin/bash"}})->scan("echo ${BASH_VERSION:+bash}")),
            R"({"output": "bash\n", "errors": "", "status": 0})");
  EXPECT_NE(refusal({{"path", "bash"}}).find("'bash' is not an absolute path; write it in full"),
            std::string::npos);
  EXPECT_NE(refusal({{"name", "gone"}})
                .find("cannot run /nonexistent/program: No such file or directory"),
            std::string::npos);
  EXPECT_NE(refusal({{"name", "other"}}).find("its manifest names no helper program 'other'"),
            std::string::npos);
}

// Killed by the engine, the host can end nothing itself. Those that are asked for ahead have a
// process for helpers too.
TEST_P(HelperPlugin, NoProgramOutlivesAKilledHost) {
  if (std::string(GetParam()) == "none") GTEST_SKIP() << "no deadline is enforced there";
  const auto s = engine({{"hold", "yes"}, {"deadline", "500ms"}});
  s->scan("x");
  EXPECT_TRUE(soon([] { return !descendants("stoq-helpers").empty(); }));
  const std::vector<TreeProcess> before = descendants("stoq-helpers");
  const std::string text = error(s->scan("sleep 1001 & setsid sleep 1002 & sleep 1003"));
  EXPECT_NE(text.find("it did not answer within 0.5 s and was killed"), std::string::npos) << text;
  EXPECT_TRUE(soon([&] {
    return descendants("sleep").empty() && descendants("sh").empty() &&
           std::ranges::none_of(descendants("stoq-helpers"), [&](const TreeProcess& now) {
             return std::ranges::any_of(
                 before, [&](const TreeProcess& then) { return then.pid == now.pid; });
           });
  }));
}

// With the engine itself killed, nothing is left either.
TEST_P(HelperPlugin, NoProgramOutlivesAKilledEngine) {
  const pid_t child = fork();
  if (child == 0) {
    engine({{"hold", "yes"}})->scan("sleep 1001 & sleep 1002");
    _exit(1);
  }
  EXPECT_TRUE(soon([] { return descendants("sleep").size() == 2; }));
  kill(child, SIGKILL);
  EXPECT_TRUE(soon([] { return descendants("sleep").empty(); }));
}

TEST_P(HelperPlugin, NothingPilesUp) {
  if (std::string(GetParam()) == "fresh") GTEST_SKIP() << "every call has a host of its own";
  const auto s = engine();
  s->scan("echo warm");
  const size_t descriptors = open_descriptors();
  const std::vector<TreeProcess> before = descendants();
  for (int i = 0; i < 100; ++i) s->scan("cat >/dev/null; sleep 0 & echo " + std::to_string(i));
  EXPECT_EQ(open_descriptors(), descriptors);
  EXPECT_EQ(descendants().size(), before.size());
  for (const TreeProcess& p : descendants()) EXPECT_NE(p.state, 'Z') << p.name;
  for (const TreeProcess& p : before) {
    const std::vector<TreeProcess> now = descendants(p.name);
    EXPECT_EQ(std::count_if(now.begin(), now.end(),
                            [&](const TreeProcess& q) {
                              return q.pid == p.pid && q.descriptors == p.descriptors;
                            }),
              1)
        << p.name;
  }
}

}  // namespace
}  // namespace stoq::test
