// SPDX-License-Identifier: Apache-2.0
#include "core/spool.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <memory>

#include "core/uuid.h"

namespace stoq {
namespace {

constexpr std::string_view kEnding = ".jsonl";
constexpr std::string_view kTemporary = ".tmp-";
// Other processes put and take out as well: what was counted is counted anew now and then.
constexpr std::chrono::seconds kCountAgain{10}, kCountAgainWhenFull{1};

std::string error_text(int error) {
  return std::strerror(error);
}

std::string_view name_of(std::string_view file) {
  return file.ends_with(kEnding) ? file.substr(0, file.size() - kEnding.size())
                                 : std::string_view();
}

// Calls `each` with every name in a directory: with none where nothing is there, or, for who is about
// to make it, something else is. Else why it cannot be read.
template <class Each>
std::string each_file(const std::string& dir, Each each, bool to_be_made = false) {
  const std::unique_ptr<DIR, int (*)(DIR*)> open_dir(opendir(dir.c_str()), &closedir);
  if (!open_dir)
    return errno == ENOENT || (to_be_made && errno == ENOTDIR) ? ""
                                                               : dir + ": " + error_text(errno);
  while (true) {
    errno = 0;
    const dirent* entry = readdir(open_dir.get());
    if (!entry) return errno == 0 ? "" : dir + ": " + error_text(errno);
    each(dirfd(open_dir.get()), std::string_view(entry->d_name));
  }
}

// A file is what it was when it was opened, as long as it has a name.
bool has_a_name(int fd) {
  struct stat st {};
  return fstat(fd, &st) == 0 && st.st_nlink > 0;
}

// "": all of it is in `text`. `passing`: as Spool::Claimed has it.
std::string read_whole(int fd, uint64_t most, std::string& text, bool& passing) {
  struct stat st {};
  passing = fstat(fd, &st) != 0;
  if (passing) return error_text(errno);
  if (!S_ISREG(st.st_mode)) return "it is no regular file";
  const auto size = static_cast<uint64_t>(st.st_size);
  if (size > most) return "it is larger than spool_max_bytes";
  text.resize(size);
  size_t got = 0;
  while (got < size) {
    const ssize_t n = pread(fd, text.data() + got, size - got, static_cast<off_t>(got));
    if (n < 0 && errno == EINTR) continue;
    passing = n < 0;
    if (passing) return error_text(errno);
    if (n == 0) break;
    got += static_cast<size_t>(n);
  }
  text.resize(got);
  return "";
}

std::string check_name(const SpoolFile& file, std::string_view name) {
  if (!file.problem.empty()) return file.problem;
  return spool_name(file.header) == name ? "" : "its header belongs to another name";
}

}  // namespace

std::string SpoolClaim::take_out() {
  const std::string path = spool_->path(name_);
  if (unlink(path.c_str()) != 0 && errno != ENOENT)
    return "cannot remove " + path + ": " + error_text(errno);
  spool_->forget(text_->size());
  return "";
}

void SpoolClaim::failed(std::string_view error) {
  SpoolHeader header = file_.header;
  header.error = error;
  ++header.attempts;
  const std::string text = spool_text(header, file_.response);
  // The new file is locked before it has the name, the old one until it has lost it.
  sdk::Fd fresh;
  if (spool_->write(name_, text, true, fresh).empty()) fd_ = std::move(fresh);
}

Spool::Spool(SpoolSettings settings) : settings_(std::move(settings)) {}

std::string Spool::path(std::string_view name) const {
  return settings_.dir + "/" + std::string(name) + std::string(kEnding);
}

std::string Spool::now() {
  using namespace std::chrono;
  int64_t micros = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
  {
    const std::lock_guard lock(mutex_);
    last_time_ = micros = std::max(micros, last_time_ + 1);
  }
  const std::time_t seconds = micros / 1'000'000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  const size_t n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text + n, sizeof text - n, ".%06dZ", static_cast<int>(micros % 1'000'000));
  return text;
}

std::string Spool::count() {
  uint64_t count = 0, bytes = 0;
  std::string problem = each_file(
      settings_.dir,
      [&](int dir, std::string_view file) {
        struct stat st {};
        if (connector_in(name_of(file)).empty() ||
            fstatat(dir, file.data(), &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
          return;
        ++count;
        bytes += static_cast<uint64_t>(st.st_size);
      },
      true);
  if (!problem.empty()) return problem;
  count_ = count;
  bytes_ = bytes;
  counted_ = Clock::now();
  return "";
}

std::string Spool::make_room(uint64_t size) {
  const std::lock_guard lock(mutex_);
  const auto fits = [&] { return count_ < settings_.files && bytes_ + size <= settings_.bytes; };
  if (!counted_ || Clock::now() - *counted_ >= (fits() ? kCountAgain : kCountAgainWhenFull)) {
    clean();
    // What was counted before goes on to count.
    if (std::string problem = count(); !problem.empty() && !counted_) return problem;
  }
  if (!fits())
    return "it is full, " + std::to_string(count_) +
           " responses of spool_max_files = " + std::to_string(settings_.files) + ", " +
           std::to_string(bytes_) +
           " bytes of spool_max_bytes = " + std::to_string(settings_.bytes);
  ++count_;
  bytes_ += size;
  return "";
}

void Spool::forget(uint64_t size) {
  const std::lock_guard lock(mutex_);
  count_ -= std::min<uint64_t>(count_, 1);
  bytes_ -= std::min(bytes_, size);
}

Spool::Put Spool::put(SpoolHeader header, std::string_view response) {
  Put put;
  header.time = now();
  put.name = spool_name(header);
  const std::string text = spool_text(header, response);
  put.never = text.size() > settings_.bytes;
  if (put.never) {
    put.problem = "the response has " + std::to_string(text.size()) +
                  " bytes, more than spool_max_bytes = " + std::to_string(settings_.bytes);
    return put;
  }
  put.problem = make_room(text.size());
  if (!put.problem.empty()) return put;
  sdk::Fd file;
  put.problem = write(put.name, text, false, file);
  if (!put.problem.empty()) forget(text.size());
  return put;
}

std::string Spool::write(const std::string& name, std::string_view text, bool replace,
                         sdk::Fd& file) {
  std::error_code error;
  if (!std::filesystem::is_directory(settings_.dir, error)) {
    std::filesystem::create_directories(settings_.dir, error);
    // Responses tell of what others sent: nobody else's business.
    if (!error) std::filesystem::permissions(settings_.dir, std::filesystem::perms(0700), error);
    if (error) return error.message();
    const std::string above = std::filesystem::path(settings_.dir).parent_path();
    if (const sdk::Fd parent(open(above.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        settings_.durable && parent)
      fsync(parent.get());
  }
  const sdk::Fd dir(open(settings_.dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!dir) return error_text(errno);
  std::string temporary;
  const auto fail = [&](int why) {
    unlinkat(dir.get(), temporary.c_str(), 0);
    return error_text(why);
  };
  // Until it is locked another process may take it for one that nobody writes any more.
  do {
    temporary = std::string(kTemporary) + new_uuid();
    file =
        sdk::Fd(openat(dir.get(), temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) return error_text(errno);
    if (flock(file.get(), LOCK_EX) != 0) return fail(errno);
  } while (!has_a_name(file.get()));
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t n = ::write(file.get(), rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return fail(n < 0 ? errno : EIO);
    rest.remove_prefix(static_cast<size_t>(n));
  }
  if (settings_.durable)
    if (const int why = files_.commit(file.get())) return fail(why);
  // Some file systems say only here that there was no room. The lock stays with the file.
  if (const int other = fcntl(file.get(), F_DUPFD_CLOEXEC, 0); other < 0 || close(other) != 0)
    return fail(errno);
  const std::string target = name + std::string(kEnding);
  const auto rename_to = [&](unsigned flags) {
    return renameat2(dir.get(), temporary.c_str(), dir.get(), target.c_str(), flags) == 0;
  };
  // Where the file system cannot refuse to replace, names that hold the time and an id must do.
  if (!rename_to(replace ? 0 : RENAME_NOREPLACE) && (errno != EINVAL || !rename_to(0)))
    return fail(errno);
  if (settings_.durable)
    if (const int why = directory_.commit(dir.get())) {
      if (!replace) unlinkat(dir.get(), target.c_str(), 0);
      return error_text(why);
    }
  return "";
}

std::vector<std::string> Spool::names(std::string_view connector, std::string* problem) const {
  std::vector<std::string> all;
  if (off()) return all;
  std::string why = each_file(settings_.dir, [&](int, std::string_view file) {
    const std::string_view its = connector_in(name_of(file));
    if (!its.empty() && (connector.empty() || its == connector)) all.emplace_back(name_of(file));
  });
  if (problem) *problem = std::move(why);
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<SpoolEntry> Spool::list(std::string* problem) const {
  std::vector<SpoolEntry> all;
  if (off()) return all;
  std::string why = each_file(settings_.dir, [&](int dir, std::string_view file) {
    if (file == "." || file == ".." || file.starts_with(kTemporary)) return;
    SpoolEntry& entry = all.emplace_back();
    entry.name = file;
    const std::string_view name = name_of(file);
    if (connector_in(name).empty()) {
      entry.problem = "it has not the name of a response in the spool";
      return;
    }
    const sdk::Fd fd(openat(dir, file.data(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat st {};
    if (!fd && errno == ENOENT) return all.pop_back();  // taken out meanwhile
    if (!fd || fstat(fd.get(), &st) != 0) {
      entry.problem = error_text(errno);
      return;
    }
    if (!S_ISREG(st.st_mode)) {
      entry.problem = "it is no regular file";
      return;
    }
    entry.size = static_cast<uint64_t>(st.st_size);
    std::string start(kSpoolHeaderSize, '\0');
    const ssize_t n = pread(fd.get(), start.data(), start.size(), 0);
    start.resize(n < 0 ? 0 : static_cast<size_t>(n));
    SpoolFile read = read_spool_header(start);
    entry.problem = check_name(read, name);
    if (!entry.problem.empty()) return;
    entry.name = name;
    entry.header = std::move(read.header);
  });
  if (problem) *problem = std::move(why);
  std::sort(all.begin(), all.end(),
            [](const SpoolEntry& a, const SpoolEntry& b) { return a.name < b.name; });
  return all;
}

Spool::Claimed Spool::claim(const std::string& name) {
  Claimed claimed;
  if (off() || connector_in(name).empty()) {
    claimed.gone = true;
    return claimed;
  }
  SpoolClaim claim;
  claim.spool_ = this;
  claim.name_ = name;
  claim.fd_ = sdk::Fd(open(path(name).c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!claim.fd_) {
    claimed.gone = errno == ENOENT;
    // A link, a directory, a socket: what is no file does not become one.
    claimed.passing = errno != ELOOP && errno != EISDIR && errno != ENXIO;
    claimed.problem = claimed.gone ? "" : error_text(errno);
    return claimed;
  }
  if (flock(claim.fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    claimed.busy = errno == EWOULDBLOCK;
    claimed.passing = true;
    claimed.problem = claimed.busy ? "" : error_text(errno);
    return claimed;
  }
  // Whoever had the lock before has taken it out, or put a newer one in its place.
  if (!has_a_name(claim.fd_.get())) {
    claimed.busy = true;
    return claimed;
  }
  std::string text;
  // What cannot be taken out would be saved over and over.
  claimed.passing = access(settings_.dir.c_str(), W_OK | X_OK) != 0;
  if (claimed.passing)
    claimed.problem = settings_.dir + ": " + error_text(errno);
  else
    claimed.problem = read_whole(claim.fd_.get(), settings_.bytes, text, claimed.passing);
  if (!claimed.problem.empty()) return claimed;
  claim.text_ = std::make_unique<const std::string>(std::move(text));
  claim.file_ = read_spool_text(*claim.text_);
  claimed.problem = check_name(claim.file_, name);
  if (!claimed.problem.empty()) return claimed;
  claimed.claim = std::move(claim);
  return claimed;
}

void Spool::clean() const {
  if (off()) return;
  each_file(settings_.dir, [](int dir, std::string_view file) {
    if (!file.starts_with(kTemporary)) return;
    const sdk::Fd fd(openat(dir, file.data(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    // Whoever writes it holds its lock.
    if (fd && flock(fd.get(), LOCK_EX | LOCK_NB) == 0) unlinkat(dir, file.data(), 0);
  });
}

}  // namespace stoq
