// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a scan says: as JSON for the result, and as dispatches. Stateless.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scan.h"

namespace stoq::plugins::yara {

// As in stoQ 2, a hit shows at most this much of its data.
inline constexpr std::size_t kShownBytes = 512;
// A dispatch meta lists so many hits: what a payload is full of must not make the meta too large to
// be taken, and so keep the payload from its workers.
inline constexpr std::size_t kDispatchedHits = 1000;

// {"tags": [], "namespace": "default", "rule": "r", "meta": {}, "strings": [[0, "$a", "text"]]}
// Where the text is not the data, byte for byte, "strings_hex" gives the hex digits, in a list
// parallel to "strings" with null for the others. "strings_length" gives the lengths where one was
// cut, "strings_total" the number of hits where more were found than are listed. Of metas with the
// same name the last wins.
std::string match_json(const Match& match);

// {"matches": [...]}
std::string matches_json(std::span<const Match> matches);

struct Dispatch {
  std::vector<std::pair<std::string, std::string>>
      plugins;                        // name and dispatch meta (match_json); each name once
  std::optional<bool> save;           // false if a rule says so
  std::vector<std::string> problems;  // metas that make no sense
};

// Of each match: meta `plugin` is a list of names, separated by commas; the last rule gives a
// plugin's meta. Meta `save` "false" asks not to archive. Where a rule names xordecode, the XOR key
// of its hits is found from the plain text in the rule (meta `xor_plaintext_for_string_<id>` for
// $<id>, or a string with the xor modifier) and added to the meta in the JSON: `xorkey` ("21" or
// "17,16"), of the first hit that gives one and turned such that it decodes the payload from its
// beginning; or, without `xor_first_match`, `xor_info`, a list of [offset, id, key] for all, the
// key as at that offset. At most kDispatchedHits are listed, in the order of strings and offsets.
Dispatch dispatch(std::span<const Match> matches, bool xor_first_match = true);

}  // namespace stoq::plugins::yara
