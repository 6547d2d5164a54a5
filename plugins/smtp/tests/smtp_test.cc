// SPDX-License-Identifier: Apache-2.0
//
// The plugin in an engine, as shipped and in the engine's process.
#include <gtest/gtest.h>

#include <deque>

#include "support/objects.h"

namespace stoq::test {
namespace {

using StringMap = std::map<std::string, std::string>;

struct ScannedMail {
  StoqResponse response;
  std::vector<std::string> contents;  // of what was extracted

  std::string result(std::string_view key) const { return std::string(json()[key].text()); }
  sdk::JsonView json(size_t index = 0) const {
    return kept(std::string(response.results.at(index).workers[0]["smtp"].text()));
  }
  sdk::JsonView extra(size_t index) const { return kept(meta(index)); }
  std::string meta(size_t index) const {
    return std::string(response.results.at(index).payload_meta.extra_data.text());
  }
  Names errors() const { return errors_of(response, "smtp"); }

 private:
  sdk::JsonView kept(std::string text) const {  // views do not own what they show
    texts_.push_back(std::move(text));
    return sdk::JsonView(texts_.back());
  }
  mutable std::deque<std::string> texts_;
};

ScannedMail scan_mail(const std::string& content, StringMap options = {}, StringMap core = {},
                      Json extra_data = Json::object()) {
  StoqOptions o = quiet(std::move(core));
  o.plugin_dir_list = {STOQ_PLUGINS};
  for (auto& [key, value] : options) o.plugin_opts["smtp"][key] = OptionText(value);
  Stoq s(std::move(o));
  ScannedMail out;
  std::mutex mutex;
  std::map<std::string, std::string> contents;  // payloads are scanned in any order
  add_worker(s, "hash", [](Payload&, Request&) { return WorkerResponse(); });
  add_worker(s, "iocextract",
             [](Payload&, Request&) { return WorkerResponse{.results = Json("seen")}; });
  s.add_plugin("rules", std::make_shared<FunctionDispatcher>([&](Payload& payload, Request&) {
                 DispatcherResponse r;
                 const std::lock_guard lock(mutex);
                 if (payload.level > 0)
                   contents[std::string(payload.payload_id)] = text(payload);
                 else
                   r.plugin_names = {"smtp"};
                 return r;
               }));
  out.response =
      s.scan(content, {.payload_meta = PayloadMeta{.extra_data = std::move(extra_data)}});
  for (size_t i = 1; i < out.response.results.size(); ++i)
    out.contents.push_back(contents[std::string(out.response.results[i].payload_id)]);
  return out;
}

const StringMap kNoIocs = {{"extract_iocs", "no"}};

const std::string kAttachment =
    "From: Alice <a@example.com>\r\nReceived: from a\r\nReceived: from b\r\n"
    "Subject: =?utf-8?Q?T=C3=A4st?=\r\nContent-Type: multipart/mixed; boundary=\"x\"\r\n\r\n"
    "--x\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\nhi \xE4\r\nyou\r\n"
    "--x\r\nContent-Type: application/zip; name=\"../dir/a.zip\"\r\n"
    "Content-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\naGVs\r\nbG8=\r\n"
    "--x--\r\n";

TEST(Smtp, HeadersBodyAndAttachment) {
  for (const char* isolation : {"process", "none"}) {
    const ScannedMail r =
        scan_mail(kAttachment, {{"isolation", isolation}, {"extract_iocs", "no"}});
    EXPECT_EQ(r.errors(), Names()) << isolation;
    EXPECT_EQ(r.contents, Names{"hello"}) << isolation;
    EXPECT_EQ(
        std::string(r.json().text()),
        R"({"from": "Alice <a@example.com>", "received": "from a\nfrom b", "subject": "Täst", )"
        R"("content-type": "multipart/mixed; boundary=\"x\"", "body": "hi ä\nyou", )"
        R"("body_html": "", "mail": {"part_count": 2, "parts": [{"type": "text/plain", )"
        R"("size": 9, "status": "body"}, {"type": "application/zip", "filename": )"
        R"("../dir/a.zip", "disposition": "attachment", "encoding": "base64", "size": 5, )"
        R"("status": "extracted"}], "defects": []}})");
    EXPECT_EQ(r.meta(1),
              R"({"charset": null, "content-description": null, "disposition": "attachment", )"
              R"("filename": "a.zip", "type": "application/zip", "path": "../dir/a.zip"})");
  }
}

TEST(Smtp, IocsGoToIocextract) {
  const ScannedMail r = scan_mail(kAttachment);
  ASSERT_EQ(r.contents.size(), 2u);
  EXPECT_EQ(r.contents[1], "from a\nfrom b\nhi ä\nyou");
  EXPECT_FALSE(r.response.results[2].payload_meta.should_archive);
  EXPECT_EQ(r.meta(2), "{}");
  EXPECT_EQ(r.response.results[2].workers[0]["iocextract"].text(), "\"seen\"");
  const ScannedMail keys = scan_mail(kAttachment, {{"ioc_keys", "FROM"}});
  EXPECT_EQ(keys.contents.back(), "Alice <a@example.com>");
}

TEST(Smtp, EveryCharsetOfAHost) {
  const ScannedMail r = scan_mail(
      "Subject: =?koi8-r?B?8NLJ?= =?gb2312?B?1tA=?= =?big5?B?pKQ=?= =?iso-2022-jp?B?GyRCJUYbKEI=?= "
      "=?ks_c_5601-1987?B?x9E=?=\n\n",
      kNoIocs);
  EXPECT_EQ(r.result("subject"), "\"При中中テ한\"");
}

TEST(Smtp, InnerMailsAreReadInTurn) {
  const ScannedMail r = scan_mail(
      "Subject: outer\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
      "U3ViamVjdDogaW5uZXIKQ29udGVudC1UeXBlOiBhL2IKCmluc2lkZQ==\n",
      kNoIocs);
  ASSERT_EQ(r.contents.size(), 2u) << r.response.dumps();
  EXPECT_EQ(r.contents[0], "Subject: inner\nContent-Type: a/b\n\ninside");
  EXPECT_EQ(r.contents[1], "inside");
  EXPECT_EQ(r.json(1)["subject"].text(), "\"inner\"");
}

TEST(Smtp, ASinglePartThatIsAnAttachment) {
  const ScannedMail r = scan_mail(
      "Content-Type: text/plain; name=a.txt\nContent-Transfer-Encoding: quoted-printable\n\na=41",
      kNoIocs);
  EXPECT_EQ(r.contents, Names{"aA"});
  EXPECT_EQ(r.result("body"), "\"\"");
}

TEST(Smtp, ActiveHtmlIsAPayloadToo) {
  const std::string mail = "Content-Type: text/html\n\n<b>x</b>";
  EXPECT_EQ(scan_mail(mail, kNoIocs).contents, Names());
  EXPECT_EQ(scan_mail(mail, kNoIocs).result("body_html"), "\"<b>x</b>\"");
  const std::string active = mail + "<SCRIPT>y</SCRIPT>";
  EXPECT_EQ(scan_mail(active, kNoIocs).contents, Names{"<b>x</b><SCRIPT>y</SCRIPT>"});
  EXPECT_EQ(scan_mail(active, {{"extract_iocs", "no"}, {"extract_active_html", "no"}}).contents,
            Names());
}

TEST(Smtp, PasswordsOfTheTextReachTheAttachment) {
  const std::string mail =
      "Content-Type: multipart/mixed; boundary=x\n\n--x\n\nThe password is: s3cret\n"
      "--x\nContent-Type: a/b\n\nbin\n--x--\n";
  EXPECT_EQ(scan_mail(mail, kNoIocs).extra(1)["passwords"].text(), R"(["s3cret"])");
  EXPECT_EQ(scan_mail(mail, {{"extract_iocs", "no"}, {"suggest_passwords", "no"}})
                .extra(1)["passwords"]
                .text(),
            "");
  const ScannedMail given =
      scan_mail(mail, kNoIocs, {}, Json::parse(R"({"passwords": ["outer"]})"));
  EXPECT_EQ(given.extra(1)["passwords"].text(), R"(["outer", "s3cret"])");
}

TEST(Smtp, FilesInTheTextOfABody) {
  const ScannedMail r = scan_mail(
      "Subject: x\n\nsee\nbegin 644 fox.txt\n35&AE('%U:6-K(&)R;W=N(&9O>   \n`\nend\n", kNoIocs);
  EXPECT_EQ(r.contents, Names{"The quick brown fox"});
  EXPECT_EQ(r.meta(1),
            R"({"charset": null, "content-description": null, "disposition": null, )"
            R"("filename": "fox.txt", "type": "application/octet-stream", "source": "uuencode"})");
}

TEST(Smtp, WhatIsDamagedIsKeptAndSaid) {
  const ScannedMail r =
      scan_mail("Content-Type: a/b; name=x\nContent-Transfer-Encoding: x-own\n\nbin", kNoIocs);
  EXPECT_EQ(r.contents, Names{"bin"});
  ASSERT_EQ(r.errors().size(), 1u);
  EXPECT_NE(
      r.errors()[0].find("Failed extracting attachment: x: the encoding 'x-own' is not known; "
                         "what is there was kept"),
      std::string::npos)
      << r.errors()[0];
  const ScannedMail cut =
      scan_mail("Subject: x\n\nbegin 644 fox.txt\n35&AE('%U:6-K(&)R;W=N(&9O>   \n", kNoIocs);
  EXPECT_EQ(cut.contents, Names{"The quick brown fox"});
  ASSERT_EQ(cut.errors().size(), 1u);
  EXPECT_NE(cut.errors()[0].find("Failed extracting attachment: fox.txt (uuencode at byte 0 of the "
                                 "text) breaks off or is damaged; what could be read was kept"),
            std::string::npos)
      << cut.errors()[0];
}

TEST(Smtp, MailboxesAndDialogues) {
  const std::string line = "From a@b Tue Nov 24 21:18:52 2026\n";
  const ScannedMail box =
      scan_mail(line + "Subject: one\n\n1\n\n" + line + "Subject: two\n\n2\n", kNoIocs);
  EXPECT_EQ(box.contents, (Names{"Subject: one\n\n1\n\n", "Subject: two\n\n2\n"}));
  EXPECT_EQ(box.json().text(),
            R"({"body": "", "body_html": "", "mail": {"container": "mbox", "mails": 2}})");
  EXPECT_EQ(box.json(2)["subject"].text(), "\"two\"");
  const ScannedMail talk = scan_mail(
      "EHLO x\nMAIL FROM:<a@b>\nRCPT TO:<c@d>\nDATA\nSubject: one\n\n..1\n.\nQUIT\n", kNoIocs);
  EXPECT_EQ(talk.result("body"), "\".1\\n\"");
  EXPECT_EQ(talk.json()["mail"]["envelope"].text(), R"({"from": ["a@b"], "to": ["c@d"]})");
}

TEST(Smtp, StopsWhenTheEngineTakesNoMore) {
  std::string mail = "Content-Type: multipart/mixed; boundary=x\n\n";
  for (int i = 0; i < 5; ++i) mail += "--x\nContent-Type: a/b\n\n" + std::to_string(i) + "\n";
  const ScannedMail r = scan_mail(mail, kNoIocs, {{"max_children", "2"}});
  EXPECT_EQ(r.contents, (Names{"0", "1"}));
  EXPECT_EQ(r.json()["mail"]["part_count"].text(), "5");
  EXPECT_EQ(limits_of(r.response).size(), 1u);
}

TEST(Smtp, NoMailIsABodyAndNothingMore) {
  const ScannedMail r = scan_mail("just text\n");
  EXPECT_EQ(r.contents, Names());
  EXPECT_EQ(r.result("body"), "\"just text\\n\"");
  EXPECT_EQ(scan_mail("").errors(), Names());
  const ScannedMail bare = scan_mail(kAttachment, {{"omit_body", "yes"}, {"extract_iocs", "no"}});
  EXPECT_FALSE(bare.json()["body"]);
  EXPECT_TRUE(bare.json()["subject"]);
}

}  // namespace
}  // namespace stoq::test
