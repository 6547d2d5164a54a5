// SPDX-License-Identifier: Apache-2.0
#include "message.h"

#include <utility>

#include "office/ole_object.h"
#include "properties.h"
#include "rtf_body.h"

namespace stoq::plugins::msg {
namespace {

using office::Bytes;
using office::CompoundFile;
using office::Sink;

constexpr unsigned kDeepest = 10;  // messages in messages
constexpr std::size_t kMostBody = 64 << 20, kMostText = 1 << 20, kMostTexts = 2 << 20,
                      kMostName = 4096, kMostListed = 1000;
constexpr std::size_t kTopHead = 32, kInnerHead = 24, kPartHead = 8;
constexpr std::uint32_t kByMessage = 5;

enum Property : std::uint16_t {
  kMessageClass = 0x001A,
  kSubject = 0x0037,
  kSent = 0x0039,
  kHeaders = 0x007D,
  kRecipientKind = 0x0C15,
  kSenderName = 0x0C1A,
  kSenderAddress = 0x0C1F,
  kDelivered = 0x0E06,
  kBody = 0x1000,
  kRtfBody = 0x1009,
  kHtmlBody = 0x1013,
  kMessageId = 0x1035,
  kDisplayName = 0x3001,
  kAddress = 0x3003,
  kData = 0x3701,
  kShortName = 0x3704,
  kMethod = 0x3705,
  kLongName = 0x3707,
  kMimeType = 0x370E,
  kContentId = 0x3712,
  kSmtpAddress = 0x39FE,
  kSenderSmtp = 0x5D01,
};

std::string address_of(const std::optional<std::string>& name,
                       const std::optional<std::string>& address) {
  if (!address || address->empty()) return name.value_or("");
  if (!name || name->empty() || *name == *address) return *address;
  return *name + " <" + *address + ">";
}

// {"should_archive": …, "extra_data": {…}}
std::string meta_of(const std::string& file_name, const std::string& path, bool archived,
                    bool incomplete = false, const std::string& type = {}) {
  sdk::JsonWriter w;
  w.begin_object().member("should_archive", archived).key("extra_data").begin_object();
  w.member("filename", office::utf8_start(file_name, kMostName));
  if (!type.empty()) w.member("type", office::utf8_start(type, kMostName));
  if (!path.empty()) w.member("message", office::utf8_start(path, kMostName));
  if (incomplete) w.member("incomplete", true);
  return w.end_object().end_object().take();
}

class Extractor {
 public:
  Extractor(CompoundFile& file, Sink& sink) : file_(file), sink_(sink) {}

  // `path`: the subjects of the messages around it.
  void message(std::size_t storage, const std::string& path, unsigned depth, sdk::JsonWriter& w) {
    const Properties p(file_, storage, storage == CompoundFile::kNone ? kTopHead : kInnerHead);
    w.begin_object();
    if (depth == 0) w.member("format", "msg");
    const auto text = [&](std::string_view key, Property property) {
      if (const auto value = p.text(property)) w.member(key, std::string_view(bounded(*value)));
    };
    text("class", kMessageClass);
    text("subject", kSubject);
    std::string from = address_of(
        p.text(kSenderName), p.text(kSenderSmtp) ? p.text(kSenderSmtp) : p.text(kSenderAddress));
    if (!from.empty()) w.member("from", bounded(from));
    recipients(storage, w);
    for (const auto& [key, property] : {std::pair{"sent", kSent}, {"delivered", kDelivered}})
      if (const auto when = p.time(property)) w.member(key, std::string_view(*when));
    text("message-id", kMessageId);
    text("headers", kHeaders);
    bodies(p, path, w);
    attachments(
        storage,
        path.empty() ? p.text(kSubject).value_or("") : path + " / " + p.text(kSubject).value_or(""),
        path, depth, w);
    w.end_object();
  }

 private:
  // Texts of the result, all messages together; payloads are whole.
  std::string bounded(const std::string& text) {
    std::string start = office::utf8_start(text, std::min(kMostText, texts_left_));
    texts_left_ -= start.size();
    return start;
  }

  // Storages directly below one whose names begin so.
  std::vector<std::size_t> parts(std::size_t storage, std::string_view prefix) const {
    std::vector<std::size_t> found;
    const auto& entries = file_.entries();
    const auto range = file_.below(storage);
    for (std::size_t i = range.begin; i < range.end; ++i)
      if (entries[i].parent == storage && entries[i].kind == CompoundFile::Kind::storage &&
          office::same_name(std::string_view(entries[i].name).substr(0, prefix.size()), prefix))
        found.push_back(i);
    return found;
  }

  void recipients(std::size_t storage, sdk::JsonWriter& w) {
    static constexpr std::pair<std::uint32_t, const char*> kKinds[] = {
        {1, "to"}, {2, "cc"}, {3, "bcc"}};
    std::string lists[3];
    const auto all = parts(storage, "__recip_version1.0_");
    for (std::size_t i = 0; i < std::min(all.size(), kMostListed); ++i) {
      const Properties p(file_, all[i], kPartHead);
      const std::string who = address_of(
          p.text(kDisplayName), p.text(kSmtpAddress) ? p.text(kSmtpAddress) : p.text(kAddress));
      const std::uint32_t kind = p.number(kRecipientKind).value_or(1) & 15;
      std::string& list = lists[kind >= 1 && kind <= 3 ? kind - 1 : 0];
      if (!list.empty()) list += ", ";
      list += who;
    }
    for (const auto& [kind, key] : kKinds)
      if (!lists[kind - 1].empty()) w.member(key, bounded(lists[kind - 1]));
  }

  void bodies(const Properties& p, const std::string& path, sdk::JsonWriter& w) {
    const auto body = p.text(kBody);
    w.member("body", std::string_view(bounded(body.value_or(""))));
    if (body && !body->empty()) give(office::bytes_of(*body), meta_of("body.txt", path, false));
    if (const auto html = p.binary(kHtmlBody)) {
      w.member("body_html", std::string_view(bounded(sdk::text_from_bytes(html->bytes))));
      if (!html->bytes.empty())
        give(html->bytes, meta_of("body.html", path, false, !html->problem.empty()));
    } else if (const auto text = p.text(kHtmlBody)) {
      w.member("body_html", std::string_view(bounded(*text)));
      give(office::bytes_of(*text), meta_of("body.html", path, false));
    }
    if (const auto packed = p.binary(kRtfBody)) {
      const RtfBody rtf = decompress_rtf(packed->bytes, kMostBody);
      if (!rtf.problem.empty()) sink_.error("the RTF body " + rtf.problem);
      if (!rtf.bytes.empty())
        give(rtf.bytes, meta_of("body.rtf", path, false, !rtf.problem.empty()));
    }
  }

  void attachments(std::size_t storage, const std::string& inner_path, const std::string& path,
                   unsigned depth, sdk::JsonWriter& w) {
    const auto all = parts(storage, "__attach_version1.0_");
    w.member("attachment_count", all.size()).key("attachments").begin_array();
    for (std::size_t i = 0; i < all.size() && !stopped_; ++i) {
      sdk::JsonWriter unlisted;
      attachment(all[i], inner_path, path, depth, listed_++ < kMostListed ? w : unlisted);
      stopped_ = stopped_ || sink_.cancelled();
    }
    w.end_array();
  }

  void attachment(std::size_t storage, const std::string& inner_path, const std::string& path,
                  unsigned depth, sdk::JsonWriter& w) {
    const Properties p(file_, storage, kPartHead);
    std::string name;
    for (const Property property : {kLongName, kShortName, kDisplayName})
      if (name.empty()) name = office::base_name(p.text(property).value_or(""));
    const std::uint32_t method = p.number(kMethod).value_or(0);
    const std::size_t object = p.object(kData);
    const std::string type = p.text(kMimeType).value_or("");
    w.begin_object().member("filename", bounded(name));
    if (!type.empty()) w.member("type", bounded(type));
    if (const auto id = p.text(kContentId)) w.member("content-id", bounded(*id));
    const std::string shown = "attachment '" + office::printable(name) + "'";
    if (object != CompoundFile::kNone && (method == kByMessage || is_message(object))) {
      if (depth + 1 >= kDeepest) {
        sink_.error(shown + " is a message more than " + std::to_string(kDeepest) +
                    " deep; it was not opened");
        w.member("status", "too deep");
      } else {
        w.key("message");
        message(object, inner_path, depth + 1, w);
      }
    } else if (object != CompoundFile::kNone) {
      w.member("status", "extracted");
      embedded(object, name, path);
    } else if (const auto data = p.binary(kData)) {
      w.member("size", data->bytes.size());
      w.member("status", data->problem.empty() ? "extracted" : "damaged");
      if (!data->problem.empty()) sink_.error(shown + " " + data->problem);
      give(data->bytes, meta_of(name, path, true, !data->problem.empty(), type));
    } else {
      w.member("status", method == 0 || method == 1 ? "no content" : "only a link");
    }
    w.end_object();
  }

  bool is_message(std::size_t storage) const {
    return file_.find("__properties_version1.0", storage) != CompoundFile::kNone;
  }

  // An OLE object: the file that is packed in it, else its streams.
  void embedded(std::size_t storage, const std::string& name, const std::string& path) {
    const auto range = file_.below(storage);
    for (std::size_t i = range.begin; i < range.end && !stopped_; ++i) {
      const auto& entry = file_.entries()[i];
      if (entry.kind != CompoundFile::Kind::stream) continue;
      const auto content = file_.read(i);
      if (!content.problem.empty())
        sink_.error("stream '" + office::printable(entry.path) + "' " + content.problem);
      const bool is_native = office::same_name(entry.name, office::kNativeName);
      const auto native =
          is_native ? office::read_native(content.bytes) : office::Native{content.bytes};
      const auto package = is_native ? office::read_package(native.content) : std::nullopt;
      const std::string file_name =
          package ? package->file_name : name + "_" + office::printable(entry.name);
      const bool whole = content.problem.empty() && (package ? package->whole : native.whole);
      give(package ? package->content : native.content,
           meta_of(file_name, path, package.has_value(), !whole));
    }
  }

  void give(Bytes content, const std::string& meta) {
    stopped_ = stopped_ || !sink_.give(content, meta);
  }

  CompoundFile& file_;
  Sink& sink_;
  std::size_t texts_left_ = kMostTexts, listed_ = 0;
  bool stopped_ = false;
};

}  // namespace

std::string take_apart(Bytes content, Sink& sink) {
  auto file = CompoundFile::open(content);
  if (!file || file->find("__properties_version1.0") == CompoundFile::kNone) return {};
  for (const std::string& problem : file->problems()) sink.error("this message: " + problem);
  sdk::JsonWriter w;
  Extractor(*file, sink).message(CompoundFile::kNone, "", 0, w);
  return w.take();
}

}  // namespace stoq::plugins::msg
