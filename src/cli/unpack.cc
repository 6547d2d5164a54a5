// SPDX-License-Identifier: Apache-2.0
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <utility>
#include <vector>

#include "cli/fetch.h"
#include "cli/output.h"
#include "config/text.h"
#include "sandbox/spec.h"
#include "stoq/exceptions.h"
#include "stoq/sdk/descriptor.h"

namespace stoq::cli {
namespace {

namespace fs = std::filesystem;
using sdk::Fd;

constexpr size_t kLongestPath = 1024;
constexpr rlim_t kMostMemory = rlim_t{1} << 30;

struct FreeArchive {
  void operator()(archive* a) const { archive_read_free(a); }
};

// libarchive allocates what a header asks for. Of the process, for the time of its life.
class MemoryLimit {
 public:
  MemoryLimit() {
    getrlimit(RLIMIT_DATA, &before_);
    rlim_t total, resident, shared, text, library, data = 0;  // pages
    std::ifstream("/proc/self/statm") >> total >> resident >> shared >> text >> library >> data;
    rlimit lower = before_;
    lower.rlim_cur = std::min(before_.rlim_cur, data * sysconf(_SC_PAGESIZE) + kMostMemory);
    if (data > 0 && !sandbox::kWatched) setrlimit(RLIMIT_DATA, &lower);
  }
  ~MemoryLimit() { setrlimit(RLIMIT_DATA, &before_); }

 private:
  rlimit before_{};
};

class Unpacking {
 public:
  Unpacking(const std::string& path, const std::string& into)
      : path_(path), into_(into), archive_(archive_read_new()) {
    archive* a = archive_.get();
    // What would start a program of the system's is left out.
    archive_read_support_filter_bzip2(a), archive_read_support_filter_gzip(a),
        archive_read_support_filter_xz(a), archive_read_support_filter_lzma(a),
        archive_read_support_filter_zstd(a);
    archive_read_support_format_tar(a), archive_read_support_format_zip(a),
        archive_read_support_format_7zip(a);
    if (archive_read_open_filename(a, path.c_str(), 64 << 10) != ARCHIVE_OK) broken();
  }

  void all() {
    archive_entry* entry = nullptr;
    for (int result; (result = archive_read_next_header(archive_.get(), &entry)) != ARCHIVE_EOF;) {
      if (result != ARCHIVE_OK && result != ARCHIVE_WARN) broken();
      if (++entries_ > kMostEntries)
        refuse("it holds more than " + std::to_string(kMostEntries) + " members");
      member(entry);
    }
    // Links come last, so that nothing is written through one.
    for (const auto& [name, target] : links_)
      if (symlink(target.c_str(), (into_ + "/" + name).c_str()) != 0) failed(name);
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw StoqException(path_ + " is not installed: " + why);
  }
  [[noreturn]] void broken() const {
    const char* why = archive_error_string(archive_.get());
    refuse(std::string("it is no archive that can be read (tar, zip, 7z): ") +
           (why ? why : "unknown reason"));
  }
  [[noreturn]] void failed(const std::string& name) const {
    refuse(config::quote(name) + " cannot be written: " + std::strerror(errno));
  }

  // The path inside, without "." and doubled slashes.
  std::string inside(const char* raw) const {
    const std::string path = raw ? raw : "";
    if (path.empty() || path.size() > kLongestPath)
      refuse("a member has no name, or one that is too long");
    if (path[0] == '/') refuse("its member " + config::quote(path) + " leads out of it");
    std::string clean;
    int levels = 0;
    for (const fs::path& part : fs::path(path)) {
      const std::string name = part.string();
      if (name.empty() || name == ".") continue;
      if (name == "..") refuse("its member " + config::quote(path) + " leads out of it");
      if (++levels > kMostLevels) refuse("its member " + config::quote(path) + " lies too deep");
      clean += (clean.empty() ? "" : "/") + name;
    }
    return clean;
  }

  void folders_of(const std::string& path) {
    std::error_code error;
    fs::create_directories(into_ + "/" + path, error);
    if (error) refuse("the folder " + config::quote(path) + " cannot be made: " + error.message());
  }

  void member(archive_entry* entry) {
    const std::string name = inside(archive_entry_pathname(entry));
    if (archive_entry_hardlink(entry))
      refuse("its member " + config::quote(name) + " is a hard link; pack the file itself");
    const auto type = archive_entry_filetype(entry);
    if (type == AE_IFDIR) return folders_of(name);
    if (name.empty()) refuse("a member has no name");
    if (type != AE_IFREG && type != AE_IFLNK)
      refuse("its member " + config::quote(name) + " is neither a file, a folder nor a link");
    folders_of(fs::path(name).parent_path().string());
    if (type == AE_IFREG) return file(entry, name);
    const char* target = archive_entry_symlink(entry);
    const auto levels = std::count(name.begin(), name.end(), '/');
    if (!target || !link_stays_inside(target, static_cast<int>(levels)))
      refuse("its member " + config::quote(name) + " is a link that may lead out of it");
    links_.emplace_back(name, target);
  }

  void file(archive_entry* entry, const std::string& name) {
    const mode_t mode = archive_entry_perm(entry) & S_IXUSR ? 0755 : 0644;
    const Fd out(open((into_ + "/" + name).c_str(),
                      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!out && errno == EEXIST) refuse("its member " + config::quote(name) + " is there twice");
    if (!out) failed(name);
    std::vector<char> chunk(256 << 10);
    for (la_ssize_t n; (n = archive_read_data(archive_.get(), chunk.data(), chunk.size())) != 0;) {
      if (n < 0) broken();
      bytes_ += static_cast<uint64_t>(n);
      if (bytes_ > kMostBytes) refuse("it holds more than 1 GiB");
      if (!write_all(out.get(), {chunk.data(), static_cast<size_t>(n)})) failed(name);
    }
  }

  const std::string path_, into_;
  std::unique_ptr<archive, FreeArchive> archive_;
  std::vector<std::pair<std::string, std::string>> links_;
  size_t entries_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace

void unpack_archive(const std::string& path, const std::string& into) {
  const MemoryLimit limit;
  Unpacking(path, into).all();
}

}  // namespace stoq::cli
