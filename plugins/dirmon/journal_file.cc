// SPDX-License-Identifier: Apache-2.0
#include "journal_file.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "names.h"
#include "stoq/sdk/views.h"

namespace stoq::plugins::dirmon {
namespace {

constexpr std::string_view kHead = "stoq-dirmon-journal 1 ";
constexpr size_t kBuffer = 64 << 10;
constexpr size_t kLongest = 16 << 10;  // of a line; a path has 4096 bytes, twice that when escaped

std::string escaped(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 1 < text.size();
    if (escape) ++i;
    out += escape && text[i] == 'n' ? '\n' : text[i];
  }
  return out;
}

std::string text_of(const Line& line) {
  return std::string(line.word) + ' ' + std::to_string(line.id.inode) + ' ' +
         std::to_string(line.id.size) + ' ' + std::to_string(line.id.mtime) + ' ' +
         escaped(line.path) + '\n';
}

template <class Number>
bool take_number(std::string_view& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const size_t size = static_cast<size_t>(end - text.data());
  if (error != std::errc() || size == text.size() || *end != ' ') return false;
  text.remove_prefix(size + 1);
  return true;
}

bool parse(std::string_view text, Line& line) {
  const size_t space = text.find(' ');
  if (space == text.npos) return false;
  line.word = text.substr(0, space);
  text.remove_prefix(space + 1);
  if (line.word != "seen" && line.word != "done" && line.word != "failed" && line.word != "gone")
    return false;
  if (!take_number(text, line.id.inode) || !take_number(text, line.id.size) ||
      !take_number(text, line.id.mtime) || text.empty())
    return false;
  line.path = unescaped(text);
  return true;
}

std::string name_of(const std::string& source_dir) {
  uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(source_dir.data(), source_dir.size(), digest, &size, EVP_sha256(), nullptr) != 1)
    throw sdk::Error("OpenSSL here offers no SHA-256 to name the journal by");
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (int i = 0; i < 16; ++i) {
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n > 0)
      text.remove_prefix(static_cast<size_t>(n));
    else if (n == 0)
      return EIO;
    else if (errno != EINTR)
      return errno;
  }
  return 0;
}

}  // namespace

JournalFile::JournalFile(const std::string& state, const std::string& source_dir)
    : path_(join(state, name_of(source_dir) + ".journal")), source_dir_(source_dir) {
  std::error_code ignored;  // what is wrong shows when the lock is opened
  std::filesystem::create_directories(state, ignored);
  const std::string lock = path_ + ".lock";
  lock_ = Fd(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!lock_) fail("cannot open", lock, errno);
  if (flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) fail("cannot lock", lock, errno);
    char pid[32] = {};
    const ssize_t n = pread(lock_.get(), pid, sizeof pid - 1, 0);
    throw sdk::Error("another run watches " + shown(source_dir_) + " and keeps its journal " +
                     shown(path_) + (n > 0 ? " (process " + shown(pid) + ")" : "") +
                     "; end it first, or let both scan each file, with a journal_dir of its own");
  }
  const std::string pid = std::to_string(getpid());
  if (ftruncate(lock_.get(), 0) == 0) write_all(lock_.get(), pid);
}

JournalFile::~JournalFile() {
  abandon();
}

bool JournalFile::exists() const {
  return access(path_.c_str(), F_OK) == 0;
}

JournalFile::Read JournalFile::read(const std::function<void(const Line&)>& told) const {
  const Fd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) fail("cannot read the journal", path_, errno);
  Read out;
  Line line;
  std::string text;
  bool head = true, skip = false;  // skip: the rest of a line that is too long
  const auto refuse = [this](const std::string& why) {
    throw sdk::Error(shown(path_) + " " + why + "; move it away to begin anew with what is there");
  };
  for (;;) {
    const size_t kept = text.size();
    text.resize(kept + kBuffer);
    const ssize_t n = ::read(fd.get(), text.data() + kept, kBuffer);
    const int error = errno;
    text.resize(kept + static_cast<size_t>(n > 0 ? n : 0));
    if (n < 0 && error == EINTR) continue;
    if (n < 0) fail("cannot read the journal", path_, error);
    if (n == 0) break;
    size_t from = 0;
    for (size_t end; (end = text.find('\n', from)) != text.npos; from = end + 1) {
      const std::string_view one = std::string_view(text).substr(from, end - from);
      if (head) {
        head = false;
        if (!one.starts_with(kHead)) refuse("is no journal that this version can read");
        if (unescaped(one.substr(kHead.size())) != source_dir_)
          refuse("is the journal of another directory");
      } else if (skip || !parse(one, line)) {
        skip = false;
        ++out.broken;
      } else {
        ++out.lines;
        told(line);
      }
    }
    text.erase(0, from);
    if (text.size() > kLongest) {
      skip = true;
      text.clear();
    }
  }
  if (head) refuse("is no journal that this version can read");
  return out;
}

void JournalFile::open() {
  file_ = Fd(::open(path_.c_str(), O_RDWR | O_APPEND | O_CLOEXEC));
  if (!file_) fail("cannot open the journal", path_, errno);
  // Back to the last end of a line.
  int64_t end = lseek(file_.get(), 0, SEEK_END);
  char block[4096];
  for (size_ = 0; end > 0 && size_ == 0;) {
    const int64_t from = end > static_cast<int64_t>(sizeof block) ? end - int64_t{sizeof block} : 0;
    const ssize_t n = pread(file_.get(), block, static_cast<size_t>(end - from), from);
    if (n <= 0) fail("cannot read the journal", path_, n < 0 ? errno : EIO);
    const size_t last = std::string_view(block, static_cast<size_t>(n)).rfind('\n');
    if (last != std::string_view::npos) size_ = from + static_cast<int64_t>(last) + 1;
    end = from;
  }
  if (ftruncate(file_.get(), size_) != 0) fail("cannot write the journal", path_, errno);
}

int JournalFile::append(const Line& line) {
  const std::string text = text_of(line);
  if (const int error = write_all(file_.get(), text)) {
    if (ftruncate(file_.get(), size_) != 0) return errno;
    return error;
  }
  size_ += static_cast<int64_t>(text.size());
  return 0;
}

void JournalFile::begin() {
  abandon();
  const std::string name = path_ + ".new";
  fresh_ = Fd(::open(name.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666));
  if (!fresh_) fail("cannot create", name, errno);
  buffer_ = std::string(kHead) + escaped(source_dir_) + '\n';
  fresh_size_ = 0;
}

void JournalFile::add(const Line& line) {
  buffer_ += text_of(line);
  if (buffer_.size() >= kBuffer) flush();
}

void JournalFile::flush() {
  if (const int error = write_all(fresh_.get(), buffer_))
    fail("cannot write", path_ + ".new", error);
  fresh_size_ += static_cast<int64_t>(buffer_.size());
  buffer_.clear();
}

void JournalFile::commit() {
  flush();
  const std::string name = path_ + ".new";
  if (fdatasync(fresh_.get()) != 0) fail("cannot write", name, errno);
  if (rename(name.c_str(), path_.c_str()) != 0) fail("cannot write the journal", path_, errno);
  // Else a power cut could make the next start the first one again, to which all is old.
  const Fd directory(
      ::open(path_.substr(0, path_.rfind('/') + 1).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || fsync(directory.get()) != 0) fail("cannot write the journal", path_, errno);
  file_ = Fd();
  std::swap(file_, fresh_);
  size_ = fresh_size_;
}

void JournalFile::abandon() {
  if (!fresh_) return;
  fresh_ = Fd();
  buffer_.clear();
  unlink((path_ + ".new").c_str());
}

void JournalFile::fail(std::string_view what, const std::string& path, int error) const {
  throw sdk::Error(std::string(what) + " " + shown(path) + ": " + std::strerror(error) +
                   "; without it the files that arrive while nobody watches would be lost: mend "
                   "that, or set journal_dir to another place");
}

}  // namespace stoq::plugins::dirmon
