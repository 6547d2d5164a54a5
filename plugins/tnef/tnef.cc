// SPDX-License-Identifier: Apache-2.0
//
// The worker around read_tnef(): attachments and bodies as payloads, the rest as result.
#include <algorithm>
#include <cstdio>

#include "bytes.h"
#include "compressed_rtf.h"
#include "reader.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::tnef {
namespace {

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string_view base_name(std::string_view path) {
  return path.substr(path.find_last_of("/\\") + 1);
}

class Tnef {
 public:
  static constexpr sdk::Option options[] = {
      {"extract_bodies", sdk::Kind::boolean, "yes", "make payloads of the RTF and the HTML body"},
      {"max_listed_attachments", sdk::Kind::integer, "1000",
       "attachments that the result lists; all are extracted and counted", 0, 100'000},
  };

  explicit Tnef(const sdk::Host& host)
      : bodies_(host.boolean("extract_bodies")),
        listed_(static_cast<std::size_t>(host.integer("max_listed_attachments"))) {}

  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    if (!is_tnef(payload.text())) {
      if (payload.size() < 4)
        throw sdk::Error("Wrong TNEF signature: the payload has " + std::to_string(payload.size()) +
                         " bytes");
      char signature[16];
      std::snprintf(signature, sizeof signature, "0x%08x", Bytes(payload.text()).u32());
      throw sdk::Error(std::string("Wrong TNEF signature: ") + signature);
    }
    const Message message = read_tnef(payload.text(), charsets_);
    std::vector<std::string> passed = payload.extra_data()["passwords"].strings();
    sdk::JsonWriter list;
    list.begin_array();
    bool go_on = true;
    std::size_t count = 0;
    const auto add = [&](std::string_view name, std::size_t size, std::string_view status) {
      if (count++ >= listed_) return;
      list.begin_object();
      name.empty() ? list.member("filename", nullptr) : list.member("filename", name);
      list.member("size", size).member("status", status).end_object();
    };
    for (const Attachment& attachment : message.attachments) {
      if (attachment.contents.empty()) add(attachment.name, 0, "not extracted: it is empty");
      for (const std::string_view content : attachment.contents) {
        go_on = go_on && !call.cancelled() &&
                call.extract(bytes_of(content), meta_of(attachment, passed));
        add(attachment.name, content.size(),
            !go_on                   ? "stopped"
            : attachment.is_complete ? "extracted"
                                     : "extracted, damaged");
      }
    }
    list.end_array();
    if (bodies_ && go_on) extract_bodies(message, call);
    for (const std::string& defect : message.defects) call.error("damaged: " + defect);
    if (message.more_attachments > 0)
      call.error(std::to_string(message.more_attachments) +
                 " attachments behind the first 100000 were not read");

    sdk::JsonWriter w;
    w.begin_object();
    for (const auto& [key, text] :
         {std::pair("subject", &message.subject), std::pair("from", &message.from),
          std::pair("message_class", &message.message_class), std::pair("body", &message.body),
          std::pair("charset", &message.charset)})
      if (!text->empty()) w.member(key, std::string_view(*text));
    w.member("attachment_count", count).key("attachments").raw(list.str()).end_object();
    call.result(w);
  }

 private:
  static std::string meta_of(const Attachment& attachment,
                             const std::vector<std::string>& passwords) {
    sdk::JsonWriter w;
    w.begin_object().key("extra_data").begin_object();
    const std::string_view name = base_name(attachment.name);
    name.empty() ? w.member("filename", nullptr) : w.member("filename", name);
    if (name != attachment.name) w.member("path", std::string_view(attachment.name));
    if (!attachment.mime_type.empty()) w.member("type", std::string_view(attachment.mime_type));
    if (!attachment.content_id.empty())
      w.member("content-id", std::string_view(attachment.content_id));
    if (!attachment.is_complete) w.member("incomplete", true);
    if (!passwords.empty()) {
      w.key("passwords").begin_array();
      for (const std::string& password : passwords) w.value(std::string_view(password));
      w.end_array();
    }
    w.end_object();
    if (attachment.is_message) w.key("dispatch_to").begin_array().value("tnef").end_array();
    return w.end_object().take();
  }

  static void extract_bodies(const Message& message, sdk::Call& call) {
    if (!message.rtf.empty()) {
      const auto rtf = from_compressed_rtf(message.rtf);
      if (!rtf || !rtf->complete)
        call.error(rtf ? "damaged: the RTF body ends too early; what could be read was kept"
                       : "damaged: the RTF body is not compressed RTF; it was kept as it is");
      const std::string_view text = rtf ? std::string_view(rtf->text) : message.rtf;
      if (!text.empty() &&
          !call.extract(bytes_of(text),
                        R"({"extra_data": {"filename": "body.rtf", "source": "body"}})"))
        return;
    }
    if (!message.html.empty())
      call.extract(bytes_of(message.html),
                   R"({"extra_data": {"filename": "body.html", "source": "body"}})");
  }

  charset::Charsets charsets_;
  bool bodies_;
  std::size_t listed_;
};

}  // namespace

STOQ_PLUGIN(Tnef, "tnef", "4.0.0")

}  // namespace stoq::plugins::tnef
