// SPDX-License-Identifier: Apache-2.0
#include "ingest.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>

namespace stoq::plugins::filedir {
namespace {

void add_name(sdk::JsonWriter& json, const char* key, std::string_view name) {
  static constexpr char kDigits[] = "0123456789abcdef";
  json.member(key,
              sdk::text_from_bytes({reinterpret_cast<const uint8_t*>(name.data()), name.size()}));
  if (sdk::valid_utf8(name)) return;
  std::string hex;
  for (const char c : name) {
    hex += kDigits[static_cast<uint8_t>(c) >> 4];
    hex += kDigits[c & 15];
  }
  json.member(std::string(key) + "_hex", hex);
}

// About how many files there are, for those who watch; nothing when counting takes too long.
std::optional<uint64_t> count_files(const std::string& source, bool recursive) {
  namespace fs = std::filesystem;
  constexpr uint64_t kMost = 1'000'000;
  std::error_code ec;
  if (!fs::is_directory(source, ec)) return 1;
  uint64_t entries = 0, files = 0;
  const auto count = [&](auto at) {
    for (const decltype(at) end; !ec && at != end && ++entries <= kMost; at.increment(ec)) {
      std::error_code unknown;
      if ((recursive || at->path().filename().native()[0] != '.') && at->is_regular_file(unknown))
        ++files;
    }
  };
  constexpr auto kOptions = fs::directory_options::skip_permission_denied;
  if (recursive)
    count(fs::recursive_directory_iterator(source, kOptions, ec));
  else
    count(fs::directory_iterator(source, kOptions, ec));
  return ec || entries > kMost ? std::nullopt : std::optional(files);
}

}  // namespace

std::string payload_meta(std::string_view directory, std::string_view name) {
  sdk::JsonWriter json;
  json.begin_object().key("extra_data").begin_object();
  add_name(json, "filename", name);
  add_name(json, "source_dir", directory);
  json.end_object().end_object();
  return json.take();
}

void Unreadable::add(const std::string& path, std::string_view why) {
  if (count_++ < kNamed) first_.push_back(shown(path) + " (" + std::string(why) + ")");
}

std::string Unreadable::summary() const {
  if (count_ == 0) return "";
  std::string text = count_ == 1
                         ? "1 file or directory could not be read: "
                         : std::to_string(count_) + " files or directories could not be read: ";
  for (size_t i = 0; i < first_.size(); ++i) text += (i ? ", " : "") + first_[i];
  if (count_ > first_.size())
    text += " and " + std::to_string(count_ - first_.size()) + " more, which the log names";
  return text;
}

// One ingest.
class Source::Feed final : public Visitor {
 public:
  Feed(Source& source, sdk::Call& call) : source_(source), call_(call) {}

  bool file(Fd fd, const std::string& directory, const std::string& name) override {
    uint64_t token;
    {
      std::unique_lock lock(source_.mutex_);
      while (source_.open_.size() >= most_open_ && !call_.cancelled())
        source_.told_.wait_for(lock, std::chrono::milliseconds(100));
      if (call_.cancelled()) return false;
      token = ++source_.last_token_;
      source_.open_[token] = (directory.ends_with('/') ? directory : directory + "/") + name;
    }
    if (call_.put_file(fd.release(), payload_meta(directory, name), token)) {
      ++files_;
      return true;
    }
    const std::lock_guard lock(source_.mutex_);
    source_.open_.erase(token);
    return false;
  }
  void skipped(const std::string& path, std::string_view why) override {
    source_.host_.warning(shown(path) + " is skipped: " + std::string(why));
  }
  void unreadable(const std::string& path, std::string_view why) override {
    unreadable_.add(path, why);
    source_.host_.warning(shown(path) + " could not be read: " + std::string(why));
  }
  void hidden() override { ++hidden_; }

  void finish() {
    std::string text =
        std::to_string(files_) + " files of " + shown(source_.source_dir_) + " were handed over";
    if (hidden_ > 0)
      text += ", " + std::to_string(hidden_) +
              " names that begin with a dot were skipped (recursive = true takes them)";
    source_.host_.info(text);
    if (const std::string problem = unreadable_.summary(); !problem.empty()) call_.error(problem);
  }

 private:
  // Half of the descriptors that we may have: the engine needs some, too.
  static size_t half_of_descriptors() {
    rlimit limit{};
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? std::max<size_t>(8, limit.rlim_cur / 2) : 512;
  }

  Source& source_;
  sdk::Call& call_;
  const size_t most_open_ = half_of_descriptors();
  Unreadable unreadable_;
  uint64_t files_ = 0, hidden_ = 0;
};

Source::Source(const sdk::Host& host, std::string source_dir, bool recursive)
    : host_(host), source_dir_(std::move(source_dir)), recursive_(recursive) {}

Source::~Source() {
  if (done_ + failed_ + retried_ == 0) return;
  host_.info(std::to_string(done_) + " files are done, " + std::to_string(failed_) + " failed, " +
             std::to_string(retried_) + " are to be tried again");
}

void Source::ingest(sdk::Call& call) {
  if (source_dir_.empty())
    throw sdk::Error(
        "Source directory not defined: set source_dir in the section [filedir] of stoq.cfg, or "
        "give --plugin-opts filedir:source_dir=PATH");
  if (const std::optional<uint64_t> files = count_files(source_dir_, recursive_))
    call.expect(*files);
  Feed feed(*this, call);
  walk(source_dir_, {.recursive = recursive_}, feed);
  feed.finish();
}

void Source::outcome(uint64_t token, int what, std::string_view reason) {
  std::string path;
  {
    const std::lock_guard lock(mutex_);
    ++(what == STOQ_OUTCOME_DONE ? done_ : what == STOQ_OUTCOME_FAILED ? failed_ : retried_);
    if (auto known = open_.extract(token)) path = std::move(known.mapped());
  }
  told_.notify_one();
  if (what == STOQ_OUTCOME_DONE) return;
  host_.warning(shown(path) +
                (what == STOQ_OUTCOME_FAILED ? " failed: " : " is to be tried again: ") +
                std::string(reason));
}

}  // namespace stoq::plugins::filedir
