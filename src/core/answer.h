// SPDX-License-Identifier: Apache-2.0
//
// What is said of a plugin's answer that failed, or was too much: texts for `errors`, names for
// `limits`.
#pragma once

#include "core/instance.h"
#include "json/canonical.h"

namespace stoq {

// In LimitRecord::limit; "": none of the limits.
std::string_view limit_name(Failure failure);
std::string_view limit_name(json::Fault fault);

// "<stage>: <plugin> ; <type>: <text> ; payload <id>"; without the end where it is about no payload.
std::string failure_text(std::string_view stage, std::string_view plugin, std::string_view type,
                         std::string_view text, std::string_view payload_id = {});

// Valid UTF-8, at most so many bytes, saying what was cut.
std::string clipped(std::string_view text, uint64_t most);

// A plugin's newest result in a round stands; null takes back what it gave before.
void keep_result(NamedResults& round, std::string_view plugin, std::string canonical);

// {dispatcher: {plugin: meta}}: the newest meta of a plugin stands. Empties `metas`.
void keep_metas(NamedResults& all, std::string_view dispatcher, NamedResults& metas);

constexpr uint64_t kNamesOfOneCall = 1000;  // of plugins, that one call may give

}  // namespace stoq
