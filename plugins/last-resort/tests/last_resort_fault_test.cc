// SPDX-License-Identifier: Apache-2.0
//
// A clamscan that is missing, hangs, dies or lies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/extracted.h"
#include "support/leftovers.h"
#include "support/process_tree.h"
#include "support/temporary_directory.h"

namespace stoq::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Does what the payload says behind its first four bytes. `piece PLACE` notes a piece.
constexpr std::string_view kFake = R"sh(#!/bin/sh
for argument; do
  case "$argument" in --tempdir=*) tmp="${argument#--tempdir=}" ;; esac
done
mkdir "$tmp/run"
piece() { list="$list${list:+,}{\"FilePath\":\"$1\",\"FileName\":\"it\"}"; }
echo content > "$tmp/run/good"
case "$(tail -c +5 /proc/self/fd/3)" in
  hang) sleep 1000 ;;
  die) echo 'out of luck' >&2; exit 3 ;;
  crash) kill -SEGV $$ ;;
  silent) exit 0 ;;
  flood) cat /dev/zero ;;
  nonsense) echo 'Usage: what' > "$tmp/run/metadata.json"; exit 0 ;;
  late) echo 'a limit' >&2; status=2; piece "$tmp/run/good" ;;
  outside) piece /etc/passwd; piece "$tmp/../../etc/passwd"; piece "$tmp/run/good" ;;
  links)
    ln -s /etc/passwd "$tmp/run/link"; piece "$tmp/run/link"
    ln -s /etc "$tmp/etc"; piece "$tmp/etc/passwd"
    mkfifo "$tmp/run/fifo"; piece "$tmp/run/fifo"
    piece "$tmp/run"; piece "$tmp/run/missing"; piece "$tmp/run/good" ;;
  itself) cat /proc/self/fd/3 > "$tmp/run/self"; piece "$tmp/run/self" ;;
esac
printf '{"Magic":"CLAMJSONv0","ContainedObjects":[%s]}' "$list" > "$tmp/run/metadata.json"
exit ${status:-0}
)sh";

class LastResortFault : public testing::Test {
 protected:
  LastResortFault() {
    std::ofstream(program()) << kFake;
    std::filesystem::permissions(program(), std::filesystem::perms::owner_all);
  }
  std::string program() const { return directory.path() + "/fake"; }
  WorkerScan scan(const std::string& what, std::map<std::string, std::string> options = {}) const {
    options.try_emplace("isolation", "process");
    options.try_emplace("bin", program());
    return scan_with("last-resort", "EGGA" + what, std::move(options));
  }
  std::string problem(const std::string& what,
                      std::map<std::string, std::string> options = {}) const {
    const WorkerScan r = scan(what, std::move(options));
    EXPECT_THAT(r.contents(), IsEmpty()) << what;
    if (r.errors.size() != 1)
      return std::to_string(r.errors.size()) + " errors: " + r.response.dumps();
    const std::string text = r.errors[0].substr(0, r.errors[0].find(" ; payload"));
    const std::size_t at = text.rfind(" ; ");
    return at == text.npos ? text : text.substr(at + 3);
  }

  const Leftovers leftovers;
  const TemporaryDirectory directory;
};

TEST_F(LastResortFault, WithoutClamscanItDoesNotLoad) {
  EXPECT_EQ(problem("", {{"bin", "/nonexistent/clamscan"}}),
            "StoqPluginException: plugin 'last-resort' (" STOQ_PLUGINS
            "/last-resort/last-resort.stoq) cannot be loaded: cannot run /nonexistent/clamscan: No "
            "such file or directory; install ClamAV (Debian: clamav), or say where it is by the "
            "option bin in section [last-resort] of stoq.cfg");
}

TEST_F(LastResortFault, OneThatHangsIsKilled) {
  EXPECT_THAT(problem("hang", {{"timeout", "300ms"}}), HasSubstr("clamscan: "));
  EXPECT_TRUE(descendants("sleep").empty());
}

TEST_F(LastResortFault, OneThatDiesOrFloodsCostsItsOwnResult) {
  EXPECT_EQ(problem("die"), "clamscan: out of luck");
  EXPECT_EQ(problem("crash"), "clamscan: ended by signal 11");
  EXPECT_EQ(problem("silent"), "clamscan: it has left no notes");
  EXPECT_EQ(problem("nonsense"), "clamscan: it has left no notes");
  EXPECT_THAT(problem("flood"), HasSubstr("gave more than 65536 bytes"));
  EXPECT_TRUE(descendants("cat").empty());
}

TEST_F(LastResortFault, WhatItUnpackedBeforeItFailedStays) {
  const WorkerScan r = scan("late");
  EXPECT_THAT(r.contents(), ElementsAre("content\n"));
  ASSERT_EQ(r.errors.size(), 1u);
  EXPECT_THAT(r.errors[0], HasSubstr("clamscan: a limit"));
}

TEST_F(LastResortFault, NothingButFilesOfItsDirectoryIsTaken) {
  for (const char* what : {"outside", "links"}) {
    const WorkerScan r = scan(what);
    EXPECT_THAT(r.contents(), ElementsAre("content\n")) << what;
    EXPECT_THAT(r.errors, IsEmpty());
  }
}

TEST_F(LastResortFault, APayloadIsNotItsOwnPiece) {
  EXPECT_EQ(problem("itself"), "damaged or unsupported: egg");
}

}  // namespace
}  // namespace stoq::test
