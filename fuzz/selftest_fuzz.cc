// SPDX-License-Identifier: Apache-2.0
// A plugin's selftest.json: samples, or an error that names the file; and the comparison with a
// response.
#include <nlohmann/json.hpp>

#include "cli/expectation.h"
#include "fuzz/target.h"
#include "host/channel.h"
#include "stoq/exceptions.h"

using namespace stoq;
using fuzz::must;

STOQ_FUZZ(selftest) {
  const Fd file = wire::memory_file("selftest", fuzz::text_of(data));
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  try {
    for (const cli::Sample& sample : cli::read_samples(path)) {
      must(!sample.name.empty());
      StoqResponse response;
      response.results.emplace_back().payload_id = "root";
      if (!sample.result.is_null())
        response.results[0].workers[0].set("plugin", Json(sample.result));
      for (const auto& extracted : sample.extracted) {
        response.results.emplace_back().extracted_from = "root";
        response.results.back().sha256 = extracted.sha256;
      }
      for (const std::string& error : sample.errors) response.errors.add("plugin", "A" + error);
      must(cli::differences(sample, "plugin", response).empty());
    }
  } catch (const StoqException& e) {
    must(std::string_view(e.what()).starts_with(path));
  }
}
