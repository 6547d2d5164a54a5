// SPDX-License-Identifier: Apache-2.0
//
// Writes compound files and what lies in them, for tests and samples.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace office_samples {

std::string le(std::uint64_t value, int bytes);
std::string utf16(std::string_view ascii, bool end = false);  // end: with a NUL behind it

struct Node {
  std::u16string name;
  std::string content;
  std::vector<Node> children;
  bool is_storage = false;
  std::array<std::uint8_t, 16> clsid{};
};

Node stream(std::string_view name, std::string content);
Node storage(std::string_view name, std::vector<Node> children);

struct Layout {
  bool version4 = false;  // sectors of 4096 bytes
  std::array<std::uint8_t, 16> root_clsid{};
};
std::string compound(const std::vector<Node>& children, const Layout& layout = {});

/// What follows the size in an Ole10Native stream. `wide`: with the names in UTF-16 behind it.
std::string package(const std::string& file_name, const std::string& content, bool wide = false);
std::string ole10native(const std::string& data);
/// An OLE1 object: class name, format (2: embedded), data.
std::string ole1(const std::string& class_name, const std::string& data, std::uint32_t format = 2);

/// The program that samples hide: no program at all, but with the signs of one.
std::string hidden_program(std::size_t size = 1000);

}  // namespace office_samples
