// SPDX-License-Identifier: Apache-2.0
#include "files/journal_file.h"

#include <openssl/evp.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "files/names.h"

namespace stoq::plugins::files {
namespace {

constexpr std::string_view kWords[] = {"seen",   "done",   "failed", "gone",
                                       "taken1", "taken2", "taken3"};
constexpr int kAside = 100;
constexpr std::string_view kUnreadable = "is no journal that this version can read";
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
  const auto word = std::find(std::begin(kWords), std::end(kWords), text.substr(0, space));
  if (word == std::end(kWords)) return false;
  line.word = *word;
  text.remove_prefix(space + 1);
  if (!take_number(text, line.id.inode) || !take_number(text, line.id.size) ||
      !take_number(text, line.id.mtime) || text.empty())
    return false;
  line.path = unescaped(text);
  return true;
}

std::string name_of(const std::string& source_dir) {
  char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(source_dir.data(), source_dir.size(), reinterpret_cast<uint8_t*>(digest), &size,
                 EVP_sha256(), nullptr) != 1)
    throw sdk::Error("OpenSSL here offers no SHA-256 to name the journal by");
  return hex({digest, 16});
}

}  // namespace

JournalFile::JournalFile(const Kind& kind, const std::string& state, const std::string& source_dir)
    : kind_(kind),
      path_(join(state, name_of(source_dir) + ".journal")),
      source_dir_(source_dir),
      head_("stoq-" + std::string(kind.plugin) + "-journal 1 ") {
  std::error_code ignored;  // what is wrong shows when the lock is opened
  std::filesystem::create_directories(state, ignored);
  lock();
}

void JournalFile::lock() {
  const std::string name = path_ + ".lock";
  for (;;) {
    lock_ = Fd(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666));
    if (!lock_) fail("cannot open", name, errno);
    if (flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) fail("cannot lock", name, errno);
      char pid[32] = {};
      const ssize_t n = pread(lock_.get(), pid, sizeof pid - 1, 0);
      throw InUse(shown(path_) + (n > 0 ? " (process " + shown(pid) + ")" : ""));
    }
    // The run that had it may have removed it just now.
    struct stat ours {
    }, there{};
    if (fstat(lock_.get(), &ours) == 0 && stat(name.c_str(), &there) == 0 &&
        ours.st_ino == there.st_ino)
      break;
  }
  const std::string pid = std::to_string(getpid());
  if (ftruncate(lock_.get(), 0) == 0) write_all(lock_.get(), pid);
}

JournalFile::~JournalFile() {
  abandon();
}

bool JournalFile::exists() const {
  struct stat st {};
  return lstat(path_.c_str(), &st) == 0 || errno != ENOENT;
}

JournalFile::Read JournalFile::read(const std::function<void(const Line&)>& told) const {
  const Fd fd(::open(path_.c_str(), kRead));
  struct stat st {};
  if (!fd && lstat(path_.c_str(), &st) == 0 && S_ISLNK(st.st_mode))
    return {.foreign = "is a link that leads nowhere"};
  if (!fd || fstat(fd.get(), &st) != 0) fail("cannot read the journal", path_, errno);
  if (!S_ISREG(st.st_mode)) return {.foreign = "is no file"};
  Read out;
  Line line;
  std::string text;
  bool head = true, skip = false;  // skip: the rest of a line that is too long
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
        if (!one.starts_with(head_)) return {.foreign = kUnreadable};
        if (unescaped(one.substr(head_.size())) != source_dir_)
          return {.foreign = "is the journal of another directory"};
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
      if (head) break;
      skip = true;
      text.clear();
    }
  }
  if (head) return {.foreign = kUnreadable};
  return out;
}

std::string JournalFile::move_aside() {
  for (int i = 0; i < kAside; ++i) {
    const std::string name = path_ + ".broken" + (i > 0 ? std::to_string(i) : "");
    if (renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, name.c_str(), RENAME_NOREPLACE) == 0)
      return name;
    if (errno != EEXIST) fail("cannot move away", path_, errno);
  }
  fail("cannot move away", path_, EEXIST);
}

void JournalFile::open() {
  Fd file(::open(path_.c_str(), O_RDWR | O_APPEND | O_CLOEXEC));
  if (!file) fail("cannot open the journal", path_, errno);
  // Back to the last end of a line.
  int64_t end = lseek(file.get(), 0, SEEK_END);
  char block[4096];
  for (size_ = 0; end > 0 && size_ == 0;) {
    const int64_t from = end > static_cast<int64_t>(sizeof block) ? end - int64_t{sizeof block} : 0;
    const ssize_t n = pread(file.get(), block, static_cast<size_t>(end - from), from);
    if (n <= 0) fail("cannot read the journal", path_, n < 0 ? errno : EIO);
    const size_t last = std::string_view(block, static_cast<size_t>(n)).rfind('\n');
    if (last != std::string_view::npos) size_ = from + static_cast<int64_t>(last) + 1;
    end = from;
  }
  if (ftruncate(file.get(), size_) != 0) fail("cannot write the journal", path_, errno);
  file_ = std::make_shared<const Fd>(std::move(file));
}

int JournalFile::append(std::span<const Line> lines) {
  std::string text;
  for (const Line& line : lines) text += text_of(line);
  if (const int error = write_all(file_->get(), text)) {
    if (ftruncate(file_->get(), size_) != 0) return errno;
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
  buffer_ = head_ + escaped(source_dir_) + '\n';
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

void JournalFile::commit(bool sync) {
  flush();
  const std::string name = path_ + ".new";
  if (sync && fdatasync(fresh_.get()) != 0) fail("cannot write", name, errno);
  if (rename(name.c_str(), path_.c_str()) != 0) fail("cannot write the journal", path_, errno);
  file_ = std::make_shared<const Fd>(std::move(fresh_));
  size_ = fresh_size_;
  if (sync)
    if (const int error = sync_directory(AT_FDCWD, path_.substr(0, path_.rfind('/') + 1)))
      fail("cannot write the journal", path_, error);
}

void JournalFile::abandon() {
  if (!fresh_) return;
  fresh_ = Fd();
  buffer_.clear();
  unlink((path_ + ".new").c_str());
}

void JournalFile::remove() {
  unlink(path_.c_str());
  unlink((path_ + ".lock").c_str());
}

void JournalFile::fail(std::string_view what, const std::string& path, int error) const {
  throw sdk::Error(std::string(what) + " " + shown(path) + ": " + std::strerror(error) + "; " +
                   std::string(kind_.advice));
}

}  // namespace stoq::plugins::files
