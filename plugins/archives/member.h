// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stoq::plugins::archives {

enum class Kind : std::uint8_t { file, directory, symlink, hardlink, device, other };
std::string_view name_of(Kind kind);  // "file", "directory", ...

/// One entry of an archive. Names are kept whole, whatever they hold (`..`, absolute, colliding,
/// empty).
struct Member {
  std::string name;                     // UTF-8; bytes that are not are read as Windows-1252 ...
  std::optional<std::string> name_hex;  // ... and then given here without loss
  std::uint64_t declared_size = 0;
  bool has_size = false;  // whether the archive declares a size
  Kind kind = Kind::file;
  std::string link_target;  // of links; never followed
  std::optional<std::int64_t> mtime;
  bool encrypted = false;
  std::uint64_t size = 0;  // bytes given to the sink
  /// Empty in Sink::begin, then one of: "extracted", "skipped: link", "skipped: directory",
  /// "skipped: device", "skipped: special file", "skipped: not wanted", "stopped", "too large (n >
  /// max)", "encrypted: no password fits", "encrypted: not supported", "unsupported: <what>",
  /// "damaged: <why>".
  std::string status;
};

enum class Flow : std::uint8_t { go_on, skip_member, stop };

/// Takes what is unpacked, piece by piece. After skip_member no more data of that member comes,
/// after stop nothing but the end of the open member. Each begin is followed by exactly one end.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual Flow begin(const Member& member) = 0;
  virtual Flow data(std::span<const std::uint8_t> bytes) = 0;
  virtual Flow end(
      bool
          complete) = 0;  // false: damaged, too large, skipped or stopped; what was read was passed on
  virtual bool cancelled() = 0;  // asked often; true acts like stop
};

struct Options {
  std::vector<std::string>
      passwords;  // tried in this order after none; "-" and "" mean none and are passed over
  std::uint64_t maximum_size = 0;  // of each member; 0: no limit
  std::size_t max_listed_members = 1000;
};

struct Report {
  bool is_archive = false;  // a known container, even if nothing could be read from it
  std::string
      format;  // "zip", "7zip", "rar5", "tar", "gzip", ...; "" for what is only `unsupported`
  std::vector<std::string> filters;     // outermost first: {"gzip"}, {"rpm", "zstd"}
  std::optional<std::string> password;  // the last one that was proved right
  std::vector<Member> members;          // the first max_listed_members
  std::uint64_t member_count = 0;       // all that were met
  std::vector<std::string> errors;      // at most 100, then a line with the number of the others
  std::string unsupported;              // "arj", "ace", "7z with encrypted content", ...
  bool passed_on = false;               // what is unsupported is for the plugin sevenzip
  bool stopped = false;                 // the sink answered stop, or cancelled
  std::uint64_t more_errors = 0;        // beyond those in `errors`

  /// Adds a line to `errors` while there is room.
  void error(std::string what);
  /// Counts a member that is done with, says what is wrong with it, and lists it while there is
  /// room.
  void list(Member&& member, std::size_t max_listed);
  /// Once, at the end: says how many errors found no room.
  void close_errors();
};

std::string too_large(std::uint64_t size, std::uint64_t maximum);  // "too large (n > max)"

}  // namespace stoq::plugins::archives
