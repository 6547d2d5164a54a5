// SPDX-License-Identifier: Apache-2.0
//
// The worker around read_archives(): files become payloads, and so does the script, as source.
#include <zlib.h>

#include <algorithm>

#include "archive.h"
#include "carving/give.h"
#include "carving/kind.h"
#include "expander.h"
#include "source.h"

namespace stoq::plugins::autoit {
namespace {

constexpr unsigned kMostErrors = 100;
constexpr std::string_view kTooLarge = "larger than max_script_size: it is given as it is stored";

std::string_view name_of(Entry::Type type) {
  switch (type) {
    case Entry::Type::script:
      return "script";
    case Entry::Type::setting:
      return "setting";
    default:
      return "file";
  }
}

std::string version_of(const Archive& archive) {
  return sdk::text_from_bytes(carving::bytes_of(archive.version));
}

// Entries of one archive after another, each archive's after its turn was said.
class Unpacking {
 public:
  Unpacking(std::size_t most, sdk::Call& call) : most_(most), call_(call) {}

  void turn(const Archive& archive) { archive_ = &archive; }

  // What became of it, for the list; stops for good where the engine takes no more.
  std::string_view take(const Entry& entry) {
    if (stopped_ || call_.cancelled()) return "stopped";
    if (entry.stored.empty() && !entry.cut) return "empty";
    problem_.clear();
    const auto clear = crypt(archive_->format, archive_->key, entry.stored);
    sound_ = entry.cut || adler32_z(1, clear.data(), clear.size()) == entry.checksum;
    if (!sound_) problem_ = "its checksum is wrong";
    if (entry.cut) problem_ = "cut short";
    if (entry.compressed)
      expand(entry, clear);
    else
      give(entry, clear, entry.cut);
    if (!problem_.empty()) error("entry '" + entry.name + "': " + problem_);
    if (stopped_) return "stopped";
    return problem_.empty() ? "extracted" : "damaged";
  }

  void error(const std::string& what) {
    if (++errors_ <= kMostErrors)
      call_.error((archive_->supported ? "" : "unsupported: ") + version_of(*archive_) + ": " +
                  what);
  }

 private:
  void expand(const Entry& entry, carving::Bytes clear) {
    Expander expander(archive_->format, clear);
    if (entry.stored.empty()) {
      problem_ = "cut short";
    } else if (!expander.known()) {
      problem_ = "it is damaged, or compressed in a way that is not read";
    } else if (entry.type == Entry::Type::script && expander.size() <= most_) {
      std::string all;
      for (carving::Bytes piece; !(piece = expander.next()).empty();)
        all += carving::text_of(piece);
      if (expander.damaged()) problem_ = "it is damaged or cut short";
      give(entry, carving::bytes_of(all), expander.damaged());
    } else {
      stream(entry, expander);
    }
  }

  void stream(const Entry& entry, Expander& expander) {
    if (entry.type == Entry::Type::script) problem_ = kTooLarge;
    bool begun = false;
    for (carving::Bytes piece; !(piece = expander.next()).empty();) {
      if (!begun) stopped_ = !call_.begin(meta_of(entry, false, 0));
      begun = true;
      stopped_ = stopped_ || !call_.write(piece);
      if (stopped_) return;
    }
    if (expander.damaged()) problem_ = "it is damaged or cut short";
    if (begun)
      stopped_ = (expander.damaged() && !call_.meta(meta_of(entry, true, 0))) || !call_.end();
  }

  // A script as source, all else as it is.
  void give(const Entry& entry, carving::Bytes content, bool incomplete) {
    if (content.empty()) return;
    if (entry.type != Entry::Type::script || content.size() > most_) {
      if (entry.type == Entry::Type::script) problem_ = kTooLarge;
      stopped_ = !carving::give(call_, content, meta_of(entry, incomplete, 0));
      return;
    }
    Source source;
    if (archive_->format == Version::ea06 && entry.name == ">>>AUTOIT SCRIPT<<<") {
      source = source_of(content);
      if (problem_.empty()) problem_ = source.problem;
    } else {
      source.text = carving::from_wide(content).value_or(std::string(carving::text_of(content)));
    }
    stopped_ = !carving::give(call_, source.text, meta_of(entry, incomplete, source.lines));
  }

  std::string meta_of(const Entry& entry, bool incomplete, std::uint32_t lines) const {
    return carving::meta_with([&](sdk::JsonWriter& w) {
      const std::string& full = entry.type == Entry::Type::file ? entry.name : entry.path;
      const std::string_view filename = std::string_view(full).substr(full.find_last_of("\\/") + 1);
      w.member("filename", filename)
          .member("name", std::string_view(entry.name))
          .member("path", std::string_view(entry.path))
          .member("type", name_of(entry.type));
      if (lines > 0) w.member("lines", lines);
      if (!sound_) w.member("checksum", "wrong");
      if (incomplete) w.member("incomplete", true);
    });
  }

  const Archive* archive_ = nullptr;
  std::size_t most_;
  sdk::Call& call_;
  std::string problem_;  // of the entry
  bool sound_ = true;    // its checksum
  unsigned errors_ = 0;
  bool stopped_ = false;
};

class AutoIt {
 public:
  static constexpr sdk::Option options[] = {
      {"max_listed_entries", sdk::Kind::integer, "1000",
       "entries that the result lists; all are unpacked and counted", 0, 100'000},
      {"max_script_size", sdk::Kind::size, "32MiB",
       "a larger script is given as it is stored, not as source"},
  };

  explicit AutoIt(const sdk::Host& host)
      : most_listed_(static_cast<std::size_t>(host.integer("max_listed_entries"))),
        most_(
            static_cast<std::size_t>(std::max<std::int64_t>(0, host.integer("max_script_size")))) {}

  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    const auto archives = read_archives(payload.content());
    if (archives.empty()) return;
    sdk::JsonWriter w;
    w.begin_object().key("archives").begin_array();
    Unpacking unpacking(most_, call);
    std::size_t listed = 0;
    for (const Archive& archive : archives) {
      unpacking.turn(archive);
      w.begin_object()
          .member("format", std::string_view(version_of(archive)))
          .member("offset", archive.at)
          .member("entry_count", archive.entries.size())
          .key("entries")
          .begin_array();
      for (const Entry& entry : archive.entries) {
        const std::string_view status = unpacking.take(entry);
        if (listed++ < most_listed_)
          w.begin_object()
              .member("name", std::string_view(entry.name))
              .member("path", std::string_view(entry.path))
              .member("type", name_of(entry.type))
              .member("status", status)
              .end_object();
      }
      w.end_array().end_object();
      for (const std::string& problem : archive.problems) unpacking.error(problem);
    }
    call.result(w.end_array().end_object());
  }

 private:
  std::size_t most_listed_, most_;
};

}  // namespace

STOQ_PLUGIN(AutoIt, "autoit", "4.0.0")

}  // namespace stoq::plugins::autoit
