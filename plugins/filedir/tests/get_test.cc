// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "fake_engine.h"
#include "tests/support/temporary_directory.h"

namespace stoq::plugins::filedir {
namespace {

using namespace stoq::test;

TEST(FiledirGet, GivesTheFileAndTheWholeTask) {
  TemporaryDirectory dir;
  const std::string text = std::string(200000, 'x') + "end";
  dir.file("archive/kept", text);
  FakeEngine engine({"archive_dir=" + dir / "archive"});
  engine.task = R"({"path": ")" + dir / "archive/kept" + R"(", "more": [1]})";
  EXPECT_EQ(engine.get(), STOQ_OK);
  EXPECT_EQ(engine.meta, R"({"extra_data": )" + engine.task + "}");
  EXPECT_EQ(engine.content, text);
  EXPECT_EQ(engine.kept, 1);
}

TEST(FiledirGet, AnEmptyFileIsAnEmptyPayload) {
  TemporaryDirectory dir;
  FakeEngine engine({"archive_dir=" + dir.path()});
  engine.task = R"({"path": ")" + dir.file("empty", "") + R"("})";
  EXPECT_EQ(engine.get(), STOQ_OK);
  EXPECT_EQ(engine.content, "");
  EXPECT_EQ(engine.kept, 1);
}

TEST(FiledirGet, StopsWhenTheEngineWantsNoMore) {
  TemporaryDirectory dir;
  FakeEngine engine({"archive_dir=" + dir.path()});
  engine.most = 10;
  engine.task = R"({"path": ")" + dir.file("large", std::string(1000000, 'x')) + R"("})";
  EXPECT_EQ(engine.get(), STOQ_OK);
  EXPECT_LT(engine.content.size(), 1000000u);
  EXPECT_EQ(engine.kept, -1);
}

TEST(FiledirGet, SaysWhatIsWrongWithATask) {
  TemporaryDirectory dir;
  FakeEngine engine({"archive_dir=" + dir / "archive"});
  for (const std::string task : {R"({"file": "x"})", R"({"path": 7})", R"("text")", "{}"}) {
    engine.task = task;
    EXPECT_EQ(engine.get(), STOQ_FAILED);
    EXPECT_EQ(engine.raised,
              "StoqPluginException: the task has no \"path\" that names an archived file: " + task);
  }
  engine.task = R"({"path": "/etc/passwd"})";
  EXPECT_EQ(engine.get(), STOQ_FAILED);
  EXPECT_EQ(engine.raised,
            "StoqPluginException: cannot get /etc/passwd: it does not lie below archive_dir, " +
                dir / "archive" +
                "; set get_anywhere = true to trust every path that a task names");
  engine.task = R"({"path": ")" + dir / "archive/none" + R"("})";
  EXPECT_EQ(engine.get(), STOQ_FAILED);
  EXPECT_EQ(engine.raised, "StoqPluginException: cannot get " + dir / "archive/none" +
                               ": No such file or directory");
  EXPECT_EQ(engine.kept, -1);
}

TEST(FiledirGet, GetAnywhereIsAnOption) {
  TemporaryDirectory dir;
  FakeEngine engine({"archive_dir=" + dir / "archive", "get_anywhere=true"});
  engine.task = R"({"path": ")" + dir.file("outside") + R"("})";
  EXPECT_EQ(engine.get(), STOQ_OK);
  EXPECT_EQ(engine.content, "content");
}

}  // namespace
}  // namespace stoq::plugins::filedir
