// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/arguments.h"

namespace stoq::cli {

// What the command line gives as text, before it is looked at.
struct Given {
  std::vector<std::string> plugin_opts, request_extra, core;
  std::string config_file, log_level, passes, format, color = "auto", progress = "auto";
  unsigned max_recursion = 0, threads = 0;
};

// The commands and their flags; what needs no more than being read goes straight into `arguments`.
void declare(CLI::App& app, Arguments& arguments, Given& given);

}  // namespace stoq::cli
