// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "fake_engine.h"
#include "tests/support/temporary_directory.h"

namespace stoq::plugins::filedir {
namespace {

using namespace stoq::test;

TEST(FiledirRoles, ArchiveGivesWhatGetNeeds) {
  TemporaryDirectory dir;
  FakeEngine engine({"archive_dir=" + dir.path()});
  EXPECT_EQ(engine.archive("hello"), STOQ_OK);
  EXPECT_EQ(engine.result,
            R"({"path": ")" + dir / "a/a/f/4/c/aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d" + "\"}");
  engine.facts[STOQ_FACT_TASK] = engine.result;
  EXPECT_EQ(engine.get(), STOQ_OK);
  EXPECT_EQ(engine.content, "hello");
}

TEST(FiledirRoles, ArchiveGoesByTheOptions) {
  TemporaryDirectory dir;
  FakeEngine engine(
      {"archive_dir=" + dir.path(), "use_sha=false", "date_mode=true", "date_format=day"});
  engine.facts[STOQ_FACT_PAYLOAD_ID] = "the-id";
  EXPECT_EQ(engine.archive("hello"), STOQ_OK);
  EXPECT_EQ(read_all(dir / "day/the-id"), "hello");
}

TEST(FiledirRoles, SaveGoesByTheOptions) {
  TemporaryDirectory dir;
  FakeEngine engine(
      {"results_dir=" + dir.path(), "compactly=false", "date_mode=true", "date_format=day"});
  engine.facts[STOQ_FACT_SCAN_ID] = "the-id";
  engine.facts[STOQ_FACT_RESPONSE] = R"({"a": 1})";
  EXPECT_EQ(engine.save(), STOQ_OK);
  EXPECT_EQ(read_all(dir / "day/the-id"), "{\n    \"a\": 1\n}\n");
  engine.facts[STOQ_FACT_RESPONSE] = R"({"a": 2})";
  EXPECT_EQ(engine.save(), STOQ_FAILED);
  EXPECT_EQ(engine.raised, "StoqPluginException: " + dir / "day/the-id" +
                               " already exists; results are never overwritten: move that file "
                               "away to save them again");
}

TEST(FiledirRoles, GetGivesTheFileAndTheWholeTask) {
  TemporaryDirectory dir;
  const std::string text = std::string(200000, 'x') + "end";
  dir.file("archive/kept", text);
  FakeEngine engine({"archive_dir=" + dir / "archive"});
  engine.facts[STOQ_FACT_TASK] = R"({"path": ")" + dir / "archive/kept" + R"(", "more": [1]})";
  EXPECT_EQ(engine.get(), STOQ_OK);
  EXPECT_EQ(engine.meta, R"({"extra_data": )" + engine.facts[STOQ_FACT_TASK] + "}");
  EXPECT_EQ(engine.content, text);
  EXPECT_EQ(engine.kept, 1);
}

TEST(FiledirRoles, AnEmptyFileIsAnEmptyPayload) {
  TemporaryDirectory dir;
  FakeEngine engine({"archive_dir=" + dir.path()});
  engine.facts[STOQ_FACT_TASK] = R"({"path": ")" + dir.file("empty", "") + R"("})";
  EXPECT_EQ(engine.get(), STOQ_OK);
  EXPECT_EQ(engine.content, "");
  EXPECT_EQ(engine.kept, 1);
}

TEST(FiledirRoles, StopsWhenTheEngineWantsNoMore) {
  TemporaryDirectory dir;
  FakeEngine engine({"archive_dir=" + dir.path()});
  engine.most = 10;
  engine.facts[STOQ_FACT_TASK] =
      R"({"path": ")" + dir.file("large", std::string(1000000, 'x')) + R"("})";
  EXPECT_EQ(engine.get(), STOQ_OK);
  EXPECT_LT(engine.content.size(), 1000000u);
  EXPECT_EQ(engine.kept, -1);
}

TEST(FiledirRoles, SaysWhatIsWrongWithATask) {
  TemporaryDirectory dir;
  FakeEngine engine({"archive_dir=" + dir / "archive"});
  for (const std::string task : {R"({"file": "x"})", R"({"path": 7})", R"("text")", "{}"}) {
    engine.facts[STOQ_FACT_TASK] = task;
    EXPECT_EQ(engine.get(), STOQ_FAILED);
    EXPECT_EQ(engine.raised,
              "StoqPluginException: the task has no \"path\" that names an archived file: " + task);
  }
  engine.facts[STOQ_FACT_TASK] = R"({"path": "/etc/passwd"})";
  EXPECT_EQ(engine.get(), STOQ_FAILED);
  EXPECT_EQ(engine.raised,
            "StoqPluginException: cannot get /etc/passwd: it does not lie below archive_dir, " +
                dir / "archive" +
                "; set get_anywhere = true to trust every path that a task names");
  engine.facts[STOQ_FACT_TASK] = R"({"path": ")" + dir / "archive/none" + R"("})";
  EXPECT_EQ(engine.get(), STOQ_FAILED);
  EXPECT_EQ(engine.raised, "StoqPluginException: cannot get " + dir / "archive/none" +
                               ": No such file or directory");
  EXPECT_EQ(engine.kept, -1);
}

TEST(FiledirRoles, GetAnywhereIsAnOption) {
  TemporaryDirectory dir;
  FakeEngine engine({"archive_dir=" + dir / "archive", "get_anywhere=true"});
  engine.facts[STOQ_FACT_TASK] = R"({"path": ")" + dir.file("outside") + R"("})";
  EXPECT_EQ(engine.get(), STOQ_OK);
  EXPECT_EQ(engine.content, "content");
}

}  // namespace
}  // namespace stoq::plugins::filedir
