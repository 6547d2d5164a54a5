// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stoq::plugins::pdf {

/// Something that was found in a document.
struct Found {
  std::string_view kind;              // as name_of(Kind)
  std::string object;                 // "12 0"; of a form the first of its streams
  std::string filename, description;  // of embedded files, UTF-8
  std::vector<std::string> filters;   // of the stream, outermost first, without the slash
  unsigned revision = 0;              // 0: the newest, 1: the one before …
  std::uint64_t size = 0;             // bytes given to the sink
  bool undecoded = false;  // a filter is not known: these are the bytes as they lie in the file
  std::string status;      // "extracted", "too large (> n)", "damaged: …", "stopped"
};

/// Takes what is found. Each begin is followed by exactly one end; false: no more is taken.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual bool begin(const Found& found) = 0;
  virtual bool data(std::span<const std::uint8_t> bytes) = 0;
  virtual bool end(const Found& found) = 0;  // with its status; what was read was given
  virtual bool cancelled() = 0;
};

struct Options {
  std::vector<std::string> passwords;      // tried in this order, after none
  bool all_streams = false;                // pages, fonts and pictures too
  std::uint64_t maximum_size = 256 << 20;  // bytes of one stream
  std::size_t max_listed = 1000;
};

struct Report {
  bool is_pdf = false;
  std::string version;
  bool opened = false, encrypted = false;
  std::optional<std::string> password;  // that fitted, where one was needed
  std::uint64_t objects = 0;
  std::optional<std::uint64_t> pages;
  std::map<std::string, std::uint64_t> streams;  // how many of each kind
  std::uint64_t not_extracted = 0;               // of no interest, by kind and first bytes
  std::map<std::string, std::uint64_t> actions;
  std::vector<std::string> uris, launches;
  std::map<std::string, std::string> info;  // "Title", "Producer", …
  std::vector<Found> found;                 // the first max_listed
  std::uint64_t found_count = 0;
  unsigned revisions = 1;  // that were read
  std::vector<std::string> errors, warnings;
};

/// Takes a document apart: embedded files, scripts, the XFA form, streams of unknown use, and any
/// other stream that begins as an executable, an archive, a document or a script does. Earlier
/// revisions (eight at most) are looked at for what later ones have replaced. A document whose end
/// is lost is read as far as it goes. Of one stream `maximum_size` bytes are decoded, of one object
/// stream 64 MiB, of all in all 2 GiB. Thread-safe; reports instead of throwing (but for
/// std::bad_alloc and what the sink throws).
Report read_pdf(std::string_view content, const Options& options, Sink& sink);

}  // namespace stoq::plugins::pdf
