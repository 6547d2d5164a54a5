// SPDX-License-Identifier: Apache-2.0
#include "folder.h"

#include <gtest/gtest.h>

#include "stoq/sdk/views.h"
#include "tests/support/temporary_directory.h"

namespace stoq::plugins::jinja {
namespace {

std::string rendered(const std::string& path) {
  try {
    return compile_file(path).render("{}", {});
  } catch (const sdk::Error& e) {
    return std::string("error: ") + e.what();
  }
}

TEST(JinjaFolder, CompilesAFileWithItsParts) {
  const test::TemporaryDirectory folder;
  folder.file("sub/part.tpl", "part");
  EXPECT_EQ(rendered(folder.file("a.tpl", "{% include 'sub/part.tpl' %}\n")), "part");
  folder.file("empty.tpl", "");
  EXPECT_EQ(rendered(folder / "empty.tpl"), "");
}

TEST(JinjaFolder, SaysWhatIsNoTemplate) {
  const test::TemporaryDirectory folder;
  EXPECT_EQ(rendered(folder / "none.tpl"),
            "error: Template path not found: " + (folder / "none.tpl"));
  EXPECT_EQ(rendered(folder.path()), "error: template " + folder.path() + " is no regular file");
  EXPECT_EQ(rendered(folder.file("large.tpl", std::string((1 << 20) + 1, 'x'))),
            "error: template 'large.tpl' is larger than 1 MiB");
  EXPECT_EQ(rendered(folder.file("full.tpl", std::string(1 << 20, 'x'))),
            std::string(1 << 20, 'x'));
  EXPECT_EQ(rendered(folder.file("bad.tpl", "\n{% if %}")),
            "error: template 'bad.tpl', line 2: expected an expression, found '%}'");
}

TEST(JinjaFolder, NeverLeavesTheFolderOfTheTemplate) {
  const test::TemporaryDirectory folder;
  folder.file("secret", "secret");
  folder.file("in/real.tpl", "real");
  std::filesystem::create_symlink(folder / "secret", folder / "in/out.tpl");
  std::filesystem::create_symlink("real.tpl", folder / "in/link.tpl");
  EXPECT_EQ(rendered(folder.file("in/a.tpl", "{% include 'out.tpl' %}")),
            "error: template 'out.tpl' is a link that leads out of " + (folder / "in"));
  EXPECT_EQ(rendered(folder.file("in/b.tpl", "{% include 'link.tpl' %}")), "real");
  EXPECT_EQ(rendered(folder.file("in/c.tpl", "{% include '../secret' %}")),
            "error: template 'c.tpl', line 1: '../secret' does not lie below the folder of the "
            "template");
}

}  // namespace
}  // namespace stoq::plugins::jinja
