// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "stoq/sdk/views.h"

namespace stoq::plugins::archives {

/// A list without repeats and of bounded length: words that may be passwords, the likeliest first.
class PasswordList {
 public:
  explicit PasswordList(std::size_t most) : most_(most) {}
  void add(std::string_view password);
  std::vector<std::string> take() { return std::move(all_); }

 private:
  std::vector<std::string> all_;
  std::size_t most_;
};

/// Words of a mail, or of another text that goes with an archive: first those that follow a word
/// for "password" in one of the usual languages, then those in quotes, those with a digit, the
/// others. Looks at the first 64 KiB; tags of HTML are left out.
void hints_in_text(std::string_view text, PasswordList& out);

/// Parts of a file name: what follows a word for "password", the name without its endings, its
/// parts.
void hints_in_name(std::string_view name, PasswordList& out);

/// The passwords to try on this payload, in this order: those that came with it or with the request
/// (`extra_data.passwords`), those `configured`, then what its names and the mails around it
/// suggest (at most 300). Needs `ancestors = yes` and `results = smtp` in the manifest.
std::vector<std::string> passwords_for(const sdk::Payload& payload,
                                       const std::vector<std::string>& configured);

}  // namespace stoq::plugins::archives
