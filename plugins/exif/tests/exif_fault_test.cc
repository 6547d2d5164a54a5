// SPDX-License-Identifier: Apache-2.0
//
// An ExifTool that is missing, hangs, dies or talks nonsense.
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "exif_engine.h"
#include "support/leftovers.h"
#include "support/process_tree.h"
#include "support/temporary_directory.h"

namespace stoq::test {
namespace {

// Does what the payload says.
constexpr std::string_view kFake = R"sh(#!/bin/sh
echo "$@" > $(dirname $0)/arguments
while read -r line; do
  [ "$line" = -execute ] || continue
  case "$(cat /proc/self/fd/3)" in
    hang) sleep 1000 ;;
    die) echo 'out of luck' >&2; exit 3 ;;
    silent) echo 'Error: File not found' >&2; printf '{ready}\n' ;;
    nonsense) printf 'Usage: what\n{ready}\n' ;;
    flood) exec cat /dev/zero ;;
    leave) printf '[{"SourceFile": "x", "Pid": %d}]\n{ready}\n' $$; exit 0 ;;
    environment) printf '[{"SourceFile": "x", "Home": "%s"}]\n{ready}\n' "$HOME" ;;
    *) printf '[{"SourceFile": "x", "Pid": %d}]\n{ready}\n' $$ ;;
  esac
done
)sh";

class ExifFault : public testing::TestWithParam<const char*> {
 protected:
  ExifFault() {
    std::ofstream(program()) << kFake;
    std::filesystem::permissions(program(), std::filesystem::perms::owner_all);
  }
  std::string program() const { return directory.path() + "/fake"; }
  ExifEngine engine(OptionMap options = {}) {
    options.try_emplace("isolation", GetParam());
    options.try_emplace("bin_path", program());
    options.try_emplace("sandbox_write",
                        directory.path());  // where the program notes its arguments
    return ExifEngine(std::move(options));
  }
  std::string refusal(OptionMap options) { return engine(std::move(options))("who"); }

  const Leftovers leftovers;
  const TemporaryDirectory directory;
};
INSTANTIATE_TEST_SUITE_P(Isolation, ExifFault, testing::Values("none", "process"),
                         [](const auto& each) { return std::string(each.param); });

const std::string kFailed =
    "worker:failed to scan: exif ; StoqPluginException: Failed gathering exif data: ";

TEST_P(ExifFault, WithoutExifToolItDoesNotLoad) {
  EXPECT_EQ(refusal({{"bin_path", "/nonexistent/exiftool"}}),
            "worker:failed to load: exif ; StoqPluginException: plugin 'exif' (" STOQ_PLUGINS
            "/exif/exif.stoq) cannot be loaded: cannot run /nonexistent/exiftool: No such file or "
            "directory; install ExifTool (Debian: libimage-exiftool-perl), or say where it is by "
            "the option bin_path in section [exif] of stoq.cfg");
  EXPECT_NE(refusal({{"bin_path", "tools/exiftool"}})
                .find("cannot run " STOQ_PLUGINS "/exif/tools/exiftool: No such file"),
            std::string::npos);
  EXPECT_NE(refusal({{"bin_path", ""}, {"bin", "/nonexistent/other"}})
                .find("cannot run /nonexistent/other: No such file"),
            std::string::npos);
  if (has_exiftool()) {
    EXPECT_NE(refusal({{"bin_path", "exiftool"}}).find("Version"), std::string::npos);
  }
}

TEST_P(ExifFault, IsStartedWithoutAnybodysConfiguration) {
  setenv("HOME", "/home/somebody", 1);
  EXPECT_EQ(engine()("environment"), R"({"Home": ""})");
  std::string arguments;
  std::getline(std::ifstream(directory.path() + "/arguments") >> std::ws, arguments);
  EXPECT_EQ(arguments, "-config  -stay_open True -@ -");
}

TEST_P(ExifFault, OneThatHangsIsKilledAndReplaced) {
  ExifEngine exif = engine({{"timeout", "300ms"}});
  const std::string before = exif("who");
  EXPECT_EQ(exif("hang"), kFailed + "ExifTool gave no answer within 0.3 s and was killed");
  EXPECT_TRUE(soon([] { return descendants("sleep").empty(); }));
  const std::string after = exif("who");
  EXPECT_TRUE(after.starts_with("{\"Pid\": ")) << after;
  EXPECT_NE(after, before);
  EXPECT_EQ(exif("who"), after);
}

TEST_P(ExifFault, OneThatDiesIsReplaced) {
  ExifEngine exif = engine();
  EXPECT_EQ(exif("die"), kFailed + "ExifTool has ended without an answer: out of luck");
  const std::string first = exif("who");
  EXPECT_TRUE(first.starts_with("{\"Pid\": ")) << first;
  EXPECT_EQ(exif("die"), kFailed + "ExifTool has ended without an answer: out of luck");
  EXPECT_NE(exif("who"), first);
}

TEST_P(ExifFault, OneThatWentBetweenTwoPayloadsIsNotMissed) {
  ExifEngine exif = engine();
  for (int i = 0; i < 3; ++i) {
    const std::string last = exif("leave");
    EXPECT_TRUE(last.starts_with("{\"Pid\": ")) << last;
    const std::string next = exif("who");
    EXPECT_TRUE(next.starts_with("{\"Pid\": ")) << next;
    EXPECT_NE(next, last);
  }
  const std::vector<TreeProcess> running = descendants("fake");
  ASSERT_EQ(running.size(), 1u);
  kill(running[0].pid, SIGKILL);
  EXPECT_TRUE(exif("who").starts_with("{\"Pid\": "));
}

TEST_P(ExifFault, NonsenseIsAnError) {
  ExifEngine exif = engine();
  EXPECT_EQ(exif("silent"), kFailed + "ExifTool gave no JSON: Error: File not found");
  EXPECT_EQ(exif("nonsense"), kFailed + "ExifTool gave no JSON");
  EXPECT_EQ(exif("flood"), kFailed + "exiftool gave more than 33554432 bytes");
  EXPECT_TRUE(soon([] { return descendants("cat").empty(); }));
  EXPECT_TRUE(exif("who").starts_with("{\"Pid\": "));
}

TEST(ExifDeadline, AnswersBeforeTheEngineLosesPatience) {
  const Leftovers leftovers;
  const TemporaryDirectory directory;
  const std::string program = directory.path() + "/fake";
  std::ofstream(program) << kFake;
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  ExifEngine exif({{"bin_path", program},
                   {"sandbox_write", program.substr(0, program.rfind('/'))},
                   {"deadline", "1s"}});
  // A tenth of what is left of the second when its host begins is kept for the answer.
  const std::string told = exif("hang");
  EXPECT_TRUE(told.starts_with(kFailed + "ExifTool gave no answer within 0.")) << told;
  EXPECT_TRUE(told.ends_with(" s and was killed")) << told;
}

}  // namespace
}  // namespace stoq::test
