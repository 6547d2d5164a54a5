// SPDX-License-Identifier: Apache-2.0
#include "journal.h"

#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "files/names.h"

namespace stoq::plugins::filedir {
namespace {

using files::Deaths;
using files::Line;
using files::shown;

constexpr files::JournalFile::Kind kKind{
    "filedir",
    "this run keeps no journal: should it be killed, the next one takes all files again"};

}  // namespace

Journal::Journal(const sdk::Host& host, std::string directory, std::string source_dir, bool durable)
    : host_(host),
      directory_(std::move(directory)),
      source_dir_(std::move(source_dir)),
      durable_(durable) {}

void Journal::open() {
  const std::lock_guard lock(mutex_);
  if (file_) return;  // some of an earlier ingest are in work still
  done_.clear();
  deaths_ = {};
  begun_ = false;
  if (directory_.empty())
    return host_.info("there is no state directory: " + std::string(kKind.advice));
  try {
    file_ = std::make_unique<files::JournalFile>(kKind, directory_, source_dir_);
    if (file_->exists()) read();
  } catch (const files::InUse& e) {
    host_.warning("another run takes the files of " + shown(source_dir_) +
                  " and keeps its journal " + e.what() + "; " + std::string(kKind.advice));
  } catch (const sdk::Error& e) {
    file_.reset();
    done_.clear();
    host_.warning(e.what());
  }
}

void Journal::read() {
  const auto [lines, broken, foreign] = file_->read([this](const Line& line) {
    deaths_.read(line);
    if (line.word == "done") done_.push_back(mark({line.path, line.id}));
  });
  if (!foreign.empty()) {
    const std::string aside = file_->move_aside();
    return host_.warning(shown(file_->path()) + " " + std::string(foreign) + "; it was moved to " +
                         shown(aside) + ", and all files are taken");
  }
  std::sort(done_.begin(), done_.end());
  done_.erase(std::unique(done_.begin(), done_.end()), done_.end());
  file_->open();
  begun_ = true;
  if (broken > 0)
    host_.warning(std::to_string(broken) + " lines of " + shown(file_->path()) +
                  " are damaged; the files that they stood for are taken again");
  if (!done_.empty())
    host_.warning("a run on " + shown(source_dir_) +
                  " did not come to its end; files that it has done are not taken again, " +
                  std::to_string(done_.size()) + " by its journal " + shown(file_->path()) +
                  " (delete that to begin anew)");
}

Journal::Mark Journal::mark(const Taken& file) {
  const std::string text = std::to_string(file.id.inode) + ' ' + std::to_string(file.id.size) +
                           ' ' + std::to_string(file.id.mtime) + ' ' + file.path;
  uint8_t digest[EVP_MAX_MD_SIZE];
  if (EVP_Digest(text.data(), text.size(), digest, nullptr, EVP_sha256(), nullptr) != 1)
    throw sdk::Error("OpenSSL here offers no SHA-256 to know files by");
  Mark mark;
  std::memcpy(mark.data(), digest, sizeof mark);
  return mark;
}

bool Journal::knows(const Taken& file) const {
  return !done_.empty() && std::binary_search(done_.begin(), done_.end(), mark(file));
}

void Journal::take(std::span<const Taken> files) {
  std::vector<Line> lines;
  lines.reserve(files.size());
  for (const Taken& file : files)
    lines.push_back({Deaths::word(deaths(file) + 1), file.id, file.path});
  const std::lock_guard lock(mutex_);
  if (!file_ || lines.empty()) return;
  if (!begun_) try {
      file_->begin();
      file_->commit(durable_);
      begun_ = true;
    } catch (const sdk::Error& e) {
      file_.reset();
      return host_.warning(e.what());
    }
  append(lines);
}

void Journal::settle(const Taken& file, std::string_view word) {
  {
    const std::lock_guard lock(mutex_);
    if (!begun_) return;
    const Line line{word, file.id, file.path};
    append({&line, 1});
    if (!durable_) return;
  }
  if (const int error = commit_.wait({""})) {
    const std::lock_guard lock(mutex_);
    say_once(std::string("cannot be flushed to the disk: ") + std::strerror(error));
  }
}

void Journal::give_back(std::span<const Taken> files) {
  std::vector<Line> lines;
  for (const Taken& file : files) {
    const unsigned before = deaths(file);
    lines.push_back({before > 0 ? Deaths::word(before) : "gone", file.id, file.path});
  }
  const std::lock_guard lock(mutex_);
  if (begun_ && !lines.empty()) append(lines);
}

void Journal::end() {
  const std::lock_guard lock(mutex_);
  if (file_) file_->remove();
  file_.reset();
  begun_ = false;
}

void Journal::append(std::span<const Line> lines) {
  if (const int error = file_->append(lines))
    say_once(std::string("cannot be written: ") + std::strerror(error));
}

int Journal::flush_to_disk() {
  std::shared_ptr<const files::Fd> file;
  {
    const std::lock_guard lock(mutex_);
    if (begun_) file = file_->handle();
  }
  return !file || fdatasync(file->get()) == 0 ? 0 : errno;
}

void Journal::say_once(std::string_view problem) {
  if (said_) return;
  said_ = true;
  host_.log(STOQ_LOG_ERROR, "the journal " + shown(file_->path()) + " " + std::string(problem) +
                                "; should this run be killed, files that are done from now on may "
                                "be taken again");
}

}  // namespace stoq::plugins::filedir
