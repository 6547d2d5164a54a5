// SPDX-License-Identifier: Apache-2.0
#include "bench/tree.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>

namespace stoq::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kVersion = "stoq-bench-tree 1";
constexpr uint64_t kLargest = 16 << 20;

struct Share {
  Kind kind;
  const char* name;
  const char* magic;
  unsigned percent;
};
constexpr std::array<Share, 6> kShares = {{{Kind::elf, "elf",
                                            "\x7f"
                                            "ELF",
                                            20},
                                           {Kind::gz, "gz", "\x1f\x8b", 20},
                                           {Kind::zip, "zip", "PK\x03\x04", 10},
                                           {Kind::png, "png", "\x89PNG", 15},
                                           {Kind::html, "html", "", 10},
                                           {Kind::py, "py", "", 25}}};

const Share* share_of(const fs::path& path, const struct stat& st) {
  static const std::map<std::string, Kind, std::less<>> kEndings = {
      {".gz", Kind::gz},   {".jar", Kind::zip},   {".zip", Kind::zip},
      {".png", Kind::png}, {".html", Kind::html}, {".py", Kind::py}};
  const auto ending = kEndings.find(path.extension().string());
  if (ending != kEndings.end()) return &kShares[static_cast<size_t>(ending->second)];
  const bool library = path.filename().string().find(".so") != std::string::npos;
  return library || st.st_mode & S_IXUSR ? &kShares[0] : nullptr;
}

bool begins_with(const fs::path& path, std::string_view magic) {
  std::string head(magic.size(), '\0');
  std::ifstream file(path, std::ios::binary);
  return file && file.read(head.data(), static_cast<std::streamsize>(head.size())) && head == magic;
}

// What there is of each kind, sorted by path.
std::array<std::vector<fs::path>, kShares.size()> candidates(const fs::path& root) {
  std::array<std::vector<fs::path>, kShares.size()> found;
  std::vector<fs::path> paths;
  std::error_code ec;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator at(root, options, ec), end; !ec && at != end;
       at.increment(ec))
    paths.push_back(at->path());
  std::sort(paths.begin(), paths.end());
  std::set<std::pair<dev_t, ino_t>> seen;  // a file of several names counts once
  for (const fs::path& path : paths) {
    struct stat st {};
    if (lstat(path.c_str(), &st) != 0 || !S_ISREG(st.st_mode)) continue;
    if (st.st_size == 0 || static_cast<uint64_t>(st.st_size) > kLargest) continue;
    const Share* share = share_of(path, st);
    if (!share || !seen.emplace(st.st_dev, st.st_ino).second) continue;
    if (begins_with(path, share->magic)) found[static_cast<size_t>(share->kind)].push_back(path);
  }
  return found;
}

// The part of a path that may stand in a name: unique by what comes before it.
std::string plain_name(const fs::path& path) {
  std::string name = path.filename().string().substr(0, 60);
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '-') c = '_';
  return name;
}

class Lock {
 public:
  explicit Lock(const fs::path& path)
      : fd_(open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644)) {
    if (fd_ < 0 || flock(fd_, LOCK_EX) != 0)
      throw std::runtime_error(path.string() + " cannot be locked");
  }
  ~Lock() { close(fd_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  int fd_;
};

// One line for what was asked, then one for each file: kind, size, name, source.
std::string heading(const fs::path& root, size_t count) {
  return std::string(kVersion) + " " + std::to_string(count) + " " + root.string();
}

bool read_manifest(const fs::path& manifest, const std::string& expected, Tree& tree) {
  std::ifstream file(manifest);
  std::string line;
  if (!std::getline(file, line) || line != expected) return false;
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    size_t kind = 0;
    TreeFile entry{};
    if (!(fields >> kind >> entry.size >> entry.name) || kind >= kShares.size()) return false;
    entry.kind = static_cast<Kind>(kind);
    std::getline(fields >> std::ws, entry.source);
    std::error_code ec;
    if (fs::file_size(tree.directory / entry.name, ec) != entry.size || ec) return false;
    tree.files.push_back(std::move(entry));
  }
  return true;
}

void write_manifest(const fs::path& manifest, const std::string& head, const Tree& tree) {
  const fs::path temporary = manifest.string() + ".tmp";
  {
    std::ofstream file(temporary);
    file << head << '\n';
    for (const TreeFile& entry : tree.files)
      file << static_cast<int>(entry.kind) << ' ' << entry.size << ' ' << entry.name << ' '
           << entry.source << '\n';
    if (!file.flush()) throw std::runtime_error(temporary.string() + " cannot be written");
  }
  fs::rename(temporary, manifest);
}

struct Pick {
  const Share* share;
  fs::path source;  // empty: made
  uint64_t seed;
};

std::vector<Pick> choose(const fs::path& root, size_t count) {
  const auto found = candidates(root);
  std::vector<Pick> picks;
  for (const Share& share : kShares) {
    const auto& from = found[static_cast<size_t>(share.kind)];
    const bool last = &share == &kShares.back();
    const size_t wanted = last ? count - picks.size() : count * share.percent / 100;
    const size_t copies = std::min(wanted, from.size());
    for (size_t i = 0; i < wanted; ++i)
      picks.push_back({&share, i < copies ? from[i * from.size() / copies] : fs::path(), i});
  }
  // Kinds in turns, as they come in life.
  Random random(count);
  for (size_t i = picks.size(); i > 1; --i) std::swap(picks[i - 1], picks[random.below(i)]);
  return picks;
}

void write_file(const fs::path& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary);
  if (!file.write(content.data(), static_cast<std::streamsize>(content.size())).flush())
    throw std::runtime_error(path.string() + " cannot be written");
}

TreeFile materialise(const Tree& tree, const Pick& pick) {
  std::string number = std::to_string(tree.files.size());
  number.insert(0, 4 - std::min<size_t>(4, number.size()), '0');
  const std::string name = pick.source.empty() ? "made" : plain_name(pick.source);
  TreeFile entry{number + "-" + pick.share->name + "-" + name, pick.share->kind, 0,
                 pick.source.string()};
  const fs::path target = tree.directory / entry.name;
  if (pick.source.empty()) {
    Random random(pick.seed << 8 | static_cast<uint64_t>(pick.share->kind));
    write_file(target, made_file(pick.share->kind, random));
  } else {
    fs::copy_file(pick.source, target);
    fs::permissions(target, fs::perms::owner_read | fs::perms::owner_write);
  }
  entry.size = fs::file_size(target);
  return entry;
}

}  // namespace

uint64_t Tree::bytes() const {
  uint64_t sum = 0;
  for (const TreeFile& file : files) sum += file.size;
  return sum;
}

Tree make_tree(const fs::path& cache, const fs::path& root, size_t count) {
  fs::create_directories(cache);
  const Lock lock(cache / "tree.lock");
  const fs::path manifest = cache / "tree.manifest";
  const std::string head = heading(root, count);
  Tree tree{cache / "tree", {}};
  if (read_manifest(manifest, head, tree) && tree.files.size() == count) return tree;

  tree.files.clear();
  fs::remove(manifest);
  fs::remove_all(tree.directory);
  fs::create_directories(tree.directory);
  for (const Pick& pick : choose(root, count)) tree.files.push_back(materialise(tree, pick));
  write_manifest(manifest, head, tree);
  return tree;
}

void link_tree(const Tree& tree, size_t count, const fs::path& to) {
  fs::remove_all(to);
  fs::create_directories(to);
  // Fewer than there are: evenly spread, so that the mix stays.
  const size_t files = tree.files.size();
  for (size_t i = 0; i < count; ++i) {
    const TreeFile& file = tree.files[count < files ? i * files / count : i % files];
    fs::create_hard_link(tree.directory / file.name,
                         to / (std::to_string(i / files) + "-" + file.name));
  }
}

}  // namespace stoq::bench
