// SPDX-License-Identifier: Apache-2.0
#include "dialogue.h"

#include <charconv>
#include <utility>

#include "header.h"
#include "lines.h"

namespace stoq::plugins::smtp {
namespace {

constexpr std::size_t kMaxMails = 100'000, kMaxAddresses = 1000;

bool is_reply(std::string_view line) {  // "220 text", "250-text"
  return line.size() >= 3 && line[0] >= '2' && line[0] <= '5' && line[1] >= '0' && line[1] <= '9' &&
         line[2] >= '0' && line[2] <= '9' && (line.size() == 3 || line[3] == ' ' || line[3] == '-');
}

bool is_command(std::string_view line) {
  for (const std::string_view command :
       {"EHLO ", "HELO ", "LHLO ", "MAIL FROM:", "RCPT TO:", "XFORWARD ", "XCLIENT "})
    if (begins(line, command)) return true;
  for (const std::string_view command : {"RSET", "STARTTLS", "NOOP", "QUIT", "DATA"})
    if (same(trimmed(line), command)) return true;
  return false;
}

/// "From sender Tue Nov 24 21:18:52 2026", with what programs put behind it.
bool is_mbox_line(std::string_view line) {
  if (!line.starts_with("From ") || line.size() > 1000) return false;
  const auto digit = [&](std::size_t i) {
    return i < line.size() && line[i] >= '0' && line[i] <= '9';
  };
  for (std::size_t i = line.find(':', 5); i != line.npos; i = line.find(':', i + 1))
    if (digit(i - 1) && digit(i + 1) && digit(i + 2))
      return line.find("19", i) != line.npos || line.find("20", i) != line.npos;
  return false;
}

std::string address(std::string_view line) {
  const std::size_t colon = line.find(':');
  line = trimmed(line.substr(colon + 1));
  if (line.starts_with('<')) return std::string(line.substr(1, line.find('>', 1) - 1));
  return std::string(line.substr(0, line.find(' ')));
}

class Dialogue {
 public:
  Dialogue(std::string_view text, Container& out) : lines_(text), out_(out) {}

  void read() {
    std::string bdat;
    for (std::string_view line; lines_.next(line) && out_.mails.size() < kMaxMails;) {
      if (begins(line, "MAIL FROM:") && out_.senders.size() < kMaxAddresses)
        out_.senders.push_back(address(line));
      else if (begins(line, "RCPT TO:") && out_.recipients.size() < kMaxAddresses)
        out_.recipients.push_back(address(line));
      else if (same(trimmed(line), "DATA") || line.starts_with("354"))
        data(true);
      else if (begins(line, "BDAT "))
        chunk(line, bdat);
      else if (!is_reply(line) && !is_command(line) && begins_mail(line))
        data(false);  // the command was not recorded
    }
  }

 private:
  bool begins_mail(std::string_view) const {
    const std::size_t most = 64 << 10;
    const Head head = parse_head(lines_.text().substr(lines_.start(), most));
    return head.fields.size() >= 2;
  }

  /// `commanded`: behind DATA, so that dots are doubled. Else the line just taken is the first.
  void data(bool commanded) {
    if (!commanded) lines_.seek(lines_.start());
    std::string_view line;
    std::size_t from = lines_.at();
    while (commanded && lines_.next(line)) {
      if (!line.starts_with("354") && !(is_reply(line) && line.starts_with('2'))) {
        lines_.seek(lines_.start());
        break;
      }
      from = lines_.at();
    }
    std::size_t to = from;
    bool doubled = false;
    std::string mail;
    while (lines_.next(line)) {
      if (line == ".") break;
      to = lines_.at();
      if (commanded && line.starts_with("..")) {
        mail += lines_.text().substr(from, lines_.start() - from);
        from = lines_.start() + 1;
        doubled = true;
      }
    }
    const std::string_view rest = lines_.text().substr(from, to - from);
    if (doubled) {
      out_.owned.push_back(mail.append(rest));
      out_.mails.push_back(out_.owned.back());
    } else if (!rest.empty()) {
      out_.mails.push_back(rest);
    }
  }

  void chunk(std::string_view line, std::string& mail) {
    const std::string_view words = trimmed(line.substr(5));
    std::size_t size = 0;
    if (std::from_chars(words.data(), words.data() + words.size(), size).ec != std::errc()) return;
    const std::string_view bytes = lines_.text().substr(lines_.at(), size);
    mail += bytes;
    lines_.seek(lines_.at() + bytes.size());
    const std::string_view last = trimmed(words.substr(std::min(words.find(' '), words.size())));
    if (!same(last, "LAST") && lines_.at() < lines_.text().size()) return;
    out_.owned.push_back(std::exchange(mail, {}));
    out_.mails.push_back(out_.owned.back());
  }

  Lines lines_;
  Container& out_;
};

void read_mbox(std::string_view text, Container& out) {
  Lines lines(text);
  std::string_view line;
  bool blank = true;
  std::size_t from = text.npos;
  while (lines.next(line)) {
    if (blank && is_mbox_line(line) && out.mails.size() + 1 < kMaxMails) {
      if (from != text.npos) out.mails.push_back(text.substr(from, lines.start() - from));
      from = lines.at();
    }
    blank = line.empty();
  }
  if (from < text.size()) out.mails.push_back(text.substr(from));
}

}  // namespace

Container open_container(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  Container out;
  std::string_view first;
  Lines(text).next(first);
  if (is_mbox_line(first)) {
    out.kind = "mbox";
    read_mbox(text, out);
  } else if (is_reply(first) || is_command(first) || begins(first, "BDAT ")) {
    out.kind = "smtp";
    Dialogue(text, out).read();
  }
  if (out.mails.empty()) {
    out.kind = "";
    out.mails.push_back(text);
  }
  return out;
}

}  // namespace stoq::plugins::smtp
