// SPDX-License-Identifier: Apache-2.0
//
// A program around the engine: embed CONTENT [PLUGIN]… prints the response.
#include <cstdio>

#include "stoq/stoq.h"

int main(int argc, char** argv) try {
  if (argc < 2) return 2;
  stoq::StoqOptions options;
  options.log_dir = "";
  options.always_dispatch.assign(argv + 2, argv + argc);
  stoq::Stoq s(options);
  for (const std::string& name : options.always_dispatch) s.load_plugin(name);
  std::puts(s.scan(argv[1]).dumps().c_str());
} catch (const stoq::StoqPluginNotFound& e) {
  std::printf("not found: %s\n", e.what());
  return 3;
} catch (const stoq::StoqException& e) {
  std::printf("%s\n", e.what());
  return 4;
}
