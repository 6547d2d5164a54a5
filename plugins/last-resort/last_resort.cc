// SPDX-License-Identifier: Apache-2.0
//
// What no other worker unpacks, by ClamAV's clamscan: a program of its own in the sandbox of its
// host, without a signature. It is run for the files that it unpacks on its way.
#include <algorithm>
#include <cctype>

#include "carving/give.h"
#include "kinds.h"
#include "program.h"
#include "record.h"
#include "scratch.h"
#include "stoq/sdk/memory_file.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::last_resort {
namespace {

constexpr std::size_t kMostNotes = 16 << 20;

std::string format_of(Kind kind, const Record& record) {
  if (record.packer.empty()) return std::string(kind == Kind::pe ? "installshield" : name_of(kind));
  std::string name = record.packer;
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

class LastResort {
 public:
  static constexpr sdk::Option options[] = {
      {"bin", sdk::Kind::text, "",
       "the clamscan program: an absolute path, or one relative to the plugin's folder; empty: "
       "/usr/bin/clamscan"},
      {"maximum_size", sdk::Kind::size, "128MiB",
       "a larger payload is only told of, and so is a larger file in one", 1, 2'147'483'647},
      {"timeout", sdk::Kind::duration, "45", "time for one payload", 0.001, 86'400},
      {"max_listed_members", sdk::Kind::integer, "1000",
       "files that the result lists; all are extracted and counted", 0, 1'000'000},
  };

  explicit LastResort(const sdk::Host& host)
      : host_(host),
        clamscan_(find(host)),
        no_signatures_(host.path("nothing.hdb")),
        maximum_size_(static_cast<std::uint64_t>(host.integer("maximum_size"))),
        timeout_(host.number("timeout")),
        listed_(static_cast<std::size_t>(host.integer("max_listed_members"))) {}

  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    const Kind kind = kind_of(payload.content());
    if (kind == Kind::none) return;
    const sdk::JsonView upx = payload.result_of("upx");
    if (upx && !upx["passed_on"]) return;  // unpacked already
    if (payload.size() > maximum_size_) {
      call.error("too large (" + std::to_string(payload.size()) + " > " +
                 std::to_string(maximum_size_) + "): option maximum_size");
      return;
    }
    const Scratch scratch(host_.tmp());
    std::vector<std::string> complaints;
    try {
      complaints = run(payload, call, kind, scratch);
    } catch (const sdk::HelperError& e) {
      complaints.push_back(e.what());
    }
    const Record record = read_notes(scratch);
    if (complaints.empty() && !record.sound) complaints.push_back("it has left no notes");
    for (const std::string& complaint : complaints) call.error("clamscan: " + complaint);
    for (const std::string& limit : record.limits)
      call.error("clamscan has left something out, by its limit " + limit);
    if (record.more > 0)
      call.error("more than " + std::to_string(kMostPieces) +
                 " files: " + std::to_string(record.more) + " others are left out");
    const std::size_t count = give(payload, call, format_of(kind, record), scratch, record);
    if (count > 0 || !complaints.empty()) return;
    const std::string passed_on = upx["passed_on"].string_or("");
    if (!passed_on.empty()) call.error("unsupported: " + passed_on + "; nor does ClamAV unpack it");
    if (passed_on.empty() && (kind != Kind::pe || !record.packer.empty()))
      call.error("damaged or unsupported: " + format_of(kind, record));
  }

 private:
  static sdk::Helper find(const sdk::Host& host) {
    std::string path = host.text("bin");
    if (!path.empty()) path = host.path(path);
    try {
      return {host, "clamscan", path};
    } catch (const sdk::HelperError& e) {
      throw sdk::Error(std::string(e.what()) +
                       "; install ClamAV (Debian: clamav), or say where it is by the option bin in "
                       "section [last-resort] of stoq.cfg");
    }
  }

  std::vector<std::string> run(const sdk::Payload& payload, const sdk::Call& call, Kind kind,
                               const Scratch& scratch) const {
    // A copy: the file that a large payload lies in cannot be opened anew in the sandbox.
    sdk::MemoryFile memory;
    memory.fill(payload.content());
    const std::int64_t granted = call.time_left();  // the answer is still to give
    const std::int64_t left = granted - std::min<std::int64_t>(granted / 5, 5000);
    const auto ours = static_cast<std::int64_t>(timeout_ * 1000);
    return unpack(
        clamscan_, memory.fd(), no_signatures_, scratch.path(),
        {.maximum_size = maximum_size_,
         .milliseconds = std::clamp<std::int64_t>(left, 1, std::max<std::int64_t>(1, ours)),
         .layers = kind == Kind::pe ? 3 : 2});  // an installer lies behind a program
  }

  static Record read_notes(const Scratch& scratch) {
    File file = scratch.find("metadata.json");
    if (!file || file.size() > kMostNotes) return {};
    std::string notes;
    for (std::string_view piece; notes.size() <= kMostNotes; notes += piece)
      if ((piece = file.read(notes.size())).empty()) break;
    return parse_record(notes, scratch.path());
  }

  // The number of files that there are.
  std::size_t give(const sdk::Payload& payload, sdk::Call& call, const std::string& format,
                   const Scratch& scratch, const Record& record) const {
    sdk::JsonWriter w;
    w.begin_object().member("format", std::string_view(format)).key("members").begin_array();
    std::size_t count = 0;
    bool stopped = false;
    for (const Piece& piece : record.pieces) {
      File file = scratch.open(piece.place);
      if (!file || file.holds(payload.text())) continue;
      std::string status = "extracted";
      if (file.size() > maximum_size_) {
        status = "too large (" + std::to_string(file.size()) + " > " +
                 std::to_string(maximum_size_) + ")";
        call.error(piece.name + ": " + status);
      } else if (stopped || (stopped = !extract(call, file, piece.name, format))) {
        status = "stopped";
      }
      if (++count > listed_) continue;
      w.begin_object();
      if (!piece.name.empty()) w.member("name", std::string_view(piece.name));
      w.member("size", file.size()).member("status", std::string_view(status)).end_object();
    }
    w.end_array().member("member_count", count).end_object();
    if (count > 0) call.result(w);
    return count;
  }

  static bool extract(sdk::Call& call, File& file, std::string_view name, std::string_view format) {
    const std::string_view base = name.substr(name.find_last_of("/\\") + 1);
    if (!call.begin(carving::meta_with([&](sdk::JsonWriter& m) {
          if (!base.empty()) m.member("filename", base);
          if (base != name) m.member("path", name);
          m.member("unpacked_by", format);
        })))
      return false;
    for (std::uint64_t at = 0; at < file.size();) {
      const std::string_view there = file.read(at);
      if (there.empty()) break;
      if (!call.write(carving::bytes_of(there))) return false;
      at += there.size();
    }
    return call.end();
  }

  sdk::Host host_;
  sdk::Helper clamscan_;
  std::string no_signatures_;
  std::uint64_t maximum_size_;
  double timeout_;
  std::size_t listed_;
};

}  // namespace

STOQ_PLUGIN(LastResort, "last-resort", "4.0.0")

}  // namespace stoq::plugins::last_resort
