// SPDX-License-Identifier: Apache-2.0
#include "source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace stoq::plugins::yara {
namespace {

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

std::string cannot_read(int code) {
  return "cannot be read: " + std::generic_category().message(code);
}

bool is_word(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int line_of(std::string_view text, std::size_t offset) {
  return 1 + static_cast<int>(std::ranges::count(text.substr(0, offset), '\n'));
}

}  // namespace

SourceText read_source(const std::filesystem::path& path) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat info {};
  if (file.fd < 0 || ::fstat(file.fd, &info) != 0) return {{}, cannot_read(errno)};
  if (!S_ISREG(info.st_mode)) return {{}, "is not a regular file"};

  std::string text;
  char block[65536];
  for (;;) {
    auto got = ::read(file.fd, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return {{}, cannot_read(errno)};
    if (got == 0) break;
    text.append(block, static_cast<std::size_t>(got));
    if (text.size() > kMaxRuleFileBytes) return {{}, "is larger than 16 MiB; split it"};
  }
  if (text.find('\0') != std::string::npos) {  // libyara would silently stop there
    return {{},
            "has a NUL byte in line " + std::to_string(line_of(text, text.find('\0'))) +
                "; save it as UTF-8"};
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  return {std::move(text), {}};
}

std::vector<Declared> declared_names(std::string_view text) {
  std::vector<Declared> names;
  bool expected = false;
  int line = 1;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_word(text[at])) {
      if (text[at] == '\n') ++line;
      ++at;
      continue;
    }
    auto end = at;
    while (end < text.size() && is_word(text[end])) ++end;
    auto word = text.substr(at, end - at);
    if (expected) names.push_back({std::string(word), line});
    expected = word == "rule" || word == "import";
    at = end;
  }
  return names;
}

int include_line(std::string_view text, std::string_view name) {
  std::string quoted = '"' + std::string(name) + '"';
  for (auto at = text.find(quoted); at != std::string_view::npos; at = text.find(quoted, at + 1)) {
    auto before = text.substr(0, at);
    before.remove_suffix(before.size() -
                         std::min(before.size(), before.find_last_not_of(" \t\r\n") + 1));
    if (before.ends_with("include")) return line_of(text, at);
  }
  return 0;
}

bool may_use_rule_wildcard(std::string_view text) {
  for (auto star = text.find('*'); star != std::string_view::npos;
       star = text.find('*', star + 1)) {
    auto next = text.find_first_not_of(" \t\r\n", star + 1);
    if (next == std::string_view::npos || (text[next] != ')' && text[next] != ',')) continue;
    auto start = star;
    while (start > 0 && is_word(text[start - 1])) --start;
    if (start < star && (start == 0 || text[start - 1] != '$')) return true;
  }
  return false;
}

int last_line(std::string_view text) {
  auto end = text.find_last_not_of(" \t\r\n");
  return end == std::string_view::npos ? 1 : line_of(text, end);
}

bool lies_in(const std::filesystem::path& path, const std::filesystem::path& folder) {
  auto relative = path.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

std::vector<std::filesystem::path> rule_files_of(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    auto extension = entry.path().extension();
    if ((extension == ".yar" || extension == ".yara") && !entry.is_directory())
      files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace stoq::plugins::yara
