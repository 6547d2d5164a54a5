// SPDX-License-Identifier: Apache-2.0
#include "root.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <thread>

#include "files/tests/without_rights.h"
#include "tests/support/temporary_directory.h"

namespace stoq::plugins::dirmon {
namespace {

using namespace stoq::test;

TEST(DirmonRoot, OpensRegularFilesOnly) {
  TemporaryDirectory dir;
  dir.file("a/file");
  mkfifo((dir / "fifo").c_str(), 0600);
  Root root(false);
  ASSERT_EQ(root.open(dir.path()), 0);
  EXPECT_TRUE(root.open_file("a/file").fd);
  const Opened fifo = root.open_file("fifo"), directory = root.open_file("a");
  EXPECT_FALSE(fifo.fd);
  EXPECT_EQ(fifo.error, 0);
  EXPECT_TRUE(S_ISFIFO(fifo.st.st_mode));
  EXPECT_TRUE(S_ISDIR(directory.st.st_mode));
  EXPECT_EQ(root.open_file("none").error, ENOENT);
  EXPECT_TRUE(root.open_directory("a"));
  EXPECT_TRUE(root.open_directory(""));
  EXPECT_FALSE(root.open_directory("a/file"));
}

TEST(DirmonRoot, LinksLeadOutOnlyWhenTheyMay) {
  TemporaryDirectory dir, outside;
  dir.file("a/file", "inside");
  outside.file("secret");
  std::filesystem::create_symlink("a/file", dir / "in");
  std::filesystem::create_symlink(outside / "secret", dir / "out");
  std::filesystem::create_symlink(outside.path(), dir / "door");
  std::filesystem::create_symlink("nowhere", dir / "dangling");
  Root strict(false), free(true);
  strict.open(dir.path());
  free.open(dir.path());
  EXPECT_TRUE(strict.open_file("in").fd);
  const Opened out = strict.open_file("out");
  EXPECT_FALSE(out.fd);
  EXPECT_TRUE(out.link);
  EXPECT_EQ(out.error, EXDEV);
  EXPECT_EQ(strict.open_file("door/secret").error, EXDEV);
  EXPECT_EQ(strict.open_file("dangling").error, ENOENT);
  EXPECT_TRUE(free.open_file("out").fd);
  EXPECT_FALSE(free.open_directory("door"));
}

TEST(DirmonRoot, KnowsWhetherItIsStillThere) {
  TemporaryDirectory dir;
  const std::string path = dir / "root";
  Root root(false);
  EXPECT_EQ(root.open(path), ENOENT);
  std::filesystem::create_directory(path);
  ASSERT_EQ(root.open(path), 0);
  EXPECT_TRUE(root.still_at(path));
  std::filesystem::rename(path, dir / "moved");
  EXPECT_FALSE(root.still_at(path));
  std::filesystem::create_directory(path);
  EXPECT_FALSE(root.still_at(path));
}

TEST(DirmonRoot, SeesWhoWrites) {
  TemporaryDirectory dir;
  const std::string path = dir.file("file");
  const Fd fd(open(path.c_str(), O_RDONLY)), other(open(path.c_str(), O_RDONLY));
  if (writers_of(fd.get()) == Writers::unknown) GTEST_SKIP() << "no leases on this file system";
  EXPECT_EQ(writers_of(fd.get()), Writers::none);
  {
    const Fd writer(open(path.c_str(), O_WRONLY));
    EXPECT_EQ(writers_of(fd.get()), Writers::some);
  }
  EXPECT_EQ(writers_of(fd.get()), Writers::none);
}

TEST(DirmonRoot, OfTheFilesOfOthersItIsNotTold) {
  TemporaryDirectory dir;
  const std::string path = dir.file("file");
  if (chown(path.c_str(), 1, 1) != 0) GTEST_SKIP() << "only root can give a file away";
  const Fd fd(open(path.c_str(), O_RDONLY));
  std::jthread([&] {
    ASSERT_TRUE(files::without_rights_over_others());
    EXPECT_EQ(writers_of(fd.get()), Writers::unknown);
  });
}

}  // namespace
}  // namespace stoq::plugins::dirmon
