// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "office/bytes.h"

namespace stoq::plugins::vba {

/// What the stream "dir" of a project says. Texts are UTF-8.
struct Project {
  struct Module {
    std::string name, stream;
    std::uint32_t offset = 0;  // of the source in its stream
    bool procedural = false;   // else a class, a document or a form
  };
  std::uint16_t code_page = 0;
  std::string name;
  std::vector<std::string> references;
  std::vector<Module> modules;
  bool whole = true;
};
/// `dir`: decompressed.
Project read_project(office::Bytes dir);

}  // namespace stoq::plugins::vba
