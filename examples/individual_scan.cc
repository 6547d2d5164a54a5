// SPDX-License-Identifier: Apache-2.0
//
// One file, scanned by the workers that are named: individual_scan FILE [PLUGIN_DIR...]
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

#include "stoq/stoq.h"

int main(int argc, char** argv) try {
  if (argc < 2) {
    std::cerr << "usage: individual_scan FILE [PLUGIN_DIR...]\n";
    return 2;
  }
  const stoq::Names workers = {"hash", "exif"};
  const stoq::Names plugin_dirs(argv + 2, argv + argc);

  stoq::Stoq s({.log_dir = "", .plugin_dir_list = plugin_dirs, .always_dispatch = workers});

  const std::string src = argv[1];
  std::ifstream file(src, std::ios::binary);
  if (!file) {
    std::cerr << "individual_scan: cannot open " << src << '\n';
    return 1;
  }
  const std::string content((std::istreambuf_iterator<char>(file)), {});
  const stoq::StoqResponse results =
      s.scan(content, {.payload_meta = stoq::Json{{"filename", src}}});
  std::cout << results.dumps() << '\n';
} catch (const stoq::StoqException& e) {
  std::cerr << "individual_scan: " << e.what() << '\n';
  return 1;
}
