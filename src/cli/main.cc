// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

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

// The number of a standard stream that was closed must not become that of some other file, into which
// responses would be printed. It is held so that reading or writing fails as before.
void hold_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(fd, F_GETFD) < 0) open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

}  // namespace
}  // namespace stoq::cli

int main(int argc, char** argv) {
  using namespace stoq;
  cli::hold_standard_streams();
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
