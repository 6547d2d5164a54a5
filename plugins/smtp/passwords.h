// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace stoq::plugins::smtp {

/// Collects what a mail's texts may name as the password of an attachment: the words near one that
/// means "password", in the languages that are common in mail. Distinct, in the order of how likely
/// they are, at most `most`. Looks at the first 256 KiB of each text.
class PasswordHints {
 public:
  explicit PasswordHints(std::size_t most = 40) : most_(most) {}

  void look_at(std::string_view text);  // UTF-8
  void look_at_html(std::string_view html);
  void add(std::string word);
  const std::vector<std::string>& all() const { return all_; }

 private:
  void add_word(std::string_view word);

  std::size_t most_;
  std::vector<std::string> all_;
};

}  // namespace stoq::plugins::smtp
