// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "cli/fetch.h"
#include "cli/output.h"
#include "config/discover.h"
#include "stoq/exceptions.h"
#include "stoq/sdk/descriptor.h"

namespace stoq::cli {
namespace {

namespace fs = std::filesystem;
using sdk::Fd;

[[noreturn]] void fail(const std::string& path, const std::string& why) {
  throw StoqException("cannot copy " + path + ": " + why);
}

void settle(const std::string& path, int flags) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | flags));
  if (!fd || fsync(fd.get()) != 0) fail(path, std::strerror(errno));
}

class Copy {
 public:
  Copy(const std::string& from, const std::string& to) : from_(from), to_(to) {}

  void all() {
    std::vector<std::string> folders = {""};
    for (size_t i = 0; i < folders.size(); ++i) {
      if (mkdir(to(folders[i]).c_str(), 0755) != 0) fail(to(folders[i]), std::strerror(errno));
      for (const std::string& name : names_in(folders[i])) {
        const std::string path = folders[i].empty() ? name : folders[i] + "/" + name;
        if (entry(path)) folders.push_back(path);
      }
    }
    for (size_t i = folders.size(); i > 0; --i) settle(to(folders[i - 1]), O_DIRECTORY);
  }

 private:
  std::string from(const std::string& path) const {
    return path.empty() ? from_ : from_ + "/" + path;
  }
  std::string to(const std::string& path) const { return path.empty() ? to_ : to_ + "/" + path; }

  std::vector<std::string> names_in(const std::string& folder) {
    std::error_code error;
    std::vector<std::string> names;
    for (fs::directory_iterator at(from(folder), error), end; !error && at != end;
         at.increment(error)) {
      const std::string name = at->path().filename().string();
      if (name == ".git" || name == "__pycache__") continue;
      std::error_code ignored;
      if (fs::exists(at->path() / config::kVirtualEnvironment, ignored)) continue;
      if (++entries_ > kMostEntries)
        fail(from_, "it holds more than " + std::to_string(kMostEntries) +
                        " files; is it the folder of a plugin?");
      names.push_back(name);
    }
    if (error) fail(from(folder), error.message());
    std::sort(names.begin(), names.end());
    return names;
  }

  // True for a folder, which is left to the caller.
  bool entry(const std::string& path) {
    const auto levels = static_cast<int>(std::count(path.begin(), path.end(), '/'));
    struct stat st {};
    if (lstat(from(path).c_str(), &st) != 0) fail(from(path), std::strerror(errno));
    if (S_ISDIR(st.st_mode)) {
      if (levels + 1 >= kMostLevels) fail(from(path), "it lies too deep");
      return true;
    }
    if (S_ISREG(st.st_mode))
      file(path);
    else if (S_ISLNK(st.st_mode))
      link(path, levels);
    else
      fail(from(path), "it is neither a file, a folder nor a link");
    return false;
  }

  void link(const std::string& path, int levels) {
    char target[4096];
    const ssize_t n = readlink(from(path).c_str(), target, sizeof target - 1);
    if (n < 0) fail(from(path), std::strerror(errno));
    target[n] = '\0';
    if (!link_stays_inside({target, static_cast<size_t>(n)}, levels))
      fail(from(path), "it is a link that may lead out of the plugin's folder");
    if (symlink(target, to(path).c_str()) != 0) fail(to(path), std::strerror(errno));
  }

  void file(const std::string& path) {
    const Fd in(open(from(path).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat st {};
    if (!in || fstat(in.get(), &st) != 0 || !S_ISREG(st.st_mode))
      fail(from(path), std::strerror(errno));
    const mode_t mode = st.st_mode & S_IXUSR ? 0755 : 0644;
    const Fd out(open(to(path).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (!out) fail(to(path), std::strerror(errno));
    std::vector<char> chunk(256 << 10);
    for (ssize_t n; (n = read(in.get(), chunk.data(), chunk.size())) != 0;) {
      if (n < 0) fail(from(path), std::strerror(errno));
      bytes_ += static_cast<uint64_t>(n);
      if (bytes_ > kMostBytes) fail(from_, "it holds more than 1 GiB");
      if (!write_all(out.get(), {chunk.data(), static_cast<size_t>(n)}))
        fail(to(path), std::strerror(errno));
    }
    if (fchmod(out.get(), mode) != 0 || fsync(out.get()) != 0) fail(to(path), std::strerror(errno));
  }

  const std::string from_, to_;
  size_t entries_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace

// Upwards only at the beginning, where the folders are real ones: behind a name, `..` leads from
// where a link of that name goes.
bool link_stays_inside(std::string_view target, int levels) {
  if (target.empty() || target.front() == '/') return false;
  bool named = false;
  while (!target.empty()) {
    const size_t end = std::min(target.find('/'), target.size());
    const std::string_view part = target.substr(0, end);
    target.remove_prefix(std::min(end + 1, target.size()));
    if (part.empty() || part == ".") continue;
    if (part != "..")
      named = true;
    else if (named || --levels < 0)
      return false;
  }
  return true;
}

void copy_folder(const std::string& from, const std::string& to) {
  Copy(from, to).all();
}

}  // namespace stoq::cli
