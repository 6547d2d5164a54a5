// SPDX-License-Identifier: Apache-2.0
#include "mime.h"

#include <algorithm>

#include "lines.h"
#include "text_files.h"

namespace stoq::plugins::smtp {
namespace {

constexpr unsigned kMaxDepth = 32;
constexpr std::size_t kMaxParts = 100'000, kMaxDefects = 100, kMaxReadings = 8;
constexpr std::uint64_t kMaxWork = 64, kFreeWork = 1 << 20;

template <class T>
void add_distinct(std::vector<T>& all, T value) {
  if (all.size() < kMaxReadings && std::find(all.begin(), all.end(), value) == all.end())
    all.push_back(std::move(value));
}

struct Split {
  std::string_view preamble, epilogue;
  std::vector<std::string_view> parts;
  bool closed = false, behind_close = false;  // behind_close: parts follow the closing line
};

/// Cuts `body` at the lines "--boundary". `exact`: nothing but blanks and the closing "--" may
/// stand behind it.
Split split(std::string_view body, std::string_view boundary, bool exact, std::size_t most) {
  const std::string line = "--" + std::string(boundary);
  Split out;
  std::size_t start = 0;  // of what lies before the next line
  bool in_part = false, any = false;
  for (std::size_t at = 0; (at = body.find(line, at)) != body.npos && out.parts.size() < most;) {
    const std::size_t behind = at + line.size();
    if (at > 0 && body[at - 1] != '\n' && body[at - 1] != '\r') {
      at = behind;
      continue;
    }
    const std::size_t end = std::min(body.find_first_of("\r\n", behind), body.size());
    std::string_view rest = body.substr(behind, end - behind);
    const bool closes = rest.starts_with("--");
    if (closes) rest.remove_prefix(2);
    if (exact && !trimmed(rest).empty()) {
      at = behind;
      continue;
    }
    std::size_t before = at;  // the line end before the boundary belongs to it
    if (before > start && body[before - 1] == '\n') --before;
    if (before > start && body[before - 1] == '\r') --before;
    const std::string_view piece = body.substr(start, before - start);
    if (in_part)
      out.parts.push_back(piece);
    else if (!any)
      out.preamble = piece;
    if (!closes && out.closed) out.behind_close = true;
    any = true;
    in_part = !closes;
    out.closed |= closes;
    at = start = std::min(end, body.size());
    if (start < body.size() && body[start] == '\r') ++start;
    if (start < body.size() && body[start] == '\n') ++start;
    at = start;
  }
  if (in_part)
    out.parts.push_back(body.substr(start));
  else if (any)
    out.epilogue = body.substr(start);
  return out;
}

/// The boundary that the body itself shows: a line "--x", and a field of a part behind it.
std::string guessed_boundary(std::string_view body) {
  Lines lines(body);
  std::string_view candidate;
  for (std::string_view line; lines.next(line);) {
    if (!candidate.empty() && begins(line, "Content-") && line.find(':') != line.npos)
      return std::string(candidate);
    const bool dashes = line.size() > 3 && line.size() < 256 && line.starts_with("--");
    candidate = dashes ? trimmed(line.substr(2)) : std::string_view();
  }
  return {};
}

class Reader {
 public:
  Reader(Mail& mail, const charset::Charsets& charsets, std::size_t size)
      : mail_(mail), charsets_(charsets), work_(kFreeWork + kMaxWork * size) {}

  void entity(std::string_view text, const Head& head, std::string_view default_type,
              unsigned depth, bool root);

 private:
  bool spend(std::size_t bytes) {
    if (work_ < bytes || mail_.parts.size() >= kMaxParts) {
      defect("it is nested too deep or in too many parts: the rest is not taken apart");
      return false;
    }
    work_ -= bytes;
    return true;
  }
  void defect(std::string text) {
    auto& all = mail_.defects;
    if (all.size() < kMaxDefects && std::find(all.begin(), all.end(), text) == all.end())
      all.push_back(std::move(text));
  }
  void add(Part part) {
    if (mail_.parts.size() < kMaxParts) mail_.parts.push_back(std::move(part));
  }
  bool multipart(std::string_view body, const std::vector<Parameters>& types, unsigned depth);
  bool pieces(const Split& found, const std::string& type, unsigned depth);
  void surplus(std::string_view text, const char* where);
  Part described(const Head& head, const std::vector<Parameters>& types, std::string_view body);

  Mail& mail_;
  const charset::Charsets& charsets_;
  std::uint64_t work_;
};

void Reader::surplus(std::string_view text, const char* where) {
  constexpr std::size_t kNotice = 200;  // more than "This is a multi-part message in MIME format."
  if (trimmed(text).size() < kNotice) return;
  defect("text stands " + std::string(where));
  Part part;
  part.kind = Part::Kind::surplus;
  part.body = text;
  add(std::move(part));
}

bool Reader::pieces(const Split& found, const std::string& type, unsigned depth) {
  if (found.behind_close) defect("parts stand behind the closing boundary");
  surplus(found.preamble, "before the first part");
  for (std::size_t i = 0; i < found.parts.size(); ++i) {
    if (trimmed(found.parts[i]).empty()) continue;
    const bool root = i == 0 && type == "multipart/related";
    const Head head = parse_head(found.parts[i]);
    entity(found.parts[i], head, type == "multipart/digest" ? "message/rfc822" : "text/plain",
           depth + 1, root);
  }
  surplus(found.epilogue, "behind the last part");
  return true;
}

bool Reader::multipart(std::string_view body, const std::vector<Parameters>& types,
                       unsigned depth) {
  std::vector<std::string> boundaries;
  std::string type;
  for (const Parameters& t : types) {
    if (type.empty() && t.word().starts_with("multipart/")) type = t.word();
    for (std::string& boundary : t.all("boundary")) add_distinct(boundaries, std::move(boundary));
  }
  std::vector<Split> readings;
  for (const std::string& boundary : boundaries) {
    if (!spend(body.size())) return false;
    if (Split found = split(body, boundary, true, kMaxParts); !found.parts.empty())
      readings.push_back(std::move(found));
  }
  if (boundaries.size() > 1) defect("it gives several boundaries: each was followed");
  for (std::size_t i = 0; i < boundaries.size() && readings.empty(); ++i) {
    if (!spend(body.size())) return false;
    if (Split found = split(body, boundaries[i], false, kMaxParts); !found.parts.empty()) {
      defect("the lines between the parts go on behind the boundary");
      readings.push_back(std::move(found));
    }
  }
  if (readings.empty()) {
    if (!spend(2 * body.size())) return false;
    const std::string guess = guessed_boundary(body);
    if (!guess.empty()) {
      defect("its boundary does not occur: it was cut at lines that look like one");
      readings.push_back(split(body, guess, true, kMaxParts));
    }
  }
  bool any = false;
  for (const Split& found : readings) any |= pieces(found, type, depth);
  return any;
}

Part Reader::described(const Head& head, const std::vector<Parameters>& types,
                       std::string_view body) {
  Part part;
  part.body = body;
  part.type = types.front().word();
  for (std::size_t i = 1; i < types.size(); ++i) part.other_types.push_back(types[i].word());
  std::vector<std::string> names;
  for (const std::string_view value : head.all("content-disposition")) {
    const Parameters disposition(value, charsets_);
    if (part.disposition.empty()) part.disposition = disposition.word();
    for (std::string& name : disposition.all("filename")) add_distinct(names, std::move(name));
  }
  for (const Parameters& type : types) {
    if (part.charset.empty()) part.charset = type.first("charset");
    for (std::string& name : type.all("name")) add_distinct(names, std::move(name));
  }
  if (!names.empty()) {
    part.filename = std::move(names.front());
    part.other_names.assign(names.begin() + 1, names.end());
  }
  if (const auto all = head.all("content-description"); !all.empty())
    part.description = decoded(all.front(), charsets_);
  if (const auto all = head.all("content-id"); !all.empty())
    part.content_id = decoded(all.front(), charsets_);
  return part;
}

void Reader::entity(std::string_view text, const Head& head, std::string_view default_type,
                    unsigned depth, bool root) {
  if (!spend(text.size())) {
    Part rest;
    rest.kind = Part::Kind::entity;
    rest.type = "message/rfc822";
    rest.body = text;
    if (mail_.parts.size() < kMaxParts + 1) mail_.parts.push_back(std::move(rest));
    return;
  }
  if (head.strays > 0) defect("lines among the header fields are none: they were passed over");
  std::vector<Parameters> types;
  std::vector<std::string_view> seen;
  for (const std::string_view value : head.all("content-type")) {
    const bool again = std::find(seen.begin(), seen.end(), value) != seen.end();
    if (again || types.size() == kMaxReadings) continue;
    seen.push_back(value);
    types.emplace_back(value, charsets_);
  }
  if (types.size() > 1) defect("a part has several Content-Type fields: each was followed");
  if (types.empty()) types.emplace_back(default_type, charsets_);

  std::vector<std::pair<Encoding, std::string>> encodings;
  for (const std::string_view value : head.all("content-transfer-encoding"))
    add_distinct(encodings, {encoding_named(value), decoded(value, charsets_)});
  if (encodings.empty()) encodings.emplace_back(Encoding::none, "");
  if (encodings.size() > 1)
    defect("a part has several Content-Transfer-Encoding fields: each was followed");

  const std::string_view body = text.substr(head.body);
  const bool is_multipart = std::any_of(types.begin(), types.end(), [](const Parameters& t) {
    return t.word().starts_with("multipart/");
  });
  const Part proto = described(head, types, body);
  bool taken_apart = false;
  for (const auto& [encoding, name] : encodings) {
    Part part = proto;
    part.encoding = encoding;
    part.encoding_name = name;
    part.root = root;
    const bool coded = encoding == Encoding::base64 || encoding == Encoding::quoted_printable;
    if (is_multipart && depth >= kMaxDepth) {
      defect("parts lie more than 32 deep: the deeper ones are read as mails of their own");
      part.kind = Part::Kind::entity;
      part.encoding = Encoding::none;
      part.body = text;
      return add(std::move(part));
    }
    if (is_multipart) {
      if (coded) {
        if (!spend(body.size())) return;
        mail_.decoded.push_back(encoding == Encoding::base64 ? from_base64(body)
                                                             : from_quoted_printable(body));
      }
      // A body that is not what its encoding says is read as it stands too.
      if (coded && multipart(mail_.decoded.back(), types, depth)) {
        defect("a multipart is encoded as a whole");
        taken_apart = true;
        continue;
      }
      if (taken_apart || multipart(body, types, depth)) {
        taken_apart = true;
        continue;
      }
      defect("a multipart has no parts: it was read as text");
      part.type = "text/plain";
    }
    const std::string& type = part.type;
    if (type == "message/rfc822" || type == "message/global" || type == "message/news")
      part.kind = Part::Kind::message;
    add(std::move(part));
  }
}

}  // namespace

Mail parse_mail(std::string_view text, const charset::Charsets& charsets) {
  Mail mail;
  mail.head = parse_head(text);
  if (!mail.head.separated && mail.head.body < text.size() && !mail.head.fields.empty())
    mail.defects.push_back("no empty line stands between header and body");
  Reader(mail, charsets, text.size()).entity(text, mail.head, "text/plain", 0, false);
  return mail;
}

}  // namespace stoq::plugins::smtp
