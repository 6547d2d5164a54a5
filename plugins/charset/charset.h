// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stoq::plugins::charset {

/// The charsets of the C library that text in files names. Make one in the plugin's constructor: it
/// loads the converters, which a sandboxed host cannot do, and keeps them. Const members may be
/// called from any thread, and throw nothing but std::bad_alloc.
class Charsets {
 public:
  Charsets();
  ~Charsets();
  Charsets(const Charsets&) = delete;
  Charsets& operator=(const Charsets&) = delete;

  bool knows(std::string_view name) const { return find(name) != nullptr; }

  /// `bytes` as UTF-8; each unit (a byte; in UTF-16 two, in UTF-32 four) that
  /// means nothing in the charset becomes U+FFFD. Nothing where the charset is not known. `name` is
  /// as a file writes it: any case, aliases of Windows too.
  std::optional<std::string> to_utf8(std::string_view bytes, std::string_view name) const;

  /// The same, and for a charset that is not named or not known: by byte order mark, else UTF-8,
  /// else Windows-1252.
  std::string text(std::string_view bytes, std::string_view name) const;

 private:
  const char* find(std::string_view name) const;

  std::vector<void*> open_;  // keeps the C library's modules in memory
};

/// "CP1251" for 1251; for the code pages of Windows that have a name of their own, that one.
std::string name_of_code_page(unsigned page);

}  // namespace stoq::plugins::charset
