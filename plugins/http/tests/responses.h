// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "stoq/response.h"

namespace stoq::test {

// A response of `payloads` payloads, each with the results of two workers.
inline std::string response_text(size_t payloads, const std::string& filler = "") {
  StoqResponse r;
  r.scan_id = "57cee4c8-5819-410d-85f4-7fa57e6ec2b0";
  for (size_t i = 0; i < payloads; ++i) {
    PayloadResults p;
    p.payload_id = "payload-" + std::to_string(i);
    p.size = 5;
    p.workers.push_back({});
    p.workers[0].emplace_back(
        "hash", Json::parse(R"({"n": )" + std::to_string(i) + R"(, "t": ")" + filler + R"("})"));
    p.workers[0].emplace_back("PE Info", Json::parse(R"({"text": "Müller \" \n"})"));
    p.plugins_run.workers = {{"hash", "PE Info"}};
    r.results.push_back(std::move(p));
  }
  return r.dumps(0);
}

}  // namespace stoq::test
