// SPDX-License-Identifier: Apache-2.0
//
// The plugin in an engine, with archives that 7zz and other programs have written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "support/objects.h"

namespace stoq::test {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class Sevenzip : public testing::Test {
 protected:
  void SetUp() override {
    if (access("/usr/bin/7zz", X_OK) != 0) GTEST_SKIP() << "7zz is not installed";
    std::string name = (fs::temp_directory_path() / "sevenzip_test.XXXXXX").string();
    ASSERT_TRUE(mkdtemp(name.data()));
    folder_ = name;
    put("one.txt", "first content");
    put("two.txt", "second content");
  }
  void TearDown() override {
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
  }
  void put(const std::string& name, const std::string& content) {
    std::ofstream(folder_ / name, std::ios::binary) << content;
  }
  std::string made(const std::string& name, const std::string& command) {
    const std::string line =
        "cd " + folder_.string() + " && export LC_ALL=C.UTF-8 && " + command + " >/dev/null 2>&1";
    EXPECT_EQ(std::system(line.c_str()), 0) << command;
    std::ifstream in(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  StoqResponse scan(const std::string& content, PayloadMeta meta = {}, OptionMap options = {}) {
    StoqOptions o = quiet();
    o.plugin_dir_list = {STOQ_PLUGINS};
    o.always_dispatch = {"sevenzip"};
    o.plugin_opts["sevenzip"] = std::move(options);
    return Stoq(std::move(o)).scan(content, {.payload_meta = std::move(meta)});
  }
  static std::vector<std::string> members(const StoqResponse& r) {
    std::vector<std::string> out;
    const Json* result = r.results.at(0).workers.at(0).find("sevenzip");
    if (!result) return {"no result: " + r.dumps()};
    for (const sdk::JsonView m : sdk::JsonView(result->text())["members"].elements())
      out.push_back(m["name"].string_or("") + ": " + m["status"].string_or(""));
    return out;
  }
  static std::vector<std::string> errors(const StoqResponse& r) {
    std::vector<std::string> out;
    if (const auto* all = r.errors.find("sevenzip"))
      for (const std::string& error : *all)
        out.push_back(error.substr(0, error.find(" ; payload")));
    return out;
  }

  fs::path folder_;
};

const std::vector<std::string> kBoth = {"one.txt: extracted", "two.txt: extracted"};

TEST_F(Sevenzip, MembersComeOutByName) {
  const StoqResponse r = scan(made("a.wim", "7zz a -twim a.wim one.txt two.txt"));
  EXPECT_EQ(members(r), kBoth);
  ASSERT_EQ(r.results.size(), 3u) << r.dumps();
  EXPECT_EQ(r.results[1].size, 13u);
  EXPECT_EQ(r.results[2].size, 14u);
  EXPECT_THAT(errors(r), ElementsAre());
}

TEST_F(Sevenzip, EncryptedHeadersWithAPasswordOfTheNameOrTheList) {
  const std::string locked = made("a.7z", "7zz a -pinfected -mhe=on a.7z one.txt two.txt");
  EXPECT_EQ(members(scan(locked)), kBoth);
  const std::string named = made("b.7z", "7zz a -pq7w8 -mhe=on b.7z one.txt two.txt");
  EXPECT_EQ(members(scan(named, PayloadMeta{.extra_data = {{"filename", "x_pw_q7w8.7z"}}})), kBoth);
  const StoqResponse r = scan(named);
  EXPECT_EQ(r.results.size(), 1u);
  EXPECT_THAT(errors(r), ElementsAre(testing::HasSubstr(
                             "encrypted: none of 3 passwords fits; add the right one to the option "
                             "passwords")));
}

TEST_F(Sevenzip, PasswordsOfTheMailAroundAnArchiveForDecompressToo) {
  const std::string lockeds[] = {
      made("a.7z", "7zz a -pt0pS3cret -mhe=on a.7z one.txt two.txt"),
      made("a.zip", "7zz a -pt0pS3cret -mem=AES256 a.zip one.txt two.txt")};
  for (const std::string& locked : lockeds) {
    StoqOptions o = quiet();
    o.plugin_dir_list = {STOQ_PLUGINS};
    o.always_dispatch = {"smtp", "decompress"};
    Stoq s(std::move(o));
    add_worker(s, "smtp", [&](Payload& payload, Request&) {
      WorkerResponse response;
      if (text(payload) != "a mail") return response;
      response.results = Json{{"subject", "Invoice"},
                              {"body", "Please find it attached.\nThe password is: t0pS3cret.\n"}};
      response.extracted.push_back({locked});
      return response;
    });
    const StoqResponse r = s.scan("a mail");
    EXPECT_EQ(r.results.size(), 4u) << r.dumps();
    EXPECT_EQ(r.errors.size(), 0u) << r.dumps();
  }
}

TEST_F(Sevenzip, MembersOfOneNameAndNamesOfAnyCharset) {
  put("größe 日本.txt", "third");
  const StoqResponse named =
      scan(made("n.wim", "7zz a -twim n.wim one.txt two.txt '-i!größe 日本.txt'"));
  EXPECT_THAT(members(named), testing::Contains("größe 日本.txt: extracted"));
  std::string same = made("s.7z", "7zz a -mx=0 -mhc=off s.7z one.txt two.txt");
  const std::string from("t\0w\0o\0", 6), to("o\0n\0e\0", 6);  // a second one.txt
  ASSERT_NE(same.find(from), same.npos);
  same.replace(same.find(from), 6, to);
  const auto le32 = [](uint32_t n) {
    return std::string(reinterpret_cast<const char*>(&n), sizeof n);
  };
  const auto crc = [](std::string_view bytes) {
    uint32_t c = ~0U;
    for (const unsigned char byte : bytes) {
      c ^= byte;
      for (int bit = 0; bit < 8; ++bit) c = c >> 1 ^ (c & 1 ? 0xEDB88320 : 0);
    }
    return ~c;
  };
  uint64_t at = 0, size = 0;
  std::memcpy(&at, same.data() + 12, 8), std::memcpy(&size, same.data() + 20, 8);
  same.replace(28, 4, le32(crc(std::string_view(same).substr(32 + at, size))));
  same.replace(8, 4, le32(crc(std::string_view(same).substr(12, 20))));
  const StoqResponse r = scan(same);
  EXPECT_EQ(members(r), (std::vector<std::string>{"one.txt: extracted", "one.txt: extracted"}));
  ASSERT_EQ(r.results.size(), 3u) << r.dumps();
  EXPECT_EQ(r.results[1].size + r.results[2].size, 27u);
}

TEST_F(Sevenzip, AMemberThatFailsLeavesTheRest) {
  put("three.txt", std::string(1000, 'z'));
  std::string bad = made("a.7z", "7zz a -mx=0 a.7z one.txt three.txt two.txt");
  bad[bad.find("zzz") + 10] = 'y';
  const StoqResponse r = scan(bad);
  EXPECT_THAT(members(r), testing::UnorderedElementsAre("one.txt: extracted", "two.txt: extracted",
                                                        "three.txt: damaged: CRC Failed"));
  EXPECT_THAT(errors(r), ElementsAre(testing::HasSubstr("three.txt: damaged: CRC Failed")));
  EXPECT_EQ(r.results.size(), 4u);
}

TEST_F(Sevenzip, SizesAreBounded) {
  const StoqResponse r =
      scan(made("a.wim", "7zz a -twim a.wim one.txt two.txt"), {}, {{"maximum_size", "13"}});
  EXPECT_THAT(members(r),
              testing::UnorderedElementsAre("one.txt: extracted", "two.txt: too large (14 > 13)"));
}

// Beyond 32 MiB a payload lies in a file, which 7zz may not open.
TEST_F(Sevenzip, LargePayloads) {
  std::string large(40 << 20, '\0');
  for (size_t i = 0; i < large.size(); i += 512) large[i] = static_cast<char>(i >> 9);
  put("large.bin", large);
  const std::string archive = made("a.7z", "7zz a -mx0 -mhe -psecret a.7z large.bin one.txt");
  ASSERT_GT(archive.size(), size_t{40} << 20);
  const StoqResponse r = scan(archive, {}, {{"passwords", "secret"}});
  EXPECT_THAT(members(r),
              testing::UnorderedElementsAre("large.bin: extracted", "one.txt: extracted"));
  EXPECT_EQ(errors(r), std::vector<std::string>{});
  const StoqResponse huge = scan(archive + std::string((256 << 20) - archive.size() + 1, '\0'));
  EXPECT_THAT(errors(huge),
              ElementsAre(testing::HasSubstr("7zz: it is given no more than 256 MiB")));
}

TEST_F(Sevenzip, NothingForWhatIsNoArchive) {
  const StoqResponse r = scan("MZ and so on, which is no archive at all");
  EXPECT_FALSE(r.results.at(0).workers.at(0).find("sevenzip")) << r.dumps();
  EXPECT_THAT(errors(r), ElementsAre());
}

}  // namespace
}  // namespace stoq::test
