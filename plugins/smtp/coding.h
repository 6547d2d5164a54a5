// SPDX-License-Identifier: Apache-2.0
//
// The content transfer encodings of mail. Everything is linear in its input, gives no more bytes
// than it was given, and takes what the mail programs take: what means nothing is passed over.
#pragma once

#include <string>
#include <string_view>

namespace stoq::plugins::smtp {

enum class Encoding { none, base64, quoted_printable, uuencode, binhex, unknown };

/// By the value of a Content-Transfer-Encoding, comments and case aside.
Encoding encoding_named(std::string_view value);

/// Padding ends a group, not the text: what follows it is decoded too, as base64 that was put
/// together from several is by most readers.
std::string from_base64(std::string_view text);
std::string from_quoted_printable(std::string_view text);
/// "=20" and "_" as RFC 2047 has them in headers.
std::string from_q(std::string_view text);
/// "%20", as RFC 2231 has it in parameters.
std::string from_percent(std::string_view text);

}  // namespace stoq::plugins::smtp
