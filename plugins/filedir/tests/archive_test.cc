// SPDX-License-Identifier: Apache-2.0
#include "archive.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <thread>

#include "files/tests/without_rights.h"
#include "stoq/sdk/views.h"
#include "tests/support/temporary_directory.h"

namespace {

std::mutex flushed_mutex;
std::set<ino_t> flushed;  // by fsync

}  // namespace

int fsync(int fd) {
  struct stat st {};
  fstat(fd, &st);
  const std::lock_guard lock(flushed_mutex);
  flushed.insert(st.st_ino);
  return static_cast<int>(syscall(SYS_fsync, fd));
}

namespace stoq::plugins::filedir {
namespace {

using namespace stoq::test;

constexpr std::string_view kSha1OfHello = "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d";

std::span<const uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string content_of(const Fd& fd) {
  char text[100];
  const ssize_t n = read(fd.get(), text, sizeof text);
  return n < 0 ? "unreadable" : std::string(text, static_cast<size_t>(n));
}

std::string refusal(const Archive& archive, const std::string& path) {
  return error_of<sdk::Error>([&] { archive.open(path); });
}

TEST(FiledirArchive, DigestPathIsFiveDirectories) {
  EXPECT_EQ(digest_path(kSha1OfHello), "a/a/f/4/c");
}

TEST(FiledirArchive, KeepsUnderTheSha1) {
  TemporaryDirectory dir;
  Archive archive({.archive_dir = dir / "archive"});
  const std::string path = archive.keep(bytes("hello"), "payload-id");
  EXPECT_EQ(path, dir / ("archive/a/a/f/4/c/" + std::string(kSha1OfHello)));
  EXPECT_EQ(read_all(path), "hello");
  EXPECT_EQ(content_of(archive.open(path)), "hello");
}

TEST(FiledirArchive, KeepsAnEmptyPayload) {
  TemporaryDirectory dir;
  Archive archive({.archive_dir = dir.path()});
  EXPECT_EQ(archive.keep({}, "id"), dir / "d/a/3/9/a/da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

TEST(FiledirArchive, KeepsUnderThePayloadIdAndTheDate) {
  TemporaryDirectory dir;
  Archive plain({.archive_dir = dir.path(), .use_sha = false});
  EXPECT_EQ(plain.keep(bytes("hello"), "payload-id"), dir / "payload-id");
  Archive dated({.archive_dir = dir.path(), .date = DateFormat("day/x"), .use_sha = false});
  EXPECT_EQ(dated.keep(bytes("hello"), "payload-id"), dir / "day/x/payload-id");
  Archive both({.archive_dir = dir.path(), .date = DateFormat("day/x"), .use_sha = true});
  EXPECT_EQ(both.keep(bytes("hello"), "id"), dir / ("a/a/f/4/c/" + std::string(kSha1OfHello)));
}

TEST(FiledirArchive, AFileThatIsThereStays) {
  TemporaryDirectory dir;
  Archive archive({.archive_dir = dir.path()});
  const std::string path = archive.keep(bytes("hello"), "id");
  const auto written = std::filesystem::last_write_time(path);
  std::filesystem::last_write_time(path, written - std::chrono::hours(1));
  EXPECT_EQ(archive.keep(bytes("hello"), "id"), path);
  EXPECT_EQ(std::filesystem::last_write_time(path), written - std::chrono::hours(1));
}

TEST(FiledirArchive, ManyThreadsKeepTheSameContent) {
  TemporaryDirectory dir;
  Archive archive({.archive_dir = dir.path()});
  std::vector<std::string> paths(8);
  {
    std::vector<std::jthread> threads;
    for (std::string& path : paths)
      threads.emplace_back([&] { path = archive.keep(bytes("hello"), "id"); });
  }
  EXPECT_EQ(std::count(paths.begin(), paths.end(), paths.front()), 8);
  EXPECT_EQ(names_in(dir / "a/a/f/4/c").size(), 1u) << "a temporary file was left";
}

TEST(FiledirArchive, SaysWhenAnotherContentHasThatName) {
  TemporaryDirectory dir;
  Archive archive({.archive_dir = dir.path()});
  const std::string path = dir.file("a/a/f/4/c/" + std::string(kSha1OfHello), "hell");
  EXPECT_EQ(error_of<sdk::Error>([&] { archive.keep(bytes("hello"), "id"); }),
            path +
                " exists with another content (4 bytes instead of 5); move it away to archive this "
                "payload");
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  EXPECT_EQ(error_of<sdk::Error>([&] { archive.keep(bytes("hello"), "id"); }),
            path + " exists and is no regular file; move it away, or point archive_dir elsewhere");
}

TEST(FiledirArchive, SaysWhenAnotherContentOfThatSizeHasThatName) {
  TemporaryDirectory dir;
  Archive archive({.archive_dir = dir.path()});
  const std::string path = dir.file("a/a/f/4/c/" + std::string(kSha1OfHello), "hullo");
  EXPECT_EQ(error_of<sdk::Error>([&] { archive.keep(bytes("hello"), "id"); }),
            path +
                " exists with another content of the same size; move it away to archive this "
                "payload");
  EXPECT_EQ(read_all(path), "hullo");
  // A difference at the end of a long one.
  const std::string text(200'000, 'x');
  const std::string kept = archive.keep(bytes(text), "id");
  EXPECT_EQ(archive.keep(bytes(text), "id"), kept);
  std::ofstream(kept) << text.substr(1) << 'y';
  EXPECT_NE(error_of<sdk::Error>([&] { archive.keep(bytes(text), "id"); }), "");
}

TEST(FiledirArchive, SaysWhenItCannotBeReadWhatHasThatName) {
  TemporaryDirectory dir;
  Archive archive({.archive_dir = dir.path()});
  const std::string path = archive.keep(bytes("hello"), "id");
  ASSERT_EQ(chmod(path.c_str(), 0), 0);
  std::jthread([&] {
    ASSERT_TRUE(geteuid() != 0 || files::without_rights_over_others());
    EXPECT_EQ(error_of<sdk::Error>([&] { archive.keep(bytes("hello"), "id"); }),
              path +
                  " exists and cannot be read: Permission denied; make it readable for this user, "
                  "or move it away");
  });
}

TEST(FiledirArchive, DurablyAFileThatIsThereIsOnTheDisk) {
  for (const bool durable : {false, true}) {
    TemporaryDirectory dir;
    Archive archive({.archive_dir = dir.path(), .durable = durable});
    const std::string path = dir.file("a/a/f/4/c/" + std::string(kSha1OfHello), "hello");
    flushed.clear();
    EXPECT_EQ(archive.keep(bytes("hello"), "id"), path);
    std::set<ino_t> expected;
    for (std::filesystem::path at = path; durable; at = at.parent_path()) {
      struct stat st {};
      ASSERT_EQ(stat(at.c_str(), &st), 0);
      expected.insert(st.st_ino);
      if (at == dir.path()) break;
    }
    EXPECT_EQ(flushed, expected);
  }
}

TEST(FiledirArchive, RefusesADirectoryThatNoResultCouldName) {
  TemporaryDirectory dir;
  Archive archive({.archive_dir = dir / "caf\xe9"});
  EXPECT_EQ(error_of<sdk::Error>([&] { archive.keep(bytes("hello"), "id"); }),
            "archive_dir " + dir / "café" +
                " is not UTF-8, so that no result could name a file in it; choose another");
}

TEST(FiledirArchive, OpensOnlyBelowItsDirectory) {
  TemporaryDirectory dir;
  const std::string secret = dir.file("secret");
  dir.file("archive/kept");
  dir.file("archive2/kept");
  std::filesystem::create_symlink(secret, dir / "archive/link");
  std::filesystem::create_directory_symlink(dir.path(), dir / "archive/up");
  ASSERT_EQ(mkfifo((dir / "archive/fifo").c_str(), 0600), 0);
  const Archive archive({.archive_dir = dir / "archive"});
  EXPECT_EQ(content_of(archive.open(dir / "archive/kept")), "content");
  EXPECT_EQ(content_of(archive.open(dir / "archive/x/../kept")), "content");

  const std::string outside = ": it does not lie below archive_dir, " + dir / "archive" +
                              "; set get_anywhere = true to trust every path that a task names";
  for (const std::string& path :
       {secret, dir / "archive/../secret", dir / "archive2/kept", dir / "archive",
        dir / "archive/up/../../secret", std::string("/etc/passwd"), std::string("etc/passwd"),
        std::string()})
    EXPECT_EQ(refusal(archive, path), "cannot get " + path + outside);

  const std::string link = "' in it is a symbolic link; set get_anywhere = true to follow links";
  EXPECT_EQ(refusal(archive, dir / "archive/link"),
            "cannot get " + dir / "archive/link: 'link" + link);
  EXPECT_EQ(refusal(archive, dir / "archive/up/secret"),
            "cannot get " + dir / "archive/up/secret: 'up" + link);
  EXPECT_EQ(refusal(archive, dir / "archive/fifo"),
            "cannot get " + dir / "archive/fifo: it is no regular file");
  EXPECT_EQ(refusal(archive, dir / "archive/none"),
            "cannot get " + dir / "archive/none: No such file or directory");
  EXPECT_EQ(refusal(archive, dir / "archive/kept/x"),
            "cannot get " + dir / "archive/kept/x: Not a directory");
}

TEST(FiledirArchive, ALinkThatIsTheArchiveItselfIsFine) {
  TemporaryDirectory dir;
  const std::string kept = dir.file("real/kept");
  std::filesystem::create_directory_symlink(dir / "real", dir / "archive");
  const Archive archive({.archive_dir = dir / "archive"});
  EXPECT_EQ(content_of(archive.open(dir / "archive/kept")), "content");
  EXPECT_EQ(content_of(archive.open(kept)), "content");
}

TEST(FiledirArchive, OpensAnywhereWhenToldSo) {
  TemporaryDirectory dir;
  const std::string outside = dir.file("outside");
  std::filesystem::create_symlink(outside, dir / "link");
  const Archive archive({.archive_dir = dir / "archive", .get_anywhere = true});
  EXPECT_EQ(content_of(archive.open(outside)), "content");
  EXPECT_EQ(content_of(archive.open(dir / "link")), "content");
  EXPECT_EQ(refusal(archive, dir.path()), "cannot get " + dir.path() + ": it is no regular file");
}

}  // namespace
}  // namespace stoq::plugins::filedir
