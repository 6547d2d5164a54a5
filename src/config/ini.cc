// SPDX-License-Identifier: Apache-2.0
#include "config/ini.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "config/text.h"

namespace stoq::config {
namespace {

constexpr std::string_view kDefault = "DEFAULT";
constexpr std::string_view kTooLarge =
    "the file is larger than 1 MiB; remove what is not configuration";

void undouble_percent(std::string& value) {
  size_t out = 0;
  for (size_t in = 0; in < value.size(); ++in) {
    value[out++] = value[in];
    if (value[in] == '%' && in + 1 < value.size() && value[in + 1] == '%') ++in;
  }
  value.resize(out);
}

// Cuts the first line off `rest`; \n, \r\n and \r end a line.
std::string_view take_line(std::string_view& rest) {
  const size_t end = std::min(rest.find_first_of("\r\n"), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(rest.size(), end + (rest.substr(end, 2) == "\r\n" ? 2 : 1)));
  return line;
}

// The bytes of a regular file, or why there are none.
std::string read_file(const std::string& path, std::string& bytes) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return std::string("cannot be opened: ") + std::strerror(errno);
  std::string error;
  struct stat about {};
  if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
    error = "is not a regular file; give the path of one";
  } else {
    bytes.resize(Ini::kMaxBytes + 1);
    size_t size = 0;
    ssize_t got = 1;
    while (got != 0 && size < bytes.size()) {
      got = ::read(fd, bytes.data() + size, bytes.size() - size);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) {
        error = std::string("cannot be read: ") + std::strerror(errno);
        break;
      }
      size += static_cast<size_t>(got);
    }
    bytes.resize(size);
  }
  close(fd);
  return error;
}

}  // namespace

std::string Problem::message() const {
  return line ? file + ":" + std::to_string(line) + ": " + text : file + ": " + text;
}

// Goes through the lines once. Continuation lines join the option that was read last.
class Ini::Reader {
 public:
  Reader(Ini& ini, std::vector<Problem>& problems) : ini_(ini), problems_(problems) {}

  void read(std::string_view text) {
    if (!readable(text)) return;
    if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
    while (!text.empty() && !stop_) {
      if (++line_ > kMaxLines) {
        problem("the file has more than " + std::to_string(kMaxLines) +
                " lines; remove what is not configuration");
        break;
      }
      read_line(take_line(text));
    }
    finish_value();
  }

 private:
  bool readable(std::string_view text) {
    if (text.size() > kMaxBytes) return problem(std::string(kTooLarge)), false;
    std::string_view good = text.substr(0, valid_prefix(text));
    if (good.size() == text.size()) return true;
    for (line_ = 1; good.find_first_of("\r\n") != good.npos; ++line_) take_line(good);
    problem("the text is not UTF-8; save the file as UTF-8");
    return false;
  }

  void read_line(std::string_view line) {
    const std::string_view text = strip(line);
    if (text.empty()) {
      if (value_) value_->value += '\n';
      return;
    }
    if (text[0] == '#' || text[0] == ';') return;
    const size_t indent = indentation(line);
    if (value_ && indent > indent_) {
      value_->value += '\n';
      value_->value += text;
      return;
    }
    indent_ = indent;
    const size_t close = text.rfind(']');
    if (text[0] == '[' && close != text.npos && close >= 2) {
      read_header(text.substr(1, close - 1));
    } else if (!current_) {
      problem("text before the first section; put a line such as [core] above it");
      stop_ = true;
    } else {
      read_option(text);
    }
  }

  void read_header(std::string_view name) {
    finish_value();
    section_ = name;
    if (name == kDefault) {
      current_ = &ini_.defaults_;
      return;
    }
    const auto [at, is_new] = ini_.sections_.try_emplace(section_);
    current_ = &at->second;
    if (is_new) {
      ini_.order_.push_back(section_);
      first_line_[section_] = line_;
    } else {
      problem("section [" + printable(section_) + "] appears twice (first at line " +
              std::to_string(first_line_[section_]) + "); merge them");
    }
  }

  void read_option(std::string_view text) {
    finish_value();
    const size_t delimiter = text.find_first_of("=:");
    if (delimiter == text.npos) return problem(quote(text) + " has no value; write `name = value`");
    const std::string name = lower(strip_end(text.substr(0, delimiter)));
    if (name.empty())
      return problem("no option name before " + quote(text) + "; write `name = value`");
    const auto [at, is_new] = current_->try_emplace(name);
    if (!is_new) {
      return problem("option " + quote(name) + " appears twice in section [" + printable(section_) +
                     "] (first at line " + std::to_string(at->second.line) + "); remove one");
    }
    value_ = &at->second;
    *value_ = {std::string(strip(text.substr(delimiter + 1))), line_};
  }

  void finish_value() {
    if (!value_) return;
    value_->value.resize(strip_end(value_->value).size());
    undouble_percent(value_->value);
    value_ = nullptr;
  }

  void problem(std::string text) {
    problems_.push_back({ini_.file_, line_, std::move(text)});
    stop_ = stop_ || ++count_ >= kMaxProblems;
  }

  Ini& ini_;
  std::vector<Problem>& problems_;
  std::map<std::string, unsigned> first_line_;
  std::string section_;
  Options* current_ = nullptr;
  Entry* value_ = nullptr;  // what a continuation line would join
  size_t indent_ = 0;
  size_t count_ = 0;
  unsigned line_ = 0;
  bool stop_ = false;
};

Ini Ini::parse(std::string_view text, std::string file_name, std::vector<Problem>& problems) {
  Ini ini;
  ini.file_ = std::move(file_name);
  Reader(ini, problems).read(text);
  return ini;
}

bool is_there(const std::string& path) {
  struct stat about {};
  return lstat(path.c_str(), &about) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

Ini Ini::read(const std::string& path, std::vector<Problem>& problems) {
  std::string bytes;
  std::string error = read_file(path, bytes);
  if (error.empty()) return parse(bytes, path, problems);
  problems.push_back({path, 0, std::move(error)});
  Ini ini;
  ini.file_ = path;
  return ini;
}

const Entry* Ini::get(std::string_view section, std::string_view option) const {
  if (section != kDefault && !has_section(section)) return nullptr;
  for (const Options* options : {&own_options(section), &defaults_}) {
    if (const auto at = options->find(option); at != options->end()) return &at->second;
  }
  return nullptr;
}

const Options& Ini::own_options(std::string_view section) const {
  static const Options kNone;
  if (section == kDefault) return defaults_;
  const auto at = sections_.find(section);
  return at == sections_.end() ? kNone : at->second;
}

}  // namespace stoq::config
