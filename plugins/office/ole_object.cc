// SPDX-License-Identifier: Apache-2.0
#include "office/ole_object.h"

namespace stoq::plugins::office {
namespace {

constexpr std::size_t kMostName = 1024, kMostClass = 4096;

std::string ansi(std::string_view text) {
  return sdk::text_from_bytes(bytes_of(text));
}

// Its size, then the bytes with a NUL at the end.
std::optional<std::string> counted_text(Cursor& in) {
  const std::uint32_t size = in.u32();
  if (!in.ok() || size > kMostClass) return std::nullopt;
  const std::string_view text = view_of(in.take(size));
  if (!in.ok()) return std::nullopt;
  return ansi(text.substr(0, text.find('\0')));
}

// Behind the data: the same names once more, in UTF-16. The last word is theirs.
void read_wide_names(Cursor in, Package& package) {
  std::string texts[3];  // temporary path, label, path of the source
  for (std::string& text : texts) {
    const std::uint32_t units = in.u32();
    if (!in.ok() || units > kMostName) return;
    text = utf16_text(in.take(std::uint64_t{units} * 2));
    if (!in.ok()) return;
  }
  if (!texts[0].empty()) package.temp_path = texts[0];
  if (const std::string_view name = base_name(texts[1]); !name.empty()) package.file_name = name;
  if (!texts[2].empty()) package.source_path = texts[2];
}

}  // namespace

std::optional<Package> read_package(Bytes data) {
  Cursor in(data);
  in.skip(2);  // 2, but nobody looks
  const std::string_view label = in.text();
  const std::string_view source = in.text();
  in.skip(2);
  const std::uint16_t kind = in.u16();
  if (!in.ok() || label.size() > kMostName || source.size() > kMostName || kind != 3)
    return std::nullopt;
  const Bytes temp = in.take(in.u32());
  const std::uint32_t size = in.u32();
  if (!in.ok() || temp.size() > kMostName) return std::nullopt;
  Package package;
  package.source_path = ansi(source);
  package.temp_path = ansi(view_of(temp).substr(0, view_of(temp).find('\0')));
  package.file_name = base_name(ansi(label));
  if (package.file_name.empty()) package.file_name = base_name(package.source_path);
  if (package.file_name.empty()) package.file_name = base_name(package.temp_path);
  package.content = in.take(size);
  package.whole = in.ok();
  if (package.whole) read_wide_names(in, package);
  return package;
}

Native read_native(Bytes stream) {
  const Bytes content = part_of(stream, 4);
  return {content, content.size() >= number_at<std::uint32_t>(stream, 0)};
}

std::optional<Ole1Object> read_ole1(Bytes data) {
  Cursor in(data);
  Ole1Object object;
  in.skip(4);  // a version, which readers ignore
  object.format = in.u32();
  if (!in.ok() || (object.format != 1 && object.format != 2)) return std::nullopt;
  for (std::string* text : {&object.class_name, &object.topic, &object.item}) {
    std::optional<std::string> read = counted_text(in);
    if (!read) return std::nullopt;
    *text = std::move(*read);
  }
  if (object.format == 2) {
    const std::uint32_t size = in.u32();
    if (!in.ok()) return std::nullopt;
    object.content = in.take(size == 0 ? in.left() : size);  // what has no size hides nothing
    object.whole = in.ok();
  }
  return object;
}

}  // namespace stoq::plugins::office
