// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "http/tests/connector.h"
#include "http/tests/fixture.h"
#include "http/tests/responses.h"

namespace stoq::test {

using Tree = nlohmann::ordered_json;

// The plugin and a server that does what its plan says.
class EsSearchTest : public testing::Test {
 protected:
  void serve(const std::string& plan, std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.end(), {"--plan", plan});
    server = std::make_unique<Fixture>(STOQ_BULK_SERVER, arguments);
  }
  std::unique_ptr<Connector> connector(OptionList options = {}) const {
    OptionList all{{"es_host", server->host()}, {"retry_wait", "0.001"}, {"index_by_month", "no"}};
    for (auto& option : options) all.push_back(std::move(option));
    return std::make_unique<Connector>("es-search", all);
  }
  // Saves, and tells the error with the server's address struck out.
  std::string save(const std::string& response, OptionList options = {}) {
    return shown(connector(std::move(options))->save(response));
  }
  std::string shown(std::string text) const {
    for (size_t at; (at = text.find(server->url())) != text.npos;)
      text.replace(at, server->url().size(), "URL");
    return text;
  }
  Tree state() const { return Tree::parse(server->state()); }
  Tree documents(const std::string& index = "stoq") const {
    const Tree all = state()["documents"];
    return all.contains(index) ? all[index] : Tree::object();
  }

  std::unique_ptr<Fixture> server;
};

inline const std::string kId = "57cee4c8-5819-410d-85f4-7fa57e6ec2b0";
inline const std::string kPath = "URL/_bulk";
inline const std::string kQuery =
    "?filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason,"
    "items.*.error.caused_by.reason";
inline const std::string kError = "StoqPluginException: ";

}  // namespace stoq::test
