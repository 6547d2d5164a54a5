// SPDX-License-Identifier: Apache-2.0
// Encrypted archives.
#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include "collector.h"
#include "samples.h"

namespace {

using namespace unpack_test;

std::string locked_zip(const std::string& how, const std::vector<Entry>& entries,
                       const std::string& password = "infected") {
  return samples::write({"zip", "", "zip:encryption=" + how, password}, entries);
}

TEST(Unpack, PasswordsAreTriedInOrder) {
  for (const char* how : {"zipcrypt", "aes128", "aes256"}) {
    const auto r = run(locked_zip(how, kTwo), passwords({"-", "", "wrong", "infected", "later"}));
    EXPECT_EQ(r.contents(), kTwoOut) << how;
    EXPECT_EQ(r.statuses(), kTwoStatus) << how;
    EXPECT_EQ(r.report.password, "infected");
    EXPECT_EQ(r.report.errors, Strings{});
    EXPECT_TRUE(r.report.members[0].encrypted);
  }
  const auto real =
      samples::by_7zz({"a", "-tzip", "-mem=AES256", "-pinfected"}, "x.zip", {{"a.txt", "by 7zz"}});
  if (real.empty()) GTEST_SKIP() << "/usr/bin/7zz (package 7zip) is missing";
  EXPECT_EQ(run(real, passwords({"infected"})).contents(), Strings{"a.txt=by 7zz"});
}

TEST(Unpack, NoPasswordFits) {
  const auto archive = locked_zip("aes256", kTwo);
  const auto r = run(archive, passwords({"-", "wrong", "bad"}));
  EXPECT_EQ(r.sink.got.size(), 0u);
  EXPECT_EQ(r.statuses(), (Strings{"one.txt: encrypted: no password fits",
                                   "dir/two.txt: encrypted: no password fits"}));
  EXPECT_EQ(r.report.errors, Strings{"2 encrypted members: none of 2 passwords fits; add the right "
                                     "one to the option passwords"});
  EXPECT_EQ(r.report.password, std::nullopt);
  EXPECT_EQ(run(archive).statuses(), r.statuses()) << "without any password";
}

TEST(Unpack, MembersThatAreNotEncryptedStillCome) {
  // the first zip's members, then the second's, under one directory: 7zz adds to an archive with
  // another password
  const auto script = [](const std::string& body) { return samples::by_python(body); };
  const auto archive = script(
      "import sys,subprocess,os\nd=os.path.dirname(sys.argv[1])\nos.chdir(d)\n"
      "for n in ('plain','locked','other'): open(n,'w').write('content of '+n)\n"
      "z='/usr/bin/7zz'\nq=subprocess.DEVNULL\n"
      "subprocess.check_call([z,'a','x.zip','plain'],stdout=q)\n"
      "subprocess.check_call([z,'a','-mem=AES256','-pinfected','x.zip','locked'],stdout=q)\n"
      "subprocess.check_call([z,'a','-mem=AES256','-psecond','x.zip','other'],stdout=q)\nos.rename("
      "'x.zip',sys.argv[1])");
  if (archive.empty()) GTEST_SKIP() << "/usr/bin/python3 or /usr/bin/7zz (package 7zip) is missing";
  EXPECT_EQ(run(archive).contents(), Strings{"plain=content of plain"});
  auto one = run(archive, passwords({"infected"}));
  EXPECT_EQ(one.contents().size(), 2u);
  EXPECT_EQ(one.report.errors, Strings{"1 encrypted member: none of 1 password fits; add the right "
                                       "one to the option passwords"});
  auto all = run(archive, passwords({"second", "infected"}));
  EXPECT_EQ(all.contents().size(), 3u) << "each member its own password";
  EXPECT_EQ(all.report.errors, Strings{});
}

/// A wrong password that passes the one-byte check of ZipCrypto.
std::string lookalike(const std::string& zip) {
  for (int i = 0; i < 20'000; ++i) {
    const auto password = "p" + std::to_string(i);
    auto* a = archive_read_new();
    archive_read_support_format_zip_seekable(a);
    archive_read_add_passphrase(a, password.c_str());
    archive_read_open_memory(a, zip.data(), zip.size());
    archive_entry* entry = nullptr;
    archive_read_next_header(a, &entry);
    const void* data = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    int result = archive_read_data_block(a, &data, &size, &offset);
    const bool refused =
        result != ARCHIVE_OK &&
        std::string(archive_error_string(a)).find("assphrase") != std::string::npos;
    archive_read_free(a);
    if (!refused) return password;
  }
  return "";
}

TEST(Unpack, PasswordThatOnlyPassesTheQuickCheckGivesNoGarbage) {
  for (const char* compression : {"deflate", "store"}) {
    const auto zip = samples::write(
        {"zip", "", std::string("zip:encryption=zipcrypt,zip:compression=") + compression,
         "infected"},
        {{"a.bin", samples::noise(50'000, 5)}});
    const auto impostor = lookalike(zip);
    ASSERT_NE(impostor, "");
    const auto r = run(zip, passwords({impostor, "infected"}));
    ASSERT_EQ(r.sink.got.size(), 1u) << compression;
    EXPECT_TRUE(r.sink.got[0].complete);
    EXPECT_EQ(r.sink.got[0].content, samples::noise(50'000, 5));
    EXPECT_EQ(r.report.password, "infected");

    const auto none = run(zip, passwords({impostor}));
    EXPECT_EQ(none.sink.got.size(), 0u);
    EXPECT_EQ(none.statuses(), Strings{"a.bin: encrypted: no password fits"});
    ASSERT_EQ(none.report.errors.size(), 2u);
    EXPECT_TRUE(none.report.errors[0].starts_with(
        "a.bin: a password passed the quick check, but then: ZIP "))
        << none.report.errors[0];
  }
}

TEST(Unpack, DamageBehindAProvedPasswordIsDamage) {
  auto zip =
      samples::write({"zip", "", "zip:encryption=zipcrypt,zip:compression=store", "infected"},
                     {{"good", "fine"}, {"bad", std::string(5000, 'b')}, {"last", "fine too"}});
  zip[zip.find("bad") + 2000] ^= 0x55;
  const auto r = run(zip, passwords({"wrong", "infected"}));
  ASSERT_EQ(r.sink.got.size(), 3u);
  EXPECT_FALSE(r.sink.got[1].complete);
  EXPECT_TRUE(r.sink.got[2].complete);
  EXPECT_TRUE(r.report.members[1].status.starts_with("damaged: ZIP bad CRC: 0x"))
      << r.report.members[1].status;
}

TEST(Unpack, EncryptedSevenZip) {
  const auto content = samples::by_7zz({"a", "-pinfected"}, "x.7z", {{"a.txt", "secret"}});
  const auto headers =
      samples::by_7zz({"a", "-pinfected", "-mhe=on"}, "x.7z", {{"a.txt", "secret"}});
  if (content.empty()) GTEST_SKIP() << "/usr/bin/7zz (package 7zip) is missing";
  const auto a = run(content, passwords({"infected"}));
  EXPECT_EQ(a.report.unsupported, "7z with encrypted content");
  EXPECT_EQ(a.statuses(), Strings{"a.txt: encrypted: not supported"});
  EXPECT_EQ(a.sink.got.size(), 0u);
  const auto b = run(headers, passwords({"infected"}));
  EXPECT_TRUE(b.report.is_archive);
  EXPECT_EQ(b.report.format, "7zip");
  EXPECT_EQ(b.report.unsupported, "7z with encrypted headers");
  EXPECT_EQ(b.report.errors, Strings{});
  EXPECT_TRUE(a.report.passed_on && b.report.passed_on);  // to sevenzip
}

TEST(Unpack, EncryptedRar) {
  for (const bool five : {false, true}) {
    const std::string name = five ? "rar5" : "rar";
    const auto make = five ? samples::rar5 : samples::rar4;
    const auto content = run(make("a.txt", "secret", Lock::content));
    if (five) {
      EXPECT_EQ(content.statuses(), Strings{"a.txt: encrypted: no password fits"});
    } else {  // by a version of RAR before 2.9
      EXPECT_EQ(content.report.unsupported, name + " with encrypted content");
      EXPECT_EQ(content.statuses(), Strings{"a.txt: encrypted: not supported"});
    }
    EXPECT_EQ(content.sink.got.size(), 0u);
    const auto headers = run(make("a.txt", "secret", Lock::headers), passwords({"wrong"}));
    EXPECT_EQ(headers.report.unsupported, "");
    EXPECT_EQ(headers.report.errors,
              Strings{name + " with encrypted headers: none of 1 password fits; add the right one "
                             "to the option passwords"});
  }
}

}  // namespace
