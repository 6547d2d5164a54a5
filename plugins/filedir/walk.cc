// SPDX-License-Identifier: Apache-2.0
#include "walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "stoq/sdk/views.h"

namespace stoq::plugins::filedir {
namespace {

constexpr int kOpenDirectory = O_RDONLY | O_CLOEXEC | O_DIRECTORY;

mode_t mode_of(unsigned char type) {
  return static_cast<mode_t>(DTTOIF(type));
}

bool may_be_file(unsigned char type) {
  return type == DT_REG || type == DT_LNK || type == DT_UNKNOWN;
}

// Nothing when it would take too long, or cannot be told.
std::optional<uint64_t> files_below(const std::string& directory) {
  uint64_t most = 1'000'000, files = 0;
  std::vector<std::string> directories{directory};
  while (!directories.empty()) {
    const std::string path = std::move(directories.back());
    directories.pop_back();
    Fd fd(open(path.c_str(), kOpenDirectory | O_NOFOLLOW));
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(fd.get()), &closedir);
    if (!stream) continue;
    fd.release();
    while (const dirent* entry = readdir(stream.get())) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (most-- == 0) return std::nullopt;
      if (entry->d_type == DT_DIR)
        directories.push_back(join(path, name));
      else if (may_be_file(entry->d_type))
        ++files;
    }
  }
  return files;
}

struct Name {
  std::string text;
  unsigned char type;  // DT_…
  bool operator<(const Name& other) const { return text < other.text; }
};

class Walk {
 public:
  Walk(const WalkOptions& options, Visitor& visitor) : options_(options), visitor_(visitor) {}

  void directory(const std::string& path, Fd fd) {
    if (options_.recursive)
      if (const std::optional<uint64_t> files = files_below(path + "/.")) visitor_.expected(*files);
    if (!files(path, std::move(fd)) || !options_.recursive) return;
    // One entry per level: its directories, of which those up to `next` are done.
    struct Level {
      std::string path;
      std::vector<Name> names;
      size_t next = 0;
    };
    std::vector<Level> levels;
    levels.push_back({path, list(path, open_directory(path), Want::directories, "")});
    while (!levels.empty()) {
      Level& level = levels.back();
      if (level.next == level.names.size()) {
        if (level.names.size() < options_.batch) {
          levels.pop_back();
        } else {
          const std::string after = level.names.back().text;
          level.names = list(level.path, open_directory(level.path), Want::directories, after);
          level.next = 0;
        }
        continue;
      }
      const std::string below = join(level.path, level.names[level.next++].text);
      Fd found = open_directory(below, O_NOFOLLOW);
      if (!found) continue;
      if (!files(below, std::move(found))) return;
      levels.push_back(
          {below, list(below, open_directory(below, O_NOFOLLOW), Want::directories, "")});
    }
  }

 private:
  enum class Want { files, directories };

  Fd open_directory(const std::string& path, int more = 0) {
    Fd fd(open(path.c_str(), kOpenDirectory | more));
    if (!fd) visitor_.unreadable(path, std::strerror(errno));
    return fd;
  }

  // All files of one directory; false: the visitor wants no more.
  bool files(const std::string& path, Fd fd) {
    for (std::string after;;) {
      Fd copy(fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
      if (!copy) copy = open_directory(path);
      const std::vector<Name> names = list(path, std::move(copy), Want::files, after);
      if (!options_.recursive && after.empty() && names.size() < options_.batch)
        visitor_.expected(static_cast<uint64_t>(std::count_if(
            names.begin(), names.end(), [](const Name& name) { return may_be_file(name.type); })));
      for (const Name& name : names)
        if (!file(fd.get(), path, name)) return false;
      if (names.size() < options_.batch) return true;
      after = names.back().text;
    }
  }

  bool file(int directory, const std::string& path, const Name& name) {
    const auto skip = [&](mode_t mode) {
      std::string why = "it is ";
      if (name.type == DT_LNK) why += "a link to ";
      why += files::kind_of(mode);
      if (S_ISDIR(mode) && !options_.recursive) why += " and recursive is off";
      visitor_.skipped(join(path, name.text), why);
      return true;
    };
    const auto unreadable = [&] {
      visitor_.unreadable(join(path, name.text), std::strerror(errno));
      return true;
    };
    struct stat st {};
    if (name.type == DT_LNK || name.type == DT_UNKNOWN) {
      // Looked at first: to open a device may do something to it.
      if (fstatat(directory, name.text.c_str(), &st, 0) != 0) return unreadable();
      if (!S_ISREG(st.st_mode)) return skip(st.st_mode);
    } else if (name.type != DT_REG) {
      return skip(mode_of(name.type));
    }
    Fd fd(openat(directory, name.text.c_str(), files::kRead));
    if (!fd || fstat(fd.get(), &st) != 0) return unreadable();
    if (!S_ISREG(st.st_mode)) return skip(st.st_mode);
    return visitor_.file(std::move(fd), st, path, name.text);
  }

  // Of one kind, the first `batch` names that come after `after`, sorted.
  std::vector<Name> list(const std::string& path, Fd fd, Want want, const std::string& after) {
    std::vector<Name> names;  // while it is filled: a heap with the last name on top
    if (!fd) return names;
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(fd.get()), &closedir);
    if (!stream) {
      visitor_.unreadable(path, std::strerror(errno));
      return names;
    }
    rewinddir(stream.get());  // the descriptor may have been read before
    const int directory = fd.release();
    while (errno = 0, true) {
      const dirent* entry = readdir(stream.get());
      if (!entry) break;
      const std::string_view text = entry->d_name;
      if (text == "." || text == ".." || (!after.empty() && text <= after)) continue;
      if (!wanted(directory, *entry, want, after.empty())) continue;
      if (names.size() == options_.batch) {
        if (text >= names.front().text) continue;
        std::pop_heap(names.begin(), names.end());
        names.pop_back();
      }
      names.push_back({std::string(text), entry->d_type});
      std::push_heap(names.begin(), names.end());
    }
    if (errno != 0)
      visitor_.unreadable(path, std::string("not listed in full: ") + std::strerror(errno));
    std::sort_heap(names.begin(), names.end());
    return names;
  }

  bool wanted(int directory, const dirent& entry, Want want, bool first) {
    if (!options_.recursive) {
      if (entry.d_name[0] != '.') return true;
      if (first) visitor_.hidden();
      return false;
    }
    bool is_directory = entry.d_type == DT_DIR;
    struct stat st {};
    if (entry.d_type == DT_UNKNOWN &&
        fstatat(directory, entry.d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
      is_directory = S_ISDIR(st.st_mode);
    return is_directory == (want == Want::directories);
  }

  const WalkOptions& options_;
  Visitor& visitor_;
};

}  // namespace

void walk(const std::string& source, const WalkOptions& options, Visitor& visitor) {
  const auto refuse = [&](std::string_view why) {
    throw sdk::Error("source_dir " + shown(source) + " cannot be read: " + std::string(why) +
                     "; point source_dir to a file or directory that can");
  };
  struct stat st {};
  if (stat(source.c_str(), &st) != 0) refuse(std::strerror(errno));
  if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
    refuse("it is " + std::string(files::kind_of(st.st_mode)));
  Fd fd(open(source.c_str(), S_ISDIR(st.st_mode) ? kOpenDirectory : files::kRead));
  if (!fd || fstat(fd.get(), &st) != 0) refuse(std::strerror(errno));
  if (S_ISDIR(st.st_mode)) return Walk(options, visitor).directory(source, std::move(fd));
  const size_t slash = source.rfind('/');
  visitor.expected(1);
  visitor.file(std::move(fd), st, slash == 0 ? "/" : source.substr(0, slash),
               source.substr(slash + 1));
}

}  // namespace stoq::plugins::filedir
