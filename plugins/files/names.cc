// SPDX-License-Identifier: Apache-2.0
#include "files/names.h"

#include <filesystem>

#include "stoq/sdk/views.h"

namespace stoq::plugins::files {
namespace {

std::string text_of(std::string_view name) {
  return sdk::text_from_bytes({reinterpret_cast<const uint8_t*>(name.data()), name.size()});
}

void add_name(sdk::JsonWriter& json, const std::string& key, std::string_view name) {
  json.member(key, text_of(name));
  if (!sdk::valid_utf8(name)) json.member(key + "_hex", hex(name));
}

}  // namespace

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += kDigits[static_cast<uint8_t>(c) >> 4];
    out += kDigits[c & 15];
  }
  return out;
}

std::string shown(std::string_view path) {
  std::string out;
  for (const char c : text_of(path)) {
    if (static_cast<uint8_t>(c) >= 0x20 && c != 0x7f)
      out += c;
    else
      out += "\\x" + hex({&c, 1});
  }
  return out;
}

std::string absolute(const std::string& path) {
  std::string out = std::filesystem::absolute(path).lexically_normal().string();
  while (out.size() > 1 && out.back() == '/') out.pop_back();
  return out;
}

std::string join(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (!path.empty() && path.back() != '/') path += '/';
  return path.append(name);
}

std::string_view kind_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return "a directory";
    case S_IFIFO:
      return "a FIFO";
    case S_IFSOCK:
      return "a socket";
    default:
      return "a device";
  }
}

std::string payload_meta(std::string_view directory, std::string_view name) {
  sdk::JsonWriter json;
  json.begin_object().key("extra_data").begin_object();
  add_name(json, "filename", name);
  add_name(json, "source_dir", directory);
  json.end_object().end_object();
  return json.take();
}

}  // namespace stoq::plugins::files
