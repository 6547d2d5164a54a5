// SPDX-License-Identifier: Apache-2.0
#include "section.h"

namespace stoq::plugins::onenote {
namespace {

constexpr std::string_view kSection(
    "\xE4\x52\x5C\x7B\x8C\xD8\xA7\x4D\xAE\xB1\x53\x78\xD0\x29\x96\xD3", 16);
constexpr std::string_view kPackage(
    "\x2F\xE9\x8D\x63\xD4\xA6\xC1\x4B\x9A\x36\xB3\xFC\x25\x11\xA5\xB7", 16);
constexpr std::size_t kFormatAt = 48, kMostListed = 1000;

std::string meta_of(const Attached& file, std::size_t index) {
  sdk::JsonWriter w;
  w.begin_object().key("extra_data").begin_object().member("index", index);
  if (!file.name.empty()) w.member("filename", office::base_name(file.name));
  w.member("offset", file.offset);
  if (!file.whole) w.member("incomplete", true);
  return w.end_object().end_object().take();
}

}  // namespace

std::string take_attached(office::Bytes content, office::Sink& sink) {
  const std::string_view text = office::view_of(content);
  if (!text.starts_with(kSection)) return {};
  const bool package = text.substr(std::min(text.size(), kFormatAt)).starts_with(kPackage);
  const std::vector<Attached> files =
      package ? attached_in_package(content) : attached_in_store(content);
  sdk::JsonWriter w;
  w.begin_object().member("format", package ? "web export" : "section");
  w.member("file_count", files.size()).key("files").begin_array();
  for (std::size_t i = 0; i < files.size() && !sink.cancelled(); ++i) {
    const Attached& file = files[i];
    if (i < kMostListed) {
      w.begin_object();
      if (!file.name.empty()) w.member("filename", std::string_view(file.name));
      w.member("offset", file.offset).member("size", file.content.size()).end_object();
    }
    if (!file.whole)
      sink.error("the file at byte " + std::to_string(file.offset) + " is cut short: it has " +
                 std::to_string(file.content.size()) + " bytes, fewer than it declares");
    if (!file.content.empty() && !sink.give(file.content, meta_of(file, i))) break;
  }
  return w.end_array().end_object().take();
}

}  // namespace stoq::plugins::onenote
