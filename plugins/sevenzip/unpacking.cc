// SPDX-License-Identifier: Apache-2.0
#include "unpacking.h"

#include <algorithm>
#include <utility>

namespace stoq::plugins::sevenzip {
namespace {

using archives::Flow;

constexpr std::size_t kChunk = 1 << 20, kMostItems = 1'000'000;
constexpr int kMostStreams = 64;  // each member that fails costs a new one
constexpr std::string_view kNoPassword = "encrypted: no password fits";

std::span<const std::uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

/// The output of one run of 7zz, with what it has complained of so far.
class Unpacking::Stream {
 public:
  Stream(sdk::HelperSession session, archives::Extraction& extraction)
      : session_(std::move(session)), extraction_(extraction) {}

  /// At most `most` bytes; empty at the end.
  std::string_view read(std::uint64_t most) {
    fill();
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(most, rest_.size()));
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }
  /// After this, all complaints of what was read so far are in.
  void fill() {
    if (!rest_.empty() || ended_) return;
    try {
      buffer_ = session_.read(kChunk, extraction_.time_left());
    } catch (const sdk::HelperError& e) {
      if (!e.ended()) throw;
      ended_ = true;
      status_ = session_.wait(extraction_.time_left());
      buffer_.clear();
    }
    rest_ = buffer_;
    if (const std::string_view errors = session_.errors(); errors.size() != seen_) {
      seen_ = errors.size();
      complaints_ = parse_complaints(errors);
    }
  }
  const Complaints& complaints() const { return complaints_; }
  bool more() {
    fill();
    return !rest_.empty();
  }
  int status() const { return status_; }

 private:
  sdk::HelperSession session_;
  archives::Extraction& extraction_;
  std::string buffer_;
  std::string_view rest_;
  bool ended_ = false;
  int status_ = 0;
  std::size_t seen_ = 0;
  Complaints complaints_;
};

void Unpacking::finish(Entry& entry, std::string status) {
  entry.finished = true;
  entry.member.status = std::move(status);
  if (entry.member.status.find("Wrong password") != std::string::npos)
    entry.member.status = kNoPassword;
  report_.list(std::move(entry.member), options_.max_listed_members);
}

bool Unpacking::list(const Kind& kind) {
  Complaints complaints;
  listing_ = program_.list("", complaints, extraction_.time_left());
  const bool locked = listing_.items.empty() && complaints.wrong_password;
  if (locked)
    for (const std::string& password : options_.passwords) {
      if (password.empty() || password == "-") continue;
      if (over()) return false;
      listing_ = program_.list(password, complaints, extraction_.time_left());
      if (listing_.items.empty()) continue;
      report_.password = password_ = password;
      break;
    }
  report_.filters = listing_.types;
  report_.format = kind.name;
  if (!report_.filters.empty()) {
    report_.format = report_.filters.back();
    report_.filters.pop_back();
  }
  if (locked && listing_.items.empty()) {
    report_.error("encrypted: none of " + std::to_string(options_.passwords.size()) +
                  " passwords fits; add the right one to the option passwords");
    return false;
  }
  for (const std::string& other : complaints.others) report_.error(report_.format + ": " + other);
  if (listing_.items.size() > kMostItems) {
    report_.error("more than " + std::to_string(kMostItems) + " members: the others were not read");
    listing_.items.resize(kMostItems);
  }
  return true;
}

void Unpacking::prepare(const std::set<std::string>& done, const std::string& suggested_name) {
  for (Item& item : listing_.items) {
    Entry entry;
    entry.size = item.size;
    entry.member.name = item.path;
    if (item.path.empty()) entry.member.name = suggested_name.empty() ? "data" : suggested_name;
    entry.member.has_size = item.size.has_value() && !item.folder;
    entry.member.declared_size = item.size.value_or(0);
    entry.member.encrypted = item.encrypted;
    entry.member.link_target = item.link;
    if (item.folder) entry.member.kind = archives::Kind::directory;
    if (!item.link.empty()) entry.member.kind = archives::Kind::symlink;
    entry.alone = !item.size && !item.folder;
    entries_.push_back(std::move(entry));
  }
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    if (entry.member.kind == archives::Kind::directory) {
      finish(entry, "skipped: directory");
    } else if (entry.member.kind == archives::Kind::symlink) {
      finish(entry, "skipped: link");
    } else if (done.contains(listing_.items[i].path)) {
      entry.finished = true;  // the other plugin's result lists it
    } else if (options_.maximum_size != 0 && entry.size.value_or(0) > options_.maximum_size) {
      finish(entry, archives::too_large(*entry.size, options_.maximum_size));
    } else {
      entry.wanted = true;
    }
  }
}

/// Tries the passwords on the smallest encrypted member; members that it does not open are asked
/// for with the others' and fail alone.
void Unpacking::find_password() {
  std::size_t smallest = entries_.size();
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!entries_[i].wanted || !entries_[i].member.encrypted || entries_[i].size == 0) continue;
    if (smallest == entries_.size() ||
        entries_[i].size.value_or(~0ull) < entries_[smallest].size.value_or(~0ull))
      smallest = i;
  }
  if (smallest == entries_.size() || !password_.empty()) return;
  for (const std::string& password : options_.passwords) {
    if (password.empty() || password == "-") continue;
    if (over()) return;
    if (!program_.opens(password, listing_.items[smallest].path, extraction_.time_left())) continue;
    report_.password = password_ = password;
    return;
  }
  std::uint64_t locked = 0;
  for (Entry& entry : entries_)
    if (entry.wanted && entry.member.encrypted) {
      entry.wanted = false;
      ++locked;
      finish(entry, std::string(kNoPassword));
    }
  report_.error(std::to_string(locked) + " encrypted member" + (locked == 1 ? "" : "s") +
                ": none of " + std::to_string(options_.passwords.size()) +
                " passwords fits; add the right one to the option passwords");
}

bool Unpacking::stream() {
  std::set<std::string_view> names, left_out;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (entry.member.kind == archives::Kind::directory) continue;
    const bool takes = entry.wanted && !entry.finished && !entry.alone;
    (takes ? names : left_out).insert(listing_.items[i].path);
  }
  for (std::size_t i = 0; i < entries_.size(); ++i)  // what has no size would shift its namesakes
    if (entries_[i].alone) names.erase(listing_.items[i].path);
  if (names.empty()) return true;
  std::vector<std::string> only(names.begin(), names.end());
  Stream out(program_.extract(password_, left_out.empty() ? nullptr : &only), extraction_);

  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    const std::string& path = listing_.items[i].path;
    if (entry.member.kind == archives::Kind::directory || !names.contains(path)) continue;
    const bool gives = entry.wanted && !entry.finished;
    if (over()) return true;
    if (gives && out.complaints().about(path)) return alone(entry), false;
    bool begun = gives && extraction_.begin(entry.member) == Flow::go_on;
    std::uint64_t left = *entry.size;
    while (left > 0) {
      const std::string_view piece = out.read(left);
      if (piece.empty()) break;
      left -= piece.size();
      if (begun) begun = extraction_.data(bytes(piece)) == Flow::go_on;
      if (gives) entry.member.size += piece.size();
      if (over()) break;
    }
    out.fill();  // so that its own complaint, if there is one, is in
    if (!gives) continue;
    const bool fails = out.complaints().about(path) || (left > 0 && !over());
    if (fails) entry.member.size = 0, extraction_.drop();
    if (fails) return alone(entry), false;
    extraction_.end(left == 0);
    finish(entry, left == 0 ? "extracted" : "stopped");
  }
  if (out.more()) report_.error(report_.format + ": 7zz gave more than it had listed");
  if (out.status() != 0 && out.status() != 1 && out.complaints().members.empty())
    report_.error(report_.format + ": 7zz ended with " + std::to_string(out.status()));
  return true;
}

/// What can be had of one member by itself; of several with its name all that come, up to the
/// first that fits.
void Unpacking::alone(Entry& entry) {
  const std::size_t index = static_cast<std::size_t>(&entry - entries_.data());
  const std::vector<std::string> name = {listing_.items[index].path};
  std::uint64_t before = 0;  // bytes of members with the same name that come first
  for (std::size_t i = 0; i < index; ++i)
    if (listing_.items[i].path == name[0]) before += entries_[i].size.value_or(0);
  if (over()) return;
  Stream out(program_.extract(password_, &name), extraction_);
  while (before > 0) {
    const auto skipped = out.read(before).size();
    if (skipped == 0) break;
    before -= skipped;
  }
  const std::uint64_t most = entry.size.value_or(~std::uint64_t{0});
  bool begun = false, go_on = true, too_large = false;
  while (go_on && entry.member.size < most) {
    const std::string_view piece = out.read(most - entry.member.size);
    if (piece.empty() || over()) break;
    too_large =
        options_.maximum_size != 0 && entry.member.size + piece.size() > options_.maximum_size;
    const std::string_view part =
        too_large ? piece.substr(0, options_.maximum_size - entry.member.size) : piece;
    if (!std::exchange(begun, true)) go_on = extraction_.begin(entry.member) == Flow::go_on;
    if (go_on) go_on = extraction_.data(bytes(part)) == Flow::go_on;
    entry.member.size += part.size();
    if (too_large) break;
  }
  if (!too_large) out.fill();
  const std::string* why = out.complaints().about(name[0]);
  const bool whole = !why && (entry.size ? entry.member.size == *entry.size : !too_large);
  std::string status = "extracted";
  if (too_large) {
    status = archives::too_large(entry.member.size + 1, options_.maximum_size);
  } else if (over()) {
    status = "stopped";
  } else if (why) {
    status = "damaged: " + *why;
  } else if (!whole) {
    status = "damaged: it ends after " + std::to_string(entry.member.size) + " of " +
             std::to_string(*entry.size) + " bytes";
  }
  const bool locked = status.find("Wrong password") != std::string::npos;
  if (!begun && status == "extracted") begun = extraction_.begin(entry.member) == Flow::go_on;
  if (begun && locked) {
    entry.member.size = 0;
    extraction_.drop();  // what a wrong key makes of it is noise
  } else if (begun) {
    extraction_.end(status == "extracted");
  }
  finish(entry, std::move(status));
}

void Unpacking::run(const Kind& kind, const std::set<std::string>& done,
                    const std::string& suggested_name) {
  report_.is_archive = true;
  if (!list(kind)) return;
  prepare(done, suggested_name);
  find_password();
  int streams = 0;
  while (!over() && streams < kMostStreams && !stream()) ++streams;
  for (Entry& entry : entries_) {
    if (!entry.wanted || entry.finished || over()) continue;
    if (streams < kMostStreams) {
      alone(entry);
    } else {
      finish(entry, "damaged: not read, after " + std::to_string(kMostStreams) + " others");
    }
  }
}

}  // namespace stoq::plugins::sevenzip
