// SPDX-License-Identifier: Apache-2.0
#include "document.h"

#include <algorithm>
#include <array>
#include <vector>

#include "office/base64.h"
#include "office/inflate.h"
#include "tags.h"

namespace stoq::plugins::ooxml {
namespace {

using office::Bytes;
using office::Sink;

constexpr std::uint64_t kMostPart = 32 << 20;
constexpr std::size_t kMostListed = 1000, kMostText = 4096, kMostName = 1024, kHead = 4096;

struct External {
  std::string source, type, target;
};

// The part that a .rels belongs to: word/_rels/document.xml.rels: word/document.xml.
std::string source_of(const std::string& rels) {
  const std::size_t at = rels.find("_rels/");
  if (at == rels.npos || !rels.ends_with(".rels")) return rels;
  std::string source = rels.substr(0, at) + rels.substr(at + 6);
  source.resize(source.size() - 5);
  return source.empty() ? "/" : source;
}

// XML as UTF-8; in `room` where it was UTF-16, which the format allows too.
std::string_view as_utf8(Bytes xml, std::string& room) {
  using namespace std::string_view_literals;
  const std::string_view text = office::view_of(xml);
  const bool marked = text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
  const auto mark = text.starts_with("<\0"sv)   ? "\xFF\xFE"sv
                    : text.starts_with("\0<"sv) ? "\xFE\xFF"sv
                                                : ""sv;
  if (!marked && mark.empty()) return text;
  room = mark;
  room += text;
  return room = sdk::text_from_bytes(office::bytes_of(room));
}

class Document {
 public:
  void part(const std::string& name) {
    ++parts_;
    constexpr std::array<std::string_view, 4> kFolders = {"/embeddings/", "/activeX/",
                                                          "/macrosheets/", "/customUI/"};
    const bool inside =
        std::ranges::any_of(kFolders, [&](auto folder) { return name.find(folder) != name.npos; });
    if ((inside && name.find("_rels/") == name.npos) || name.ends_with("vbaProject.bin"))
      if (embedded_.size() < kMostListed) embedded_.push_back(office::utf8_start(name, kMostName));
    macros_ =
        macros_ || name.ends_with("vbaProject.bin") || name.find("/macrosheets/") != name.npos;
    for (const auto& [folder, kind] : {std::pair{"word/", "word"},
                                       {"xl/", "excel"},
                                       {"ppt/", "powerpoint"},
                                       {"visio/", "visio"}})
      if (kind_.empty() &&
          (name.starts_with(folder) || name.starts_with(std::string("/") + folder)))
        kind_ = kind;
  }

  void relationship(const Tags& tag, const std::string& source) {
    if (tag.name() != "Relationship" || tag.attribute("TargetMode") != "External") return;
    ++external_count_;
    if (external_.size() >= kMostListed) return;
    const std::string type = tag.attribute("Type");
    external_.push_back({office::utf8_start(source, kMostName),
                         office::utf8_start(type.substr(type.rfind('/') + 1), kMostName),
                         office::utf8_start(tag.attribute("Target"), kMostText)});
  }

  std::string result(std::string_view format) const {
    sdk::JsonWriter w;
    w.begin_object().member("format", format);
    if (!kind_.empty()) w.member("kind", std::string_view(kind_));
    w.member("part_count", parts_).member("macros", macros_);
    w.key("embedded").begin_array();
    for (const std::string& name : embedded_) w.value(std::string_view(name));
    w.end_array().member("external_count", external_count_).key("external").begin_array();
    for (const External& one : external_)
      w.begin_object()
          .member("source", std::string_view(one.source))
          .member("type", std::string_view(one.type))
          .member("target", std::string_view(one.target))
          .end_object();
    return w.end_array().end_object().take();
  }

 private:
  std::string kind_;
  std::size_t parts_ = 0, external_count_ = 0;
  bool macros_ = false;
  std::vector<std::string> embedded_;
  std::vector<External> external_;
};

std::string inspect_zip(Bytes content, Sink& sink) {
  Document document;
  bool types = false;
  const bool whole = office::read_zip(
      content, kMostPart,
      [&](const std::string& name) {
        types = types || name == "[Content_Types].xml";
        document.part(name);
        return name.ends_with(".rels");
      },
      [&](const std::string& name, const office::Inflated& part) {
        if (!part.problem.empty())
          sink.error("part '" + office::printable(name) + "' " + part.problem);
        const std::string source = source_of(name);
        std::string room;
        for (Tags tags(as_utf8(part.bytes, room)); tags.next();)
          document.relationship(tags, source);
        return !sink.cancelled();
      });
  if (!types) return {};
  if (!whole) sink.error("this package is damaged: its list of parts could not be read to the end");
  return document.result("package");
}

// Every part in one XML file: Flat OPC, or the older form of Word 2003.
std::string inspect_xml(std::string_view xml, Sink& sink) {
  Document document;
  std::string part, source;
  const auto enter = [&](const std::string& name) {
    document.part(name);
    part = office::utf8_start(name, kMostName);
    source = office::utf8_start(source_of(name), kMostName);
  };
  bool known = false, stopped = false;
  for (Tags tags(xml); !stopped && tags.next();) {
    if (tags.name() == "package") known = true;
    if (tags.name() == "wordDocument") known = true;
    if (!known) return {};
    if (tags.name() == "part") {
      enter(tags.attribute("name"));
    } else if (tags.name() == "binaryData" || tags.name() == "binData") {
      if (const std::string name = tags.attribute("name"); !name.empty()) enter(name);
      const auto bytes = office::from_base64(tags.text());
      if (bytes.empty()) continue;
      sdk::JsonWriter w;
      w.begin_object().key("extra_data").begin_object().member("filename", office::base_name(part));
      w.member("path", std::string_view(part)).end_object().end_object();
      stopped = !sink.give(bytes, w.take()) || sink.cancelled();
    } else {
      document.relationship(tags, source);
    }
  }
  return known ? document.result("xml") : std::string();
}

}  // namespace

std::string inspect(Bytes content, Sink& sink) {
  if (office::view_of(content).starts_with("PK\3\4")) return inspect_zip(content, sink);
  std::string room;
  const std::string_view head = as_utf8(office::part_of(content, 0, kHead), room);
  const std::size_t first = head.find('<');
  if (first == head.npos ||
      (head.find("package") == head.npos && head.find("wordDocument") == head.npos))
    return {};
  return inspect_xml(as_utf8(content, room), sink);
}

}  // namespace stoq::plugins::ooxml
