// SPDX-License-Identifier: Apache-2.0
#include "disk.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "stoq/sdk/views.h"

namespace stoq::plugins::filedir {
namespace {

constexpr int kTemporaries = 100;

std::string_view advice(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "free space there, or point {} to a disk that has some";
    case EFBIG:
      return "raise the limit on the size of files (ulimit -f), or point {} to a file system that "
             "takes larger ones";
    case EACCES:
    case EPERM:
    case EROFS:
      return "make it writable for this user, or point {} to a place that is";
    case ENOTDIR:
      return "a part of that path is no directory: move it away, or point {} elsewhere";
    default:
      return "mend that, or point {} elsewhere";
  }
}

// rename() that never replaces; false: errno says why, EEXIST among it.
bool publish(int root, const std::string& from, const std::string& to) {
  if (renameat2(root, from.c_str(), root, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  // A file system that cannot do it in one step.
  if (linkat(root, from.c_str(), root, to.c_str(), 0) != 0) return false;
  unlinkat(root, from.c_str(), 0);
  return true;
}

constexpr size_t kPart = 64 << 10;

// Whether a file holds `size` bytes, of which `part` gives kPart at most from an offset on.
template <class Part>
bool same(const Fd& file, size_t size, Part&& part) {
  struct stat st {};
  if (!file || fstat(file.get(), &st) != 0 || !S_ISREG(st.st_mode) ||
      static_cast<size_t>(st.st_size) != size)
    return false;
  std::string there(std::min(size, kPart), '\0');
  for (size_t at = 0; at < size;) {
    const std::string_view wanted = part(at);
    const ssize_t n = pread(file.get(), there.data(), wanted.size(), static_cast<off_t>(at));
    if (n <= 0 || std::string_view(there).substr(0, static_cast<size_t>(n)) != wanted) return false;
    at += wanted.size();
  }
  return true;
}

bool same(const Fd& file, const Fd& other) {
  struct stat st {};
  if (!other || fstat(other.get(), &st) != 0) return false;
  std::string text(kPart, '\0');
  return same(file, static_cast<size_t>(st.st_size), [&](size_t at) {
    const ssize_t n = pread(other.get(), text.data(), text.size(), static_cast<off_t>(at));
    return std::string_view(text).substr(0, static_cast<size_t>(std::max<ssize_t>(n, 0)));
  });
}

}  // namespace

void fail(std::string_view what, std::string_view path, int error, std::string_view option) {
  std::string hint(advice(error));
  hint.replace(hint.find("{}"), 2, option);
  throw sdk::Error(std::string(what) + " " + shown(path) + ": " + std::strerror(error) + "; " +
                   hint);
}

void Sink::append(const char* data, size_t size) {
  if (size == 0) return;
  if (size > sizeof buffer_ - size_) {
    flush();
    if (size >= sizeof buffer_) return write(data, size);
  }
  std::memcpy(buffer_ + size_, data, size);
  size_ += size;
}

void Sink::append(size_t count, char c) {
  while (count > 0) {
    if (size_ == sizeof buffer_) flush();
    const size_t n = std::min(count, sizeof buffer_ - size_);
    std::memset(buffer_ + size_, c, n);
    size_ += n;
    count -= n;
  }
}

void Sink::flush() {
  write(buffer_, size_);
  size_ = 0;
}

void Sink::write(const char* data, size_t size) {
  if (error_ == 0) error_ = files::write_all(fd_, {data, size});
}

Folder::Folder(const std::string& path, std::string option, bool durable)
    : path_(path.empty() ? path : absolute(path)), option_(std::move(option)), durable_(durable) {
  if (path_.empty())
    throw sdk::Error(option_ + " is empty; name a directory, or leave it out for the default");
}

std::string Folder::path_of(std::string_view sub, std::string_view name) const {
  return join(sub.empty() ? path_ : join(path_, sub), name);
}

std::shared_ptr<const Fd> Folder::root(bool anew) {
  const std::lock_guard lock(mutex_);
  if (root_ && !anew) return root_;
  root_.reset();
  const auto open_it = [this] {
    return Fd(open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  };
  Fd fd = open_it();
  if (!fd && errno == ENOENT) {
    for (size_t end = path_.find('/', 1);; end = path_.find('/', end + 1)) {
      const std::string part = path_.substr(0, end);
      if (mkdir(part.c_str(), 0777) != 0 && errno != EEXIST) {
        // Some file systems name another reason for what is there already.
        const int error = errno;
        struct stat st {};
        if (stat(part.c_str(), &st) != 0) fail("cannot create the directory", part, error, option_);
      }
      if (durable_) files::sync_directory(AT_FDCWD, part + "/..");
      if (end == part.npos) break;
    }
    fd = open_it();
  }
  if (!fd) fail("cannot open the directory", path_, errno, option_);
  return root_ = std::make_shared<const Fd>(std::move(fd));
}

void Folder::make_sub(const Fd& root, const std::string& sub) const {
  if (sub.empty()) return;
  for (size_t end = sub.find('/');; end = sub.find('/', end + 1)) {
    const std::string part = sub.substr(0, end);
    // A directory that was removed answers ENOENT to everything: create() opens it anew.
    if (mkdirat(root.get(), part.c_str(), 0777) != 0 && errno != EEXIST && errno != ENOENT)
      fail("cannot create the directory", join(path_, part), errno, option_);
    if (end == sub.npos) break;
  }
}

Fd Folder::create(std::shared_ptr<const Fd>& root, const std::string& sub, const std::string& name,
                  std::string& temporary) {
  const std::string stem = join(sub, "." + name + ".tmp");
  temporary = stem;
  // A temporary name may be left from a program that was killed, or be in use by another thread.
  for (int taken = 0, missing = 0;;) {
    Fd fd(openat(root->get(), temporary.c_str(),
                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (fd) return fd;
    const int error = errno;
    if (error == EEXIST && ++taken < kTemporaries) {
      temporary = stem + std::to_string(taken);
    } else if (error == ENOENT && missing < 2) {
      if (missing++ == 1) root = this->root(true);
      make_sub(*root, sub);
    } else {
      fail("cannot create a file in", sub.empty() ? path_ : join(path_, sub), error, option_);
    }
  }
}

bool Folder::write(const std::string& sub, const std::string& name,
                   const std::function<void(Sink&)>& fill) {
  std::shared_ptr<const Fd> root = this->root(false);
  std::string temporary;
  Fd file = create(root, sub, name, temporary);
  struct Remove {
    int root;
    const std::string& name;
    ~Remove() {
      if (root >= 0) unlinkat(root, name.c_str(), 0);
    }
  } remove{root->get(), temporary};

  Sink sink(file.get());
  fill(sink);
  sink.flush();
  int error = sink.error();
  if (error == 0 && durable_ && fdatasync(file.get()) != 0) error = errno;
  if (close(file.release()) != 0 && errno != EINTR && error == 0) error = errno;
  if (error != 0) fail("cannot write", path_of(sub, name), error, option_);
  if (!publish(root->get(), temporary, join(sub, name))) {
    if (errno != EEXIST) fail("cannot put in place", path_of(sub, name), errno, option_);
    // A save that was done, but whose outcome got lost, is done once more.
    const Fd ours(openat(root->get(), temporary.c_str(), files::kRead));
    const Fd there(openat(root->get(), join(sub, name).c_str(), files::kRead | O_NOFOLLOW));
    if (!same(there, ours)) return false;
    sync_file(there, sub, name);
  } else {
    remove.root = -1;
  }
  sync_names(sub, name);
  return true;
}

bool Folder::holds(const std::string& sub, const std::string& name, std::string_view content) {
  const Fd file(openat(root(false)->get(), join(sub, name).c_str(), files::kRead | O_NOFOLLOW));
  if (!file)
    throw sdk::Error(shown(path_of(sub, name)) + " exists and cannot be read: " +
                     std::strerror(errno) + "; make it readable for this user, or move it away");
  if (!same(file, content.size(), [&](size_t at) { return content.substr(at, kPart); }))
    return false;
  sync_file(file, sub, name);
  sync_names(sub, name);
  return true;
}

void Folder::sync_file(const Fd& file, const std::string& sub, const std::string& name) {
  if (durable_ && fsync(file.get()) != 0)
    fail("cannot flush to the disk", path_of(sub, name), errno, option_);
}

// Makes sure that a power loss leaves the file its name, and each directory above it its own.
void Folder::sync_names(const std::string& sub, const std::string& name) {
  if (!durable_) return;
  files::GroupCommit::Names names{"."};
  for (size_t end = 0; end < sub.size();) {
    end = std::min(sub.find('/', end + 1), sub.size());
    names.insert(sub.substr(0, end));
  }
  if (const int error = commit_.wait(names))
    fail("cannot flush to the disk", path_of(sub, name), error, option_);
}

int Folder::flush(const files::GroupCommit::Names& directories) {
  const std::shared_ptr<const Fd> root = this->root(false);
  int error = 0;
  for (const std::string& directory : directories)
    if (const int failed = files::sync_directory(root->get(), directory)) error = failed;
  return error;
}

int64_t Folder::size_of(const std::string& sub, const std::string& name) {
  struct stat st {};
  if (fstatat(root(false)->get(), join(sub, name).c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return -1;
    fail("cannot look at", path_of(sub, name), errno, option_);
  }
  if (!S_ISREG(st.st_mode))
    throw sdk::Error(shown(path_of(sub, name)) +
                     " exists and is no regular file; move it away, or point " + option_ +
                     " elsewhere");
  return st.st_size;
}

}  // namespace stoq::plugins::filedir
