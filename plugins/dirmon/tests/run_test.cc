// SPDX-License-Identifier: Apache-2.0
//
// The command `stoq run -P dirmon`, as a user starts, ends and kills it.
#include <gtest/gtest.h>

#include <csignal>
#include <map>

#include "stoq/sdk/json.h"
#include "tests/support/eventually.h"
#include "tests/support/program.h"
#include "tests/support/temporary_directory.h"

namespace stoq::plugins::dirmon {
namespace {

using namespace stoq::test;
using Counts = std::map<std::string, int>;

class DirmonRun : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(source);
    std::filesystem::create_directory(results);
  }
  std::unique_ptr<Program> start() const {
    return std::make_unique<Program>(
        std::vector<std::string>{STOQ_PROGRAM, "run", "-P", "dirmon", "-C", "filedir", "-a", "hash",
                                 "--threads", "2", "--set", "dispatchers=", "--plugin-opts",
                                 "dirmon:source_dir=" + source, "dirmon:recursive=yes",
                                 "dirmon:journal_dir=" + journal, "filedir:results_dir=" + results},
        ProgramOptions{.environment = {"HOME=" + dir.path(), "STOQ_HOME", "XDG_STATE_HOME"},
                       .directory = dir.path()});
  }
  static void end(Program& program) {
    program.kill(SIGTERM);
    const ProgramResult result = program.wait();
    EXPECT_EQ(result.exit_code, 0) << "signal " << result.signal << "\n" << result.err;
  }
  bool begun() const {
    return eventually([&] {
      if (!std::filesystem::exists(journal)) return false;
      for (const std::string& name : names_in(journal))
        if (name.ends_with(".journal")) return true;
      return false;
    });
  }
  size_t saved() const {
    const std::vector<std::string> names = names_in(results);
    return static_cast<size_t>(std::count_if(
        names.begin(), names.end(), [](const std::string& name) { return name[0] != '.'; }));
  }
  bool wait_saved(size_t count) const {
    return eventually([&] { return saved() >= count; });
  }
  // "path md5…" of what was scanned, below source, and how often.
  Counts scanned() const {
    Counts found;
    for (const std::string& name : names_in(results)) {
      if (name[0] == '.') continue;
      const std::string text = read_all(results + "/" + name);
      const sdk::JsonView payload = sdk::JsonView(text)["results"][0];
      const sdk::JsonView extra = payload["payload_meta"]["extra_data"];
      const std::string path =
          extra["source_dir"].string_or("") + "/" + extra["filename"].string_or("");
      ++found[path.substr(source.size() + 1) + " " +
              payload["workers"][0]["hash"]["md5"].string_or("").substr(0, 4)];
    }
    return found;
  }

  const TemporaryDirectory dir;
  const std::string source = dir / "source", results = dir / "results", journal = dir / "journal";
};

TEST_F(DirmonRun, TakesWhatArrivesInAllWaysWhetherItRunsOrNot) {
  dir.file("source/old");
  const std::string moved = dir.file("moved", "moved"), tree = dir.file("tree/sub/file", "tree");
  {
    const auto program = start();
    ASSERT_TRUE(begun());
    std::ofstream slow(source + "/slow");
    slow << "sl" << std::flush;
    std::filesystem::copy_file(moved, source + "/copied");
    std::filesystem::rename(moved, source + "/moved");
    std::filesystem::rename(dir / "tree", source + "/tree");
    dir.file("source/a/b/c/deep", "deep");
    ASSERT_TRUE(wait_saved(4));
    slow << "ow";
    slow.close();
    ASSERT_TRUE(wait_saved(5));
    std::filesystem::rename(source + "/slow", source + "/renamed");
    ASSERT_TRUE(wait_saved(6));
    end(*program);
  }
  Counts expected = {{"copied 11df", 1},     {"moved 11df", 1}, {"tree/sub/file c0af", 1},
                     {"a/b/c/deep 6627", 1}, {"slow 4fe9", 1},  {"renamed 4fe9", 1}};
  EXPECT_EQ(scanned(), expected);
  dir.file("source/a/meanwhile", "deep");
  const auto program = start();
  ASSERT_TRUE(wait_saved(7));
  end(*program);
  expected["a/meanwhile 6627"] = 1;
  EXPECT_EQ(scanned(), expected);
}

TEST_F(DirmonRun, KilledItLosesNothingAndRepeatsOnlyWhatWasInWork) {
  size_t files = 0;
  const auto make_one = [&] { dir.file("source/" + std::to_string(files++), "x"); };
  {
    const auto program = start();
    ASSERT_TRUE(begun());
    while (saved() < 100 && files < 10'000) make_one();
    program->kill(SIGKILL);
    EXPECT_EQ(program->wait().signal, SIGKILL);
  }
  ASSERT_GE(saved(), 100U);
  for (int i = 0; i < 100; ++i) make_one();
  const auto names = [&] { return scanned().size(); };
  {
    const auto program = start();
    ASSERT_TRUE(eventually([&] { return saved() >= files && names() == files; }));
    end(*program);
  }
  const size_t all = saved();
  EXPECT_EQ(names(), files);
  EXPECT_LE(all, files + 6);  // as many as two threads have in work
  const auto program = start();
  dir.file("source/last", "x");
  ASSERT_TRUE(wait_saved(all + 1));
  end(*program);
  EXPECT_EQ(saved(), all + 1);
}

}  // namespace
}  // namespace stoq::plugins::dirmon
