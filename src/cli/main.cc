// SPDX-License-Identifier: Apache-2.0
#include <malloc.h>

#include <csignal>

#include "cli/commands.h"
#include "cli/output.h"

namespace stoq::cli {
namespace {

int carry_out(Arguments& arguments) {
  switch (arguments.command) {
    case Command::scan:
      return scan(arguments);
    case Command::run:
      return run(arguments);
    case Command::list:
      return list(arguments);
    case Command::install:
      return install(arguments);
    case Command::doctor:
      return doctor(arguments);
    case Command::test:
      return test(arguments);
    case Command::spool:
      return spool(arguments);
  }
  return kUsage;
}

}  // namespace
}  // namespace stoq::cli

int main(int argc, char** argv) {
  using namespace stoq;
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that outgrows its limit is an error of writing
  // Memory is kept for the next payload: the first touch of fresh pages costs more than hashing
  // what goes into them.
  mallopt(M_MMAP_THRESHOLD, 8 << 20);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  // Without it the C library looks at that file each time somebody shows a time.
  setenv("TZ", ":/etc/localtime", 0);
  int code = 0;
  std::optional<cli::Arguments> arguments = cli::parse(argc, argv, code);
  if (!arguments) return code;
  try {
    return cli::carry_out(*arguments);
  } catch (const StoqPluginException& e) {
    return cli::complain(cli::kUsage, e.what());
  } catch (const StoqException& e) {
    const bool provider = arguments->command == cli::Command::run &&
                          std::string_view(e.what()).starts_with("provider:");
    return cli::complain(provider ? cli::kNotAll : cli::kUsage, e.what());
  } catch (const std::exception& e) {
    return cli::complain(cli::kNotAll, e.what());
  }
}
