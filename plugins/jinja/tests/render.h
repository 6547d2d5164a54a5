// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "stoq/sdk/views.h"
#include "template.h"

namespace stoq::plugins::jinja {

using Files = std::map<std::string, std::string>;

// What the template "main.tpl" makes of a response, or "error: " and why it does not.
inline std::string render(const std::string& text, const std::string& response = "{}",
                          const Limits& limits = {}, const Files& files = {}) {
  try {
    const auto load = [&](const std::string& name) -> std::optional<std::string> {
      if (name == "main.tpl") return text;
      const auto found = files.find(name);
      if (found == files.end()) return std::nullopt;
      return found->second;
    };
    return Template::compile("main.tpl", load).render(response, limits);
  } catch (const sdk::Error& e) {
    return std::string("error: ") + e.what();
  }
}

}  // namespace stoq::plugins::jinja
