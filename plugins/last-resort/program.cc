// SPDX-License-Identifier: Apache-2.0
#include "program.h"

#include "record.h"

namespace stoq::plugins::last_resort {
namespace {

constexpr std::uint64_t kMostOutput = 1 << 16, kMostErrors = 1 << 16;
constexpr std::uint64_t kMostFiles = 10'000, kMostBytes = 4;  // times the largest piece

// Nothing of these is unpacking that is wanted here.
constexpr const char* kSwitchedOff[] = {
    "--bytecode=no",           "--normalize=no",     "--heuristic-alerts=no", "--phishing-sigs=no",
    "--phishing-scan-urls=no", "--scan-mail=no",     "--scan-ole2=no",        "--scan-pdf=no",
    "--scan-swf=no",           "--scan-html=no",     "--scan-xmldocs=no",     "--scan-hwp3=no",
    "--scan-onenote=no",       "--scan-image=no",    "--scan-elf=no",         "--nocerts",
    "--disable-cache",         "--max-embeddedpe=1", "--no-summary"};

}  // namespace

std::vector<std::string> unpack(const sdk::Helper& clamscan, int payload,
                                const std::string& no_signatures, const std::string& directory,
                                const Bounds& bounds) {
  const auto sized = [](const char* name, std::uint64_t value) {
    return std::string("--") + name + "=" + std::to_string(value);
  };
  sdk::HelperStart how;
  how.arguments.assign(std::begin(kSwitchedOff), std::end(kSwitchedOff));
  how.arguments.insert(
      how.arguments.end(),
      {"--database=" + no_signatures, "--tempdir=" + directory, "--leave-temps=yes",
       "--force-to-disk=yes", "--gen-json=yes", sized("max-filesize", bounds.maximum_size),
       sized("max-scansize", bounds.maximum_size * kMostBytes), sized("max-files", kMostFiles),
       sized("max-recursion", static_cast<std::uint64_t>(bounds.layers)),
       // Then it ends by itself, and its notes are still worth reading.
       sized("max-scantime", static_cast<std::uint64_t>(bounds.milliseconds * 7 / 8)), "--",
       "/proc/self/fd/3"});
  how.fds = {payload};
  how.max_output = kMostOutput;
  how.max_errors = kMostErrors;
  how.environment = {"OPENSSL_CONF=/dev/null"};
  const sdk::HelperResult run = clamscan.run(how, {}, bounds.milliseconds);
  std::vector<std::string> complaints = parse_complaints(run.errors);
  if (run.status < 0) complaints.push_back("ended by signal " + std::to_string(-run.status));
  if (run.status > 0 && complaints.empty())
    complaints.push_back("ended with " + std::to_string(run.status));
  return complaints;
}

}  // namespace stoq::plugins::last_resort
