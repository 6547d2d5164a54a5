// SPDX-License-Identifier: Apache-2.0
#include "walk.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>

#include "stoq/sdk/views.h"
#include "tests/support/temporary_directory.h"

namespace stoq::plugins::filedir {
namespace {

using namespace stoq::test;

using Lines = std::vector<std::string>;

// Notes what it is told, paths without the test's directory.
class Notes final : public Visitor {
 public:
  explicit Notes(const TemporaryDirectory& dir) : root(dir.path() + "/") {}

  bool file(Fd fd, const struct stat& st, const std::string& directory,
            const std::string& name) override {
    if (!S_ISREG(st.st_mode)) files.push_back("the stat of something else");
    if (fcntl(fd.get(), F_GETFD) != FD_CLOEXEC) files.push_back("a descriptor that is not its own");
    files.push_back(cut(directory + "/" + name));
    return files.size() < most;
  }
  void skipped(const std::string& path, std::string_view why) override {
    skips.push_back(cut(path) + ": " + std::string(why));
  }
  void unreadable(const std::string& path, std::string_view why) override {
    failures.push_back(cut(path) + ": " + std::string(why));
  }
  void hidden() override { ++dots; }
  void expected(uint64_t count) override { expects.push_back(count); }

  Lines files, skips, failures;
  std::vector<uint64_t> expects;
  size_t dots = 0, most = 1000000;

 private:
  std::string cut(const std::string& path) const {
    return path.starts_with(root) ? path.substr(root.size()) : path;
  }
  const std::string root;
};

Notes walked(const TemporaryDirectory& dir, WalkOptions options, const std::string& below = "") {
  Notes notes(dir);
  walk(below.empty() ? dir.path() : dir / below, options, notes);
  return notes;
}

TEST(FiledirWalk, FlatTakesSortedFilesWithoutDots) {
  TemporaryDirectory dir;
  for (const char* name : {"b", "a", "C", ".hidden", "sub/x", "\xff"}) dir.file(name);
  const Notes notes = walked(dir, {});
  EXPECT_EQ(notes.files, (Lines{"C", "a", "b", "\xff"}));
  EXPECT_EQ(notes.skips, Lines{"sub: it is a directory and recursive is off"});
  EXPECT_EQ(notes.dots, 1u);
  EXPECT_EQ(notes.failures, Lines{});
}

TEST(FiledirWalk, RecursiveTakesDotsAndGoesDownInOrder) {
  TemporaryDirectory dir;
  for (const char* name : {"z", "b/2", "b/1", "b/c/3", "a/x", ".git/config", "a-"}) dir.file(name);
  const Notes notes = walked(dir, {.recursive = true});
  EXPECT_EQ(notes.files, (Lines{"a-", "z", ".git/config", "a/x", "b/1", "b/2", "b/c/3"}));
  EXPECT_EQ(notes.skips, Lines{});
  EXPECT_EQ(notes.dots, 0u);
}

TEST(FiledirWalk, TellsAtOnceHowManyFilesThereAre) {
  using Counts = std::vector<uint64_t>;
  TemporaryDirectory dir;
  for (const char* name : {"b", "a", ".hidden", "sub/x", "sub/.dot", "sub/deep/y"}) dir.file(name);
  EXPECT_EQ(walked(dir, {}).expects, Counts{2});
  EXPECT_EQ(walked(dir, {.recursive = true}).expects, Counts{6});
  EXPECT_EQ(walked(dir, {}, "a").expects, Counts{1});
  EXPECT_EQ(walked(dir, {.batch = 2}).expects, Counts{}) << "it takes several passes to know";
}

TEST(FiledirWalk, SmallBatchesGiveTheSameOrder) {
  TemporaryDirectory dir;
  for (int i = 0; i < 40; ++i) {
    dir.file("f" + std::to_string(i * 7 % 40));
    dir.file("d" + std::to_string(i * 11 % 40) + "/" + std::to_string(i));
  }
  dir.file(".dot");
  for (const bool recursive : {false, true}) {
    const Notes whole = walked(dir, {.recursive = recursive});
    EXPECT_EQ(whole.files.size(), recursive ? 81u : 40u);
    for (const size_t batch : {1, 2, 3, 20, 40, 41, 80, 81}) {
      const Notes parts = walked(dir, {.recursive = recursive, .batch = batch});
      EXPECT_EQ(parts.files, whole.files) << batch;
      EXPECT_EQ(parts.skips, whole.skips) << batch;
      EXPECT_EQ(parts.dots, whole.dots) << batch;
    }
  }
}

TEST(FiledirWalk, LinksToFilesAreFollowedLinksToDirectoriesAreNot) {
  TemporaryDirectory dir;
  dir.file("other/file");
  dir.file("source/real");
  std::filesystem::create_symlink(dir / "other/file", dir / "source/link");
  std::filesystem::create_directory_symlink(dir / "other", dir / "source/dirlink");
  std::filesystem::create_symlink("nowhere", dir / "source/dangling");
  const Notes flat = walked(dir, {}, "source");
  EXPECT_EQ(flat.files, (Lines{"source/link", "source/real"}));
  EXPECT_EQ(flat.skips, Lines{"source/dirlink: it is a link to a directory and recursive is off"});
  EXPECT_EQ(flat.failures, Lines{"source/dangling: No such file or directory"});
  const Notes deep = walked(dir, {.recursive = true}, "source");
  EXPECT_EQ(deep.files, (Lines{"source/link", "source/real"}));
  EXPECT_EQ(deep.skips, Lines{"source/dirlink: it is a link to a directory"});
  EXPECT_EQ(deep.failures, flat.failures);
}

TEST(FiledirWalk, NamesWhatIsNoRegularFile) {
  TemporaryDirectory dir;
  ASSERT_EQ(mkfifo((dir / "fifo").c_str(), 0600), 0);
  std::filesystem::create_symlink("fifo", dir / "fifolink");
  std::filesystem::create_symlink("/dev/null", dir / "null");
  const Fd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, (dir / "socket").c_str());
  ASSERT_EQ(bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const Notes notes = walked(dir, {.recursive = true});
  EXPECT_EQ(notes.files, Lines{});
  EXPECT_EQ(notes.skips, (Lines{"fifo: it is a FIFO", "fifolink: it is a link to a FIFO",
                                "null: it is a link to a device", "socket: it is a socket"}));
}

TEST(FiledirWalk, TheSourceMayBeOneFile) {
  TemporaryDirectory dir;
  dir.file("sub/.one");
  EXPECT_EQ(walked(dir, {}, "sub/.one").files, Lines{"sub/.one"});
}

TEST(FiledirWalk, RefusesASourceThatCannotBeRead) {
  TemporaryDirectory dir;
  ASSERT_EQ(mkfifo((dir / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(error_of<sdk::Error>([&] { walked(dir, {}, "none"); }),
            "source_dir " + dir / "none" +
                " cannot be read: No such file or directory; point source_dir to a file or "
                "directory that can");
  EXPECT_EQ(error_of<sdk::Error>([&] { walked(dir, {}, "fifo"); }),
            "source_dir " + dir / "fifo" +
                " cannot be read: it is a FIFO; point source_dir to a file or directory that can");
}

TEST(FiledirWalk, StopsWhenTold) {
  TemporaryDirectory dir;
  for (const char* name : {"a", "b", "c/d", "e/f"}) dir.file(name);
  for (size_t most = 1; most <= 4; ++most) {
    Notes notes(dir);
    notes.most = most;
    walk(dir.path(), {.recursive = true}, notes);
    EXPECT_EQ(notes.files.size(), most);
  }
}

TEST(FiledirWalk, DeepTreesNeedNoDescriptorPerLevel) {
  TemporaryDirectory dir;
  std::string name;
  for (int level = 0; level < 400; ++level) name += "d/";
  dir.file(name + "file");
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit few{64, before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &few);
  const Notes notes = walked(dir, {.recursive = true});
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(notes.files, Lines{name + "file"});
  EXPECT_EQ(notes.failures, Lines{});
}

TEST(FiledirWalk, PathsThatAreTooLongAreSaid) {
  TemporaryDirectory dir;
  const std::string part(250, 'p');
  const std::filesystem::path home = std::filesystem::current_path();
  std::filesystem::current_path(dir.path());
  for (int level = 0; level < 17; ++level) {
    std::filesystem::create_directory(part);
    std::filesystem::current_path(part);
  }
  std::ofstream("file") << "x";
  std::filesystem::current_path(home);
  const Notes notes = walked(dir, {.recursive = true});
  EXPECT_EQ(notes.files, Lines{});
  ASSERT_EQ(notes.failures.size(), 1u);
  EXPECT_TRUE(notes.failures[0].ends_with("pp: File name too long")) << notes.failures[0];
}

TEST(FiledirWalk, SaysWhenNoDescriptorIsLeft) {
  TemporaryDirectory dir;
  dir.file("file");
  std::vector<Fd> all;
  Notes notes(dir);
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit few{40, before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &few);
  for (;;) {
    Fd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!fd) break;
    all.push_back(std::move(fd));
  }
  all.pop_back();  // for the directory, but not for its listing
  walk(dir.path(), {}, notes);
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(notes.files, Lines{});
  EXPECT_EQ(notes.failures, Lines{dir.path() + ": Too many open files"});
}

}  // namespace
}  // namespace stoq::plugins::filedir
