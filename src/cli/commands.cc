// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

#include "cli/tree.h"
#include "stoq/sdk/json.h"

namespace stoq::cli {
namespace {

constexpr int kDelivered = 0, kNotAll = 1, kUsage = 2;

int complain(int code, const std::string& text) {
  std::fprintf(stderr, "stoq: %s\n", text.c_str());
  return code;
}

bool print(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(STDOUT_FILENO, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

// Why a path cannot be scanned; fd is open and a regular file when there is no reason.
std::string open_file(const std::string& path, int& fd) {
  fd = open(path.c_str(),
            O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a FIFO without writer must not hang us
  if (fd < 0) return path + ": " + std::strerror(errno);
  struct stat st {};
  if (fstat(fd, &st) != 0) return path + ": " + std::strerror(errno);
  if (S_ISREG(st.st_mode)) return "";
  close(fd);
  if (S_ISDIR(st.st_mode))
    return path +
           " is a directory; scan one file, or use: stoq run -P filedir --plugin-opts "
           "filedir:source_dir=" +
           path;
  return path +
         " is no regular file; to scan what comes out of it, redirect it to stdin: stoq scan < " +
         path;
}

// Everything that stdin gives, into an unnamed file when it is long. Slow producers are waited for.
std::string read_stdin(int& fd, bool& empty) {
  struct stat st {};
  if (fstat(STDIN_FILENO, &st) != 0)
    return "No content to scan was provided: stdin is closed; name a file, or pipe the content in";
  if (isatty(STDIN_FILENO))
    return "No content to scan was provided: name a file, or pipe the content in";
  fd = memfd_create("stoq-stdin", MFD_CLOEXEC);
  uint64_t total = 0;
  std::vector<char> chunk(256 << 10);
  bool on_disk = false;
  for (ssize_t n; (n = read(STDIN_FILENO, chunk.data(), chunk.size())) != 0;) {
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::string("cannot read stdin: ") + std::strerror(errno);
    total += static_cast<uint64_t>(n);
    if (!on_disk && total > (32u << 20)) {
      const char* dir = std::getenv("TMPDIR");
      const int file = open(dir ? dir : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
      if (file < 0)
        return std::string("stdin is too long for memory and cannot be put on disk: ") +
               std::strerror(errno) + " (set TMPDIR)";
      off_t from = 0;
      std::vector<char> copy(1 << 20);
      for (ssize_t m; (m = pread(fd, copy.data(), copy.size(), from)) > 0; from += m)
        if (write(file, copy.data(), static_cast<size_t>(m)) != m)
          return std::string("cannot put stdin on disk: ") + std::strerror(errno);
      close(fd);
      fd = file;
      on_disk = true;
    }
    for (ssize_t done = 0; done < n;) {
      const ssize_t m = write(fd, chunk.data() + done, static_cast<size_t>(n - done));
      if (m < 0 && errno == EINTR) continue;
      if (m <= 0) return std::string("cannot keep what stdin gives: ") + std::strerror(errno);
      done += m;
    }
  }
  empty = total == 0;
  lseek(fd, 0, SEEK_SET);
  return "";
}

ScanOptions scan_options(const Arguments& a) {
  ScanOptions options;
  RequestMeta meta;
  meta.source = a.request_source;
  meta.extra_data = a.request_extra;
  options.request_meta = meta;
  options.add_start_dispatch = a.start_dispatch;
  options.add_start_deep_dispatch = a.start_deep_dispatch;
  return options;
}

// Columns of what stdout goes to: the terminal's, else COLUMNS, else what TreeStyle has.
size_t output_width() {
  struct winsize size {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char* text = std::getenv("COLUMNS");
  const std::string_view columns = text ? text : "";
  size_t width = 0;
  const auto [end, error] = std::from_chars(columns.data(), columns.data() + columns.size(), width);
  const bool good = error == std::errc() && end == columns.data() + columns.size() && width > 0;
  return good ? std::min<size_t>(width, 10000) : TreeStyle().width;
}

// The first signal ends intake and finishes what is in work, a second one ends the program. A
// thread waits for them, so that nothing happens inside a signal handler.
class SignalWatch {
 public:
  SignalWatch() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  void watch(Stoq& stoq) {
    thread_ = std::thread([this, &stoq] {
      for (int seen = 0;;) {
        int signal = 0;
        if (sigwait(&set_, &signal) != 0 || ending_) return;
        if (++seen > 1) _exit(128 + signal);
        std::fprintf(stderr,
                     "stoq: no new payloads are taken; what is in work is finished (once more to "
                     "stop at once)\n");
        stoq.stop();
      }
    });
  }
  ~SignalWatch() {
    if (!thread_.joinable()) return;
    ending_ = true;
    pthread_kill(thread_.native_handle(), SIGTERM);
    thread_.join();
  }

 private:
  sigset_t set_;
  std::thread thread_;
  std::atomic<bool> ending_ = false;
};

}  // namespace

int scan(Arguments& a) {
  int fd = -1;
  std::string name;
  if (a.path.empty() || a.path == "-") {
    bool empty = false;
    if (const std::string problem = read_stdin(fd, empty); !problem.empty())
      return complain(kUsage, problem);
    if (empty) return complain(kUsage, "The provided content to scan was empty");
  } else {
    if (const std::string problem = open_file(a.path, fd); !problem.empty())
      return complain(kUsage, problem);
    struct stat st {};
    if (fstat(fd, &st) == 0 && st.st_size == 0)
      return complain(kUsage, "The provided content to scan was empty: " + a.path);
    name = std::filesystem::path(a.path).filename().string();
  }
  const bool connected =
      !a.options.connectors.empty();  // then the connectors have it, and stdout stays empty
  Stoq stoq(std::move(a.options));
  ScanOptions options = scan_options(a);
  options.payload_meta =
      Json{{"filename",
            name.empty() ? Json() : Json(std::string_view(sdk::text_from_bytes(bytes_of(name))))}};
  const StoqResponse response = stoq.scan_file(fd, std::move(options));
  const bool saved =
      response.errors.size() == 0 ||
      std::none_of(response.errors.begin(), response.errors.end(), [](const auto& entry) {
        return std::any_of(entry.second.begin(), entry.second.end(),
                           [](const std::string& text) { return text.starts_with("connector:"); });
      });
  bool printed = true;
  if (a.format == Format::tree)
    printed = print(tree_text(response, {.color = a.color, .width = output_width()}));
  else if (!connected || !saved)
    printed = print(response.dumps(4) + "\n");
  const bool unscanned =
      !response.results.empty() &&
      std::any_of(response.limits.begin(), response.limits.end(), [&](const LimitRecord& l) {
        return l.limit == "max_payload_size" && l.plugin.empty();
      });
  if (!printed)
    return complain(
        kNotAll, std::string("the result could not be written to stdout: ") + std::strerror(errno));
  return saved && !unscanned ? kDelivered : kNotAll;
}

int run(Arguments& a) {
  SignalWatch signals;  // before any thread, so that all inherit the mask
  Stoq stoq(std::move(a.options));
  signals.watch(stoq);
  const ScanOptions options = scan_options(a);
  const RunSummary summary =
      stoq.run({options.request_meta, options.add_start_dispatch, options.add_start_deep_dispatch});
  return summary.failed == 0 && summary.not_scanned == 0 ? kDelivered : kNotAll;
}

int list(Arguments& a) {
  a.options.log_level = a.options.log_level.value_or("error");
  // What is listed is what is there; what stoq.cfg would start need not work for that.
  a.options.core["always_dispatch"] = OptionText("");
  for (const char* role : {"providers", "source_archivers", "dest_archivers", "connectors",
                           "dispatchers", "deep_dispatchers", "decorators"})
    a.options.core[role] = OptionText("");
  Stoq stoq(std::move(a.options));
  std::string out = "stoQ :: v" + std::string(kVersion) + " :: an automated analysis framework\n" +
                    std::string(59, '-') + "\n";
  bool problems = false;
  for (const auto& [name, plugin] : stoq.list_plugins()) {
    std::string line = "  " + name;
    line.resize(std::max<size_t>(line.size() + 1, 22), ' ');
    line += "v" + plugin.version;
    line.resize(std::max<size_t>(line.size() + 1, 33), ' ');
    out += line + plugin.description + "\n\t\t\t\t- ";
    if (!plugin.problem.empty()) {
      out += plugin.problem;
      problems = true;
    }
    for (size_t i = 0; i < plugin.classes.size(); ++i) out += (i ? ", " : "") + plugin.classes[i];
    out += "\n";
  }
  if (!print(out)) return kNotAll;
  return problems ? kNotAll : kDelivered;
}

}  // namespace stoq::cli
