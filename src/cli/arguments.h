// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stoq/stoq.h"

namespace stoq::cli {

enum class Command { scan, run, list, install, doctor, test, spool };
enum class Format { json, jsonl, tree, text };
enum class When { automatic, always, never };

struct Arguments {
  Command command = Command::scan;
  StoqOptions options;
  std::vector<std::string> paths;  // scan: the files; none: stdin
  Names start_dispatch, start_deep_dispatch;
  std::optional<std::string> request_source;
  Json request_extra = Json::object();
  Format format = Format::json;
  bool format_given = false;
  bool color = false;
  When progress = When::automatic;

  bool verbose = false, names_only = false;  // list
  std::string source, install_dir;           // install
  bool upgrade = false, github = false;
  Names names;  // test: these plugins; none: all. spool: these responses

  std::string action;       // spool: list, retry or drop
  Names of_connectors;      // spool retry: what lies there for these
  bool everything = false;  // spool drop
};

// Reads the command line. When there is nothing to do (help, version, a mistake) the text was
// printed and the exit code is in `exit_code`.
std::optional<Arguments> parse(int argc, char** argv, int& exit_code);

// What scan and run ask of every request.
ScanOptions scan_options(const Arguments& arguments);

}  // namespace stoq::cli
