// SPDX-License-Identifier: Apache-2.0
//
// The plugin in an engine, with clamscan. What real packers have packed is in
// tests/integration/packed_test.py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "plugins/carving/tests/samples.h"
#include "plugins/last-resort/tests/egg.h"
#include "support/extracted.h"
#include "support/leftovers.h"

namespace stoq::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class LastResort : public testing::Test {
 protected:
  void SetUp() override {
    if (access("/usr/bin/clamscan", X_OK) != 0)
      GTEST_SKIP() << "clamscan is not installed: tools/install-deps build";
  }
  static WorkerScan scan(const std::string& content,
                         std::map<std::string, std::string> options = {},
                         std::map<std::string, std::string> core = {}) {
    options.try_emplace("isolation", "process");
    return scan_with("last-resort", content, std::move(options), std::move(core));
  }
  static std::string problem(const WorkerScan& r) {
    return r.errors.empty() ? "" : r.errors[0].substr(0, r.errors[0].find(" ; payload"));
  }
  const Leftovers leftovers;
};

const std::string kOne = "the first content", kTwo = random_text(1, 70'000);

TEST_F(LastResort, MembersComeOutByName) {
  const WorkerScan r = scan(egg({{"one.txt", kOne}, {"dir/two.bin", kTwo}}));
  EXPECT_THAT(r.errors, IsEmpty());
  EXPECT_THAT(r.contents(), ElementsAre(kOne, kTwo));
  EXPECT_THAT(r.metas(), ElementsAre(R"({"filename": "one.txt", "unpacked_by": "egg"})",
                                     R"({"filename": "two.bin", "unpacked_by": "egg"})"));
  EXPECT_EQ(
      r.result,
      R"({"format": "egg", "members": [{"name": "one.txt", "size": 17, "status": "extracted"}, )"
      R"({"name": "two.bin", "size": 70000, "status": "extracted"}], "member_count": 2})");
}

TEST_F(LastResort, SizesAreBounded) {
  const std::string archive = egg({{"one.txt", kOne}, {"two.bin", kTwo}});
  EXPECT_THAT(problem(scan(archive, {{"maximum_size", "69000"}})), HasSubstr("too large"));
}

TEST_F(LastResort, LargePayloadsToo) {
  const WorkerScan r = scan(egg({{"one.txt", kOne}}) + std::string(40 << 20, ' '));
  EXPECT_THAT(r.contents(), ElementsAre(kOne));
}

TEST_F(LastResort, SaysWhatIsDamagedBesideWhatIsNot) {
  std::string archive = egg({{"one.txt", kOne}, {"two.bin", kTwo}});
  archive[archive.find(kTwo) - 13] = '\x7F';  // of its size
  const WorkerScan r = scan(archive);
  EXPECT_THAT(r.contents(), ElementsAre(kOne));
  EXPECT_THAT(problem(r), HasSubstr("clamscan: "));
}

TEST_F(LastResort, HeedsStop) {
  const WorkerScan r =
      scan(egg({{"one.txt", kOne}, {"two.bin", kTwo}}), {}, {{"max_children", "1"}});
  EXPECT_THAT(r.contents(), ElementsAre(kOne));
  EXPECT_THAT(r.result, HasSubstr(R"({"name": "two.bin", "size": 70000, "status": "stopped"})"));
}

TEST_F(LastResort, SaysThatNothingCanBeUnpacked) {
  EXPECT_THAT(problem(scan("EGGA and then something else, which is no archive")),
              HasSubstr("clamscan: "));
}

TEST_F(LastResort, NothingForOtherContent) {
  for (const std::string& other : {std::string("text"), pe_file("a program that nobody has packed"),
                                   std::string(), std::string("MZ")}) {
    const WorkerScan r = scan(other);
    EXPECT_EQ(r.result, "");
    EXPECT_THAT(r.errors, IsEmpty());
    EXPECT_THAT(r.contents(), IsEmpty());
  }
}

TEST_F(LastResort, NeedsAHostProcess) {
  EXPECT_THAT(
      problem(scan(egg({{"one.txt", kOne}}), {{"isolation", "none"}})),
      HasSubstr("it has no private directory for what clamscan writes; let it run in a host "
                "process (isolation = process)"));
}

TEST_F(LastResort, APrivateDirectoryThatIsTooSmallIsAnError) {
  const WorkerScan r = scan(egg({{"two.bin", kTwo}}), {{"tmp_size", "64KiB"}});
  EXPECT_THAT(problem(r), HasSubstr("clamscan: "));
}

}  // namespace
}  // namespace stoq::test
