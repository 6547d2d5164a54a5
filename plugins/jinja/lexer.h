// SPDX-License-Identifier: Apache-2.0
//
// Cuts the source of a template into tokens, and does all that concerns white space around tags
// (trim_blocks and lstrip_blocks are on).
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace stoq::plugins::jinja {

// A template that cannot be taken, in one line of it.
class SyntaxError : public std::runtime_error {
 public:
  SyntaxError(uint32_t at_line, const std::string& what)
      : std::runtime_error(what), line(at_line) {}
  const uint32_t line;
};

struct Token {
  enum Type : uint8_t {
    data,
    variable_begin,
    variable_end,
    block_begin,
    block_end,
    name,
    string,
    integer,
    real,
    sign,  // an operator or bracket
    end
  };
  Type type = end;
  uint32_t line = 1;
  std::string text;  // of a string: without quotes and escapes
  int64_t number = 0;
  double decimal = 0;

  bool is(Type wanted, std::string_view wanted_text) const {
    return type == wanted && text == wanted_text;
  }
};

// The last token is `end`. Throws SyntaxError.
std::vector<Token> tokenize(std::string_view source);

}  // namespace stoq::plugins::jinja
