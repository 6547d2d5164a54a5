// SPDX-License-Identifier: Apache-2.0
#include "program.h"

#include <initializer_list>

namespace stoq::plugins::sevenzip {
namespace {

constexpr std::uint64_t kMostListing = 64 << 20, kMostErrors = 1 << 20;
constexpr const char* kArchivePath = "/proc/self/fd/3";

void add(sdk::HelperStart& how, std::initializer_list<std::string> arguments) {
  how.arguments.insert(how.arguments.end(), arguments);
}

}  // namespace

sdk::HelperStart Program::start(std::string_view command, std::string_view password) const {
  sdk::HelperStart how;
  // -sns: alternate streams of NTFS are listed, since they are extracted
  how.arguments = {
      std::string(command),        "-sccUTF-8", "-scsUTF-8", "-bd", "-bsp0", "-mmt=1", "-sns",
      "-p" + std::string(password)};
  if (!type_.empty()) add(how, {"-t" + type_});
  how.fds = {fd_};
  how.max_output = kMostListing;
  how.max_errors = kMostErrors;
  return how;
}

Listing Program::list(std::string_view password, Complaints& complaints,
                      std::int64_t milliseconds) {
  sdk::HelperStart how = start("l", password);
  add(how, {"-slt", "--", kArchivePath});
  const sdk::HelperResult run = helper_.run(how, {}, milliseconds);
  complaints = parse_complaints(run.errors);
  if (run.status < 0 || run.status > 2)
    complaints.others.push_back("7zz ended with " + std::to_string(run.status));
  return parse_listing(run.output);
}

bool Program::opens(std::string_view password, const std::string& path, std::int64_t milliseconds) {
  sdk::HelperStart how = start("t", password);
  add(how, {"-bso0", "-spd", "-i!" + path, "--", kArchivePath});
  return helper_.run(how, {}, milliseconds).status == 0;
}

sdk::HelperSession Program::extract(std::string_view password,
                                    const std::vector<std::string>* names) {
  sdk::HelperStart how = start("x", password);
  add(how, {"-so", "-spd"});
  if (names && names->size() == 1) {
    add(how, {"-i!" + names->front()});
  } else if (names) {
    std::string list;
    for (const std::string& name : *names) list += name + "\n";
    if (!names_) names_.emplace();
    names_->fill(list);
    how.fds.push_back(names_->fd());
    add(how, {"-i@/proc/self/fd/4"});
  }
  add(how, {"--", kArchivePath});
  how.max_output = 4 << 20;
  return helper_.start(how);
}

}  // namespace stoq::plugins::sevenzip
