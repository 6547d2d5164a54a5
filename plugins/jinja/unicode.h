// SPDX-License-Identifier: Apache-2.0
//
// What single code points are, by the tables of the C library.
#pragma once

namespace stoq::plugins::jinja {

char32_t upper_point(char32_t point);
char32_t lower_point(char32_t point);
bool is_upper_point(char32_t point);
bool is_lower_point(char32_t point);
bool is_space(char32_t point);
bool is_printable(char32_t point);  // as repr() sees it

}  // namespace stoq::plugins::jinja
