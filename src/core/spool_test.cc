// SPDX-License-Identifier: Apache-2.0
#include "core/spool.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>
#include <thread>

#include "core/response_text.h"
#include "tests/support/eventually.h"
#include "tests/support/temporary_directory.h"

namespace stoq {
namespace {

using namespace stoq::test;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::SizeIs;

constexpr std::string_view kResponse = R"({"results": [], "scan_id": "0a1b2c3d-rest"})";
const std::string kName = "20261124T172244.123456-0a1b2c3d-es";

SpoolHeader header(std::string connector = "es") {
  return {.connector = std::move(connector),
          .scan_id = "0a1b2c3d-rest",
          .error = "refused",
          .time = "",
          .attempts = 5};
}

class SpoolTest : public testing::Test {
 protected:
  SpoolSettings settings(uint64_t files = 100, uint64_t bytes = 1 << 20) const {
    return {.dir = dir_ / "spool", .files = files, .bytes = bytes, .durable = false};
  }
  std::string put(Spool& spool, std::string connector = "es",
                  std::string_view response = kResponse) const {
    const Spool::Put put = spool.put(header(std::move(connector)), response);
    EXPECT_EQ(put.problem, "");
    return put.name;
  }
  // What a claim of a file with this text says.
  std::string problem_of(const std::string& text) const {
    const std::string path = dir_.file("spool/" + kName + ".jsonl", text);
    Spool spool(settings());
    const std::string problem = spool.claim(kName).problem;
    EXPECT_EQ(read_all(path), text) << "it was not left alone";
    const std::vector<SpoolEntry> entries = spool.list();
    EXPECT_THAT(entries, SizeIs(1));
    return problem;
  }
  std::vector<std::string> temporaries() const {
    std::vector<std::string> found;
    for (const std::string& name : names_in(dir_ / "spool"))
      if (name.starts_with('.')) found.push_back(name);
    return found;
  }

  const TemporaryDirectory dir_;
};

TEST_F(SpoolTest, WhatIsPutThereIsThere) {
  Spool spool(settings());
  EXPECT_THAT(spool.names(), IsEmpty());  // and nobody minds that there is no directory yet
  const std::string name = put(spool);
  EXPECT_THAT(name, MatchesRegex("[0-9]{8}T[0-9]{6}\\.[0-9]{6}-0a1b2c3d-es"));
  EXPECT_THAT(spool.names(), ElementsAre(name));
  EXPECT_THAT(spool.names("es"), ElementsAre(name));
  EXPECT_THAT(spool.names("s"), IsEmpty());
  struct stat st {};
  ASSERT_EQ(stat((dir_ / "spool").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0700u);
  ASSERT_EQ(stat(spool.path(name).c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600u);

  const std::vector<SpoolEntry> entries = spool.list();
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].problem, "");
  EXPECT_EQ(entries[0].header.error, "refused");
  EXPECT_EQ(entries[0].header.attempts, 5u);
  EXPECT_EQ(entries[0].size, static_cast<uint64_t>(st.st_size));

  Spool::Claimed claimed = spool.claim(name);
  ASSERT_TRUE(claimed.claim) << claimed.problem;
  EXPECT_EQ(claimed.claim->response(), kResponse);
  EXPECT_EQ(claimed.claim->header().connector, "es");
  EXPECT_EQ(claimed.claim->take_out(), "");
  EXPECT_THAT(names_in(dir_ / "spool"), IsEmpty());
  EXPECT_TRUE(spool.claim(name).gone);
}

// The machine may be short of something for a while: that is no fault of a response.
TEST_F(SpoolTest, WhatCannotBeOpenedNowMayBeHadAnotherTime) {
  Spool spool(settings());
  const std::string name = put(spool);
  std::string all;
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  const Spool::Claimed claimed = spool.claim(name);
  const std::vector<std::string> names = spool.names({}, &all);
  const Spool::Put counted = Spool(settings()).put(header(), kResponse);
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(claimed.problem, "Too many open files");
  EXPECT_TRUE(claimed.passing);
  EXPECT_THAT(names, IsEmpty());
  EXPECT_EQ(all, dir_ / "spool" + ": Too many open files");
  EXPECT_EQ(counted.problem, all);
  EXPECT_TRUE(spool.claim(name).claim);
  EXPECT_THAT(spool.names({}, &all), ElementsAre(name));
  EXPECT_EQ(all, "");
}

TEST_F(SpoolTest, WhatIsNoResponseIsNoneAnotherTime) {
  Spool spool(settings());
  const std::string path = dir_.file("spool/" + kName + ".jsonl", "what is this");
  EXPECT_FALSE(spool.claim(kName).passing);
  std::filesystem::remove(path);
  std::filesystem::create_symlink(dir_ / "elsewhere", path);
  EXPECT_FALSE(spool.claim(kName).passing);
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  EXPECT_FALSE(spool.claim(kName).passing);
  EXPECT_NE(spool.claim(kName).problem, "");
}

TEST_F(SpoolTest, NamesSortByAge) {
  Spool spool(settings());
  std::vector<std::string> names;
  for (int i = 0; i < 50; ++i) names.push_back(put(spool, i % 2 ? "a" : "z-with-more"));
  EXPECT_EQ(spool.names(), names);
  EXPECT_THAT(spool.names("a"), SizeIs(25));
}

TEST_F(SpoolTest, ANameHasAConnectorOrIsNone) {
  EXPECT_EQ(connector_in(kName), "es");
  EXPECT_EQ(connector_in("20261124T172244.123456-0a1b2c3d-two words"), "two words");
  for (const char* none :
       {"", "es", "20261124T172244.123456-0a1b2c3d-", "20261124T172244.123456-0A1B2C3D-es",
        "20261124T172244.123456-0a1b2c3d-../es", "2026112xT172244.123456-0a1b2c3d-es"})
    EXPECT_EQ(connector_in(none), "") << none;
}

TEST_F(SpoolTest, AFailedAttemptIsNoted) {
  Spool spool(settings());
  const std::string name = put(spool);
  {
    Spool::Claimed claimed = spool.claim(name);
    ASSERT_TRUE(claimed.claim);
    claimed.claim->failed(std::string(10'000, 'e'));
    EXPECT_TRUE(Spool(settings()).claim(name).busy) << "the lock went with the old file";
  }
  const std::vector<SpoolEntry> entries = spool.list();
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].header.attempts, 6u);
  EXPECT_EQ(entries[0].header.error, std::string(4096, 'e'));
  EXPECT_EQ(spool.claim(name).claim->response(), kResponse);
}

TEST_F(SpoolTest, OneHasItAtATime) {
  Spool one(settings()), other(settings());
  const std::string name = put(one);
  std::optional<SpoolClaim> claim = one.claim(name).claim;
  ASSERT_TRUE(claim);
  EXPECT_TRUE(other.claim(name).busy);
  claim.reset();
  EXPECT_TRUE(other.claim(name).claim);
}

// Each of many responses is taken out once, however many processes are after them.
TEST_F(SpoolTest, NobodyTakesOutWhatAnotherHas) {
  Spool spool(settings());
  for (int i = 0; i < 40; ++i) put(spool);
  std::atomic<int> taken = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      Spool mine(settings());
      for (const std::string& name : spool.names()) {
        Spool::Claimed claimed = mine.claim(name);
        if (!claimed.claim) continue;
        if (t == 0) {
          claimed.claim->failed("not now");
          continue;
        }
        EXPECT_EQ(claimed.claim->take_out(), "");
        ++taken;
      }
    });
  threads.clear();
  EXPECT_EQ(static_cast<size_t>(taken) + spool.names().size(), 40u);
  for (const SpoolEntry& entry : spool.list()) EXPECT_EQ(entry.problem, "");
}

TEST_F(SpoolTest, IsFullByFilesAndByBytes) {
  Spool few(settings(2));
  const std::string first = put(few);
  put(few);
  EXPECT_THAT(few.put(header(), kResponse).problem,
              MatchesRegex("it is full, 2 responses of spool_max_files = 2, [0-9]+ bytes of "
                           "spool_max_bytes = 1048576"));
  EXPECT_EQ(few.claim(first).claim->take_out(), "");
  put(few);

  const std::string large(600'000, ' ');
  Spool small(settings(100, 1'000'000));
  put(small, "es", large);
  const Spool::Put refused = small.put(header(), large);
  EXPECT_THAT(refused.problem, MatchesRegex("it is full, 3 responses of spool_max_files = 100, "
                                            "60[0-9]+ bytes of spool_max_bytes = 1000000"));
  EXPECT_FALSE(refused.never);
}

TEST_F(SpoolTest, WhatOthersTakeOutIsRoom) {
  Spool spool(settings(1)), other(settings(1));
  const std::string name = put(spool);
  EXPECT_NE(spool.put(header(), kResponse).problem, "");
  EXPECT_EQ(other.claim(name).claim->take_out(), "");
  EXPECT_TRUE(eventually([&] { return spool.put(header(), kResponse).problem.empty(); }));
}

TEST_F(SpoolTest, WhatIsLargerThanTheSpoolNeverGoesIn) {
  Spool spool(settings(100, 4096));
  const Spool::Put put = spool.put(header(), std::string(5000, ' '));
  EXPECT_TRUE(put.never);
  EXPECT_THAT(put.problem,
              MatchesRegex("the response has 5[0-9]+ bytes, more than spool_max_bytes = 4096"));
}

TEST_F(SpoolTest, ADirectoryThatCannotBeIsAProblem) {
  dir_.file("file");
  Spool spool({.dir = dir_ / "file/spool", .files = 10, .bytes = 4096, .durable = false});
  EXPECT_EQ(spool.put(header(), kResponse).problem, "Not a directory");
  EXPECT_THAT(spool.names(), IsEmpty());
  EXPECT_THAT(spool.list(), IsEmpty());
}

TEST_F(SpoolTest, BrokenFilesAreNamedAndLeftAlone) {
  const std::string good =
      spool_text({"es", "0a1b2c3d-rest", "refused", "2026-11-24T17:22:44.123456Z", 5}, kResponse);
  EXPECT_EQ(problem_of(good), "");
  EXPECT_EQ(problem_of(""), "it has no header, or not all of one");
  EXPECT_EQ(problem_of(std::string(100'000, ' ') + "\n{}"), "it has no header, or not all of one");
  EXPECT_EQ(problem_of("{\"schema\": \n"),
            "its header is no JSON: unexpected end at byte 11, expected a value");
  EXPECT_EQ(problem_of("{}\n{}\n"),
            "its header says schema nothing, this stoQ reads 'stoq-spool/1'");
  const auto with = [&](std::string_view part, std::string_view other) {
    std::string text = good;
    return text.replace(text.find(part), part.size(), other);
  };
  EXPECT_EQ(problem_of(with("stoq-spool/1", "stoq-spool/2")),
            "its header says schema 'stoq-spool/2', this stoQ reads 'stoq-spool/1'");
  EXPECT_EQ(problem_of(with("\"es\"", "\"a/b\"")), "its header names no connector");
  EXPECT_EQ(problem_of(with("\"0a1b2c3d-rest\"", "7")), "its header has no scan_id");
  EXPECT_EQ(problem_of(with("2026-", "now")), "its header has no time");
  EXPECT_EQ(problem_of(with(": 5,", ": -5,")), "its header has no number of attempts");
  EXPECT_EQ(problem_of(with(": 5,", ": 99999999999,")), "its header has no number of attempts");
  EXPECT_EQ(problem_of(with("\"es\"", "\"splunk\"")), "its header belongs to another name");
  EXPECT_EQ(problem_of(good.substr(0, good.size() - 5)),
            "it is not whole: 38 bytes of a response, its header says 43");
  EXPECT_EQ(problem_of(with("[]", "{}")), "its response has another SHA-256 than its header says");
}

// Whatever lies there is read to its end, and only what was written is taken for it.
TEST_F(SpoolTest, MutatedFilesAreToldFromWholeOnes) {
  const SpoolHeader original{"es", "0a1b2c3d-rest", "refused", "2026-11-24T17:22:44.123456Z", 5};
  const std::string good = spool_text(original, kResponse);
  std::minstd_rand random(7);
  const auto any = [&](size_t below) {
    return std::uniform_int_distribution<size_t>(0, below - 1)(random);
  };
  for (int i = 0; i < 20'000; ++i) {
    std::string text = good;
    for (size_t changes = 1 + any(4); changes > 0 && !text.empty(); --changes) {
      const size_t at = any(text.size());
      switch (any(4)) {
        case 0:
          text[at] = static_cast<char>(any(256));
          break;
        case 1:
          text.erase(at, 1 + any(20));
          break;
        case 2:
          text.insert(at, text.substr(any(text.size()), 1 + any(20)));
          break;
        default:
          text.resize(at);
      }
    }
    const SpoolFile file = read_spool_text(text);
    EXPECT_TRUE(!file.problem.empty() || file.response == kResponse) << text;
    StoqResponse response;
    read_response(text, response);
  }
}

TEST_F(SpoolTest, WhatIsNoResponseIsNamedAndLeftAlone) {
  Spool spool(settings());
  const std::string name = put(spool);
  dir_.file("spool/readme");
  std::filesystem::create_directory(dir_ / ("spool/" + kName + "1.jsonl"));
  ASSERT_EQ(mkfifo((dir_ / ("spool/" + kName + "2.jsonl")).c_str(), 0600), 0);
  std::filesystem::create_symlink("/etc/passwd", dir_ / ("spool/" + kName + "3.jsonl"));
  std::vector<std::string> problems;
  for (const SpoolEntry& entry : spool.list())
    if (!entry.problem.empty()) problems.push_back(entry.name + ": " + entry.problem);
  std::sort(problems.begin(), problems.end());
  EXPECT_THAT(problems, ElementsAre(kName + "1.jsonl: it is no regular file",
                                    kName + "2.jsonl: it is no regular file",
                                    kName + "3.jsonl: Too many levels of symbolic links",
                                    "readme: it has not the name of a response in the spool"));
  EXPECT_EQ(spool.claim(kName + "1").problem, "Is a directory");
  EXPECT_EQ(spool.claim(kName + "2").problem, "it is no regular file");
  EXPECT_EQ(spool.claim(kName + "3").problem, "Too many levels of symbolic links");
  EXPECT_TRUE(spool.claim("../spool/" + name).gone);
  EXPECT_THAT(names_in(dir_ / "spool"), SizeIs(5));
}

TEST_F(SpoolTest, WhatAKilledWriterLeftIsRemovedAndWhatIsBeingWrittenIsNot) {
  dir_.file("spool/.tmp-left");
  dir_.file("spool/.tmp-open");
  const sdk::Fd open_one(open((dir_ / "spool/.tmp-open").c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(flock(open_one.get(), LOCK_EX), 0);
  Spool spool(settings());
  spool.clean();
  EXPECT_THAT(temporaries(), ElementsAre(".tmp-open"));
  EXPECT_THAT(spool.list(), IsEmpty());
}

// Whenever it happens: what is there is whole.
TEST_F(SpoolTest, AKilledProcessLeavesNothingHalf) {
  const std::string response = R"({"results": [], "pad": ")" + std::string(200'000, 'x') + "\"}";
  for (int round = 0; round < 20; ++round) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      Spool spool(settings(1'000'000, uint64_t{1} << 40));
      while (true) {
        const Spool::Put put = spool.put(header(), response);
        Spool::Claimed claimed = spool.claim(put.name);
        if (claimed.claim) claimed.claim->failed("not now");
        if (claimed.claim && spool.names().size() > 5) claimed.claim->take_out();
      }
    }
    // It is at work, and somewhere.
    EXPECT_TRUE(eventually([&] { return std::filesystem::exists(dir_ / "spool"); }));
    std::this_thread::sleep_for(std::chrono::microseconds(300 + 700 * round));
    ASSERT_EQ(kill(child, SIGKILL), 0);
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    Spool spool(settings());
    spool.clean();
    EXPECT_THAT(temporaries(), IsEmpty());
    for (const SpoolEntry& entry : spool.list()) EXPECT_EQ(entry.problem, "") << entry.name;
    for (const std::string& name : spool.names()) {
      const Spool::Claimed claimed = Spool(settings(100, 1 << 30)).claim(name);
      ASSERT_TRUE(claimed.claim) << claimed.problem;
      EXPECT_EQ(claimed.claim->response(), response);
    }
  }
}

TEST_F(SpoolTest, DurableIsTheSame) {
  SpoolSettings durable = settings();
  durable.durable = true;
  Spool spool(durable);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) put(spool);
    });
  threads.clear();
  EXPECT_THAT(spool.names(), SizeIs(20));
  for (const SpoolEntry& entry : spool.list()) EXPECT_EQ(entry.problem, "");
}

}  // namespace
}  // namespace stoq
