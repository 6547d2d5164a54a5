// SPDX-License-Identifier: Apache-2.0
//
// The engine by hand, step by step: manual_interaction FILE RESULTS_DIR [PLUGIN_DIR...]
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "stoq/stoq.h"

int main(int argc, char** argv) try {
  if (argc < 3) {
    std::cerr << "usage: manual_interaction FILE RESULTS_DIR [PLUGIN_DIR...]\n";
    return 2;
  }
  // Without options: it dispatches nothing by itself, and finds the plugins that are installed.
  // Further directories come after that; of several plugins with one name the last one stands.
  const stoq::Names plugin_directories(argv + 3, argv + argc);
  stoq::Stoq s({.log_dir = "",
                .plugin_dir_list = plugin_directories,
                .plugin_opts = {{"filedir", {{"results_dir", argv[2]}}}}});

  // Plugins are loaded by name; which roles one plays is its own affair.
  const stoq::LoadedPlugin plugin = s.load_plugin("yara");
  std::cout << plugin.name() << ':';
  for (const std::string& role : plugin.classes()) std::cout << ' ' << role;
  std::cout << '\n';

  // A payload with what is known of its origin.
  const std::filesystem::path filename = argv[1];
  std::ifstream src(filename, std::ios::binary);
  if (!src) {
    std::cerr << "manual_interaction: cannot open " << filename << '\n';
    return 1;
  }
  const stoq::PayloadMeta meta{.extra_data = stoq::Json{
                                   {"filename", filename.filename().string()},
                                   {"source_dir", filename.parent_path().string()},
                               }};
  const std::string content((std::istreambuf_iterator<char>(src)), {});
  const stoq::Payload payload(content, meta);

  // Without dispatchers, the scan has to be told which workers to use. Raw bytes will do …
  const stoq::Names start_dispatch = {"yara", "hash"};
  stoq::StoqResponse results = s.scan("raw bytes", {.add_start_dispatch = start_dispatch});
  std::cout << "raw bytes: " << results.results[0].size << " bytes\n";

  // … and so does the payload.
  results = s.scan_payload(payload, {.add_start_dispatch = start_dispatch});

  const stoq::LoadedPlugin connector = s.load_plugin("filedir");
  connector.save(results);

  // One response for each result of a worker, for destinations that keep them apart.
  for (const stoq::StoqResponse& part : results.split())
    for (const auto& [worker, result] : part.results[0].workers[0])
      std::cout << worker << ": " << result.text() << '\n';
} catch (const stoq::StoqException& e) {
  std::cerr << "manual_interaction: " << e.what() << '\n';
  return 1;
}
