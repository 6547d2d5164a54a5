// SPDX-License-Identifier: Apache-2.0
//
// Watches a directory and saves a result for every file that comes into it, until it is told to end:
// providers SOURCE_DIR RESULTS_DIR BASE_DIR [PLUGIN_DIR...]
#include <csignal>
#include <iostream>
#include <thread>

#include "stoq/stoq.h"

int main(int argc, char** argv) try {
  if (argc < 4) {
    std::cerr << "usage: providers SOURCE_DIR RESULTS_DIR BASE_DIR [PLUGIN_DIR...]\n";
    return 2;
  }
  // SIGINT and SIGTERM go to the thread below, whichever threads there will be.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  const stoq::Names always_dispatch = {"hash"};
  const stoq::Names providers = {"dirmon"};
  const stoq::Names connectors = {"filedir"};
  const stoq::Names dispatchers = {"yara"};
  const stoq::PluginOpts plugin_opts = {
      {"dirmon", {{"source_dir", argv[1]}}},
      {"filedir", {{"results_dir", argv[2]}}},
  };

  stoq::Stoq s({.base_dir = argv[3],
                .plugin_dir_list = stoq::Names(argv + 4, argv + argc),
                .plugin_opts = plugin_opts,
                .providers = providers,
                .connectors = connectors,
                .dispatchers = dispatchers,
                .always_dispatch = always_dispatch});

  std::thread([&] {
    int signal = 0;
    sigwait(&ends, &signal);
    s.stop();
  }).detach();

  const stoq::RunSummary summary = s.run();
  std::cout << summary.done << " done, " << summary.failed << " failed\n";
} catch (const stoq::StoqException& e) {
  std::cerr << "providers: " << e.what() << '\n';
  return 1;
}
