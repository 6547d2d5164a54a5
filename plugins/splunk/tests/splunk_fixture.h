// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "http/tests/connector.h"
#include "http/tests/fixture.h"
#include "http/tests/responses.h"

namespace stoq::test {

using Tree = nlohmann::ordered_json;

inline const std::string kToken = "11111111-2222-3333-4444-555555555555";
inline const std::string kError = "StoqPluginException: ";

// The plugin and a collector that does what its plan says.
class SplunkTest : public testing::Test {
 protected:
  void serve(const std::string& plan, std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.end(), {"--plan", plan});
    server = std::make_unique<Fixture>(STOQ_COLLECTOR_SERVER, arguments);
  }
  OptionList options(OptionList own = {}) const {
    OptionList all{{"url", server->url()}, {"token", kToken}, {"retry_wait", "0.001"}};
    for (auto& option : own) all.push_back(std::move(option));
    return all;
  }
  std::unique_ptr<Connector> connector(OptionList own = {}) const {
    return std::make_unique<Connector>("splunk", options(std::move(own)));
  }
  // Saves, and tells the error with the server's address struck out.
  std::string save(const std::string& response, OptionList own = {}) {
    return shown(connector(std::move(own))->save(response));
  }
  std::string shown(std::string text) const {
    for (size_t at; (at = text.find(server->url())) != text.npos;)
      text.replace(at, server->url().size(), "URL");
    return text;
  }
  Tree state() const { return Tree::parse(server->state()); }
  Tree events() const { return state()["events"]; }

  std::unique_ptr<Fixture> server;
};

}  // namespace stoq::test
