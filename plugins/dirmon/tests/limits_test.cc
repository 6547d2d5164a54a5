// SPDX-License-Identifier: Apache-2.0
//
// The limits of inotify, met for real: in a user namespace of its own, a process may lower them.
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "monitor.h"
#include "watched.h"

namespace stoq::plugins::dirmon {
namespace {

constexpr int kSkipped = 77;
constexpr char kReason[] = "no user namespace can be made here";

std::string now(const std::string& name) {
  std::string value;
  std::ifstream("/proc/sys/fs/inotify/" + name) >> value;
  return name + " (now " + value + ")";
}

// The answer of `body` in a process with this limit; "skipped" where none can be had.
template <class Body>
std::string with_limit(const std::string& name, const std::string& value, Body&& body) {
  TemporaryDirectory dir;
  const std::string answer = dir / "answer";
  const pid_t child = fork();
  if (child == 0) {
    if (unshare(CLONE_NEWUSER) != 0) _exit(kSkipped);
    std::ofstream limit("/proc/sys/user/" + name);
    if (!(limit << value << std::flush)) _exit(kSkipped);
    limit.close();
    std::ofstream(answer) << body();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kSkipped) return "skipped";
  return read_all(answer);
}

// With directories that cannot be watched looked into at once.
void watch(FakeEngine& engine, const std::string& directory) {
  engine.start([&engine, directory] {
    const sdk::Host host(engine.host());
    sdk::Call call(engine.call());
    Options options;
    options.source_dir = directory;
    options.recursive = true;
    Journal journal(host, "", directory, false);
    Items items(host, journal, directory);
    Timing timing;
    timing.unwatched = Timing::ms(100);
    Monitor(host, call, options, timing, journal, items).run();
  });
}

TEST(DirmonLimits, NoInstanceIsToBeHad) {
  const std::string answer = with_limit(
      "max_inotify_instances", "0", [] { return error_of<sdk::Error>([] { Inotify inotify; }); });
  if (answer == "skipped") GTEST_SKIP() << kReason;
  EXPECT_EQ(answer, "inotify is not to be had: Too many open files; raise the sysctl fs.inotify." +
                        now("max_user_instances") + ", or the limit of open files (ulimit -n)");
}

TEST(DirmonLimits, NotEvenTheDirectoryItselfCanBeWatched) {
  TemporaryDirectory dir;
  const std::string answer = with_limit("max_inotify_watches", "0", [&] {
    FakeEngine engine({"source_dir=" + dir.path()});
    engine.create();
    engine.ingest();
    return engine.raised;
  });
  if (answer == "skipped") GTEST_SKIP() << kReason;
  EXPECT_EQ(answer, "StoqPluginException: source_dir " + dir.path() +
                        " cannot be watched: no more directories can be watched by this user; "
                        "raise the sysctl fs.inotify." +
                        now("max_user_watches"));
}

TEST(DirmonLimits, DirectoriesThatCannotBeWatchedAreLookedInto) {
  TemporaryDirectory dir;
  std::filesystem::create_directories(dir / "one/two");
  const std::string answer = with_limit("max_inotify_watches", "1", [&] {
    FakeEngine engine({});
    watch(engine, dir.path());
    if (!engine.wait_watching()) return std::string("not watching");
    const std::string limited =
        dir /
            "one cannot be watched: no more directories can be watched by this user; raise the "
            "sysctl fs.inotify." +
        now("max_user_watches") + ". Until then all that cannot are looked into every 0 s";
    if (!engine.wait_log(limited)) return std::string("not told");
    dir.file("one/a", "1");
    dir.file("one/two/b", "2");
    if (!engine.wait_items(2)) return std::string("missed");
    // With room for all, they are watched.
    std::ofstream("/proc/sys/user/max_inotify_watches") << 100;
    dir.file("one/two/three/c", "3");
    if (!engine.wait_items(3)) return std::string("missed more");
    Lines contents = engine.contents();
    std::sort(contents.begin(), contents.end());
    return contents[0] + contents[1] + contents[2] + std::to_string(engine.log().size());
  });
  if (answer == "skipped") GTEST_SKIP() << kReason;
  EXPECT_EQ(answer, "1231");
}

TEST(DirmonLimits, ADirectoryThatCannotBeWatchedMayBeReplaced) {
  TemporaryDirectory dir, spare;
  constexpr int kDirectories = 8;
  const auto name = [](int i) { return "one/" + std::string(200, 'x') + std::to_string(i); };
  for (int i = 0; i < kDirectories; ++i) dir.file(name(i) + "/old");
  const std::string answer = with_limit("max_inotify_watches", "1", [&] {
    FakeEngine engine({});
    watch(engine, dir.path());
    if (!engine.wait_watching()) return std::string("not watching");
    Lines expected;
    for (int i = 0; i < kDirectories; ++i) {
      const std::string number = std::to_string(i);
      spare.file(number + "/new", number);  // made while the other one has its inode
      std::filesystem::remove_all(dir / name(i));
      std::filesystem::rename(spare / number, dir / name(i));
      expected.push_back(number);
    }
    if (!engine.wait_items(kDirectories)) return std::string("missed");
    Lines contents = engine.contents();
    std::sort(contents.begin(), contents.end());
    return contents == expected ? std::string("taken") : std::string("others");
  });
  if (answer == "skipped") GTEST_SKIP() << kReason;
  EXPECT_EQ(answer, "taken");
}

}  // namespace
}  // namespace stoq::plugins::dirmon
