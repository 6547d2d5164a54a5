// SPDX-License-Identifier: Apache-2.0
//
// Strings as Python sees them: sequences of code points. All text here is UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace stoq::plugins::jinja {

// Takes one code point off the front; U+FFFD for a byte that is not UTF-8.
char32_t take_point(std::string_view& text);
void append_point(std::string& out, char32_t point);
size_t length(std::string_view text);
// Of the code point at `index`, or the end.
size_t offset_of(std::string_view text, size_t index);

std::string upper(std::string_view text);
std::string lower(std::string_view text);
std::string capitalize(std::string_view text);
bool is_upper(std::string_view text);
bool is_lower(std::string_view text);

enum class Side { both, left, right };
// `characters` null: white space.
std::string_view strip(std::string_view text, const std::string_view* characters, Side side);
// At runs of white space; the rest after `most` splits is one part.
std::vector<std::string_view> split_space(std::string_view text, size_t most);
std::vector<std::string_view> split_at(std::string_view text, std::string_view separator,
                                       size_t most);
std::vector<std::string_view> split_lines(std::string_view text);

// What replacing gives in bytes, to be asked for before it is done.
size_t replaced_size(std::string_view text, std::string_view from, std::string_view to,
                     size_t most);
std::string replace(std::string_view text, std::string_view from, std::string_view to, size_t most);

void append_escaped(std::string& out, std::string_view text);  // for HTML
void append_repr(std::string& out, std::string_view text);     // in quotes

}  // namespace stoq::plugins::jinja
