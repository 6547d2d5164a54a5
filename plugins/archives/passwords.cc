// SPDX-License-Identifier: Apache-2.0
#include "archives/passwords.h"

#include <algorithm>
#include <array>
#include <utility>

namespace stoq::plugins::archives {
namespace {

constexpr std::size_t kMostHints = 300, kMostText = 64 << 10, kMostWords = 4096;
constexpr std::size_t kShortest = 3, kLongest = 64;
constexpr int kNear = 4;  // words behind one for "password" that may be it

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string lowered(std::string_view word) {
  std::string out(word);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

// Words for "password", lower case as far as ASCII goes.
bool says_password(std::string_view word) {
  static constexpr std::array<std::string_view, 27> kWords = {
      "password", "passwort", "passwd",     "passcode",   "passphrase", "pass",       "passw",
      "pwd",      "pw",       "pin",        "code",       "kennwort",   "kodwort",    "passe",
      "mdp",      "clave",    "contraseña", "contrasena", "senha",      "wachtwoord", "hasło",
      "haslo",    "пароль",   "Пароль",     "ПАРОЛЬ",     "密码",       "パスワード"};
  return std::find(kWords.begin(), kWords.end(), lowered(word)) != kWords.end();
}

constexpr std::string_view kOpening = "\"'`([{<*_";
constexpr std::string_view kClosing = "\"'`)]}>*_.,;:!?";

struct Word {
  std::string_view bare, full;
  bool quoted;
};

Word tidy(std::string_view full) {
  std::string_view bare = full;
  while (!bare.empty() && kOpening.find(bare.front()) != kOpening.npos) bare.remove_prefix(1);
  while (!bare.empty() && kClosing.find(bare.back()) != kClosing.npos) bare.remove_suffix(1);
  const bool quoted = !bare.empty() && bare.size() < full.size() && full.front() != bare.front();
  return {bare, full, quoted};
}

// The words between white space, `:` and `=`; each of these also ends one, and what they join is a
// word as well.
std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  std::size_t at = 0;
  while (at < text.size() && words.size() < kMostWords) {
    while (at < text.size() && is_space(text[at])) ++at;
    std::size_t end = at;
    while (end < text.size() && !is_space(text[end])) ++end;
    const std::string_view joined = text.substr(at, end - at);
    at = end;
    std::size_t from = 0;
    for (std::size_t cut; from < joined.size(); from = cut + 1) {
      cut = std::min(joined.find_first_of(":=", from), joined.size());
      if (cut > from) words.push_back(tidy(joined.substr(from, cut - from)));
    }
    const std::size_t inner = joined.find_first_of(":=");
    if (inner != joined.npos && inner > 0 && inner + 1 < joined.size())
      words.push_back(tidy(joined));
  }
  return words;
}

std::string without_tags(std::string_view text) {
  std::string out;
  bool in_tag = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    if (rest[0] == '<' || rest.starts_with("&nbsp;")) out += ' ';
    in_tag |= rest[0] == '<';
    if (!in_tag && rest.starts_with("&nbsp;")) {
      i += 5;
    } else if (!in_tag) {
      out += rest[0];
      if (rest.starts_with("&amp;")) i += 4;
    }
    in_tag &= rest[0] != '>';
  }
  return out;
}

void add(const Word& word, PasswordList& out) {
  out.add(word.bare);
  if (word.full != word.bare) out.add(word.full);
}

// "archive.pdf.zip": "archive"
std::string_view stem(std::string_view name) {
  name = name.substr(name.find_last_of("/\\") + 1);
  const std::size_t dot = name.find('.', 1);
  return dot == name.npos ? name : name.substr(0, dot);
}

void add_mail(sdk::JsonView mail, PasswordList& out) {
  for (const char* key : {"subject", "body"}) hints_in_text(mail[key].string_or(""), out);
  hints_in_text(without_tags(mail["body_html"].string_or("").substr(0, kMostText)), out);
}

}  // namespace

void PasswordList::add(std::string_view password) {
  if (all_.size() >= most_ || password.size() < kShortest || password.size() > kLongest) return;
  if (std::find(all_.begin(), all_.end(), password) == all_.end()) all_.emplace_back(password);
}

void hints_in_text(std::string_view text, PasswordList& out) {
  const std::vector<Word> words = words_of(text.substr(0, kMostText));
  int near = 0;
  for (const Word& word : words) {
    if (says_password(word.bare)) {
      near = kNear;
    } else if (near > 0) {
      --near;
      add(word, out);
    }
  }
  const auto has_digit = [](const Word& w) {
    return std::any_of(w.bare.begin(), w.bare.end(), is_digit);
  };
  for (const Word& word : words)
    if (word.quoted) add(word, out);
  for (const Word& word : words)
    if (has_digit(word)) add(word, out);
  for (const Word& word : words) out.add(word.bare);
}

void hints_in_name(std::string_view name, PasswordList& out) {
  static constexpr std::string_view kBetween = " _-.,()[]{}+=";
  name = name.substr(name.find_last_of("/\\") + 1);
  std::vector<std::string_view> parts;
  for (std::size_t from = 0, cut; from < name.size() && parts.size() < 64; from = cut + 1) {
    cut = std::min(name.find_first_of(kBetween, from), name.size());
    if (cut > from) parts.push_back(name.substr(from, cut - from));
  }
  bool next = false;
  for (const std::string_view part : parts) {
    if (next) out.add(part);
    next = says_password(part);
    for (const std::string_view word : {"password", "passwort", "passw", "pass", "pwd", "pw"})
      if (lowered(part).starts_with(word)) {
        out.add(part.substr(word.size()));
        break;
      }
  }
  out.add(stem(name));
  for (const std::string_view part : parts) out.add(part);
}

std::vector<std::string> passwords_for(const sdk::Payload& payload,
                                       const std::vector<std::string>& configured) {
  std::vector<std::string> all = payload.extra_data()["passwords"].strings();
  const auto add_all = [&all](std::vector<std::string> more) {
    for (std::string& password : more)
      if (std::find(all.begin(), all.end(), password) == all.end())
        all.push_back(std::move(password));
  };
  add_all(payload.request_meta()["extra_data"]["passwords"].strings());
  add_all(configured);
  PasswordList hints(kMostHints);
  hints_in_name(payload.extra_data()["filename"].string_or(""), hints);
  for (const sdk::JsonView above : payload.ancestors().elements()) {
    hints_in_name(above["payload_meta"]["extra_data"]["filename"].string_or(""), hints);
    for (const sdk::JsonView round : above["workers"].elements()) add_mail(round["smtp"], hints);
  }
  add_all(hints.take());
  return all;
}

}  // namespace stoq::plugins::archives
