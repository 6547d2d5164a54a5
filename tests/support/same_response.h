// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cctype>
#include <map>
#include <string>
#include <string_view>

#include "stoq/response.h"

namespace stoq::test {

inline bool is_uuid(std::string_view text) {
  if (text.size() < 36 || text[14] != '4') return false;
  for (size_t i = 0; i < 36; ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? text[i] != '-'
               : !(std::isdigit(static_cast<unsigned char>(text[i])) ||
                   (text[i] >= 'a' && text[i] <= 'f')))
      return false;
  }
  return true;
}

// A response as text in which what may differ between two runs is the same: ids by order of
// appearance, no times.
inline std::string comparable(std::string_view text) {
  constexpr std::string_view kTime = "\"time\": \"";
  std::map<std::string_view, size_t> names;
  std::string out;
  for (size_t i = 0; i < text.size();) {
    if (is_uuid(text.substr(i))) {
      out +=
          "id-" + std::to_string(names.try_emplace(text.substr(i, 36), names.size()).first->second);
      i += 36;
    } else if (text.substr(i).starts_with(kTime)) {
      out.append(kTime);
      i = text.find('"', i + kTime.size());
    } else {
      out.push_back(text[i++]);
    }
  }
  return out;
}
inline std::string comparable(const StoqResponse& response) {
  return comparable(std::string_view(response.dumps(4)));
}

}  // namespace stoq::test
