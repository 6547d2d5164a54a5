// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stoq/stoq.h"

namespace stoq::cli {

enum class Format { json, tree };

struct Arguments {
  enum class Command { scan, run, list } command = Command::scan;
  StoqOptions options;
  std::string path;  // scan: the file; empty: stdin
  Names start_dispatch, start_deep_dispatch;
  std::optional<std::string> request_source;
  Json request_extra = Json::object();
  Format format = Format::json;
  bool color = false;
};

// Reads the command line. When there is nothing to do (help, version, a mistake) the text was
// printed and the exit code is in `exit_code`.
std::optional<Arguments> parse(int argc, char** argv, int& exit_code);

}  // namespace stoq::cli
