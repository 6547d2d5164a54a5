// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stoq {

inline constexpr std::string_view kSpoolSchema = "stoq-spool/1";

// What is known of a response in the spool without reading it.
struct SpoolHeader {
  std::string connector;  // that has not saved it
  std::string scan_id;
  std::string error;  // of the last attempt; at most 4 KiB
  std::string time;   // of the first time it was put here: UTC, 2026-11-24T17:22:44.123456Z
  uint64_t attempts = 0;
};

// A file of the spool: two lines. The header as JSON (with the schema, and size and SHA-256 of the
// response), then the response as the connector is to get it.
std::string spool_text(const SpoolHeader& header, std::string_view response);

struct SpoolFile {
  SpoolHeader header;
  std::string_view response;  // within the text: what was put there, but nobody knows by whom
  std::string problem;        // why the text is none; then nothing else counts
};
// `text` may be anything, and must outlive what comes out of it.
SpoolFile read_spool_text(std::string_view text);
// The header alone; `start` is the beginning of the text, of which kSpoolHeaderSize bytes are
// enough.
inline constexpr size_t kSpoolHeaderSize = 64 << 10;
SpoolFile read_spool_header(std::string_view start);

// The name of such a file without its ending, which is what it is called by: time, beginning of the
// scan id and connector, as 20261124T172244.123456-0a1b2c3d-es-search. Names sort by age.
std::string spool_name(const SpoolHeader& header);
// The connector in it; empty when it is no such name.
std::string_view connector_in(std::string_view name);

}  // namespace stoq
