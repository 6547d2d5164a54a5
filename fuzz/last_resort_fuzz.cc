// SPDX-License-Identifier: Apache-2.0
// clamscan's notes of a payload, and by what content it is asked at all.
#include "fuzz/target.h"
#include "plugins/last-resort/kinds.h"
#include "plugins/last-resort/record.h"
#include "stoq/sdk/json.h"

using stoq::fuzz::must;
using namespace stoq::plugins::last_resort;

STOQ_FUZZ(last_resort) {
  (void)name_of(kind_of(data));
  const Record record = parse_record(stoq::fuzz::text_of(data), "/t");
  must(record.pieces.size() <= kMostPieces && record.pieces.size() + record.more <= data.size());
  must(stoq::sdk::valid_utf8(record.packer));
  const std::vector<std::string> complaints = parse_complaints(stoq::fuzz::text_of(data));
  must(complaints.size() <= kMostComplaints && complaints.size() <= data.size());
  for (const std::string& line : complaints)
    must(stoq::sdk::valid_utf8(line) && line.find('\n') == line.npos);
  for (const Piece& piece : record.pieces) {
    must(stoq::sdk::valid_utf8(piece.name));
    const std::string place = "/" + piece.place + "/";
    must(place.find('\0') == place.npos && place.find("//") == place.npos);
    must(place.find("/./") == place.npos && place.find("/../") == place.npos);
  }
}

STOQ_FUZZ_SEEDS(last_resort) {
  using namespace std::string_literals;
  return {
      R"({"Magic":"CLAMJSONv0","PE":{"Packer":"MEW"},"ContainedObjects":[{"FileName":"a\\b",
         "FilePath":"\/t\/x\/y"},{"FilePath":"/t/../a"},{"FilePath":"/t/z","FileSize":1}],
         "ParseErrors":["Heuristics.Limits.Exceeded.MaxFileSize"]})",
      R"({"Magic":"CLAMJSONv0","EmbeddedObjects":[{"FileType":"CL_TYPE_ISHIELD_MSI","Offset":9,
         "ContainedObjects":[{"FileName":"\u00e4","FilePath":"/t/a"}]}]})",
      "{\"Magic\":\"CLAMJSONv0\",\"ContainedObjects\":[{\"FilePath\":\"/t/"
      "a\",\"FileName\":\"\xFF\"}]}",
      "MZ"s + std::string(58, '\0') + "\x40\0\0\0PE\0\0\x4C\1"s,
      "\0\0\0\1\x12\x3A\0\x10\x19\x04\0\x10"s,
  };
}
