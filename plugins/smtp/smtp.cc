// SPDX-License-Identifier: Apache-2.0
//
// The worker around parse_mail(): headers and bodies as result, everything else as payloads.
#include <algorithm>
#include <map>

#include "carving/binhex.h"
#include "dialogue.h"
#include "lines.h"
#include "mime.h"
#include "passwords.h"
#include "stoq/sdk/plugin.h"
#include "text_files.h"

namespace stoq::plugins::smtp {
namespace {

constexpr std::size_t kMaxHeaderText = 1 << 20, kMaxBody = 4 << 20, kMaxFile = 1 << 30;

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string_view base_name(std::string_view path) {
  return path.substr(path.find_last_of("/\\") + 1);
}

/// What an encoding hides.
struct Decoded {
  std::string owned;
  std::string_view bytes;
  std::string name;     // that the encoding itself gives
  std::string problem;  // why it may not be what was sent; empty: it is
};

Decoded decode(const Part& part) {
  Decoded out;
  out.bytes = part.body;
  const auto take = [&](std::string bytes) {
    out.owned = std::move(bytes);
    out.bytes = out.owned;
  };
  switch (part.encoding) {
    case Encoding::none:
      break;
    case Encoding::base64:
      take(from_base64(part.body));
      break;
    case Encoding::quoted_printable:
      take(from_quoted_printable(part.body));
      break;
    case Encoding::uuencode:
      take(from_uuencode(part.body));
      break;
    case Encoding::binhex: {
      const std::size_t colon = part.body.find(':');
      auto file = carving::from_binhex(part.body.substr(std::min(colon, part.body.size() - 1) + 1),
                                       kMaxFile);
      if (colon == std::string_view::npos || !file) {
        out.problem = "it is no BinHex";
        break;
      }
      out.problem = file->problem;
      out.name = file->name;
      take(std::move(file->data));
      break;
    }
    case Encoding::unknown:
      out.problem = "the encoding '" + part.encoding_name.substr(0, 80) + "' is not known";
  }
  return out;
}

/// Whether a page does more than show text: what hides files in mails needs one of these.
bool is_active(std::string_view html) {
  const std::string text = lower(html);
  for (const std::string_view mark :
       {"<script", "javascript:", ";base64,", "<object", "<embed", "<iframe", "<applet", "<svg",
        "<form", "ms-msdt:", "search-ms:", "<meta http-equiv"})
    if (text.find(mark) != text.npos) return true;
  return false;
}

std::string without_carriage_returns(std::string text) {
  std::size_t to = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n') text[to++] = text[i];
  text.resize(to);
  return text;
}

struct Settings {
  bool omit_body, archive_attachments, extract_iocs, extract_active_html, suggest_passwords;
  std::vector<std::string> always_dispatch, ioc_keys;
  std::size_t max_listed;
};

/// Headers by name, as the result shows them.
std::vector<std::pair<std::string, std::string>> headers_of(const Mail& mail,
                                                            const charset::Charsets& charsets,
                                                            bool& cut) {
  std::vector<std::pair<std::string, std::string>> out;
  std::map<std::string_view, std::size_t> places;
  std::size_t total = 0;
  for (const Field& field : mail.head.fields) {
    total += field.name.size() + field.value.size();
    if ((cut = total > kMaxHeaderText)) break;
    std::string value = decoded(field.value, charsets);
    const auto [place, is_new] = places.try_emplace(field.name, out.size());
    if (is_new)
      out.emplace_back(field.name, std::move(value));
    else
      out[place->second].second += "\n" + value;
  }
  return out;
}

/// One mail on its way to payloads and result.
class Taking {
 public:
  Taking(const Settings& settings, const charset::Charsets& charsets, sdk::Call& call)
      : settings_(settings), charsets_(charsets), call_(call) {}

  void take(const Container& container, const std::vector<std::string>& given_passwords);

 private:
  void choose_bodies();
  void collect_passwords(const std::vector<std::string>& given);
  void give(const Part& part, bool is_body);
  void give_files_in_text(std::string_view text);
  void give_iocs();
  bool extract(const Part& part, std::string_view bytes, std::string_view name,
               std::string_view problem, std::string_view source);
  void list(const Part& part, std::string_view name, std::size_t size, std::string_view status);
  std::string value_of(std::string_view key) const;
  void finish(const Container& container);

  const Settings& settings_;
  const charset::Charsets& charsets_;
  sdk::Call& call_;
  Mail mail_;
  std::vector<std::pair<std::string, std::string>> headers_;
  const Part* body_part_ = nullptr;
  const Part* html_part_ = nullptr;
  std::string body_, html_;
  PasswordHints passwords_;
  sdk::JsonWriter parts_;
  std::size_t count_ = 0;
  bool stopped_ = false;
};

void Taking::choose_bodies() {
  for (const Part& part : mail_.parts) {
    if (part.kind != Part::Kind::content || part.is_attachment()) continue;
    const bool html = part.type == "text/html";
    const Part*& place = html ? html_part_ : body_part_;
    if (place || (!html && part.type != "text/plain")) continue;
    place = &part;
    std::string text = without_carriage_returns(charsets_.text(decode(part).bytes, part.charset));
    (html ? html_ : body_) = std::move(text);
  }
}

void Taking::collect_passwords(const std::vector<std::string>& given) {
  for (const std::string& password : given) passwords_.add(password);
  if (!settings_.suggest_passwords) return;
  passwords_.look_at(value_of("subject"));
  passwords_.look_at(body_);
  passwords_.look_at_html(html_);
}

std::string Taking::value_of(std::string_view key) const {
  if (key == "body") return body_.substr(0, kMaxBody);
  if (key == "body_html") return html_.substr(0, kMaxBody);
  for (const auto& [name, value] : headers_)
    if (name == key) return value;
  return {};
}

bool Taking::extract(const Part& part, std::string_view bytes, std::string_view name,
                     std::string_view problem, std::string_view source) {
  sdk::JsonWriter w;
  const auto text_or_null = [&](const char* key, std::string_view text) {
    w.key(key);
    text.empty() ? w.value(nullptr) : w.value(text);
  };
  const bool mail = part.kind == Part::Kind::message || part.kind == Part::Kind::entity;
  w.begin_object().member("should_archive", settings_.archive_attachments);
  w.key("extra_data").begin_object();
  text_or_null("charset", part.charset);
  text_or_null("content-description", part.description);
  text_or_null("disposition", part.disposition);
  text_or_null("filename", base_name(name));
  text_or_null("type", part.type);
  if (base_name(name) != name) w.member("path", name);
  if (!part.content_id.empty()) w.member("content-id", std::string_view(part.content_id));
  const auto list_of = [&](const char* key, const std::vector<std::string>& all) {
    if (all.empty()) return;
    w.key(key).begin_array();
    for (const std::string& text : all) w.value(std::string_view(text));
    w.end_array();
  };
  list_of("other_names", part.other_names);
  list_of("other_types", part.other_types);
  if (!source.empty()) w.member("source", source);
  if (!problem.empty()) w.member("incomplete", true);
  list_of("passwords", passwords_.all());
  w.end_object().key("dispatch_to").begin_array();
  if (mail)
    w.value("smtp");
  else
    for (const std::string& plugin : settings_.always_dispatch) w.value(std::string_view(plugin));
  w.end_array().end_object();
  return stopped_ = !call_.extract(bytes_of(bytes), w.str()), !stopped_;
}

void Taking::list(const Part& part, std::string_view name, std::size_t size,
                  std::string_view status) {
  if (count_++ >= settings_.max_listed) return;
  parts_.begin_object().member("type", std::string_view(part.type));
  if (!name.empty()) parts_.member("filename", name);
  if (!part.disposition.empty()) parts_.member("disposition", std::string_view(part.disposition));
  if (!part.encoding_name.empty()) parts_.member("encoding", std::string_view(part.encoding_name));
  parts_.member("size", size).member("status", status).end_object();
}

void Taking::give_files_in_text(std::string_view text) {
  find_text_files(text, kMaxFile, [&](TextFile&& file) {
    if (stopped_ || call_.cancelled()) return false;
    Part part;
    part.type = "application/octet-stream";
    const std::string name = charsets_.text(file.name, "");
    const bool taken =
        extract(part, file.content, name, file.complete ? "" : "it breaks off", file.kind);
    list(part, name, file.content.size(), taken ? "extracted" : "stopped");
    if (!file.complete)
      call_.error("Failed extracting attachment: " + name.substr(0, 200) + " (" +
                  std::string(file.kind) + " at byte " + std::to_string(file.offset) +
                  " of the text) breaks off or is damaged; what could be read was kept");
    return taken;
  });
}

void Taking::give(const Part& part, bool is_body) {
  const Decoded content = decode(part);
  const std::string name = part.filename.empty() ? charsets_.text(content.name, "") : part.filename;
  const bool is_text = part.type.starts_with("text/") || part.kind == Part::Kind::surplus;
  const bool large = content.bytes.size() > kMaxBody;
  if (is_body && part.type == "text/html" &&
      (settings_.extract_active_html && is_active(content.bytes)))
    is_body = extract(part, content.bytes, name, "", "body");
  else if (is_body && large)
    is_body = extract(part, content.bytes, name, "", "body");
  if (is_body || stopped_) {
    list(part, name, content.bytes.size(), stopped_ ? "stopped" : "body");
  } else if (content.bytes.empty()) {
    list(part, name, 0, "not extracted: it is empty");
  } else {
    const char* const failed = part.kind == Part::Kind::message ? "Failed rfc822 attachment: "
                                                                : "Failed extracting attachment: ";
    const bool taken = extract(part, content.bytes, name, content.problem,
                               part.kind == Part::Kind::surplus ? "outside of the parts" : "");
    list(part, name, content.bytes.size(), taken ? "extracted" : "stopped");
    if (!content.problem.empty())
      call_.error(failed + (name.empty() ? part.type : name).substr(0, 200) + ": " +
                  content.problem + "; what is there was kept");
  }
  if (is_text && !stopped_) give_files_in_text(content.bytes);
}

void Taking::give_iocs() {
  if (mail_.head.fields.empty()) return;  // it is no mail, and would come out as it is
  std::string text;
  for (const std::string& key : settings_.ioc_keys) {
    const std::string value = value_of(key);
    if (value.empty()) continue;
    if (!text.empty()) text.push_back('\n');
    text += value;
  }
  if (text.empty() || stopped_) return;
  stopped_ = !call_.extract(
      bytes_of(text),
      R"({"should_archive": false, "extra_data": {}, "dispatch_to": ["iocextract"]})");
}

void Taking::take(const Container& container, const std::vector<std::string>& given_passwords) {
  mail_ = parse_mail(container.mails.front(), charsets_);
  bool cut = false;
  headers_ = headers_of(mail_, charsets_, cut);
  if (cut) mail_.defects.push_back("the header is longer than 1 MiB: its end is not listed");
  choose_bodies();
  collect_passwords(given_passwords);
  parts_.begin_array();
  for (const Part& part : mail_.parts) {
    if (call_.cancelled()) break;
    give(part, &part == body_part_ || &part == html_part_);
  }
  parts_.end_array();
  if (settings_.extract_iocs) give_iocs();
  finish(container);
}

void Taking::finish(const Container& container) {
  sdk::JsonWriter w;
  w.begin_object();
  for (const auto& [name, value] : headers_)
    if (name != "body" && name != "body_html" && name != "mail")
      w.member(name, std::string_view(value));
  if (!settings_.omit_body) {
    w.member("body", std::string_view(value_of("body")));
    w.member("body_html", std::string_view(value_of("body_html")));
  }
  w.key("mail").begin_object();
  const auto texts = [&](const char* key, const std::vector<std::string>& all) {
    w.key(key).begin_array();
    for (const std::string& text : all) w.value(std::string_view(text));
    w.end_array();
  };
  if (!container.kind.empty()) w.member("container", container.kind);
  if (container.kind == "smtp") {
    w.key("envelope").begin_object();
    texts("from", container.senders);
    texts("to", container.recipients);
    w.end_object();
  }
  w.member("part_count", count_).key("parts").raw(parts_.str());
  texts("defects", mail_.defects);
  if (!passwords_.all().empty()) texts("passwords", passwords_.all());
  w.end_object().end_object();
  call_.result(w);
}

class Smtp {
 public:
  static constexpr sdk::Option options[] = {
      {"omit_body", sdk::Kind::boolean, "no", "leave the bodies out of the result"},
      {"always_dispatch", sdk::Kind::list, "hash", "workers that every attachment is sent to"},
      {"archive_attachments", sdk::Kind::boolean, "yes",
       "whether destination archivers keep the attachments"},
      {"extract_iocs", sdk::Kind::boolean, "yes",
       "send the values of ioc_keys to iocextract, as a payload of their own"},
      {"ioc_keys", sdk::Kind::list,
       "received, x-orig-ip, x-originating-ip, x-remote-ip, x-sender-ip, body, body_html",
       "headers and bodies that are searched for addresses"},
      {"extract_active_html", sdk::Kind::boolean, "yes",
       "make a payload of an HTML body with scripts, data: addresses, forms or frames"},
      {"suggest_passwords", sdk::Kind::boolean, "yes",
       "give attachments the passwords that the mail's text may name"},
      {"max_listed_parts", sdk::Kind::integer, "1000",
       "parts that the result lists; all are extracted and counted", 0, 1'000'000},
  };

  explicit Smtp(const sdk::Host& host)
      : settings_{host.boolean("omit_body"),
                  host.boolean("archive_attachments"),
                  host.boolean("extract_iocs"),
                  host.boolean("extract_active_html"),
                  host.boolean("suggest_passwords"),
                  host.list("always_dispatch"),
                  host.list("ioc_keys"),
                  static_cast<std::size_t>(host.integer("max_listed_parts"))} {
    for (std::string& key : settings_.ioc_keys) key = lower(key);
  }

  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    const Container container = open_container(payload.text());
    if (container.mails.size() == 1) {
      Taking(settings_, charsets_, call)
          .take(container, payload.extra_data()["passwords"].strings());
      return;
    }
    for (const std::string_view mail : container.mails) {
      if (mail.empty()) continue;
      if (call.cancelled() || !call.extract(bytes_of(mail), kMailMeta)) break;
    }
    sdk::JsonWriter w;
    w.begin_object().member("body", "").member("body_html", "").key("mail").begin_object();
    w.member("container", container.kind).member("mails", container.mails.size());
    call.result(w.end_object().end_object());
  }

 private:
  static constexpr std::string_view kMailMeta =
      R"({"extra_data": {"type": "message/rfc822"}, "dispatch_to": ["smtp"]})";

  Settings settings_;
  charset::Charsets charsets_;
};

}  // namespace

STOQ_PLUGIN(Smtp, "smtp", "4.0.0")

}  // namespace stoq::plugins::smtp
