// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <thread>

#include "cli/commands.h"
#include "cli/content.h"
#include "cli/output.h"
#include "cli/tree.h"
#include "core/settings.h"
#include "stoq/sdk/json.h"

namespace stoq::cli {
namespace {

struct Scanned {
  std::string text;     // for stdout
  std::string problem;  // why there is no response
  bool whole = true;    // everything scanned and saved
};

Json text_of(const std::string& bytes) {
  return Json(std::string_view(sdk::text_from_bytes(bytes_of(bytes))));
}

bool saved(const StoqResponse& response) {
  return std::none_of(response.errors.begin(), response.errors.end(), [](const auto& entry) {
    return std::any_of(entry.second.begin(), entry.second.end(),
                       [](const std::string& text) { return text.starts_with("connector:"); });
  });
}

bool root_scanned(const StoqResponse& response) {
  return std::none_of(response.limits.begin(), response.limits.end(), [](const LimitRecord& l) {
    return l.limit == "max_payload_size" && l.plugin.empty();
  });
}

class Scanner {
 public:
  explicit Scanner(Arguments& a)
      : a_(a),
        connected_(!a.options.connectors.empty()),
        width_(width_of(1, TreeStyle().width)),
        stoq_(std::move(a.options)) {}

  // `path` is empty for stdin.
  Scanned scan(int fd, const std::string& path) {
    ScanOptions options = scan_options(a_);
    options.payload_meta = meta_of(path);
    const StoqResponse response = stoq_.scan_file(fd, std::move(options));
    const bool safe = saved(response);
    Scanned scanned;
    scanned.whole = safe && root_scanned(response);
    if (a_.format == Format::tree)
      scanned.text = tree_text(response, {.color = a_.color, .width = width_});
    else if (!connected_ || !safe)  // else the connectors have it
      scanned.text = response.dumps(a_.format == Format::json ? 4 : 0) + "\n";
    return scanned;
  }

 private:
  Json meta_of(const std::string& path) const {
    if (path.empty()) return Json{{"filename", Json()}};
    const Json name = text_of(std::filesystem::path(path).filename().string());
    // Of several files, two may have the same name.
    return a_.paths.size() > 1 ? Json{{"filename", name}, {"path", text_of(path)}}
                               : Json{{"filename", name}};
  }

  const Arguments& a_;
  const bool connected_;
  const size_t width_;
  Stoq stoq_;
};

// Where no file was named: one that a flag for names has taken.
std::string file_among_names(const Arguments& a) {
  const StoqOptions& o = a.options;
  std::error_code error;
  for (const Names* names :
       {&o.always_dispatch, &o.dispatchers, &o.deep_dispatchers, &o.connectors, &o.decorators,
        &o.dest_archivers, &o.source_archivers, &a.start_dispatch, &a.start_deep_dispatch})
    if (names->size() > 1 && std::filesystem::is_regular_file(names->back(), error))
      return "; '" + names->back() + "' was taken for the name of a plugin: put -- before files";
  return "";
}

int scan_one(Arguments& a) {
  const std::string path = a.paths.empty() || a.paths[0] == "-" ? "" : a.paths[0];
  const Opened opened = path.empty() ? read_stdin() : open_file(path);
  if (opened.fd < 0)
    return complain(kUsage, opened.problem + (a.paths.empty() ? file_among_names(a) : ""));
  const Scanned scanned = Scanner(a).scan(opened.fd, path);
  return finish(scanned.text, scanned.whole ? kDelivered : kNotAll);
}

// Several files at once on threads, printed in the order in which they were named. What is scanned
// and not printed yet is bounded.
class Several {
 public:
  Several(Arguments& a, unsigned threads)
      : paths_(a.paths), tree_(a.format == Format::tree), scanner_(a), done_(paths_.size()) {
    const size_t count = std::min<size_t>(threads, paths_.size());
    ahead_ = 2 * count;
    for (size_t i = 0; i < count; ++i) threads_.emplace_back([this] { work(); });
  }
  ~Several() {
    const std::lock_guard lock(mutex_);
    next_ = paths_.size();
    changed_.notify_all();
  }

  int print_all() {
    int code = kDelivered;
    bool first = true;
    for (size_t i = 0; i < paths_.size(); ++i) {
      const Scanned scanned = take(i);
      if (!scanned.problem.empty()) complain(kNotAll, scanned.problem);
      if (!scanned.problem.empty() || !scanned.whole) code = kNotAll;
      if (scanned.text.empty()) continue;
      const std::string text = (tree_ && !first ? "\n" : "") + scanned.text;
      first = false;
      if (const int end = finish(text, kDelivered); end != kDelivered) return end;
    }
    return code;
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return next_ >= paths_.size() || next_ < taken_ + ahead_; });
      if (next_ >= paths_.size()) return;
      const size_t place = next_++;
      lock.unlock();
      Scanned scanned = scan(paths_[place]);
      lock.lock();
      done_[place] = std::move(scanned);
      changed_.notify_all();
    }
  }

  Scanned scan(const std::string& path) {
    const Opened opened = open_file(path);
    if (opened.fd < 0) return {"", opened.problem, false};
    try {
      return scanner_.scan(opened.fd, path);
    } catch (const std::exception& e) {
      return {"", path + ": " + e.what(), false};
    }
  }

  Scanned take(size_t place) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return done_[place].has_value(); });
    Scanned scanned = std::move(*done_[place]);
    done_[place].reset();
    ++taken_;
    changed_.notify_all();
    return scanned;
  }

  const std::vector<std::string>& paths_;
  const bool tree_;
  Scanner scanner_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::optional<Scanned>> done_;
  size_t next_ = 0, taken_ = 0, ahead_ = 1;
  std::vector<std::jthread> threads_;  // the last member: they use all others
};

}  // namespace

int scan(Arguments& a) {
  if (a.paths.size() <= 1) return scan_one(a);
  if (std::find(a.paths.begin(), a.paths.end(), "-") != a.paths.end())
    return complain(kUsage,
                    "- stands for stdin, which is scanned alone; leave the files out, or -");
  if (a.format_given && a.format == Format::json)
    return complain(kUsage, "--format json is one document, and " + std::to_string(a.paths.size()) +
                                " files give as many; use --format jsonl (one line each) or tree");
  if (!a.format_given) a.format = Format::jsonl;
  std::vector<std::string> told_by_the_engine;
  const unsigned threads = load_settings(a.options, told_by_the_engine).threads;
  return Several(a, threads).print_all();
}

}  // namespace stoq::cli
