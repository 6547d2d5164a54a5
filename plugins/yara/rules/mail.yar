// SPDX-License-Identifier: Apache-2.0
//
// Dispatch rules for mails. Other files refer to mail_message.

rule mail_message {
  meta:
    description = "mail, mbox or web archive (MHTML), also behind blank lines or in a recorded SMTP dialogue"
    plugin = "smtp"
  strings:
    $first = /(\xEF\xBB\xBF)?\s{0,64}(Received|From|Return-Path|Delivered-To|Envelope-To|Date|Message-ID|MIME-Version|Subject|To|Cc|Sender|Reply-To|Authentication-Results|Content-Type|Content-Transfer-Encoding|DKIM-Signature|ARC-Seal|Thread-Index|Importance|X-[A-Za-z0-9-]{1,40})[ \t]{0,8}(\([^)\r\n]{0,80}\))?[ \t]{0,8}:/ nocase
    $mbox = /From [^\r\n]{1,200}[0-9]:[0-9][0-9][^\r\n]{1,60}\r?\n/
    $dialogue = /(220[ -][^\r\n]{0,500}|(EHLO|HELO|LHLO) [^\r\n]{0,250}|MAIL FROM:[^\r\n]{0,500})\r?\n/ nocase
    $field = /[\r\n](From|Subject|Message-ID|MIME-Version|Content-Type|Content-Transfer-Encoding)[ \t]{0,8}(\([^)\r\n]{0,80}\))?[ \t]{0,8}:/ nocase
  condition:
    uint8(0) < 0xF0 and ($first at 0 or $mbox at 0 or $dialogue at 0) and $field in (0 .. 16384)
}

rule tnef {
  meta:
    description = "TNEF, the winmail.dat of Outlook"
    plugin = "tnef"
  condition:
    uint32(0) == 0x223E9F78
}
