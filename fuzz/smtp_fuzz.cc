// SPDX-License-Identifier: Apache-2.0
// Mails: their containers, their parts, what the encodings hide, and the passwords in their text.
#include "fuzz/target.h"
#include "plugins/smtp/dialogue.h"
#include "plugins/smtp/mime.h"
#include "plugins/smtp/passwords.h"
#include "plugins/smtp/text_files.h"

using namespace stoq::plugins::smtp;
using stoq::fuzz::must;

STOQ_FUZZ(smtp) {
  static const stoq::plugins::charset::Charsets charsets;
  const std::string_view text = stoq::fuzz::text_of(data);
  const Container container = open_container(text);
  must(!container.mails.empty());
  for (const std::string_view content : container.mails) {
    const Mail mail = parse_mail(content, charsets);
    must(mail.defects.size() <= 101 && mail.head.body <= content.size());
    for (const Field& field : mail.head.fields) must(!field.name.empty());
    for (const Part& part : mail.parts) {
      must(part.body.size() <= content.size());
      must(from_base64(part.body).size() <= part.body.size());
      must(from_quoted_printable(part.body).size() <= part.body.size());
      from_uuencode(part.body);
      find_text_files(part.body, 1 << 20, [](TextFile&& file) {
        must(file.content.size() <= 1 << 20 || file.kind != "binhex");
        return true;
      });
      PasswordHints hints;
      hints.look_at(part.body);
      hints.look_at_html(part.body);
      must(hints.all().size() <= 40);
    }
  }
}

STOQ_FUZZ_SEEDS(smtp) {
  const std::string mixed =
      "From: Alice <a@example.com>\r\nSubject: =?utf-8?B?VMOkc3Q=?= =?koi8-r?Q?=F0?=\r\n"
      "Content-Type (x): multipart/mixed; boundary=\"x\"; boundary*0=x; "
      "boundary*1*=utf-8''y\r\n\r\n"
      "--x\r\n\r\nThe password is: s3cret\r\n\r\nbegin 644 fox.txt\r\n35&AE('%U:6-K(&)R;W=N(&9O>   "
      "\r\n`\r\nend\r\n--x\r\nContent-Type: a/b; "
      "name*=utf-8''%e2%82%ac\r\nContent-Transfer-Encoding: "
      "base64\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\naGVs\r\nbG8=\r\n--x\r\n"
      "Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nhi\r\n--x--\r\n";
  std::string deep = "Content-Type: a/b\n\nbin";
  for (int i = 0; i < 40; ++i) {
    const std::string boundary = "b" + std::to_string(i);
    deep = "Content-Type: multipart/mixed; boundary=" + boundary + "\n\n--" + boundary + "\n" +
           deep + "\n--" + boundary + "--\n";
  }
  const std::string line = "From a@b Tue Nov 24 21:18:52 2026\n";
  return {mixed, deep, line + "Subject: one\n\n1\n\n" + line + mixed,
          "220 mx\r\nEHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n354 go\r\n" + mixed +
              "..\r\n.\r\nBDAT 6\r\nA: b\r\n250 ok\r\nBDAT 3 LAST\r\n\r\nc",
          "Subject: x\n\n(This file must be converted with BinHex 4.0)\n\n:\"&%e,Q9iF'9\"Ch\":\n"
          "begin-base64 755 a\naGVsbG8=\n====\n"};
}
