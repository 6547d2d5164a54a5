// SPDX-License-Identifier: Apache-2.0
#include "objects.h"

#include "office/ole_object.h"
#include "scanner.h"

namespace stoq::plugins::rtf {
namespace {

using office::Bytes;
using office::Sink;

constexpr std::size_t kMostListed = 1000, kMostShown = 1000;

// What an object turns out to be.
struct Opened {
  std::string_view kind = "raw";  // "package", "ole", "link", "raw"
  std::string class_name, file_name, source_path, temp_path, link;
  Bytes content;
  bool whole = true;
};

Opened open(const Document::Object& object) {
  Opened out;
  out.content = object.data;
  out.class_name = object.class_name;
  const auto ole = office::read_ole1(object.data);
  if (!ole) return out;
  if (!ole->class_name.empty()) out.class_name = ole->class_name;
  if (ole->format == 1) {
    out.kind = "link";
    out.link = ole->topic;
    return out;
  }
  out.kind = "ole";
  out.content = ole->content;
  out.whole = ole->whole;
  if (const auto package = office::read_package(ole->content)) {
    out.kind = "package";
    out.file_name = package->file_name;
    out.source_path = package->source_path;
    out.temp_path = package->temp_path;
    out.content = package->content;
    out.whole = package->whole;
  }
  return out;
}

std::string meta_of(const Opened& object, std::size_t index, std::uint64_t offset) {
  sdk::JsonWriter w;
  w.begin_object().key("extra_data").begin_object().member("index", index);
  for (const auto& [key, value] : {std::pair{"filename", &object.file_name},
                                   {"class", &object.class_name},
                                   {"source_path", &object.source_path},
                                   {"temp_path", &object.temp_path}})
    if (!value->empty()) w.member(key, std::string_view(*value));
  w.member("objdata_at", offset);
  if (!object.whole) w.member("incomplete", true);
  return w.end_object().end_object().take();
}

void list(sdk::JsonWriter& w, const char* key, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  w.key(key).begin_array();
  for (const std::string& text : texts) w.value(sdk::text_from_bytes(office::bytes_of(text)));
  w.end_array();
}

}  // namespace

std::string take_objects(Bytes content, Sink& sink) {
  const Document document = scan(content);
  if (!document.is_rtf) return {};
  sdk::JsonWriter w;
  w.begin_object().member("object_count", document.objects.size()).key("objects").begin_array();
  for (std::size_t i = 0; i < document.objects.size() && !sink.cancelled(); ++i) {
    const Document::Object& object = document.objects[i];
    const Opened opened = open(object);
    if (i < kMostListed) {
      w.begin_object().member("kind", opened.kind).member("offset", object.offset);
      if (!opened.class_name.empty())
        w.member("class", office::utf8_start(opened.class_name, kMostShown));
      if (!opened.file_name.empty()) w.member("filename", std::string_view(opened.file_name));
      if (!opened.link.empty()) w.member("link", office::utf8_start(opened.link, kMostShown));
      if (object.updates) w.member("updates", true);
      w.member("size", opened.content.size()).end_object();
    }
    if (!opened.whole)
      sink.error("object " + std::to_string(i) + " at byte " + std::to_string(object.offset) +
                 " is cut short: it has " + std::to_string(opened.content.size()) +
                 " bytes, fewer than it declares");
    if (!opened.content.empty() && !sink.give(opened.content, meta_of(opened, i, object.offset)))
      break;
  }
  w.end_array();
  list(w, "templates", document.templates);
  list(w, "instructions", document.instructions);
  return w.end_object().take();
}

}  // namespace stoq::plugins::rtf
