// SPDX-License-Identifier: Apache-2.0
#include "header.h"

#include <algorithm>

#include "coding.h"
#include "lines.h"
#include "stoq/sdk/json.h"

namespace stoq::plugins::smtp {
namespace {

constexpr std::size_t kMaxFields = 100'000, kMaxName = 256;
constexpr std::size_t kMostCoded = 256 << 10;  // of a value; what follows is plain

/// The name of the field in `line`, and where its value begins; empty where it is no field.
std::string field_name(std::string_view line, std::size_t& value) {
  std::string name;
  unsigned depth = 0;
  const std::size_t most = std::min(line.size(), kMaxName);
  for (std::size_t i = 0; i < most; ++i) {
    const char c = line[i];
    if (c == '(') {
      ++depth;
    } else if (c == ')' && depth > 0) {
      --depth;
    } else if (depth > 0) {
      continue;
    } else if (c == ':') {
      value = i + 1;
      break;
    } else if (c == ' ' || c == '\t') {
      if (name.empty()) return {};  // it goes on with the line before
      const std::size_t next = line.find_first_not_of(" \t", i);
      if (next == line.npos || (line[next] != ':' && line[next] != '(')) return {};
    } else if (c <= ' ' || c >= 0x7F) {
      return {};
    } else {
      name.push_back(lower(c));
    }
  }
  return value == 0 ? std::string() : name;
}

bool is_of_mail(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "from",     "to",         "cc",           "subject",     "date",
      "received", "message-id", "sender",       "return-path", "mime-version",
      "reply-to", "importance", "delivered-to", "priority"};
  return name.starts_with("content-") || name.starts_with("x-") || name.starts_with("list-") ||
         std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

/// What is behind one encoded word at the start of `text`.
struct Word {
  std::string charset, bytes;
  std::size_t size = 0;  // of the whole word in the text; 0: there is none
};

Word encoded_word(std::string_view text) {
  constexpr std::size_t kMost = 4096;
  if (!text.starts_with("=?")) return {};
  const std::string_view near = text.substr(0, kMost);
  const std::size_t first = near.find('?', 2);
  if (first == near.npos || first + 2 >= near.size() || near[first + 2] != '?') return {};
  const char how = lower(near[first + 1]);
  if (how != 'b' && how != 'q') return {};
  // "?=" ends the word; one right behind the second mark belongs to a Q text such as "=?…?Q?=41?=".
  const std::size_t last = near.find("?=", first + 3);
  if (last == near.npos) return {};
  std::string_view charset = near.substr(2, first - 2);
  charset = charset.substr(0, charset.find('*'));  // a language behind it
  const std::string_view data = near.substr(first + 3, last - first - 3);
  return {std::string(charset), how == 'b' ? from_base64(data) : from_q(data), last + 2};
}

}  // namespace

std::vector<std::string_view> Head::all(std::string_view name) const {
  std::vector<std::string_view> found;
  for (const Field& field : fields)
    if (field.name == name) found.push_back(field.value);
  return found;
}

Head parse_head(std::string_view text) {
  Head head;
  Lines lines(text);
  std::size_t stray = text.npos, held = 0;  // where lines began that are no fields, and how many
  for (std::string_view line; lines.next(line);) {
    if (line.empty()) {
      head.separated = true;
      head.body = stray == text.npos ? lines.at() : stray;
      return head;
    }
    std::size_t value = 0;
    std::string name = field_name(line, value);
    const bool folded = line.front() == ' ' || line.front() == '\t';
    if (folded && stray == text.npos && !head.fields.empty()) {
      std::string_view& last = head.fields.back().value;  // lines lie side by side
      const std::size_t from = static_cast<std::size_t>(last.data() - text.data());
      last = text.substr(from, lines.start() + line.size() - from);
    } else if (!name.empty() && (stray == text.npos || is_of_mail(name))) {
      head.strays += held;
      stray = text.npos, held = 0;
      if (head.fields.size() < kMaxFields)
        head.fields.push_back(
            {std::move(name), text.substr(lines.start() + value, line.size() - value)});
    } else if (stray == text.npos && !head.fields.empty()) {
      stray = lines.start(), held = 1;
    } else {
      head.body = stray == text.npos ? lines.start() : stray;
      return head;
    }
  }
  head.body = stray == text.npos ? text.size() : stray;
  return head;
}

std::string unfolded(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (const char c : trimmed(value))
    if (c != '\r' && c != '\n') out.push_back(c);
  return out;
}

std::string decoded(std::string_view value, const charset::Charsets& charsets) {
  const std::string line = unfolded(value);
  std::string out;
  const std::size_t coded = std::min(line.size(), kMostCoded);
  std::string_view rest = std::string_view(line).substr(0, coded);
  Word open;  // words of one charset, not yet made text
  const auto close = [&] {
    if (open.size > 0) out += charsets.text(open.bytes, open.charset);
    open = {};
  };
  while (!rest.empty()) {
    const std::size_t start = std::min(rest.find("=?"), rest.size());
    const std::string_view plain = rest.substr(0, start);
    Word word = encoded_word(rest.substr(start));
    const bool joins = open.size > 0 && word.size > 0 && trimmed(plain).empty();
    if (!joins || !same(open.charset, word.charset)) {
      close();
      open.charset = word.charset;
    }
    if (!joins) out += charsets.text(plain, "");
    rest.remove_prefix(start);
    if (word.size == 0) {
      const std::size_t taken = std::min<std::size_t>(2, rest.size());
      out += rest.substr(0, taken);
      rest.remove_prefix(taken);
      continue;
    }
    open.bytes += word.bytes;
    open.size += word.size;
    rest.remove_prefix(word.size);
  }
  close();
  if (coded < line.size()) out += charsets.text(std::string_view(line).substr(coded), "");
  return out;
}

}  // namespace stoq::plugins::smtp
