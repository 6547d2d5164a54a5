// SPDX-License-Identifier: Apache-2.0
#include "passwords.h"

#include <algorithm>
#include <utility>

#include "lines.h"

namespace stoq::plugins::smtp {
namespace {

constexpr std::size_t kMostText = 256 << 10, kMostLine = 400, kMaxWord = 64;
constexpr unsigned kWordsBehind = 8, kMostKeywords = 50;

/// In lower case. Where upper case letters are not ASCII, both forms.
constexpr std::string_view kKeywords[] = {
    "password",     "passwort",   "passcode",  "passphrase", "passwd",        "kennwort",
    "mot de passe", "contraseña", "clave",     "senha",      "palavra-passe", "parola",
    "wachtwoord",   "lösenord",   "hasło",     "jelszó",     "heslo",         "salasana",
    "adgangskode",  "şifre",      "пароль",    "Пароль",     "ПАРОЛЬ",        "код доступа",
    "密码",         "密碼",       "解压码",    "パスワード", "비밀번호",      "암호",
    "pwd",          "pin code",   "pass:",     "pass =",     "pw:",           "pw =",
    "pw is",        "pass is",    "pass code", "zip code:",  "pin:"};

/// Words between the keyword and the password.
constexpr std::string_view kFillers[] = {
    "is",  "the",  "for",    "to",   "open",    "of",    "file", "archive",  "zip",  "attachment",
    "and", "your", "this",   "ist",  "das",     "der",   "für",  "lautet",   "die",  "datei",
    "est", "es",   "del",    "de",   "archivo", "el",    "la",   "le",       "du",   "fichier",
    "è",   "used", "code",   "here", "below",   "use",   "rar",  "document", "with", "archiv",
    "в",   "к",    "архива", "от",   "для",     "файла", "as",   "follows",  "are",  "please"};

bool is_filler(std::string_view word) {
  return std::any_of(std::begin(kFillers), std::end(kFillers),
                     [&](std::string_view filler) { return same(filler, word); });
}

/// The marks that quote a word or end it: ASCII, and those of typography.
std::string_view bare(std::string_view word) {
  constexpr std::string_view kMarks[] = {
      "\"", "'", "`", "(", ")",  "[",  "]",  "<",  ">",  ":",  ";",  ",",      "“", "”", "„",
      "‘",  "’", "«", "»", "：", "「", "」", "【", "】", "。", "，", "\u00A0", "=", "*", "–"};
  for (bool cut = true; cut;) {
    cut = false;
    for (const std::string_view mark : kMarks) {
      if (word.starts_with(mark)) word.remove_prefix(mark.size()), cut = true;
      if (word.ends_with(mark)) word.remove_suffix(mark.size()), cut = true;
    }
  }
  return word;
}

/// The place behind the next keyword in `lowered`, or npos. Not inside of a longer word.
std::size_t behind_keyword(std::string_view lowered, std::size_t from) {
  std::size_t best = lowered.npos, end = lowered.npos;
  for (const std::string_view keyword : kKeywords) {
    const auto is_inside = [&](std::size_t at) {
      return at > 0 && lowered[at - 1] >= 'a' && lowered[at - 1] <= 'z';
    };
    const std::string_view before = lowered.substr(0, best);
    std::size_t at = before.find(keyword, from);
    while (at != before.npos && is_inside(at)) at = before.find(keyword, at + 1);
    if (at == before.npos) continue;
    best = at;
    end = at + keyword.size();
  }
  return end;
}

/// Text without its tags; the few entities that matter become what they stand for.
std::string without_tags(std::string_view html) {
  std::string out;
  bool inside = false;
  for (std::size_t i = 0; i < html.size(); ++i) {
    const char c = html[i];
    if (c == '<') {
      inside = true;
      const bool breaks = begins(html.substr(i), "<br") || begins(html.substr(i), "</p") ||
                          begins(html.substr(i), "</div") || begins(html.substr(i), "</tr");
      if (breaks) out.push_back('\n');
    } else if (c == '>' && inside) {
      inside = false;
    } else if (!inside && c == '&') {
      constexpr std::pair<std::string_view, char> kEntities[] = {{"&nbsp;", ' '}, {"&quot;", '"'},
                                                                 {"&amp;", '&'},  {"&lt;", '<'},
                                                                 {"&gt;", '>'},   {"&#39;", '\''}};
      const auto found = std::find_if(std::begin(kEntities), std::end(kEntities),
                                      [&](auto& e) { return html.substr(i).starts_with(e.first); });
      if (found == std::end(kEntities)) {
        out.push_back(c);
      } else {
        out.push_back(found->second);
        i += found->first.size() - 1;
      }
    } else if (!inside) {
      out.push_back(c == '\n' || c == '\r' ? ' ' : c);
    }
  }
  return out;
}

}  // namespace

void PasswordHints::add(std::string word) {
  if (word.empty() || word.size() > kMaxWord || all_.size() >= most_) return;
  if (std::find(all_.begin(), all_.end(), word) == all_.end()) all_.push_back(std::move(word));
}

void PasswordHints::add_word(std::string_view word) {
  const std::string_view core = bare(word);
  add(std::string(core));
  std::string_view shorter = core;  // a full stop may end the sentence or belong to the password
  while (!shorter.empty() &&
         (shorter.back() == '.' || shorter.back() == '!' || shorter.back() == '?'))
    shorter.remove_suffix(1);
  if (shorter.size() != core.size()) add(std::string(shorter));
  if (core.size() != word.size()) add(std::string(word));
}

void PasswordHints::look_at(std::string_view text) {
  text = text.substr(0, kMostText);
  const std::string lowered = lower(text);
  std::size_t at = 0;
  for (unsigned seen = 0; seen < kMostKeywords && all_.size() < most_; ++seen) {
    at = behind_keyword(lowered, at);
    if (at == lowered.npos) return;
    // The words behind it, on this line and, where none is left on it, on the next that has some.
    std::string_view rest = text.substr(at, kMostLine);
    unsigned taken = 0;
    bool line_is_over = false;
    while (!rest.empty() && taken < kWordsBehind) {
      const std::size_t start = rest.find_first_not_of(" \t\r\n");
      if (start == rest.npos) break;
      line_is_over |= taken > 0 && rest.substr(0, start).find('\n') != rest.npos;
      if (line_is_over) break;
      rest.remove_prefix(start);
      const std::size_t size = std::min(rest.find_first_of(" \t\r\n"), rest.size());
      const std::string_view word = rest.substr(0, size);
      rest.remove_prefix(size);
      const std::string_view core = bare(word);
      if (core.empty() || core == "-" || is_filler(core)) continue;
      ++taken;
      add_word(word);
    }
  }
}

void PasswordHints::look_at_html(std::string_view html) {
  look_at(without_tags(html.substr(0, kMostText)));
}

}  // namespace stoq::plugins::smtp
