// SPDX-License-Identifier: Apache-2.0
#include "core/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/log.h"

namespace stoq {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SettingsTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = std::filesystem::temp_directory_path() / ("stoq-settings-" + std::to_string(getpid()));
    std::filesystem::create_directories(dir_);
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  Settings load(std::string_view text, StoqOptions options = {}) {
    std::ofstream(dir_ / "stoq.cfg") << text;
    options.base_dir = dir_.string();
    warnings_.clear();
    return load_settings(options, warnings_);
  }
  std::string refusal(std::string_view text, StoqOptions options = {}) {
    try {
      load(text, std::move(options));
    } catch (const StoqException& e) {
      return e.what();
    }
    return "accepted";
  }
  std::string file(unsigned line) const {
    return (dir_ / "stoq.cfg").string() + ":" + std::to_string(line);
  }

  std::filesystem::path dir_;
  std::vector<std::string> warnings_;
};

TEST_F(SettingsTest, DefaultsWithoutAFile) {
  const Settings s = load_settings({.base_dir = dir_.string()}, warnings_);
  EXPECT_EQ(s.max_recursion, 3u);
  EXPECT_EQ(s.max_payloads, 10'000u);
  EXPECT_EQ(s.extraction.bytes, uint64_t{1} << 30);
  EXPECT_EQ(s.log_dir, dir_.string() + "/logs");
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(SettingsTest, ArgumentsOverFileOverDefaults) {
  const std::string text =
      "[core]\nmax_recursion = 7\nmax_payloads: 50\nlog_level = debug\nalways_dispatch = a, b\n";
  const Settings from_file = load(text);
  EXPECT_EQ(from_file.max_recursion, 7u);
  EXPECT_EQ(from_file.max_payloads, 50u);
  EXPECT_EQ(from_file.log_level, LogLevel::debug);
  EXPECT_THAT(from_file.always_dispatch, ElementsAre("a", "b"));
  EXPECT_TRUE(from_file.always_dispatch_configured);
  StoqOptions options{.log_level = "error", .always_dispatch = {"c"}, .max_recursion = 3};
  options.core["max_payloads"] = 60;
  const Settings both = load(text, options);
  EXPECT_EQ(both.max_recursion, 3u);  // given, though it is the default
  EXPECT_EQ(both.max_payloads, 60u);
  EXPECT_EQ(both.log_level, LogLevel::error);
  EXPECT_THAT(both.always_dispatch, ElementsAre("c"));
  EXPECT_FALSE(both.always_dispatch_configured);
}

TEST_F(SettingsTest, SizesAndTimes) {
  const Settings s = load(
      "[core]\nmax_payload_size = 5MiB\nrequest_deadline = 2m\nplugin_deadline = "
      "250ms\nmax_dispatch_passes = until_stable\nlog_dir =\n");
  EXPECT_EQ(s.extraction.payload, 5u << 20);
  EXPECT_EQ(s.request_deadline, 120);
  EXPECT_EQ(s.plugin_deadline, 0.25);
  EXPECT_EQ(s.max_dispatch_passes, UINT_MAX);
  EXPECT_EQ(s.log_dir, "");
}

TEST_F(SettingsTest, UnknownKeysWarnWithTheNearestName) {
  load("[core]\nmax_recursoin = 3\n", {.core = {{"nonsense", "1"}}});
  EXPECT_THAT(
      warnings_,
      ElementsAre(
          file(2) +
              ": [core] has no key 'max_recursoin' (did you mean 'max_recursion'?); it is ignored",
          "argument nonsense: [core] has no key 'nonsense'; it is ignored"));
}

TEST_F(SettingsTest, MalformedValuesRefuseWithFileAndLine) {
  EXPECT_EQ(refusal("[core]\nmax_recursion = many\nplugin_deadline = -1\n"),
            file(2) + ": max_recursion: 'many' is not an integer\n" + file(3) +
                ": plugin_deadline: '-1' is not a duration; write seconds, or a number with ms, s, "
                "m or h");
  EXPECT_EQ(refusal("[core]\nmax_recursion = 2000\n"),
            file(2) + ": max_recursion: 2000 is out of range 0 to 1000");
  EXPECT_EQ(
      refusal("[core]\nlog_level = loud\n"),
      file(2) +
          ": log_level: 'loud' is no log level; write debug, info, warning, error or critical");
  EXPECT_EQ(
      refusal("[core]\nmax_dispatch_passes = often\n"),
      file(2) + ": max_dispatch_passes: 'often' is neither a number of passes nor until_stable");
  EXPECT_EQ(refusal("", {.core = {{"threads", "0"}}}),
            "argument threads: 0 is out of range 1 to 1024");
}

TEST_F(SettingsTest, ABrokenFileRefuses) {
  EXPECT_THAT(refusal("max_recursion = 3\n"), HasSubstr(file(1)));
  EXPECT_THAT(refusal("[core]\na = 1\n[core]\nb = 2\n"), HasSubstr(file(3)));
}

TEST_F(SettingsTest, AMissingFileThatWasNamedIsTold) {
  const Settings s = load_settings(
      {.base_dir = dir_.string(), .config_file = dir_.string() + "/none.cfg"}, warnings_);
  EXPECT_EQ(s.max_recursion, 3u);
  EXPECT_THAT(warnings_, ElementsAre("configuration file " + dir_.string() +
                                     "/none.cfg does not exist; the defaults apply"));
}

class LogTest : public SettingsTest {
 protected:
  static std::string read(const std::filesystem::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

TEST_F(LogTest, TheFileHasOneLineARecordWhateverIsInIt) {
  Settings s;
  s.log_dir = (dir_ / "logs").string();
  s.log_level = LogLevel::error;  // stderr of the test stays quiet but for this
  Logger log(s, nullptr);
  log.log(LogLevel::info, "not wanted");
  log.log(LogLevel::error, "two\nlines \x1b[31mand an escape", "stoq.x", "/src/a/b.cc", 12);
  EXPECT_THAT(read(dir_ / "logs/stoq.log"),
              testing::MatchesRegex(
                  "[0-9-]+ [0-9:]+ ERROR stoq.x:b.cc:12: two\\\\nlines \\?\\[31mand an escape\n"));
}

TEST_F(LogTest, JsonLinesAreJson) {
  const auto sink = make_file_sink((dir_ / "logs").string(), 1'000'000, 2, true);
  sink->write({std::chrono::system_clock::now(), LogLevel::warning, "stoq", "a \"quoted\"\nline",
               "x.cc", 3});
  EXPECT_THAT(
      read(dir_ / "logs/stoq.log"),
      testing::MatchesRegex(
          R"re(\{"asctime": "[0-9: -]+", "levelname": "WARNING", "name": "stoq", "message": "a \\"quoted\\"\\nline", "filename": "x.cc", "lineno": 3\})re"
          "\n"));
}

TEST_F(LogTest, RotatesBySizeAndKeepsSoMany) {
  const auto sink = make_file_sink((dir_ / "logs").string(), 200, 2, false);
  for (int i = 0; i < 12; ++i)
    sink->write({std::chrono::system_clock::now(), LogLevel::error, "stoq",
                 "message number " + std::to_string(100 + i), "", 0});
  EXPECT_THAT(read(dir_ / "logs/stoq.log"), HasSubstr("message number 111"));
  EXPECT_TRUE(std::filesystem::exists(dir_ / "logs/stoq.log.1"));
  EXPECT_TRUE(std::filesystem::exists(dir_ / "logs/stoq.log.2"));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "logs/stoq.log.3"));
  EXPECT_LE(std::filesystem::file_size(dir_ / "logs/stoq.log.1"), 200u);
}

TEST_F(LogTest, ADirectoryThatCannotBeIsAnError) {
  std::ofstream(dir_ / "file") << "x";
  try {
    make_file_sink((dir_ / "file/logs").string(), 1000, 1, false);
    FAIL() << "accepted";
  } catch (const StoqException& e) {
    EXPECT_EQ(std::string(e.what()),
              "cannot open the log file " + dir_.string() +
                  "/file/logs/stoq.log: Not a directory; set log_dir, or leave it empty for none");
  }
}

}  // namespace
}  // namespace stoq
