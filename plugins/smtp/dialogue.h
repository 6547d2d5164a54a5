// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace stoq::plugins::smtp {

/// What mails come in: alone, several in an mbox, or in a recorded SMTP dialogue.
struct Container {
  std::string_view kind;  // "", "mbox", "smtp"
  std::vector<std::string_view> mails;
  std::vector<std::string> senders, recipients;  // of the dialogue, in order; 1000 each at most
  std::deque<std::string> owned;                 // mails that had to be put together
};

/// Tells by content. Blank lines and a byte order mark at the start are passed over, "From " lines
/// of an mbox cut off; the dots that SMTP doubles are undone. Whatever else it is: one mail, which
/// is the text itself. Linear; at most 100 000 mails, the last of which then holds the rest. Views
/// point into `text` and into Container::owned.
Container open_container(std::string_view text);

}  // namespace stoq::plugins::smtp
