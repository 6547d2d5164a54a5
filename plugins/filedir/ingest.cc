// SPDX-License-Identifier: Apache-2.0
#include "ingest.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace stoq::plugins::filedir {

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

  // Files are noted in the journal before the engine gets them, some at a time: one line each would
  // cost as much as opening them does.
  bool file(Fd fd, const struct stat& st, const std::string& directory,
            const std::string& name) override {
    const Taken taken{join(directory, name), files::identity(st)};
    if (source_.journal_.knows(taken)) return true;
    const unsigned deaths = source_.journal_.deaths(taken);
    if (deaths >= files::kMostDeaths) {
      give_up(taken.path);
      return true;
    }
    const bool alone = deaths >= files::kSuspect;
    if (alone && !put_all(false)) return false;
    group_.push_back(taken);
    waiting_.push_back({std::move(fd), files::payload_meta(directory, name)});
    return (!alone && group_.size() < most_) || put_all(alone);
  }
  void skipped(const std::string& path, std::string_view why) override {
    source_.host_.warning(shown(path) + " is skipped: " + std::string(why));
  }
  void unreadable(const std::string& path, std::string_view why) override {
    unreadable_.add(path, why);
    source_.host_.warning(shown(path) + " could not be read: " + std::string(why));
  }
  void hidden() override { ++hidden_; }
  void expected(uint64_t files) override {
    const uint64_t known = source_.journal_.known();
    call_.expect(files > known ? files - known : 0);
  }

  // False: the engine ended intake before all was put.
  bool finish() {
    const bool all = put_all(false) && !stopped_;
    std::string text =
        std::to_string(files_) + " files of " + shown(source_.source_dir_) + " were handed over";
    if (hidden_ > 0)
      text += ", " + std::to_string(hidden_) +
              " names that begin with a dot were skipped (recursive = true takes them)";
    source_.host_.info(text);
    if (const std::string problem = unreadable_.summary(); !problem.empty()) call_.error(problem);
    return all;
  }

 private:
  struct File {
    Fd fd;
    std::string meta;
  };

  bool put_all(bool alone) {
    source_.journal_.take(group_);
    size_t put = 0;
    while (put < group_.size() && !stopped_) {
      const std::optional<uint64_t> token = source_.open_.add(call_, group_[put], alone);
      if (token && call_.put_file(waiting_[put].fd.release(), waiting_[put].meta, *token)) {
        ++put;
        continue;
      }
      stopped_ = true;
      if (token && !source_.open_.refused(*token)) ++put;
    }
    files_ += put;
    source_.journal_.give_back(std::span(group_).subspan(put));
    group_.clear();
    waiting_.clear();
    if (alone && !stopped_) stopped_ = !source_.open_.drain(call_);
    return !stopped_;
  }

  void give_up(const std::string& path) {
    const std::string why = std::string(files::deaths_reason()) +
                            "; it is not taken again until a run has come to its end";
    source_.open_.fail();
    files::tell(source_.host_, path, STOQ_OUTCOME_FAILED, why);
    call_.error(shown(path) + " failed: " + why);
  }

  Source& source_;
  sdk::Call& call_;
  const size_t most_ = std::clamp<size_t>(files::most_open() / 8, 1, 16);
  std::vector<Taken> group_;
  std::vector<File> waiting_;  // as many
  bool stopped_ = false;
  Unreadable unreadable_;
  uint64_t files_ = 0, hidden_ = 0;
};

Source::Source(const sdk::Host& host, std::string source_dir, bool recursive, bool durable)
    : host_(host),
      source_dir_(std::move(source_dir)),
      recursive_(recursive),
      journal_(host, std::string(host.state()), source_dir_, durable) {}

Source::~Source() {
  const auto [done, failed, retried] = open_.counts();
  if (done + failed + retried == 0) return;
  host_.info(std::to_string(done) + " files are done, " + std::to_string(failed) + " failed, " +
             std::to_string(retried) + " are to be tried again");
}

void Source::ingest(sdk::Call& call) {
  if (source_dir_.empty())
    throw sdk::Error(
        "Source directory not defined: set source_dir in the section [filedir] of stoq.cfg, or "
        "give --plugin-opts filedir:source_dir=PATH");
  walked_ = false;
  given_back_ = open_.counts().retried;
  journal_.open();
  Feed feed(*this, call);
  walk(source_dir_, {.recursive = recursive_}, feed);
  walked_ = feed.finish();
  end_journal();
}

void Source::outcome(uint64_t token, int what, std::string_view reason) {
  const std::optional<Taken> file = open_.outcome(token, what);
  if (!file) return;
  if (what == STOQ_OUTCOME_RETRY)
    journal_.give_back({&*file, 1});
  else
    journal_.settle(*file, what == STOQ_OUTCOME_DONE ? "done" : "failed");
  if (what != STOQ_OUTCOME_DONE) files::tell(host_, file->path, what, reason);
  end_journal();
}

void Source::end_journal() {
  if (walked_ && open_.empty() && open_.counts().retried == given_back_) journal_.end();
}

}  // namespace stoq::plugins::filedir
