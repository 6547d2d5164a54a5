// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <regex>
#include <string>

#include "stoq/response.h"

namespace stoq::test {

// A response as text in which what may differ between two runs is the same: ids by order of appearance, no times.
inline std::string comparable(std::string text) {
  static const std::regex uuid("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  static const std::regex time("\"time\": \"[^\"]*\"");
  std::map<std::string, std::string> names;
  std::string out;
  auto from = text.cbegin();
  for (std::sregex_iterator it(text.begin(), text.end(), uuid), end; it != end; ++it) {
    const std::string id = it->str();
    const auto known = names.try_emplace(id, "id-" + std::to_string(names.size())).first;
    out.append(from, (*it)[0].first);
    out.append(known->second);
    from = (*it)[0].second;
  }
  out.append(from, text.cend());
  return std::regex_replace(out, time, "\"time\": \"\"");
}
inline std::string comparable(const StoqResponse& response) { return comparable(response.dumps(4)); }

}  // namespace stoq::test
