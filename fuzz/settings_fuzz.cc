// SPDX-License-Identifier: Apache-2.0
// A whole stoq.cfg as the engine reads it.
#include "core/settings.h"
#include "fuzz/target.h"
#include "host/channel.h"
#include "stoq/exceptions.h"

using namespace stoq;
using fuzz::must;

STOQ_FUZZ(settings) {
  const Fd file = wire::memory_file("stoq.cfg", fuzz::text_of(data));
  std::vector<std::string> warnings;
  try {
    const Settings settings = load_settings(
        {.base_dir = "/nowhere", .config_file = "/proc/self/fd/" + std::to_string(file.get())},
        warnings);
    must(settings.threads > 0 && settings.max_payloads > 0 && settings.max_queue > 0);
    must(settings.plugin_deadline > 0 && settings.request_deadline > 0);
    must(settings.max_result_depth > 0 && settings.extraction.bytes > 0);
  } catch (const StoqException& e) {
    must(*e.what() != '\0');
  }
  for (const std::string& warning : warnings) must(warning.find('\n') == warning.npos);
}
