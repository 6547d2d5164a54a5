// SPDX-License-Identifier: Apache-2.0
#include "streams.h"

#include "office/compound.h"
#include "office/inflate.h"
#include "office/ole_object.h"
#include "powerpoint.h"

namespace stoq::plugins::ole {
namespace {

using office::Bytes;
using office::CompoundFile;
using office::printable;
using office::Sink;

constexpr std::size_t kMostListed = 1000;
constexpr std::uint64_t kMostInflated = 256 << 20;
constexpr std::string_view kActiveMime = "ActiveMime";

std::string joined(std::string path) {
  for (char& c : path)
    if (c == '/') c = '_';
  return printable(path);
}

// What is told of a payload, and of a stream in the result.
struct Piece {
  std::size_t index = 0;
  std::string name, path, file_name, source_path, temp_path;
  bool is_file = false;  // something that somebody packed, not a part of the format
  bool orphan = false, incomplete = false;
  std::int64_t record_at = -1;  // in the stream

  std::string meta() const {
    sdk::JsonWriter w;
    w.begin_object().member("should_archive", is_file).key("extra_data").begin_object();
    w.member("index", index).member("name", std::string_view(name));
    for (const auto& [key, value] : {std::pair{"path", &path},
                                     {"filename", &file_name},
                                     {"source_path", &source_path},
                                     {"temp_path", &temp_path}})
      if (!value->empty()) w.member(key, std::string_view(*value));
    if (record_at >= 0) w.member("record_at", record_at);
    if (orphan) w.member("orphan", true);
    if (incomplete) w.member("incomplete", true);
    return w.end_object().end_object().take();
  }
};

class Extractor {
 public:
  explicit Extractor(Sink& sink) : sink_(sink) {}

  std::string take_apart(CompoundFile& file) {
    installer_ = is_installer(file);
    sdk::JsonWriter w;
    w.begin_object().member("format", "compound");
    if (const std::string clsid = office::clsid_text(file.root_clsid()); !clsid.empty())
      w.member("clsid", std::string_view(clsid));
    for (const std::string& problem : file.problems())
      sink_.error("this compound file: " + problem);
    std::size_t streams = 0;
    sdk::JsonWriter list;
    list.begin_array();
    for (std::size_t i = 0; i < file.entries().size() && !stopped_; ++i) {
      if (file.entries()[i].kind != CompoundFile::Kind::stream) continue;
      const bool listed = streams < kMostListed;
      stream(file, i, streams++, listed ? &list : nullptr);
      stopped_ = stopped_ || sink_.cancelled();
    }
    list.end_array();
    w.member("stream_count", streams).key("streams").raw(list.str());
    return w.end_object().take();
  }

 private:
  static bool is_installer(const CompoundFile& file) {
    static constexpr std::array<std::uint8_t, 16> kPackage = {0x84, 0x10, 0x0C, 0, 0, 0, 0, 0,
                                                              0xC0, 0,    0,    0, 0, 0, 0, 0x46};
    return file.root_clsid() == kPackage;
  }

  void stream(CompoundFile& file, std::size_t entry_index, std::size_t index,
              sdk::JsonWriter* list) {
    const CompoundFile::Entry& entry = file.entries()[entry_index];
    const CompoundFile::Content content = file.read(entry_index);
    Piece piece;
    piece.index = index;
    const std::string path = installer_ ? installer_name(entry.path) : entry.path;
    piece.path = printable(path);
    piece.name = joined(path);
    piece.file_name = office::base_name(piece.path);
    piece.orphan = entry.orphan;
    piece.incomplete = !content.problem.empty();
    if (piece.incomplete) sink_.error("stream '" + piece.path + "' " + content.problem);
    if (list) {
      list->begin_object().member("name", std::string_view(piece.name)).member("size", entry.size);
      if (piece.incomplete) list->member("problem", std::string_view(content.problem));
    }
    if (office::same_name(entry.name, office::kNativeName)) {
      native(content.bytes, piece, list);
    } else {
      if (!content.bytes.empty()) give(content.bytes, piece);
      if (office::same_name(entry.name, "PowerPoint Document")) slides(content.bytes, piece);
    }
    if (list) list->end_object();
  }

  void native(Bytes stream, Piece piece, sdk::JsonWriter* list) {
    const office::Native native = office::read_native(stream);
    const auto package = office::read_package(native.content);
    if (!package) {
      piece.incomplete = piece.incomplete || !native.whole;
      piece.name += "_olenative";
      if (!native.content.empty()) give(native.content, piece);
      return;
    }
    piece.is_file = true;
    piece.incomplete = piece.incomplete || !package->whole;
    piece.file_name = package->file_name;
    piece.source_path = package->source_path;
    piece.temp_path = package->temp_path;
    piece.name += "_" + printable(package->file_name);
    if (list) list->member("file", std::string_view(package->file_name));
    if (!package->whole)
      sink_.error("the file '" + printable(package->file_name) + "' packed in stream '" +
                  piece.path + "' is cut short: its last bytes are missing");
    give(package->content, piece);
  }

  void slides(Bytes stream, const Piece& of) {
    for (const SlideObject& object : slide_objects(stream)) {
      if (stopped_) return;
      Piece piece = of;
      piece.is_file = true;
      piece.file_name.clear();
      piece.record_at = static_cast<std::int64_t>(object.offset);
      piece.name += "_object";
      if (!object.compressed) {
        give(object.content, piece);
        continue;
      }
      const office::Inflated inflated = office::inflate_zlib(object.content, kMostInflated);
      piece.incomplete = !inflated.problem.empty();
      if (piece.incomplete)
        sink_.error("the object at " + std::to_string(object.offset) + " in stream '" + of.path +
                    "' " + inflated.problem);
      if (!inflated.bytes.empty()) give(inflated.bytes, piece);
    }
  }

  void give(Bytes content, const Piece& piece) {
    stopped_ = stopped_ || !sink_.give(content, piece.meta());
  }

  Sink& sink_;
  bool installer_ = false, stopped_ = false;
};

// A header whose sizes nobody keeps to, then a zlib stream.
std::string active_mime(Bytes content, Sink& sink) {
  constexpr std::size_t kLatest = 1024;
  for (std::size_t at = kActiveMime.size(); at < kLatest && at + 2 < content.size(); ++at) {
    if (content[at] != 0x78) continue;
    const office::Inflated inflated =
        office::inflate_zlib(office::part_of(content, at), kMostInflated);
    if (inflated.bytes.empty()) continue;
    Piece piece;
    piece.name = "ActiveMime";
    piece.incomplete = !inflated.problem.empty();
    if (piece.incomplete) sink.error("what this ActiveMime file holds " + inflated.problem);
    sink.give(inflated.bytes, piece.meta());
    return R"({"format": "activemime"})";
  }
  sink.error("this ActiveMime file holds nothing that can be decompressed");
  return R"({"format": "activemime"})";
}

}  // namespace

std::string take_apart(Bytes content, Sink& sink) {
  if (office::view_of(content).starts_with(kActiveMime)) return active_mime(content, sink);
  if (!CompoundFile::is_one(content)) return {};
  auto file = CompoundFile::open(content);
  if (!file) {
    sink.error("this compound file has no directory that can be read: it is cut short or damaged");
    return R"({"format": "compound", "stream_count": 0, "streams": []})";
  }
  return Extractor(sink).take_apart(*file);
}

// U+3800 to U+47FF hold two characters of six bits, U+4800 to U+483F one; U+4840 marks a table.
std::string installer_name(const std::string& name) {
  static constexpr std::string_view kLetters =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._";
  std::string out;
  for (std::size_t i = 0; i < name.size();) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(name[at]); };
    if ((byte(i) & 0xF0) != 0xE0 || i + 2 >= name.size()) {
      out += name[i++];
      continue;
    }
    const unsigned unit = (byte(i) & 15u) << 12 | (byte(i + 1) & 63u) << 6 | (byte(i + 2) & 63u);
    if (unit >= 0x3800 && unit < 0x4800) {
      out += kLetters[(unit - 0x3800) & 63];
      out += kLetters[(unit - 0x3800) >> 6 & 63];
    } else if (unit >= 0x4800 && unit < 0x4840) {
      out += kLetters[unit - 0x4800];
    } else if (unit != 0x4840) {
      out.append(name, i, 3);
    }
    i += 3;
  }
  return out;
}

}  // namespace stoq::plugins::ole
