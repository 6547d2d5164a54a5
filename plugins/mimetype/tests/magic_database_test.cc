// SPDX-License-Identifier: Apache-2.0
#include "magic_database.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "stoq/sdk/views.h"

namespace stoq::plugins::mimetype {
namespace {

std::string type_of(std::string_view text) {
  static const Database database(Database::default_path());
  Cookie cookie(database);
  return std::string(cookie.type_of({reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
}

// A stored member of a ZIP archive, without the directory at the end, as a reader from the front
// sees it.
std::string member(const std::string& name, const std::string& content) {
  std::string out("PK\3\4\24\0\0\0\0\0\0\0\0\0\0\0\0\0", 18);
  for (int copies = 0; copies < 2; ++copies)
    for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(content.size() >> shift);
  out += static_cast<char>(name.size());
  out += std::string(3, '\0');
  return out + name + content;
}

TEST(Mimetype, TellsCommonTypes) {
  EXPECT_EQ(type_of("This is a magical string"), "text/plain");
  EXPECT_EQ(type_of("%PDF-1.4\n1 0 obj\n"), "application/pdf");
  EXPECT_EQ(type_of(std::string("\x1f\x8b\x08\0\0\0\0\0\0\3", 10)), "application/gzip");
  EXPECT_EQ(type_of(R"({"a": [1, 2, 3]})"), "application/json");
  EXPECT_EQ(type_of(std::string(100, '\0')), "application/octet-stream");
}

TEST(Mimetype, EmptyContentHasATypeOfItsOwn) {
  EXPECT_EQ(type_of(""), "application/x-empty");
  EXPECT_EQ(type_of(std::string_view()), "application/x-empty");
}

TEST(Mimetype, LooksBeyondTheFirstThousandBytes) {
  const std::string docx = member("[Content_Types].xml", std::string(3000, ' ')) +
                           member("_rels/.rels", std::string(3000, ' ')) +
                           member("word/document.xml", "<x/>");
  EXPECT_EQ(type_of(docx),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document");
}

TEST(Mimetype, LooksAtNoMoreThanItsLimit) {
  const std::string json = "[" + std::string(kLooked - 2, ' ') + "]";
  EXPECT_EQ(type_of(json), "application/json");
  EXPECT_EQ(type_of(json + " "), "application/json");       // the part is whole
  EXPECT_EQ(type_of("[ " + json.substr(1)), "text/plain");  // the part is not
}

TEST(Mimetype, SaysWhenThereIsNoDatabase) {
  const auto refusal = [](std::string_view path) -> std::string {
    try {
      const Database database(path);
    } catch (const sdk::Error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(refusal("/nonexistent/a:/nonexistent/b.mgc"),
            "libmagic's database was not found: /nonexistent/a.mgc (No such file or directory), "
            "/nonexistent/b.mgc (No such file or directory); install it (Debian: libmagic-mgc), or "
            "name it in the environment variable MAGIC");
  EXPECT_EQ(refusal(""),
            "libmagic's database was not found: its path is empty; install it (Debian: "
            "libmagic-mgc), or name it in the environment variable MAGIC");

  char name[] = "/tmp/stoq-magic-XXXXXX.mgc";
  const int fd = mkstemps(name, 4);
  ASSERT_GE(fd, 0);
  EXPECT_EQ(refusal(name), "libmagic's database was not found: " + std::string(name) +
                               " (it is empty); install it (Debian: libmagic-mgc), or name it in "
                               "the environment variable MAGIC");
  std::ofstream(name) << std::string(4096, 'x');
  const std::string text = refusal(name);
  std::remove(name);
  EXPECT_TRUE(text.starts_with("libmagic does not take its database: ")) << text;
  EXPECT_TRUE(text.ends_with("; install the one that belongs to this libmagic")) << text;
}

}  // namespace
}  // namespace stoq::plugins::mimetype
