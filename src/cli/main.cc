// SPDX-License-Identifier: Apache-2.0
#include <malloc.h>

#include <csignal>
#include <cstdio>

#include "cli/commands.h"

int main(int argc, char** argv) {
  using namespace stoq;
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that outgrows its limit is an error of writing
  // Memory is kept for the next payload: the first touch of fresh pages costs more than hashing
  // what goes into them.
  mallopt(M_MMAP_THRESHOLD, 8 << 20);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  int code = 0;
  std::optional<cli::Arguments> arguments = cli::parse(argc, argv, code);
  if (!arguments) return code;
  try {
    switch (arguments->command) {
      case cli::Arguments::Command::scan:
        return cli::scan(*arguments);
      case cli::Arguments::Command::run:
        return cli::run(*arguments);
      case cli::Arguments::Command::list:
        return cli::list(*arguments);
    }
  } catch (const StoqPluginException& e) {
    std::fprintf(stderr, "stoq: %s\n", e.what());
    return 2;
  } catch (const StoqException& e) {
    std::fprintf(stderr, "stoq: %s\n", e.what());
    return arguments->command == cli::Arguments::Command::run &&
                   std::string_view(e.what()).starts_with("provider:")
               ? 1
               : 2;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "stoq: %s\n", e.what());
    return 1;
  }
}
