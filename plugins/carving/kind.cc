// SPDX-License-Identifier: Apache-2.0
#include "carving/kind.h"

#include <algorithm>

#include "carving/pe.h"
#include "stoq/sdk/json.h"

namespace stoq::plugins::carving {
namespace {

using namespace std::string_view_literals;

struct Magic {
  std::string_view bytes, kind;
};
constexpr Magic kMagics[] = {
    {"\x7F"
     "ELF"sv,
     "elf"sv},
    {"MZ\x90\0\3\0\0\0"sv, "pe"sv},
    {"PK\3\4"sv, "zip"sv},
    {"PK\5\6"sv, "zip"sv},
    {"%PDF-"sv, "pdf"sv},
    {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, "ole"sv},
    {"{\\rt"sv, "rtf"sv},
    {"\x1F\x8B\x08"sv, "gzip"sv},
    {"7z\xBC\xAF\x27\x1C"sv, "7z"sv},
    {"Rar!\x1A\x07"sv, "rar"sv},
    {"MSCF\0\0\0\0"sv, "cab"sv},
    {"BZh91AY&SY"sv, "bzip2"sv},
    {"\xFD"
     "7zXZ\0"sv,
     "xz"sv},
    {"\x28\xB5\x2F\xFD"sv, "zstd"sv},
    {"L\0\0\0\1\x14\2\0"sv, "lnk"sv},
    {"\xCA\xFE\xBA\xBE"sv, "class"sv},
    {"\xCF\xFA\xED\xFE"sv, "macho"sv},
    {"\xCE\xFA\xED\xFE"sv, "macho"sv},
    {"CWS"sv, "swf"sv},
    {"ZWS"sv, "swf"sv},
    {"\x89PNG\r\n\x1A\n"sv, "png"sv},
    {"\xFF\xD8\xFF\xE0"sv, "jpeg"sv},
    {"\xFF\xD8\xFF\xE1"sv, "jpeg"sv},
    {"\xFF\xD8\xFF\xDB"sv, "jpeg"sv},
    {"GIF87a"sv, "gif"sv},
    {"GIF89a"sv, "gif"sv},
    {"#@~^"sv, "encoded script"sv},
    {"#!/"sv, "script"sv},
    {"<?php"sv, "script"sv},
    {"<?xml"sv, "xml"sv},
    {"<script"sv, "html"sv},
    {"<html"sv, "html"sv},
    {"<!DOCTYPE"sv, "html"sv},
    {"wOF2"sv, "font"sv},
    {"wOFF"sv, "font"sv},
};

bool is_plain(std::uint8_t c) {
  return (c >= ' ' && c < 0x7F) || c == '\t' || c == '\n' || c == '\r';
}

constexpr std::size_t kPart = 4096;  // looked at between two looks at the sum

}  // namespace

std::string_view kind_of(Bytes content) {
  for (const Magic& magic : kMagics)
    if (has(content, 0, magic.bytes)) return magic.kind;
  return read_pe(content) ? "pe"sv : ""sv;
}

bool is_ascii(Bytes content) {
  std::size_t odd = 0;
  const std::size_t most = content.size() / 20;
  for (Bytes rest = content; !rest.empty() && odd <= most; rest = part(rest, kPart))
    for (const std::uint8_t c : part(rest, 0, kPart)) odd += !is_plain(c);
  return content.size() >= 4 && odd <= most;
}

bool is_wide_ascii(Bytes content) {
  std::size_t odd = 0;
  const std::size_t most = content.size() / 40;
  for (Bytes rest = content; !rest.empty() && odd <= most; rest = part(rest, kPart))
    for (std::size_t i = 0; i + 1 < std::min(rest.size(), kPart); i += 2)
      odd += rest[i + 1] != 0 || !is_plain(rest[i]);
  return content.size() >= 8 && odd <= most;
}

std::optional<std::string> from_wide(Bytes content) {
  if (has(content, 0, "\xFF\xFE"sv) || has(content, 0, "\xFE\xFF"sv))
    return sdk::text_from_bytes(content);
  if (!is_wide_ascii(content)) return std::nullopt;
  return sdk::text_from_utf16(content);
}

}  // namespace stoq::plugins::carving
