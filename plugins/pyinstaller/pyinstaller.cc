// SPDX-License-Identifier: Apache-2.0
//
// The worker around read_package(): its entries become payloads, and their list is the result.
#include "carving/give.h"
#include "carving/inflate.h"
#include "package.h"

namespace stoq::plugins::pyinstaller {
namespace {

constexpr unsigned kMostErrors = 100;

class Unpacking {
 public:
  Unpacking(carving::Bytes payload, sdk::Call& call) : payload_(payload), call_(call) {}

  // What became of it, for the list; stops for good where the engine takes no more.
  std::string_view take(const Entry& entry) {
    if (stopped_ || call_.cancelled()) return "stopped";
    if (entry.content.empty()) return "empty";
    const bool whole = entry.compressed ? inflated(entry) : stored(entry);
    if (stopped_) return "stopped";
    if (whole) return "extracted";
    if (++errors_ <= kMostErrors)
      call_.error("entry '" + text_of_name(entry) +
                  "': " + (entry.cut ? "cut short" : "it is damaged or encrypted"));
    return "damaged";
  }

  static std::string text_of_name(const Entry& entry) {
    return sdk::text_from_bytes(carving::bytes_of(entry.name));
  }

 private:
  bool stored(const Entry& entry) {
    stopped_ = !carving::give(call_, entry.content, meta_of(entry, entry.cut));
    return !entry.cut;
  }

  bool inflated(const Entry& entry) {
    carving::Inflater inflater(carving::Inflater::Kind::zlib, entry.content);
    uint64_t size = 0;
    for (carving::Bytes piece; !(piece = inflater.next()).empty(); size += piece.size()) {
      stopped_ = (size == 0 && !call_.begin(meta_of(entry, false))) || !call_.write(piece);
      if (stopped_) return false;
    }
    const bool whole = !inflater.damaged() && (entry.size == 0 || entry.size == size);
    if (size == 0) return whole;
    stopped_ = (!whole && !call_.meta(meta_of(entry, true))) || !call_.end();
    return whole;
  }

  std::string meta_of(const Entry& entry, bool incomplete) const {
    return carving::meta_with([&](sdk::JsonWriter& w) {
      w.member("filename", std::string_view(text_of_name(entry))).member("type", entry.type);
      if (!entry.compressed)
        w.member("offset", static_cast<uint64_t>(entry.content.data() - payload_.data()));
      if (incomplete) w.member("incomplete", true);
    });
  }

  carving::Bytes payload_;
  sdk::Call& call_;
  unsigned errors_ = 0;
  bool stopped_ = false;
};

class PyInstaller {
 public:
  static constexpr sdk::Option options[] = {
      {"max_listed_entries", sdk::Kind::integer, "1000",
       "entries that the result lists; all are unpacked and counted", 0, 100'000},
  };

  explicit PyInstaller(const sdk::Host& host)
      : most_listed_(static_cast<size_t>(host.integer("max_listed_entries"))) {}

  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    const auto package = read_package(payload.content());
    if (!package) return;
    sdk::JsonWriter w;
    w.begin_object().member("format", package->format);
    if (!package->python.empty()) w.member("python", std::string_view(package->python));
    w.member("offset", package->at).member("entry_count", package->entries.size());
    w.key("entries").begin_array();
    Unpacking unpacking(payload.content(), call);
    size_t listed = 0;
    for (const Entry& entry : package->entries) {
      const std::string_view status = unpacking.take(entry);
      if (listed++ < most_listed_)
        w.begin_object()
            .member("name", std::string_view(Unpacking::text_of_name(entry)))
            .member("type", entry.type)
            .member("status", status)
            .end_object();
    }
    if (!package->problem.empty())
      call.error(std::string(package->format) + ": " + package->problem);
    call.result(w.end_array().end_object());
  }

 private:
  size_t most_listed_;
};

}  // namespace

STOQ_PLUGIN(PyInstaller, "pyinstaller", "4.0.0")

}  // namespace stoq::plugins::pyinstaller
