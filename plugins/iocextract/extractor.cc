// SPDX-License-Identifier: Apache-2.0
#include "extractor.h"

#include <algorithm>

#include "charset.h"

namespace stoq::plugins::iocextract {
namespace {

// More than kMaxName bytes of a refanged name, however its dots are spelled.
constexpr std::ptrdiff_t kMaxFangedName = 5 * kMaxName;

std::string_view view(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

// Names of hosts in lower case, inside the tail of a URL.
void lower_names(std::string& url, std::size_t from, const Tlds& tlds) {
  const Grammar grammar(std::string_view(url).substr(from), tlds);
  char* const base = url.data() + from;
  for (const char* p = grammar.begin(); p != grammar.end();) {
    if (!is(*p, kWord) || grammar.word_before(p)) {
      ++p;
      continue;
    }
    const Grammar::Name name = grammar.name_at(p);
    if (name.end) std::transform(p, name.end, base + (p - grammar.begin()), lower);
    p = std::max(name.run, p + 1);
  }
}

}  // namespace

Extractor::Extractor(std::string_view text, const Names& names, Indicators& found)
    : grammar_(text, names.tlds), names_(names), found_(found) {
  domain_until_ = ipv4_until_ = ipv6_until_ = pairs_until_ = email_until_ = url_until_ =
      grammar_.begin();
}

Cut Extractor::run() {
  const char* const end = grammar_.end();
  for (const char* p = grammar_.begin(); p != end;) {
    if (!is(*p, kWord)) {
      if (is(*p, kAnchor)) anchor(p);
      ++p;
      continue;
    }
    const char* const start = p;
    unsigned common = 0xFF;
    for (; p != end && is(*p, kWord); ++p) common &= classes_of(*p);
    word(start, p, common & kHex, common & kDigit);
  }
  return cut_;
}

void Extractor::word(const char* p, const char* end, bool hex, bool digits) {
  const auto size = end - p;
  if (hex && size >= 32) hash(p, end);
  if (end == grammar_.end() || !is(*end, kJoint) || grammar_.word_before(p)) return;
  if (hex && size == 2 && p >= pairs_until_) pairs(p);
  if (hex && size <= 4 && *end == ':' && p >= ipv6_until_) ipv6(p);
  if (*end == ':') return;
  if (digits && size <= 3 && p >= ipv4_until_) ipv4(p);
  if (p >= domain_until_) domain(p);
}

void Extractor::anchor(const char* p) {
  if (*p != ':') {
    if (const std::size_t size = grammar_.at_sign_at(p)) email(p, size);
    return;
  }
  if (grammar_.end() - p < 2) return;
  if (p[1] == ':' && p >= ipv6_until_ && !grammar_.word_before(p)) ipv6(p);
  if (p[1] == '/') url(p);
}

void Extractor::hash(const char* p, const char* end) {
  if (grammar_.word_before(p) || grammar_.word_at(end)) return;
  switch (end - p) {
    case 32:
      return found_.add(Kind::md5, view(p, end));
    case 40:
      return found_.add(Kind::sha1, view(p, end));
    case 64:
      return found_.add(Kind::sha256, view(p, end));
    case 128:
      return found_.add(Kind::sha512, view(p, end));
  }
}

void Extractor::pairs(const char* p) {
  const Grammar::Pairs pairs = grammar_.pairs_at(p);
  if (pairs.six) found_.add(Kind::mac_address, view(p, pairs.end));
  pairs_until_ = pairs.end;
}

void Extractor::ipv6(const char* p) {
  const Grammar::Address address = grammar_.ipv6_at(p);
  ipv6_until_ = address.run;
  const bool in_code = view(grammar_.begin(), p).ends_with("::");  // std::a1::b2
  if (address.end && !in_code) found_.add(Kind::ipv6, view(p, address.end));
}

void Extractor::ipv4(const char* p) {
  const char* const end = grammar_.ipv4_at(p);
  if (!end) return;
  ipv4_until_ = end;
  text_.clear();
  refang(view(p, end), text_);
  found_.add(Kind::ipv4, text_);
}

void Extractor::domain(const char* p) {
  const Grammar::Name name = grammar_.name_at(p);
  domain_until_ = name.run;
  if (!name.end || may_be_file(p, name.end)) return;
  text_.clear();
  refang(view(std::max(p, name.end - kMaxFangedName), name.end), text_);
  found_.add(Kind::domain, name_tail(text_));
}

// A label, a plain dot and one of the suffixes, behind neither @ nor //.
bool Extractor::may_be_file(const char* p, const char* end) const {
  const std::string_view name = view(p, end);
  const std::size_t dot = name.find('.');
  if (dot == name.npos || name.find_first_of(".[<{(", dot + 1) != name.npos ||
      name.find_first_of("[<{(") != name.npos)
    return false;
  const std::string_view before = view(grammar_.begin(), p);
  if (before.ends_with('@') || before.ends_with("//")) return false;
  return std::ranges::any_of(names_.file_suffixes, [&](const std::string& suffix) {
    return std::ranges::equal(suffix, name.substr(dot + 1), {}, {}, lower);
  });
}

// A whole name in the form of results; false where it is too long for one.
bool Extractor::append_name(const char* p, const char* end, std::string& out) const {
  const std::size_t size = out.size();
  if (end - p > kMaxFangedName) return false;
  refang(view(p, end), out);
  return out.size() - size <= kMaxName;
}

void Extractor::email(const char* at, std::size_t at_size) {
  const char* start = at;
  const char* const first =
      std::max(email_until_, at - std::min<std::ptrdiff_t>(kMaxLocal, at - grammar_.begin()));
  while (start > first && is(start[-1], kLocal)) --start;
  if (start == first && start > email_until_ && is(start[-1], kLocal)) return;  // too long
  while (start != at && *start == '.') ++start;
  const char* const host = at + at_size;
  if (start == at || host == grammar_.end() || !is(*host, kWord)) return;
  if (start != email_until_ && grammar_.word_before(start)) return;
  const Grammar::Name name = grammar_.name_at(host);
  text_.assign(start, at).push_back('@');
  if (!name.end || !append_name(host, name.end, text_)) return;
  email_until_ = name.end;
  found_.add(Kind::email, text_);
}

// The host at p, which moves behind it; empty where there is none.
std::string_view Extractor::append_host(const char*& p, Kind& kind, std::string& out) const {
  const std::size_t from = out.size();
  if (p == grammar_.end()) return {};
  if (is(*p, kWord)) {
    const Grammar::Name name = grammar_.name_at(p);
    const char* const ipv4_end = grammar_.ipv4_at(p);
    if (name.end) {
      kind = Kind::domain;
      if (!append_name(p, name.end, out)) return {};
      p = name.end;
      return std::string_view(out).substr(from);
    }
    if (ipv4_end) {
      kind = Kind::ipv4;
      refang(view(p, ipv4_end), out);
      p = ipv4_end;
      return std::string_view(out).substr(from);
    }
  }
  kind = Kind::ipv6;
  const bool bracket = *p == '[';
  const Grammar::Address address = grammar_.ipv6_at(p + bracket);
  if (!address.end || (bracket && (address.end == grammar_.end() || *address.end != ']')))
    return {};
  out.append(p, address.end + bracket);
  p = address.end + bracket;
  return std::string_view(out).substr(from + bracket, out.size() - from - 2 * bracket);
}

const char* Extractor::append_tail(const char* p, std::string& out) {
  const char* end = p;
  if (end != grammar_.end() && (*end == ':' || *end == '/'))
    while (end != grammar_.end() && is(*end, kTail)) ++end;
  const auto size = static_cast<std::size_t>(end - p);
  if (size > kMaxTail) ++cut_.urls;
  const std::size_t from = out.size();
  out.append(p, std::min(size, kMaxTail));
  lower_names(out, from, names_.tlds);
  return end;
}

void Extractor::url(const char* colon) {
  const std::size_t scheme = grammar_.scheme_before(colon);
  if (scheme == 0 || colon - scheme < url_until_ || !view(colon, grammar_.end()).starts_with("://"))
    return;
  text_.assign(scheme == 5 ? "https://" : "http://");
  const std::size_t host_at = text_.size();
  const char* p = colon + 3;
  Kind kind{};
  const std::size_t host_size = append_host(p, kind, text_).size();
  if (host_size == 0) return;
  url_until_ = append_tail(p, text_);
  const bool bracket = text_[host_at] == '[';
  found_.add_url(text_, kind, std::string_view(text_).substr(host_at + bracket, host_size));
}

}  // namespace stoq::plugins::iocextract
