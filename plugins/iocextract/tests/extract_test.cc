// SPDX-License-Identifier: Apache-2.0
#include "extract.h"

#include <gtest/gtest.h>

#include "found.h"

namespace stoq::plugins::iocextract {
namespace {

using namespace std::string_literals;

TEST(Extract, Nothing) {
  for (const std::string& text : {""s, "a"s, "."s, ":"s, "@"s, "["s, "://"s,
                                  "no indicators, e.g. here: ok."s, "\0\0\0"s, "\xFF\xFE"s,
                                  "\xFF\xFE"
                                  "a"s})
    EXPECT_EQ(found_in(text), "") << text;
}

TEST(Extract, Hashes) {
  const std::string hex(128, 'a');
  EXPECT_EQ(found_in("MD5=D41D8CD98F00B204E9800998ECF8427E."),
            "md5: D41D8CD98F00B204E9800998ECF8427E");
  EXPECT_EQ(found_in(hex.substr(0, 40)), "sha1: " + hex.substr(0, 40));
  EXPECT_EQ(found_in(hex.substr(0, 64) + "\n"), "sha256: " + hex.substr(0, 64));
  EXPECT_EQ(found_in("(" + hex + ")"), "sha512: " + hex);
  for (const std::string& no : {hex.substr(0, 33), hex.substr(0, 31), hex.substr(0, 32) + "g",
                                hex.substr(0, 32) + "_", "\u00E9" + hex.substr(0, 32)})
    EXPECT_EQ(found_in(no), "") << no;
}

TEST(Extract, Ipv4) {
  EXPECT_EQ(found_in("1.2.3.5, 1[.]2(dot)3{.}6 <a>255.255.255.255"),
            "ipv4: 1.2.3.5 1.2.3.6 255.255.255.255");
  EXPECT_EQ(found_in("01.002.3.4"), "ipv4: 01.002.3.4");
  EXPECT_EQ(found_in("1.2.3.456 1.2.3.4.5x"), "ipv4: 1.2.3.45 1.2.3.4");
  for (const char* no : {"v1.2.3.4", "256.1.1.1", "1.2.3", "1.2.3.", "1.2.3.x", "1..2.3.4"})
    EXPECT_EQ(found_in(no), "") << no;
}

TEST(Extract, Ipv6) {
  EXPECT_EQ(found_in("2001:db8::1 [fe80::2] FE80::3%eth0 at ::4, ::ffff:1.2.3.4."),
            "ipv4: 1.2.3.4; ipv6: 2001:db8::1 fe80::2 FE80::3 ::4 ::ffff:1.2.3.4");
  EXPECT_EQ(found_in("source:2001:db8::1: gone"), "ipv6: 2001:db8::1");
  EXPECT_EQ(found_in("1:2:3:4:5:6:7:8"), "ipv6: 1:2:3:4:5:6:7:8");
  for (const char* no : {"::", "a::b", "std::a1::b2", "12:34:56", "1::2::3", "fe80::1x", "x::1",
                         "1:2:3:4:5:6:7:8:9"})
    EXPECT_EQ(found_in(no), "") << no;
}

TEST(Extract, MacAddress) {
  EXPECT_EQ(found_in("MAC:00:11:22:aa:BB:cc. 00-11-22-33-44-55"),
            "mac_address: 00:11:22:aa:BB:cc 00-11-22-33-44-55");
  for (const char* no : {"00:11:22:33:44", "00:11:22:33:44:5", "00:11:22:33:44:555",
                         "00:11:22:33:44:55:66", "g0:11:22:33:44:55", "x00:11:22:33:44:55"})
    EXPECT_EQ(found_in(no), "") << no;
}

TEST(Extract, Domain) {
  EXPECT_EQ(found_in("x.com A.b.c.d.e.f.g.Example.CO.UK evil[DOT]net <b>b-c.xn--p1ai</b>"),
            "domain: x.com a.b.c.d.e.f.g.example.co.uk evil.net b-c.xn--p1ai");
  EXPECT_EQ(found_in("See evil.com. Or evil.com/x, evil.com-x, evil.com.org, java.net.URL"),
            "domain: evil.com java.net");
  for (const char* no : {".com", "com", "a.comx", "a.com_", "a_b.com", "a..com", "a.[com",
                         "a[.)com", "kernel32.exe", "a.com\u00E9"})
    EXPECT_EQ(found_in(no), "") << no;
}

TEST(Extract, DomainBesideOtherAlphabets) {
  EXPECT_EQ(found_in("b\u00FCcher.com"), "");  // no domain "cher.com"
  EXPECT_EQ(found_in("\u201Cevil.com\u201D"), "domain: evil.com");
  EXPECT_EQ(found_in("\u8BF7\u8BBF\u95EEevil.com"), "domain: evil.com");
  EXPECT_EQ(found_in("\x81"
                     "evil.com\xFF"),
            "domain: evil.com");
}

TEST(Extract, DomainLengths) {
  const std::string label(63, 'l');
  EXPECT_EQ(found_in(label + ".com"), "domain: " + label + ".com");
  EXPECT_EQ(found_in(label + "l.com"), "");
  EXPECT_EQ(found_in("a." + label + "l.evil.com"), "domain: evil.com");
  std::string name;
  while (name.size() < 1000) name += label + "[.]";
  const std::string end = '.' + label + '.' + label + ".com";
  EXPECT_EQ(found_in(name + "com"), "domain: " + label + end);  // 195 bytes; one label more is 259
}

TEST(Extract, FileNames) {
  EXPECT_EQ(found_in("setup.py Setup.PY /usr/lib/a.py"), "");
  EXPECT_EQ(found_in("setup[.]py http://b.py/ x@c.py d.com.py"),
            "email: x@c.py; domain: setup.py b.py c.py d.com.py; url: http://b.py/");
  EXPECT_EQ(found_in("setup.py", {}, {}), "domain: setup.py");
  EXPECT_EQ(found_in("a.com", {}, {"com"}), "");
}

TEST(Extract, Email) {
  EXPECT_EQ(found_in("Bob.B+x@Evil.COM, eve[at]evil(dot)com eve<AT>b{.}net"),
            "email: Bob.B+x@evil.com eve@evil.com eve@b.net; domain: evil.com b.net");
  EXPECT_EQ(found_in("...eve@evil.com"), "email: eve@evil.com; domain: evil.com");
  EXPECT_EQ(found_in("a@b@evil.com"), "email: b@evil.com; domain: evil.com");
  EXPECT_EQ(found_in(std::string(128, 'z') + "@b.com"),
            "email: " + std::string(128, 'z') + "@b.com; domain: b.com");
  EXPECT_EQ(found_in(std::string(129, 'z') + "@b.com"), "domain: b.com");
  for (const char* no :
       {"@evil.com", " @evil.com", "a@-evil.com", "a @evil.com", "\u00E9ric@evil.com"})
    EXPECT_EQ(found_in(no), "domain: evil.com") << no;
}

TEST(Extract, Url) {
  EXPECT_EQ(found_in("see hxxps://EVIL[.]net:8080/x from 1[.]2[.]3[.]5"),
            "ipv4: 1.2.3.5; domain: evil.net; url: https://evil.net:8080/x");
  EXPECT_EQ(
      found_in("meow://a.com MEOWS://a.com/ http://1.2.3[.]4/A?b=C#d) http://a.com?x"),
      "ipv4: 1.2.3.4; domain: a.com; url: http://a.com https://a.com/ http://1.2.3.4/A?b=C#d");
  EXPECT_EQ(found_in("http://[2001:db8::1]:80/ http://fe80::1/x"),
            "ipv6: 2001:db8::1 fe80::1; url: http://[2001:db8::1]:80/ http://fe80::1/x");
  EXPECT_EQ(found_in("http://a.com/In/B.COM/C"),
            "domain: a.com b.com; url: http://a.com/In/b.com/C");
  EXPECT_EQ(found_in("http://a.com/http://b.net/x"),
            "domain: a.com b.net; url: http://a.com/http://b.net/x");
  for (const char* no : {"ftp://a.com", "http:/a.com", "//a.com", "s://a.com", "tps://a.com"})
    EXPECT_EQ(found_in(no), "domain: a.com") << no;
  for (const char* no :
       {"http://", "http://x/", "http://[::1/", "http://[fe80::1x]/", "://", "http://:80/"})
    EXPECT_EQ(found_in(no).find("url"), std::string::npos) << no;
}

TEST(Extract, DistinctInTheOrderOfTheFirst) {
  EXPECT_EQ(found_in("b.com a.com B.com b[.]com a.com"), "domain: b.com a.com");
}

TEST(Extract, WideText) {
  const auto wide = [](const std::string& text, std::size_t unit, bool big_endian) {
    std::string out;
    for (const char c : text) {
      std::string one(unit, '\0');
      one[big_endian ? unit - 1 : 0] = c;
      out += one;
    }
    return out;
  };
  const std::string text = "at evil[.]com";
  EXPECT_EQ(found_in("\xFF\xFE"s + wide(text, 2, false)), "domain: evil.com");
  EXPECT_EQ(found_in("\xFE\xFF"s + wide(text, 2, true)), "domain: evil.com");
  EXPECT_EQ(found_in("\xFF\xFE\0\0"s + wide(text, 4, false)), "domain: evil.com");
  EXPECT_EQ(found_in("\0\0\xFE\xFF"s + wide(text, 4, true)), "domain: evil.com");
  EXPECT_EQ(found_in("\xEF\xBB\xBF" + text), "domain: evil.com");
  // Stretches end at blanks: nothing is lost where they meet.
  std::string much = "\xFF\xFE", expected = "domain:";
  for (int i = 0; i < 26; ++i) {
    const std::string name = std::string(1, static_cast<char>('a' + i)) + ".com";
    much += wide(std::string(111'111, 'x') + ' ' + name + ' ', 2, false);
    expected += ' ' + name;
  }
  EXPECT_EQ(found_in(much), expected);
}

}  // namespace
}  // namespace stoq::plugins::iocextract
