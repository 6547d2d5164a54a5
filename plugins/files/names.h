// SPDX-License-Identifier: Apache-2.0
//
// Names of files: as paths, in messages and in payload_meta.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>

namespace stoq::plugins::files {

// A path as messages show it: its text, with control characters written out.
std::string shown(std::string_view path);

// An absolute path without ".", ".." and a "/" at its end; relative ones begin at the working
// directory.
std::string absolute(const std::string& path);

// "" + "name" is "name".
std::string join(std::string_view directory, std::string_view name);

// Two lower-case digits a byte.
std::string hex(std::string_view bytes);

// What is no regular file, in words: "a directory", "a FIFO" …
std::string_view kind_of(mode_t mode);

// {"extra_data": {"filename", "source_dir"}}, with filename_hex and source_dir_hex beside a name
// that is not UTF-8.
std::string payload_meta(std::string_view directory, std::string_view name);

}  // namespace stoq::plugins::files
