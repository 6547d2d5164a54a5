// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "charset/charset.h"

namespace stoq::plugins::smtp {

/// The value of a Content-Type or Content-Disposition: a word, and parameters behind it.
class Parameters {
 public:
  Parameters() = default;
  /// Takes what mail programs write: no quotes where they are needed, no semicolon, comments. Of
  /// more than 200 parameters the first count. Linear.
  Parameters(std::string_view value, const charset::Charsets& charsets);

  /// "multipart/mixed", "attachment": in lower case, without blanks.
  const std::string& word() const { return word_; }

  /// Every distinct value of a parameter as text: RFC 2231 (charset, percent, pieces) first, then
  /// as it stands, encoded words decoded. Empty ones are left out.
  std::vector<std::string> all(std::string_view name) const;
  /// The first of them, or nothing.
  std::string first(std::string_view name) const;

 private:
  struct Parameter {
    std::string name, value;
  };
  std::string word_;
  std::vector<Parameter> extended_, plain_;
};

}  // namespace stoq::plugins::smtp
