// SPDX-License-Identifier: Apache-2.0
//
// Helper programs and what can be said to them, without a plugin around.
#include "host/helper_session.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <thread>

#include "stoq/abi/helper.h"
#include "stoq/exceptions.h"
#include "support/leftovers.h"
#include "support/process_tree.h"

namespace stoq::test {
namespace {

class Helpers : public testing::TestWithParam<HelperServer> {
 protected:
  Helpers() { processes.settle(); }

  HelperProgram sh(std::string script) { return {.name = "sh", .arguments = {"-c", script}}; }
  HelperSession start(const HelperProgram& program, uint64_t most = 1 << 20) {
    return HelperSession(processes, program, most, 1000);
  }

  const Leftovers leftovers;
  HelperProcesses processes{{{"sh", "/bin/sh"}, {"cat", "/bin/cat"}}, GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Both, Helpers,
                         testing::Values(HelperServer::forked, HelperServer::started),
                         [](const auto& each) {
                           return each.param == HelperServer::forked ? "Forked" : "Started";
                         });

Bytes bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string problem(const std::function<void()>& body, int status) {
  try {
    body();
  } catch (const HelperProblem& e) {
    EXPECT_EQ(e.status, status) << e.what();
    return e.what();
  } catch (const StoqException& e) {
    EXPECT_EQ(status, STOQ_HELPER_FAILED);
    return e.what();
  }
  return "no problem";
}

TEST_P(Helpers, AnswersOnOpenPipesAgainAndAgain) {
  HelperSession session = start(sh("while read -r line; do echo \"<$line>\"; echo .; done"));
  for (const char* word : {"one", "two", "three"}) {
    session.write(bytes(std::string(word) + "\n"), 5000);
    EXPECT_EQ(session.read_until("\n.\n", 5000), "<" + std::string(word) + ">");
  }
  session.close_input();
  EXPECT_EQ(session.wait(5000), 0);
}

TEST_P(Helpers, ReadsPartsAndTheRest) {
  HelperSession session = start(sh("printf abcdef; printf tail"));
  EXPECT_EQ(session.wait(5000), 0);
  EXPECT_EQ(session.read(4, 0), "abcd");
  EXPECT_EQ(session.read_until("f", 0), "e");
  EXPECT_EQ(session.read_until("", 0), "tail");
  EXPECT_EQ(session.read_until("", 0), "");
  EXPECT_EQ(problem([&] { session.read(1, 0); }, STOQ_HELPER_ENDED), "sh has ended its output");
  EXPECT_EQ(problem([&] { session.read_until("x", 0); }, STOQ_HELPER_ENDED),
            "sh has ended its output");
}

TEST_P(Helpers, ADelimiterMayComeInPieces) {
  HelperSession session = start(sh("printf 'a{rea'; sleep 0.1; printf 'dy}\\nb{ready}\\n'"));
  EXPECT_EQ(session.read_until("{ready}\n", 5000), "a");
  EXPECT_EQ(session.read_until("{ready}\n", 5000), "b");
}

TEST_P(Helpers, MuchInputAndMuchOutputAtOnce) {
  const std::string much(1 << 20, 'm');
  HelperSession session = start({.name = "cat"}, 2 << 20);
  session.write(bytes(much), 20'000);
  session.close_input();
  EXPECT_TRUE(session.read_until("", 20'000) == much);
  EXPECT_EQ(session.wait(5000), 0);
}

TEST_P(Helpers, OutputIsBounded) {
  HelperSession session = start(sh("cat /dev/zero"), 100'000);
  const auto reading = [&] { session.read_until("never", 20'000); };
  EXPECT_EQ(problem(reading, STOQ_HELPER_LONG), "sh gave more than 100000 bytes");
  EXPECT_EQ(session.read(1, 0).size(), 1u);  // what is there can still be had
}

TEST_P(Helpers, ErrorOutputIsBoundedAndItsEndIsKept) {
  HelperSession session =
      start(sh("i=0; while [ $i -lt 5000 ]; do echo $i; i=$((i+1)); done >&2; echo last >&2"));
  EXPECT_EQ(session.wait(20'000), 0);
  EXPECT_EQ(session.errors().size(), 1000u);
  EXPECT_TRUE(session.errors().ends_with("\n4999\nlast\n"));
  session.forget_errors();
  EXPECT_EQ(session.errors(), "");
}

TEST_P(Helpers, NothingWaitsForEver) {
  HelperSession session = start(sh("sleep 1000"));
  const std::string much(1 << 20, 'm');
  EXPECT_EQ(problem([&] { session.read(1, 50); }, STOQ_HELPER_LATE),
            "sh did not give output in time");
  EXPECT_EQ(problem([&] { session.read_until("x", 50); }, STOQ_HELPER_LATE),
            "sh did not give its answer in time");
  EXPECT_EQ(problem([&] { session.write(bytes(much), 50); }, STOQ_HELPER_LATE),
            "sh did not take its input in time");
  EXPECT_EQ(problem([&] { session.wait(50); }, STOQ_HELPER_LATE), "sh did not end in time");
}

TEST_P(Helpers, AFloodIsLateToo) {
  HelperSession session = start(sh("cat /dev/zero >&2"));
  EXPECT_EQ(problem([&] { session.read(1, 200); }, STOQ_HELPER_LATE),
            "sh did not give output in time");
}

TEST_P(Helpers, WritingToAnEndedProgramRaisesNoSignal) {
  const auto before = std::signal(SIGPIPE, SIG_DFL);
  HelperSession session = start(sh("exit 7"));
  EXPECT_EQ(session.wait(5000), 7);
  EXPECT_EQ(problem([&] { session.write(bytes("x"), 1000); }, STOQ_HELPER_ENDED),
            "sh reads no more input");
  session.close_input();
  EXPECT_EQ(problem([&] { session.write(bytes("x"), 1000); }, STOQ_HELPER_ENDED),
            "sh's input is closed");
  std::signal(SIGPIPE, before);
}

TEST_P(Helpers, TellsHowItEnded) {
  EXPECT_EQ(start(sh("kill -SEGV $$")).wait(5000), -SIGSEGV);
  EXPECT_EQ(start(sh("exit 42")).wait(5000), 42);
  const auto before = std::signal(SIGPIPE, SIG_IGN);  // as hosts do; programs do not inherit it
  EXPECT_EQ(start(sh("kill -PIPE $$")).wait(5000), -SIGPIPE);
  std::signal(SIGPIPE, before);
}

TEST_P(Helpers, CleanSurroundings) {
  setenv("STOQ_SECRET", "leaks", 1);
  const int leak = open("/dev/null", O_RDONLY);  // without close-on-exec
  HelperProgram program =
      sh("env | sort; pwd; umask; ls /proc/self/fd | tr '\n' ' '; "
         "grep -E '^(NoNewPrivs|SigBlk)' /proc/self/status; ulimit -c");
  program.environment = {"LANG=C", "OWN=1"};
  HelperSession session = start(program);
  EXPECT_EQ(session.read_until("", 5000),
            "LANG=C\nOWN=1\nPATH=/usr/bin:/bin\nPWD=/\n" +
                (getenv("TZ") ? "TZ=" + std::string(getenv("TZ")) + "\n" : std::string()) +
                "/\n0077\n0 1 2 3 SigBlk:\t0000000000000000\nNoNewPrivs:\t1\n0\n");  // 3 is ls' own
  close(leak);
  unsetenv("STOQ_SECRET");
}

TEST_P(Helpers, DescriptorsAreHandedOverInOrder) {
  const Fd a = wire::memory_file("a", "first"), b = wire::memory_file("b", "second");
  HelperProgram program = sh("cat /proc/self/fd/4 /dev/fd/3 /dev/fd/5; ls /proc/self/fd | wc -l");
  program.fds = {a.get(), b.get(), a.get()};
  HelperSession session = start(program);
  EXPECT_EQ(session.read_until("", 5000), "secondfirstfirst7\n");  // with ls' own
}

TEST_P(Helpers, DirectoryAndFailures) {
  HelperProgram program = sh("pwd");
  program.directory = "/usr/share";
  EXPECT_EQ(start(program).read_until("", 5000), "/usr/share\n");
  program.directory = "/nonexistent";
  EXPECT_EQ(problem([&] { start(program); }, STOQ_HELPER_FAILED),
            "cannot start /bin/sh: No such file or directory");
  EXPECT_EQ(problem([&] { start({.name = "bash"}); }, STOQ_HELPER_FAILED),
            "its manifest names no helper program 'bash'; add it to `helpers` in section [engine]");
}

TEST_P(Helpers, TheWholeGroupEndsWithTheSession) {
  {
    HelperSession session = start(sh("sleep 1001 & setsid sleep 1002 & echo started; sleep 1003"));
    EXPECT_EQ(session.read_until("\n", 5000), "started");
    EXPECT_TRUE(soon([] { return descendants("sleep").size() == 3; }));
  }
  EXPECT_TRUE(
      soon([] { return descendants("sleep").empty(); }));  // also the one that left the group
  EXPECT_TRUE(soon([] { return descendants("sh").empty(); }));
}

TEST_P(Helpers, AnEndedServerIsReplacedAndTakesItsProgramsAlong) {
  HelperSession first = start(sh("echo up; exec sleep 1000"));
  EXPECT_EQ(first.read_until("\n", 5000), "up");
  const std::vector<TreeProcess> servers = descendants("stoq-helpers");
  ASSERT_EQ(servers.size(), 1u);
  kill(servers[0].pid, SIGKILL);
  EXPECT_EQ(problem([&] { first.read(1, 5000); }, STOQ_HELPER_ENDED), "sh has ended its output");
  EXPECT_EQ(problem([&] { first.wait(5000); }, STOQ_HELPER_FAILED), "how sh ended is not known");
  EXPECT_EQ(start(sh("echo again")).read_until("", 5000), "again\n");
}

TEST_P(Helpers, SeveralThreadsAtOnce) {
  std::vector<std::thread> threads;
  for (int n = 0; n < 4; ++n)
    threads.emplace_back([this, n] {
      for (int i = 0; i < 10; ++i) {
        const std::string word = std::to_string(n * 100 + i);
        HelperSession session = start(sh("read -r word; echo $word"));
        session.write(bytes(word + "\n"), 20'000);
        EXPECT_EQ(session.read_until("", 20'000), word + "\n");
        EXPECT_EQ(session.wait(20'000), 0);
      }
    });
  for (std::thread& thread : threads) thread.join();
}

// A program outlives the thread that has asked for it.
TEST_P(Helpers, TheThreadThatStartedItMayEnd) {
  std::unique_ptr<HelperSession> session;
  std::thread([&] {
    session = std::make_unique<HelperSession>(processes, HelperProgram{.name = "cat"}, 100, 100);
  }).join();
  session->write(bytes("x\n"), 5000);
  EXPECT_EQ(session->read_until("\n", 5000), "x");
}

TEST(HelperPlaces, AreLookedAt) {
  HelperProcesses p({{"sh", "/bin/sh"}, {"gone", "/nonexistent/x"}}, HelperServer::forked);
  EXPECT_EQ(p.locate("sh", {}), "/bin/sh");
  const auto why = [&](const char* name, const char* path) {
    return problem([&] { p.locate(name, path); }, STOQ_HELPER_FAILED);
  };
  EXPECT_EQ(why("gone", ""), "cannot run /nonexistent/x: No such file or directory");
  EXPECT_EQ(why("sh", "sh"), "'sh' is not an absolute path; write it in full");
  EXPECT_EQ(why("sh", "/etc/passwd"), "cannot run /etc/passwd: Permission denied");
  EXPECT_EQ(why("sh", "/usr"), "cannot run /usr: it is no file");
  EXPECT_EQ(p.locate("gone", "/bin/cat"), "/bin/cat");
  EXPECT_EQ(problem([&] { p.start({.name = "gone"}); }, STOQ_HELPER_FAILED),
            "helper programs cannot be started while the plugin is loaded; start them in a call");
  p.settle();
  EXPECT_EQ(p.locate("gone", "/bin/cat"), "/bin/cat");
  EXPECT_EQ(why("gone", "/bin/sh"), "where 'gone' lies is settled while the plugin is loaded");
}

}  // namespace
}  // namespace stoq::test
