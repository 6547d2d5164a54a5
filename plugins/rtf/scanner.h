// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "office/bytes.h"

namespace stoq::plugins::rtf {

/// What an RTF document holds besides its text, as Word would read it: nested groups, control words
/// between the digits, \bin, \'xx and odd digits hide nothing. One pass.
struct Document {
  struct Object {
    std::uint64_t offset = 0;        // of its \objdata in the document
    std::string class_name;          // of \objclass
    bool updates = false;            // \objupdate: it is loaded when the document is opened
    std::vector<std::uint8_t> data;  // decoded
  };
  bool is_rtf = false;
  std::vector<Object> objects;
  std::vector<std::string> templates;     // of \*\template
  std::vector<std::string> instructions;  // of fields that reach outside: DDE, INCLUDE…, LINK
};
Document scan(office::Bytes content);

}  // namespace stoq::plugins::rtf
