// SPDX-License-Identifier: Apache-2.0
#include "http/url.h"

#include <gtest/gtest.h>

#include "stoq/sdk/views.h"
#include "support/temporary_directory.h"

namespace stoq::http {
namespace {

std::string refusal(std::string_view address) {
  return test::error_of<sdk::Error>([&] { parse_url("url", address); });
}

TEST(Url, IsWhatWasWrittenWithoutTheSlashAtItsEnd) {
  EXPECT_EQ(parse_url("url", "https://host").text, "https://host");
  EXPECT_EQ(parse_url("url", "http://host:1234/a/b/").text, "http://host:1234/a/b");
  EXPECT_EQ(parse_url("url", "HTTP://[::1]:9200").text, "http://[::1]:9200");
}

TEST(Url, TakesThePortWhereItNamesNone) {
  EXPECT_EQ(parse_url("url", "http://host/a", 9200).text, "http://host:9200/a");
  EXPECT_EQ(parse_url("url", "http://host:80", 9200).text, "http://host:80");
}

TEST(Url, CredentialsAreTakenOutOfIt) {
  const Url url = parse_url("url", "https://me:s%40cret@host:1/x");
  EXPECT_EQ(url.text, "https://host:1/x");
  EXPECT_EQ(url.user, "me");
  EXPECT_EQ(url.password, "s@cret");
}

TEST(Url, SaysWhatIsWrong) {
  EXPECT_EQ(refusal("host:9200"),
            "url 'host:9200' names no scheme; write it like https://host:port");
  EXPECT_EQ(refusal("file:///etc/passwd"),
            "url 'file:///etc/passwd' is neither http nor https; write it like https://host:port");
  EXPECT_EQ(refusal("gopher://host"),
            "url 'gopher://host' is neither http nor https; write it like https://host:port");
  EXPECT_EQ(refusal("https://host/?a=b"),
            "url 'https://host/?…' has a query or fragment; write it like https://host:port");
  EXPECT_EQ(refusal("http://"),
            "url 'http://' is not the address of a server; write it like https://host:port");
  EXPECT_EQ(refusal("http://host:99999"),
            "url 'http://host:99999' is not the address of a server; write it like "
            "https://host:port");
  EXPECT_EQ(refusal("http://a b/"),
            "url 'http://a b/' is not the address of a server; write it like https://host:port");
}

TEST(Url, NoMessageTellsCredentials) {
  EXPECT_EQ(refusal("ftp://me:s3cret@host"),
            "url '…@host' is neither http nor https; write it like https://host:port");
  EXPECT_EQ(refusal("me:s3cret@host"),
            "url '…@host' names no scheme; write it like https://host:port");
  EXPECT_EQ(refusal("http://me:s3cret@host:bad"),
            "url '…@host:bad' is not the address of a server; write it like https://host:port");
  EXPECT_EQ(refusal("https://host/x#token=s3cret"),
            "url 'https://host/x#…' has a query or fragment; write it like https://host:port");
  EXPECT_EQ(refusal("http://me:s3?cret@host?a"),
            "url '…@host?…' is not the address of a server; write it like https://host:port");
}

}  // namespace
}  // namespace stoq::http
