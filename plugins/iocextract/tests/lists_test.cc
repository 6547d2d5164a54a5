// SPDX-License-Identifier: Apache-2.0
//
// The files: top-level domains and whitelists.
#include <gtest/gtest.h>

#include <functional>

#include "found.h"
#include "lines.h"
#include "stoq/sdk/views.h"

namespace stoq::plugins::iocextract {
namespace {

std::string error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const sdk::Error& e) {
    return e.what();
  }
  return "no error";
}

std::string shipped(const std::string& name) {
  return read_list("test", std::string(STOQ_IOC_FILES) + "/" + name);
}

TEST(Tlds, Shipped) {
  const Tlds tlds(shipped("tlds-alpha-by-domain.txt"), "shipped");
  EXPECT_EQ(tlds.size(), 1439u);
  for (const char* tld :
       {"com", "ORG", "Uk", "zip", "onion", "xn--p1ai", "XN--VERMGENSBERATER-CTB", "arpa"})
    EXPECT_TRUE(tlds.contains(tld)) << tld;
  for (const char* no : {"", "exe", "local", "co-m", "c", "xn--", "comx"})
    EXPECT_FALSE(tlds.contains(no)) << no;
}

TEST(Tlds, File) {
  const Tlds tlds("# head\r\nCOM\r\n\r\n  net \ncom\n# x\norg", "f");
  EXPECT_EQ(tlds.size(), 3u);
  EXPECT_TRUE(tlds.contains("NET"));
  EXPECT_TRUE(tlds.contains("org"));
  EXPECT_EQ(error_of([] { Tlds("com\n.net\n", "/x/f"); }),
            "/x/f:2: '.net' is no top-level domain; write one a line, in ASCII (xn--…)");
  EXPECT_EQ(error_of([] { Tlds("# only\n", "/x/f"); }),
            "/x/f: it names no top-level domain; write one a line");
}

TEST(Lists, FileThatIsNotThere) {
  EXPECT_EQ(error_of([] { read_list("whitelist_file", "/nowhere/w.txt"); }),
            "whitelist_file: /nowhere/w.txt: No such file or directory; name a text file that can "
            "be read");
  EXPECT_EQ(error_of([] { read_list("whitelist_file", "/"); }),
            "whitelist_file: /: Is a directory; name a text file that can be read");
}

TEST(Whitelist, Networks) {
  Whitelist list;
  list.add("ipv4:10.1.2.3/8\nipv4: 1.2.3.4\nIPV6:fe80::/10\nipv6:2001:db8::1\n", "f");
  for (const char* ip : {"10.0.0.0", "10.255.1.1", "010.8.8.8", "1.2.3.4", "01.2.3.004"})
    EXPECT_TRUE(list.covers(Kind::ipv4, ip)) << ip;
  for (const char* ip : {"100.8.8.8", "11.0.0.0", "1.2.3.5"})
    EXPECT_FALSE(list.covers(Kind::ipv4, ip)) << ip;
  for (const char* ip : {"fe80::1", "FEBF::1", "2001:DB8:0::1"})
    EXPECT_TRUE(list.covers(Kind::ipv6, ip)) << ip;
  for (const char* ip : {"fec0::1", "2001:db8::2"}) EXPECT_FALSE(list.covers(Kind::ipv6, ip)) << ip;
  Whitelist all;
  all.add("ipv4:0.0.0.0/0", "f");
  EXPECT_TRUE(all.covers(Kind::ipv4, "9.9.9.9"));
}

TEST(Whitelist, Domains) {
  Whitelist list;
  list.add("# c\n\ndomain:Example.com\r\ndomain:.gov\n", "f");
  for (const char* name : {"example.com", "WWW.example.COM", "a.b.gov", "gov"})
    EXPECT_TRUE(list.covers(Kind::domain, name)) << name;
  for (const char* name : {"badexample.com", "example.com.net", "mygov.com"})
    EXPECT_FALSE(list.covers(Kind::domain, name)) << name;
}

TEST(Whitelist, UrlsByHostAndByText) {
  Whitelist list;
  list.add("domain:a.com\nipv4:10.0.0.0/8\nipv6:fe80::/10\nurl:http://b.net/ok\n", "f");
  EXPECT_EQ(
      found_in("http://w.a.com:8080/x http://10.1.2.3/x http://10.1.2.3:1 http://[fe80::1]:2/x "
               "http://b.net/OK hxxp://b[.]net/x",
               list),
      "domain: b.net; url: http://b.net/x");
}

TEST(Whitelist, ExactTexts) {
  Whitelist list;
  list.add("md5:d41d8cd98f00b204e9800998ecf8427e\nemail:Bob@a.com\nmac_address:00:11:22:33:44:55\n",
           "f");
  EXPECT_EQ(found_in("D41D8CD98F00B204E9800998ECF8427E bob@a.com 00:11:22:33:44:55", list),
            "domain: a.com");
}

TEST(Whitelist, BadLines) {
  const auto error = [](const char* text) {
    return error_of([=] { Whitelist().add(text, "/x/w"); });
  };
  constexpr const char* kNoType =
      " does not begin with a type; write type:pattern with one of md5, sha1, sha256, sha512, "
      "ipv4, "
      "ipv6, mac_address, email, domain, url";
  constexpr const char* kNoPattern =
      " has no pattern that fits its type; write such as ipv4:10.0.0.0/8, ipv6:fe80::/10, "
      "domain:example.com";
  EXPECT_EQ(error("domain:a.com\nexample.com"), std::string("/x/w:2: 'example.com'") + kNoType);
  EXPECT_EQ(error("host:a.com"), std::string("/x/w:1: 'host:a.com'") + kNoType);
  EXPECT_EQ(error("url"), std::string("/x/w:1: 'url'") + kNoType);
  for (const char* line :
       {"ipv4:10.0.0.0/33", "ipv4:10.0.0", "ipv4:10.0.0.256", "ipv4:", "ipv4:1.2.3.4/",
        "ipv6:1.2.3.4", "ipv6:::/129", "domain:*.a.com", "domain:", "domain:.", "md5:"})
    EXPECT_EQ(error(line), "/x/w:1: '" + std::string(line) + "'" + kNoPattern);
}

TEST(Whitelist, Shipped) {
  Whitelist list;
  list.add(shipped("whitelist.txt"), "shipped");
  EXPECT_TRUE(list.covers(Kind::ipv4, "172.31.0.1"));
  EXPECT_TRUE(list.covers(Kind::domain, "schemas.microsoft.com"));
  EXPECT_TRUE(list.covers(Kind::domain, "army.mil"));
  EXPECT_FALSE(list.covers(Kind::domain, "docs.google.com"));
  EXPECT_FALSE(list.covers(Kind::ipv4, "172.32.0.1"));
}

}  // namespace
}  // namespace stoq::plugins::iocextract
