// SPDX-License-Identifier: Apache-2.0
#include "save.h"

#include <gtest/gtest.h>
#include <sys/mount.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "stoq/sdk/views.h"
#include "tests/support/temporary_directory.h"

namespace stoq::plugins::filedir {
namespace {

using namespace stoq::test;

using Names = std::vector<std::string>;
const std::string kResponse = R"({"a": [1, 2], "b": {}})";

std::string refusal(Results& results, std::string_view id = "id") {
  return error_of<sdk::Error>([&] { results.save(id, kResponse); });
}

TEST(FiledirSave, WritesOneLineInADirectoryThatItMakes) {
  TemporaryDirectory dir;
  Results results({dir / "x/y/results", std::nullopt, true});
  EXPECT_FALSE(std::filesystem::exists(dir / "x")) << "made before anything was saved";
  results.save("id", kResponse);
  EXPECT_EQ(names_in(dir / "x/y/results"), Names{"id"});
  EXPECT_EQ(read_all(dir / "x/y/results/id"), kResponse + "\n");
}

TEST(FiledirSave, IndentsByFour) {
  TemporaryDirectory dir;
  Results results({dir.path(), std::nullopt, false});
  results.save("id", kResponse);
  EXPECT_EQ(read_all(dir / "id"),
            "{\n    \"a\": [\n        1,\n        2\n    ],\n    \"b\": {}\n}\n");
}

TEST(FiledirSave, WritesResponsesOfAnyLength) {
  TemporaryDirectory dir;
  Results results({dir.path(), std::nullopt, true});
  for (const size_t size : {0, 1, 65534, 65535, 65536, 65537, 131072, 1000000}) {
    const std::string text = '"' + std::string(size, 'x') + '"';
    results.save("id" + std::to_string(size), text);
    EXPECT_EQ(read_all(dir / ("id" + std::to_string(size))), text + "\n") << size;
  }
}

TEST(FiledirSave, IndentsDeepTextWithoutHoldingIt) {
  TemporaryDirectory dir;
  Results results({dir.path(), std::nullopt, false});
  const std::string text = std::string(3000, '[') + "1" + std::string(3000, ']');
  results.save("id", text);
  EXPECT_EQ(read_all(dir / "id"), sdk::indent(text) + "\n");
}

TEST(FiledirSave, NeverOverwrites) {
  TemporaryDirectory dir;
  Results results({dir.path(), std::nullopt, true});
  dir.file("id", "older");
  EXPECT_EQ(refusal(results), dir / "id" +
                                  " already exists; results are never overwritten: move that file "
                                  "away to save them again");
  EXPECT_EQ(read_all(dir / "id"), "older");
  EXPECT_EQ(names_in(dir.path()), Names{"id"}) << "a temporary file was left";
}

TEST(FiledirSave, TheSameOnceMoreIsDone) {
  TemporaryDirectory dir;
  for (const bool durable : {false, true}) {
    Results results({dir.path(), std::nullopt, true, durable});
    const std::string text = '"' + std::string(200'000, 'x') + '"';
    for (int i = 0; i < 2; ++i) {
      results.save("id", text);
      EXPECT_EQ(read_all(dir / "id"), text + "\n");
      EXPECT_EQ(names_in(dir.path()), Names{"id"}) << "a temporary file was left";
    }
    EXPECT_NE(
        error_of<sdk::Error>([&] { results.save("id", '"' + std::string(199'999, 'x') + "y\""); }),
        "");
    std::filesystem::create_symlink("id", dir / "link");
    EXPECT_NE(error_of<sdk::Error>([&] { results.save("link", text); }), "");
    std::filesystem::remove(dir / "link");
  }
}

TEST(FiledirSave, DurablyItSavesTheSame) {
  TemporaryDirectory dir;
  Results results({dir / "made/for/it", DateFormat("a/b"), true, true});
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&, name = std::to_string(i)] {
        for (int j = 0; j < 5; ++j) results.save(name + "-" + std::to_string(j), kResponse);
      });
  }
  EXPECT_EQ(names_in(dir / "made/for/it/a/b").size(), 20U);
  EXPECT_EQ(read_all(dir / "made/for/it/a/b/3-4"), kResponse + "\n");
}

TEST(FiledirSave, IsNotHeldUpByATemporaryFileOfAKilledRun) {
  TemporaryDirectory dir;
  Results results({dir.path(), std::nullopt, true});
  dir.file(".id.tmp", "half");
  results.save("id", kResponse);
  EXPECT_EQ(read_all(dir / "id"), kResponse + "\n");
  EXPECT_EQ(names_in(dir.path()), (Names{".id.tmp", "id"}));
}

TEST(FiledirSave, OneOfManyThreadsSavesTheSameScan) {
  TemporaryDirectory dir;
  Results results({dir.path(), std::nullopt, true});
  std::atomic<int> saved = 0, refused = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&, text = std::to_string(i)] {
        const bool taken = error_of<sdk::Error>([&] { results.save("id", text); }).empty();
        ++(taken ? saved : refused);
      });
  }
  EXPECT_EQ(saved, 1);
  EXPECT_EQ(refused, 7);
  EXPECT_EQ(names_in(dir.path()), Names{"id"});
}

TEST(FiledirSave, MakesItsDirectoryAgainWhenItIsRemoved) {
  TemporaryDirectory dir;
  Results results({dir / "results", DateFormat("sub/%Y"), true});
  results.save("one", kResponse);
  std::filesystem::remove_all(dir / "results");
  results.save("two", kResponse);
  EXPECT_EQ(names_in(dir / "results"), Names{"sub"});
}

TEST(FiledirSave, SavesBelowTheDate) {
  TemporaryDirectory dir;
  Results results({dir.path(), DateFormat("y%Y/fixed"), true});
  const auto year = [] {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    return std::to_string(localtime_r(&now, &local)->tm_year + 1900);
  };
  const std::string before = year();
  results.save("id", kResponse);
  EXPECT_TRUE(std::filesystem::exists(dir / ("y" + before + "/fixed/id")) ||
              std::filesystem::exists(dir / ("y" + year() + "/fixed/id")));
}

TEST(FiledirSave, DateFormatIsStrftimesInLocalTime) {
  std::tm local{};
  local.tm_year = 2024 - 1900;
  local.tm_mon = 1;
  local.tm_mday = 9;
  local.tm_hour = 12;
  local.tm_isdst = -1;
  EXPECT_EQ(DateFormat("%Y/%m/%d").path(mktime(&local)), "2024/02/09");
}

TEST(FiledirSave, RefusesDateFormatsThatLeadElsewhere) {
  for (const std::string format : {"", "/%Y", "%Y/", "../%Y", "%Y/..", "%Y/../../x", "a//b", "."})
    EXPECT_EQ(error_of<sdk::Error>([&] { DateFormat{format}; }),
              "date_format '" + format +
                  "' gives no path of directories below another one; write it like %Y/%m/%d");
}

TEST(FiledirSave, RefusesScanIdsThatAreNoNames) {
  TemporaryDirectory dir;
  Results results({dir.path(), std::nullopt, true});
  for (const std::string id : {"", "../x", "a/b", ".."})
    EXPECT_EQ(refusal(results, id), "scan_id '" + id + "' cannot be the name of a file");
}

TEST(FiledirSave, RefusesAnEmptyDirectory) {
  EXPECT_EQ(error_of<sdk::Error>([] {
              Results({"", std::nullopt, true});
            }),
            "results_dir is empty; name a directory, or leave it out for the default");
}

TEST(FiledirSave, SaysWhenAParentIsAFile) {
  TemporaryDirectory dir;
  dir.file("file");
  Results results({dir / "file/results", std::nullopt, true});
  EXPECT_EQ(refusal(results), "cannot open the directory " + dir / "file/results" +
                                  ": Not a directory; a part of that path is no directory: move it "
                                  "away, or point results_dir elsewhere");
  Results itself({dir / "file", std::nullopt, true});
  EXPECT_EQ(refusal(itself), "cannot open the directory " + dir / "file" +
                                 ": Not a directory; a part of that path is no directory: move it "
                                 "away, or point results_dir elsewhere");
}

TEST(FiledirSave, SaysWhenTheDirectoryCannotBeMade) {
  Results results({"/proc/stoq/results", std::nullopt, true});
  const std::string text = refusal(results);
  EXPECT_EQ(
      text,
      "cannot create the directory /proc/stoq: No such file or directory; mend that, or point "
      "results_dir elsewhere");
}

// A file system of its own, where the kernel lets us mount one.
class Mounted {
 public:
  explicit Mounted(const std::string& path, const char* options) : path_(path) {
    std::filesystem::create_directories(path);
    there_ = mount("tmpfs", path.c_str(), "tmpfs", 0, options) == 0;
  }
  ~Mounted() {
    if (there_) umount2(path_.c_str(), MNT_DETACH);
  }
  bool there() const { return there_; }
  bool read_only() {
    return mount(nullptr, path_.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0;
  }

 private:
  const std::string path_;
  bool there_;
};

TEST(FiledirSave, AFullDiskLeavesNothingBehindAndIsSaid) {
  TemporaryDirectory dir;
  Mounted small(dir / "small", "size=64k");
  if (!small.there()) GTEST_SKIP() << "mounting a tmpfs is not allowed here";
  Results results({dir / "small", std::nullopt, true});
  const std::string long_text = '"' + std::string(300000, 'x') + '"';
  EXPECT_EQ(error_of<sdk::Error>([&] { results.save("id", long_text); }),
            "cannot write " + dir / "small/id" +
                ": No space left on device; free space there, or point results_dir to a disk that "
                "has some");
  EXPECT_EQ(names_in(dir / "small"), Names{});
  EXPECT_EQ(refusal(results), "") << "what fits is saved again afterwards";
}

TEST(FiledirSave, AReadOnlyFileSystemIsSaid) {
  TemporaryDirectory dir;
  Mounted mounted(dir / "ro", "size=64k");
  if (!mounted.there() || !mounted.read_only())
    GTEST_SKIP() << "mounting a tmpfs is not allowed here";
  Results results({dir / "ro", std::nullopt, true});
  EXPECT_EQ(refusal(results), "cannot create a file in " + dir / "ro" +
                                  ": Read-only file system; make it writable for this user, or "
                                  "point results_dir to a place that is");
  Results below({dir / "ro/below", std::nullopt, true});
  EXPECT_EQ(refusal(below), "cannot create the directory " + dir / "ro/below" +
                                ": Read-only file system; make it writable for this user, or point "
                                "results_dir to a place that is");
}

}  // namespace
}  // namespace stoq::plugins::filedir
