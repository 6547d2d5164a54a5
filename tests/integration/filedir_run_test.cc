// SPDX-License-Identifier: Apache-2.0
//
// The command `stoq run` with filedir at both ends, as a user starts it.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <csignal>
#include <map>
#include <regex>
#include <set>
#include <thread>

#include "stoq/sdk/json.h"
#include "tests/support/program.h"
#include "tests/support/temporary_directory.h"

namespace stoq {
namespace {

using namespace stoq::test;
using Names = std::vector<std::string>;

class FiledirRun : public ::testing::Test {
 protected:
  const TemporaryDirectory dir_;
  const std::string source_ = dir_ / "source", results_ = dir_ / "results";

  void SetUp() override { std::filesystem::create_directory(source_); }

  void make_files(int count) const {
    for (int i = 0; i < count; ++i)
      dir_.file("source/f" + std::to_string(i), "content " + std::to_string(i));
  }

  ProgramOptions options() const {
    return {.environment = {"HOME=" + dir_.path(), "STOQ_HOME", "XDG_STATE_HOME", "LC_ALL=C"},
            .directory = dir_.path()};
  }
  Names command(Names plugin_opts, Names more = {}) const {
    Names all = {STOQ_PROGRAM, "run",          "-P",
                 "filedir",    "-a",           "hash",
                 "--set",      "dispatchers=", "connector_attempts=1"};
    all.insert(all.end(), more.begin(), more.end());
    all.push_back("--plugin-opts");
    for (const std::string& option : plugin_opts) all.push_back("filedir:" + option);
    return all;
  }
  // From source_ to results_, with further options of filedir.
  ProgramResult run(Names plugin_opts = {}, Names more = {"-C", "filedir"}) const {
    plugin_opts.insert(plugin_opts.begin(), {"source_dir=" + source_, "results_dir=" + results_});
    return run_program(command(plugin_opts, more), options());
  }

  // filename → its result, of all responses in a directory; each must be whole.
  std::multimap<std::string, std::string> saved(const std::string& directory) const {
    std::multimap<std::string, std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
      const std::string name = entry.path().filename().string();
      if (!entry.is_regular_file() || name.starts_with('.')) continue;
      const std::string text = read_all(entry.path());
      const sdk::JsonView response{text};
      EXPECT_EQ(response["scan_id"].string_or("none"), name) << text;
      EXPECT_TRUE(text.ends_with("}\n")) << text;
      const sdk::JsonView result = response["results"][0];
      found.emplace(result["payload_meta"]["extra_data"]["filename"].string_or("none"),
                    result.text());
    }
    return found;
  }

  // The lines of a log or a complaint, without the time, sorted, since threads write them. Scan ids
  // become ID, names in the spool NAME.
  static Names lines(const std::string& err) {
    static const std::regex time(R"(\[[-0-9]+ [:,0-9]+ (\w+)\] )");
    static const std::regex id("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    static const std::regex name("[0-9]{8}T[0-9]{6}\\.[0-9]{6}-[0-9a-f]{8}-\\w+");
    const std::string text = std::regex_replace(
        std::regex_replace(std::regex_replace(err, time, "$1 "), id, "ID"), name, "NAME");
    Names all;
    for (size_t from = 0, end; (end = text.find('\n', from)) != text.npos; from = end + 1)
      all.push_back(text.substr(from, end - from));
    std::sort(all.begin(), all.end());
    return all;
  }

  static Names kept(const std::string& connector, const std::string& problem) {
    return {"WARNING stoq: Results of scan ID are not saved using " + connector +
                " and lie in the spool as NAME: " + problem,
            "stoq: 1 response is not saved and lies in the spool; see stoq spool list"};
  }
  // What one failed save says.
  Names failed_save(const std::string& why) const {
    const std::string problem = "StoqPluginException: " + why;
    return kept("filedir", problem);
  }
};

TEST_F(FiledirRun, GivesOneResultPerFileEachTime) {
  make_files(50);
  for (const size_t times : {1, 2}) {
    const ProgramResult result = run();
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.err, "");
    const auto found = saved(results_);
    EXPECT_EQ(found.size(), 50 * times);
    EXPECT_EQ(names_in(results_).size(), 50 * times) << "something else was left there";
    for (int i = 0; i < 50; ++i) EXPECT_EQ(found.count("f" + std::to_string(i)), times);
  }
}

TEST_F(FiledirRun, ResultsHoldNameDirectoryAndDigest) {
  dir_.file("source/hello", "hello");
  EXPECT_EQ(run().exit_code, 0);
  const auto found = saved(results_);
  ASSERT_EQ(found.size(), 1u);
  const sdk::JsonView result{found.begin()->second};
  EXPECT_EQ(result["payload_meta"]["extra_data"].text(),
            R"({"filename": "hello", "source_dir": ")" + source_ + "\"}");
  EXPECT_EQ(result["workers"][0]["hash"]["sha1"].string_or(""),
            "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d");
}

TEST_F(FiledirRun, KeepsTheBytesOfNamesThatAreNotUtf8) {
  dir_.file("source/caf\xe9", "x");
  EXPECT_EQ(run().exit_code, 0);
  const auto found = saved(results_);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(
      sdk::JsonView(found.begin()->second)["payload_meta"]["extra_data"].text(),
      R"({"filename": "café", "filename_hex": "636166e9", "source_dir": ")" + source_ + "\"}");
}

TEST_F(FiledirRun, GoesDownWhenToldSo) {
  for (const char* name : {"source/top", "source/a/.dot", "source/a/b/deep"}) dir_.file(name);
  EXPECT_EQ(run({"recursive=yes", "compactly=no", "date_mode=yes", "date_format=%Y/day"}).exit_code,
            0);
  const auto found = saved(results_);
  EXPECT_EQ(found.size(), 3u);
  EXPECT_EQ(found.count(".dot"), 1u);
  ASSERT_EQ(found.count("deep"), 1u);
  EXPECT_TRUE(found.find("deep")->second.starts_with("{\n            \"payload_id\""))
      << found.find("deep")->second;
}

TEST_F(FiledirRun, TakesASingleFile) {
  const std::string file = dir_.file("source/.one");
  dir_.file("source/two");
  EXPECT_EQ(run({"source_dir=" + file}).exit_code, 0);
  EXPECT_EQ(saved(results_).count(".one"), 1u);
  EXPECT_EQ(saved(results_).size(), 1u);
}

TEST_F(FiledirRun, SaysWhatItCouldNotReadAndTakesTheRest) {
  make_files(3);
  std::filesystem::create_symlink("nowhere", source_ + "/dangling");
  std::filesystem::create_directory(source_ + "/sub");
  ASSERT_EQ(mkfifo((source_ + "/fifo").c_str(), 0600), 0);
  const ProgramResult result = run();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "");
  const std::string problem =
      "provider:filedir failed: 1 file or directory could not be read: " + source_ +
      "/dangling (No such file or directory)";
  EXPECT_EQ(lines(result.err),
            (Names{"ERROR stoq: " + problem,
                   "WARNING stoq.filedir: " + source_ +
                       "/dangling could not be read: No such file or directory",
                   "WARNING stoq.filedir: " + source_ + "/fifo is skipped: it is a FIFO",
                   "WARNING stoq.filedir: " + source_ +
                       "/sub is skipped: it is a directory and recursive is off",
                   "stoq: " + problem}));
  EXPECT_EQ(saved(results_).size(), 3u);
}

TEST_F(FiledirRun, SaysWhenThereIsNoSource) {
  const std::string undefined =
      "provider:filedir failed: StoqPluginException: Source directory not defined: set source_dir "
      "in the section [filedir] of stoq.cfg, or "
      "give --plugin-opts filedir:source_dir=PATH";
  const ProgramResult none = run_program(command({"results_dir=" + results_}), options());
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_EQ(lines(none.err), (Names{"ERROR stoq: " + undefined, "stoq: " + undefined}));

  const std::string missing = "provider:filedir failed: StoqPluginException: source_dir " +
                              dir_ / "missing" +
                              " cannot be read: No such file or directory; point source_dir to a "
                              "file or directory that can";
  const ProgramResult gone = run({"source_dir=" + dir_ / "missing"});
  EXPECT_EQ(gone.exit_code, 1);
  EXPECT_EQ(lines(gone.err), (Names{"ERROR stoq: " + missing, "stoq: " + missing}));
}

TEST_F(FiledirRun, RefusesToStartWithABadOption) {
  const ProgramResult result = run({"date_mode=yes", "date_format=../%Y"});
  EXPECT_EQ(result.exit_code, 2);
  const std::string problem =
      "stoq: plugin 'filedir' (" STOQ_PLUGINS
      "/filedir/filedir.stoq) cannot be loaded: date_format '../%Y' gives no path of directories "
      "below another one; write it like %Y/%m/%d";
  EXPECT_EQ(lines(result.err), (Names{"ERROR " + problem, problem}));
}

TEST_F(FiledirRun, MakesTheResultsDirectoryWithItsParents) {
  make_files(1);
  EXPECT_EQ(run({"results_dir=" + dir_ / "a/b/c"}).exit_code, 0);
  EXPECT_EQ(saved(dir_ / "a/b/c").size(), 1u);
}

TEST_F(FiledirRun, RelativeDirectoriesBeginAtTheWorkingDirectory) {
  make_files(1);
  const ProgramResult result =
      run_program(command({"source_dir=source"}, {"-C", "filedir"}), options());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(saved(results_).size(), 1u);  // ./results
}

TEST_F(FiledirRun, SaysWhenTheResultsDirectoryIsNone) {
  make_files(1);
  dir_.file("results");
  const ProgramResult result = run();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(lines(result.err), failed_save("cannot open the directory " + results_ +
                                           ": Not a directory; a part of that path is no "
                                           "directory: move it away, or point results_dir "
                                           "elsewhere"));
}

// A file system of its own, where the kernel lets us mount one.
class Mounted {
 public:
  Mounted(const std::string& path, const char* options) : path_(path) {
    std::filesystem::create_directories(path);
    there_ = mount("tmpfs", path.c_str(), "tmpfs", 0, options) == 0;
  }
  ~Mounted() {
    if (there_) umount2(path_.c_str(), MNT_DETACH);
  }
  bool there() const { return there_; }

 private:
  const std::string path_;
  bool there_;
};

TEST_F(FiledirRun, SaysWhenTheResultsDirectoryIsReadOnly) {
  make_files(1);
  const Mounted read_only(results_, "ro,size=64k");
  if (!read_only.there() ||
      mount(nullptr, results_.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0)
    GTEST_SKIP() << "mounting a tmpfs is not allowed here";
  const ProgramResult result = run();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(lines(result.err), failed_save("cannot create a file in " + results_ +
                                           ": Read-only file system; make it writable for this "
                                           "user, or point results_dir to a place that "
                                           "is"));
}

TEST_F(FiledirRun, AFullDiskCostsNoWholeResultAndIsSaid) {
  make_files(50);
  const Mounted small(results_, "size=64k");
  if (!small.there()) GTEST_SKIP() << "mounting a tmpfs is not allowed here";
  const ProgramResult result = run();
  EXPECT_EQ(result.exit_code, 1);
  const size_t whole = saved(results_).size();
  EXPECT_GT(whole, 0u);
  EXPECT_LT(whole, 50u);
  EXPECT_EQ(names_in(results_).size(), whole) << "a temporary file was left";
  size_t said = 0;
  for (const std::string& line : lines(result.err))
    said += line ==
            "WARNING stoq: Results of scan ID are not saved using filedir and lie in the spool as "
            "NAME: StoqPluginException: cannot write " +
                results_ +
                "/ID: No space left on device; free space there, or point results_dir to a disk "
                "that has some";
  EXPECT_EQ(said, 50 - whole) << result.err;
  EXPECT_EQ(lines(result.err).back(), "stoq: " + std::to_string(50 - whole) +
                                          " responses are not saved and lie in the spool; see "
                                          "stoq spool list");
}

TEST_F(FiledirRun, ALimitOnTheSizeOfFilesIsSaid) {
  make_files(1);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit few{512, before.rlim_max};
  const auto old = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &few);
  const ProgramResult result = run({}, {"spool_dir=", "-C", "filedir"});  // it would not fit there
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old);
  EXPECT_EQ(result.exit_code, 1);
  const std::string why =
      " failed: not saved by filedir: StoqPluginException: cannot write " + results_ +
      "/ID: File too large; raise the limit on the size of files (ulimit -f), or point results_dir "
      "to a file system that takes larger ones";
  EXPECT_EQ(lines(result.err), (Names{"ERROR stoq: f0 from filedir" + why,
                                      "WARNING stoq.filedir: " + source_ + "/f0" + why}));
  EXPECT_EQ(names_in(results_), Names{});
}

TEST_F(FiledirRun, AFileThatIsTooLargeIsSaid) {
  dir_.file("source/large", std::string(3000, 'x'));
  dir_.file("source/small");
  const ProgramResult result = run({}, {"max_payload_size=2000", "-C", "filedir"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(lines(result.err),
            Names{"WARNING stoq: large from filedir was hashed, not scanned: it is larger than "
                  "max_payload_size"});
  const auto found = saved(results_);
  EXPECT_EQ(found.count("large"), 1u);
  EXPECT_EQ(found.count("small"), 1u);
}

TEST_F(FiledirRun, KilledItLeavesOnlyWholeResults) {
  make_files(3000);
  Program program(command({"source_dir=" + source_, "results_dir=" + results_}, {"-C", "filedir"}),
                  options());
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < give_up &&
         (!std::filesystem::exists(results_) || names_in(results_).size() < 100))
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  program.kill(SIGKILL);
  EXPECT_EQ(program.wait().signal, SIGKILL);
  EXPECT_GE(saved(results_).size(), 90u);
  EXPECT_LT(saved(results_).size(), 3000u)
      << "it was through before it was killed: make more files";
}

TEST_F(FiledirRun, ArchivesByTheSha1) {
  dir_.file("source/hello", "hello");
  const ProgramResult result =
      run({"archive_dir=" + dir_ / "archive"}, {"-C", "filedir", "-A", "filedir"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const std::string path = dir_ / "archive/a/a/f/4/c/aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d";
  EXPECT_EQ(read_all(path), "hello");
  const auto found = saved(results_);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(sdk::JsonView(found.begin()->second)["archivers"].text(),
            R"({"filedir": {"path": ")" + path + "\"}}");
}

TEST_F(FiledirRun, StdoutPrintsWholeDocuments) {
  make_files(50);
  const ProgramResult result = run({}, {"-C", "stdout"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_FALSE(std::filesystem::exists(results_));
  std::set<std::string> names;
  size_t documents = 0;
  for (size_t from = 0, end; (end = result.out.find("\n}\n", from)) != result.out.npos;
       from = end + 3, ++documents) {
    const sdk::JsonView response{std::string_view(result.out).substr(from, end + 2 - from)};
    EXPECT_EQ(response["results"].size(), 1u);
    EXPECT_NE(response["limits"].kind(), sdk::JsonKind::missing);
    names.insert(response["results"][0]["payload_meta"]["extra_data"]["filename"].string_or(""));
  }
  EXPECT_EQ(documents, 50u);
  EXPECT_EQ(names.size(), 50u);
}

TEST_F(FiledirRun, StdoutThatNobodyReadsIsSaid) {
  make_files(1);
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  close(ends[0]);
  ProgramOptions closed = options();
  closed.out_fd = ends[1];
  const ProgramResult result =
      run_program(command({"source_dir=" + source_}, {"-C", "stdout"}), closed);
  close(ends[1]);
  EXPECT_EQ(result.exit_code, 1);
  const std::string problem =
      "StoqPluginException: cannot print the response: stdout was closed by its reader";
  EXPECT_EQ(lines(result.err), kept("stdout", problem));
}

TEST_F(FiledirRun, MimetypeTellsTheTypeOfEachFile) {
  dir_.file("source/text", "This is a magical string");
  dir_.file("source/empty", "");
  dir_.file("source/json", "{\"a\": 1}");
  const ProgramResult result = run({}, {"-C", "filedir", "-a", "mimetype"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  std::map<std::string, std::string> types;
  for (const auto& [name, text] : saved(results_))
    types[name] = sdk::JsonView(text)["workers"][0]["mimetype"].text();
  EXPECT_EQ(types,
            (std::map<std::string, std::string>{{"empty", R"({"mimetype": "application/x-empty"})"},
                                                {"json", R"({"mimetype": "application/json"})"},
                                                {"text", R"({"mimetype": "text/plain"})"}}));
}

}  // namespace
}  // namespace stoq
