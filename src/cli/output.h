// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace stoq::cli {

constexpr int kDelivered = 0, kNotAll = 1, kUsage = 2;

// "stoq: text" on stderr; gives the code back.
int complain(int code, std::string_view text);

// All of it; false, with errno, when that fails.
bool write_all(int fd, std::string_view text);

// All of it to stdout; false, with errno, when that fails.
bool print(std::string_view text);

// For a command that ends with its text: kNotAll, and said on stderr, when it could not be printed.
int finish(std::string_view text, int code);

// Columns of what a descriptor goes to: the terminal's, else COLUMNS, else what is given.
size_t width_of(int fd, size_t otherwise);

}  // namespace stoq::cli
