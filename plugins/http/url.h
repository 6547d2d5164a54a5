// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stoq::http {

// Where a server is. Credentials are taken out of the text, so that it may be shown.
struct Url {
  std::string text;  // scheme://host[:port][/path], without a slash at its end
  std::string user, password;
};

// `what` is the option that the address comes from. `port` stands in where the address names none;
// 0: the scheme's own. sdk::Error for anything but http and https, for queries and fragments.
Url parse_url(std::string_view what, std::string_view address, uint16_t port = 0);

}  // namespace stoq::http
