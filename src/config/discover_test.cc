// SPDX-License-Identifier: Apache-2.0
#include "config/discover.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace stoq::config {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

class DiscoverTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "stoq-discover-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text = "") {
    fs::create_directories(fs::path(root_ + "/" + path).parent_path());
    std::ofstream(root_ + "/" + path) << text;
  }

  void plugin(const std::string& path, const std::string& name, const std::string& module,
              const std::string& extension = ".so") {
    write(path, "[Core]\nName = " + name + "\nModule = " + module + "\n");
    write(fs::path(path).parent_path().string() + "/" + module + extension);
  }

  Manifests find(const Lines& folders) {
    Lines paths;
    for (const std::string& folder : folders) paths.push_back(root_ + "/" + folder);
    return discover(paths, warnings_);
  }

  std::string root_;
  Lines warnings_;
};

TEST_F(DiscoverTest, FindsPluginsAtAnyDepth) {
  plugin("p/hash/hash.stoq", "hash", "hash");
  plugin("p/.hidden/deep/er/x.stoq", " other ", "lib/x", ".py");
  write("p/readme.txt");
  const Manifests found = find({"p/"});
  EXPECT_EQ(warnings_, Lines{});
  ASSERT_EQ(found.size(), 2u);
  const Manifest& hash = found.at("hash");
  EXPECT_EQ(hash.kind, ModuleKind::native);
  EXPECT_EQ(hash.module_path, root_ + "/p/hash/hash.so");
  EXPECT_EQ(hash.folder, root_ + "/p/hash");
  const Manifest& other = found.at("other");
  EXPECT_EQ(other.kind, ModuleKind::python);
  EXPECT_EQ(other.module_path, root_ + "/p/.hidden/deep/er/lib/x.py");
}

TEST_F(DiscoverTest, PrefersNativeThenCompiledModules) {
  plugin("p/a/a.stoq", "a", "a", ".py");
  write("p/a/a.pyc");
  EXPECT_EQ(find({"p"}).at("a").module_path, root_ + "/p/a/a.pyc");
  write("p/a/a.so");
  EXPECT_EQ(find({"p"}).at("a").module_path, root_ + "/p/a/a.so");
}

TEST_F(DiscoverTest, EntersNoVirtualEnvironment) {
  plugin("p/a/a.stoq", "a", "a", ".py");
  write("p/a/.venv/pyvenv.cfg");
  plugin("p/a/.venv/lib/b.stoq", "b", "b", ".py");
  const Manifests found = find({"p"});
  EXPECT_EQ(found.size(), 1u);
  EXPECT_TRUE(found.contains("a"));
  EXPECT_EQ(warnings_, Lines{});
}

TEST_F(DiscoverTest, TheLastOfANameWins) {
  plugin("p/hash/hash.stoq", "hash", "hash");
  plugin("q/mine/hash.stoq", "hash", "hash", ".py");
  EXPECT_EQ(find({"p", "q"}).at("hash").folder, root_ + "/q/mine");
  EXPECT_EQ(find({"q", "p"}).at("hash").folder, root_ + "/p/hash");
  const std::string p = root_ + "/p/hash/hash.stoq", q = root_ + "/q/mine/hash.stoq";
  EXPECT_EQ(warnings_, (Lines{"Plugin 'hash' found twice: " + q + " replaces " + p +
                                  "; remove one of them or change its Name",
                              "Plugin 'hash' found twice: " + p + " replaces " + q +
                                  "; remove one of them or change its Name"}));
}

TEST_F(DiscoverTest, WalksInTheOrderOfNames) {
  plugin("p/z/a.stoq", "same", "a");
  plugin("p/a/a.stoq", "same", "a");
  plugin("p/m.stoq", "same", "m");
  EXPECT_EQ(find({"p"}).at("same").folder, root_ + "/p/z");
  EXPECT_EQ(warnings_.size(), 2u);
}

TEST_F(DiscoverTest, TheSameDirectoryTwiceIsNoDuplicate) {
  plugin("p/hash/hash.stoq", "hash", "hash");
  EXPECT_EQ(find({"p", "p"}).size(), 1u);
  EXPECT_EQ(warnings_, Lines{});
}

TEST_F(DiscoverTest, SkipsWhatIsWrongAndSaysSo) {
  plugin("p/good/good.stoq", "good", "good");
  write("p/bad/bad.stoq", "Name = x\n");
  write("p/core/core.stoq", "[Core]\nName = x\n");
  write("p/lost/lost.stoq", "[Core]\nName = lost\nModule = gone\n");
  write("p/raw/raw.stoq", "\xff");
  EXPECT_EQ(find({"none", "p"}).size(), 1u);
  EXPECT_EQ(
      warnings_,
      (Lines{"Invalid plugin directory specified, skipping: " + root_ + "/none",
             "Error parsing config file: " + root_ +
                 "/p/bad/bad.stoq:1: text before the first section; put a line such as [core] "
                 "above it",
             "Error parsing config file: " + root_ +
                 "/p/core/core.stoq: section [Core] has no Module; add `Module = ...` to it",
             "Unable to find module at: " + root_ +
                 "/p/lost/gone (.so, .pyc or .py); build or install it, or correct Module in " +
                 root_ + "/p/lost/lost.stoq",
             "Error parsing config file: " + root_ +
                 "/p/raw/raw.stoq:1: the text is not UTF-8; save the file as UTF-8"}));
}

TEST_F(DiscoverTest, FollowsLinksButNotInCircles) {
  plugin("elsewhere/hash/hash.stoq", "hash", "hash");
  fs::create_directories(root_ + "/p");
  fs::create_directory_symlink(root_ + "/elsewhere", root_ + "/p/link");
  fs::create_directory_symlink(root_ + "/p", root_ + "/p/loop");
  fs::create_directory_symlink("nowhere", root_ + "/p/broken");
  EXPECT_EQ(find({"p"}).at("hash").folder, root_ + "/p/link/hash");
  EXPECT_EQ(warnings_, Lines{});
}

TEST_F(DiscoverTest, StopsAtADepth) {
  std::string path = "p";
  for (int i = 0; i <= kMaxDepth; ++i) path += "/d";
  plugin(path + "/hash.stoq", "hash", "hash");
  EXPECT_EQ(find({"p"}).size(), 0u);
  EXPECT_EQ(warnings_,
            Lines{"Plugin directory is deeper than 32 folders, skipping what is below: " + root_ +
                  "/" + path.substr(0, path.size() - 2) + "; move its plugins up"});
}

}  // namespace
}  // namespace stoq::config
