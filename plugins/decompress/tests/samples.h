// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

/// Makers of archives for the tests: by libarchive's writer, by named programs, or byte by byte.
namespace samples {

struct Entry {
  std::string name;
  std::string content{};
  char type = 'f';       // f file, d directory, l symlink, h hardlink, c device, p fifo
  std::string target{};  // of links
};

struct Style {
  std::string format;   // libarchive's name: "zip", "7zip", "newc", ...
  std::string filter;   // "" or "gzip", "zstd", ...
  std::string options;  // "zip:encryption=zipcrypt", ...
  std::string password;
};

std::string write(const Style& style, const std::vector<Entry>& entries);
std::string filtered(const std::string& filter, const std::string& content);  // one compressed file

std::string le(std::uint64_t value, int bytes);
std::uint32_t crc32(std::string_view bytes);
std::string noise(std::size_t size, std::uint32_t seed);  // incompressible

enum class Lock { none, content, headers };
std::string rar4(const std::string& name, const std::string& content, Lock lock = Lock::none);
std::string rar5(const std::string& name, const std::string& content, Lock lock = Lock::none);
std::string lha(const std::string& name, const std::string& content);
std::string cab(const std::string& name, const std::string& content);
std::string rpm(const std::string& compressed_cpio);
std::string szdd(const std::string& content);  // of literals, and a match at the start
std::string kwaj(const std::string& content);  // inverted, with a name
std::string arj();
std::string ace();
std::string gnu_sparse_tar(const std::string& start,
                           std::uint64_t real_size);  // `start`, then a hole
std::string tar_header(const std::string& name, std::uint64_t size, char type = '0');

std::string slurp(const std::string& path);
/// Runs /usr/bin/python3 with a script that writes to sys.argv[1], or 7zz with arguments that name
/// files of a private directory; "" when the program is missing or fails.
std::string by_python(const std::string& script);
std::string by_7zz(const std::vector<std::string>& arguments, const std::string& output,
                   const std::vector<Entry>& files);

}  // namespace samples
