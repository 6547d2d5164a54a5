// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "stoq/stoq.h"

namespace stoq::cli {

// A sample of a plugin's selftest.json and what its worker should say of it.
struct Sample {
  std::string name;
  std::string content;
  PayloadMeta payload_meta;
  OptionMap options;
  Json dispatch_meta;  // what a dispatcher would tell the worker of this payload; null: nothing
  Json::Tree result;   // members that the result must have, whatever it has beside; null: no result
  struct Extracted {
    std::string sha256;
  };
  std::vector<Extracted> extracted;  // all of them, in order
  std::vector<std::string> errors;   // a part of each, in order
};

// The samples of a selftest.json; StoqException says what is wrong with it.
std::vector<Sample> read_samples(const std::string& path);

// How a response differs from what the sample expects of that plugin; empty: not at all.
std::vector<std::string> differences(const Sample& sample, std::string_view plugin,
                                     const StoqResponse& response);

}  // namespace stoq::cli
