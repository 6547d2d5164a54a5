// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace stoq::plugins::es_search {

// Why no index can have that name, or "".
std::string index_problem(std::string_view name);

// The index of a document.
class IndexName {
 public:
  // sdk::Error for a name that cannot be; {plugin} in it needs `split`.
  IndexName(std::string name, bool by_month, bool split);

  // `time` is that of the response: a later try goes to the same index.
  std::string of(std::string_view plugin, std::string_view time) const;

 private:
  std::string name_;
  bool by_month_;
};

}  // namespace stoq::plugins::es_search
