// SPDX-License-Identifier: Apache-2.0
//
// The template language as a whole: text and data in, text out.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "ast.h"
#include "budget.h"

namespace stoq::plugins::jinja {

// The text of a template by its name; nothing where there is none.
using Loader = std::function<std::optional<std::string>(const std::string& name)>;

// A template with all that it includes and extends. Immutable: any thread may render it.
class Template {
 public:
  // Throws sdk::Error that names file and line of what cannot be taken.
  static Template compile(const std::string& name, const Loader& load);

  // `response` is JSON and becomes the variable of that name. Throws sdk::Error that names file
  // and line of what failed.
  std::string render(std::string_view response, const Limits& limits) const;

 private:
  std::string name_;
  std::map<std::string, Source, std::less<>> sources_;
};

}  // namespace stoq::plugins::jinja
