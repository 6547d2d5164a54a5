// SPDX-License-Identifier: Apache-2.0
#include "officecrypt/package.h"

#include <gtest/gtest.h>

#include "collector.h"
#include "officecrypt/primitives.h"
#include "package_writer.h"
#include "support/temporary_directory.h"

namespace stoq::plugins::officecrypt {
namespace {

using namespace office_samples;

const Options kOptions = {{"-", "wrong", "infected"}, "report.docx", true};

std::string content() {  // as much of a zip as readers insist on
  return "PK\3\4" + hidden_program(10'000) + "PK\5\6" + std::string(18, '\0');
}

TEST(OfficeCrypt, EachSchemeIsDecrypted) {
  const std::pair<std::string, std::string> cases[] = {
      {encrypted_standard(content(), "infected"),
       R"("encryption": "standard", "cipher": "AES-128-ECB", "hash": "SHA1", "spin_count": 50000)"},
      {encrypted_agile(content(), "infected", "SHA1"),
       R"("encryption": "agile", "cipher": "AES-128-CBC", "hash": "SHA1", "spin_count": 1000)"},
      {encrypted_agile(content(), "infected", "SHA512"),
       R"("encryption": "agile", "cipher": "AES-256-CBC", "hash": "SHA512", "spin_count": 1000)"}};
  for (const auto& [raw, scheme] : cases) {
    Collector sink;
    EXPECT_EQ(decrypt_package(in_bytes(raw), kOptions, sink),
              "{" + scheme + R"(, "password": "infected", "status": "decrypted"})");
    EXPECT_EQ(sink.contents, Strings{content()});
    EXPECT_EQ(
        sink.metas,
        Strings{
            R"({"should_archive": true, "extra_data": {"filename": "report.docx", "password": "infected"}})"});
    EXPECT_EQ(sink.errors, Strings());
  }
}

TEST(OfficeCrypt, OurWriterIsReadByAnother) {
  test::TemporaryDirectory folder;
  for (const std::string& raw : {encrypted_standard(content(), "infected"),
                                 encrypted_agile(content(), "infected", "SHA512")}) {
    const std::string in = folder.file("in", raw), out = folder / "out";
    const std::string script =
        "import sys\ntry:\n import msoffcrypto\nexcept ImportError: sys.exit(77)\n"
        "f = msoffcrypto.OfficeFile(open('" +
        in + "', 'rb'))\nf.load_key(password='infected')\nf.decrypt(open('" + out + "', 'wb'))";
    const int status = std::system(("/usr/bin/python3 -c \"" + script + "\"").c_str());
    if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "python3-msoffcrypto-tool is not installed";
    EXPECT_EQ(WEXITSTATUS(status), 0);
    EXPECT_EQ(test::read_all(out) == content(), true);
  }
}

TEST(OfficeCrypt, WrongPasswordsAreTold) {
  Collector sink;
  const std::string result =
      decrypt_package(in_bytes(encrypted_agile(content(), "secret", "SHA512")), kOptions, sink);
  EXPECT_TRUE(result.ends_with(R"("status": "no password fits"})")) << result;
  EXPECT_EQ(sink.errors, Strings{"encrypted: none of 2 passwords fits (option passwords)"});
  EXPECT_EQ(sink.contents, Strings());
}

TEST(OfficeCrypt, ACutPackageGivesItsBeginning) {
  std::string raw = encrypted_agile(content(), "infected", "SHA1");
  const std::size_t size = raw.find(le(content().size(), 8));
  ASSERT_NE(size, raw.npos);
  raw.replace(size, 8, le(20'000, 8));
  Collector sink;
  const std::string result = decrypt_package(in_bytes(raw), kOptions, sink);
  EXPECT_TRUE(result.ends_with(R"("status": "damaged"})")) << result;
  EXPECT_EQ(sink.errors,
            Strings{"the encrypted package is cut short: it has 10032 of 20000 bytes"});
  EXPECT_EQ(sink.contents.at(0).substr(0, content().size()) == content(), true);
}

TEST(OfficeCrypt, WhatIsUnknownOrDamagedIsTold) {
  const auto error_of = [](const std::string& info) {
    Collector sink;
    decrypt_package(
        in_bytes(compound({stream("EncryptionInfo", info), stream("EncryptedPackage", "x")})),
        kOptions, sink);
    return sink.errors.size() == 1 ? sink.errors[0]
                                   : std::to_string(sink.errors.size()) + " errors";
  };
  EXPECT_EQ(error_of(le(4, 2) + le(3, 2)), "unsupported: encryption of version 4.3");
  EXPECT_EQ(error_of(""), "unsupported: encryption of version 0.0");
  EXPECT_EQ(error_of(le(3, 2) + le(2, 2)), "the stream EncryptionInfo is cut short or damaged");
  EXPECT_EQ(error_of(le(4, 2) + le(4, 2) + le(0x40, 4) + "<keyData "),
            "the stream EncryptionInfo is cut short or damaged");
  const auto file_error = [](const std::string& raw) {
    Collector sink;
    decrypt_package(in_bytes(raw), kOptions, sink);
    return sink.errors.empty() ? "" : sink.errors[0];
  };
  std::string spins = encrypted_agile("x", "infected", "SHA1", 1000);
  spins.replace(spins.find("spinCount=\"1000\" saltSize=\"16\""), 30,
                "spinCount=\"20000000\"          ");
  EXPECT_EQ(file_error(spins),
            "it asks for 20000000 rounds a password; the format allows 10000000");
  const std::string usual = "keyBits=\"128\" hashSize=\"20\"";
  const std::string bits = encrypted_agile("x", "infected", "SHA1");
  const std::size_t data = bits.find(usual), key = bits.rfind(usual);
  ASSERT_NE(data, key);
  for (const std::size_t at : {data, key}) {
    std::string changed = bits;
    changed.replace(at, usual.size(), "keyBits=\"4294967295\"       ");
    EXPECT_EQ(file_error(changed), at == key
                                       ? "unsupported: AES with keys of 4294967295 and 128 bits"
                                       : "unsupported: AES with keys of 128 and 4294967295 bits");
  }
  std::string cipher = encrypted_agile("x", "infected", "SHA1");
  cipher.replace(cipher.find("\"AES\""), 5, "\"RC2\"");
  EXPECT_EQ(file_error(cipher), "unsupported: RC2 with ChainingModeCBC");
}

TEST(OfficeCrypt, PasswordsAreUtf16) {
  EXPECT_EQ(utf16_of("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"),
            (Block{'a', 0, 0xE9, 0, 0xAC, 0x20, 0x3D, 0xD8, 0, 0xDE}));
}

TEST(OfficeCrypt, AnythingElseIsLeftAlone) {
  Collector sink;
  EXPECT_EQ(decrypt_package(in_bytes(compound({stream("WordDocument", "x")})), kOptions, sink), "");
  EXPECT_EQ(decrypt_package(in_bytes("text"), kOptions, sink), "");
}

}  // namespace
}  // namespace stoq::plugins::officecrypt
