// SPDX-License-Identifier: Apache-2.0
#include "core/spool_file.h"

#include <algorithm>

#include "config/manifest.h"
#include "core/answer.h"
#include "core/digest.h"
#include "json/canonical.h"
#include "stoq/sdk/json.h"

namespace stoq {
namespace {

constexpr size_t kErrorSize = 4 << 10;
constexpr uint64_t kMostAttempts = 1'000'000'000;

// Whether `text` has the shape: 0 stands for a digit, x for a hexadecimal one, all else for itself.
bool has_shape(std::string_view text, std::string_view shape) {
  return text.size() == shape.size() &&
         std::equal(text.begin(), text.end(), shape.begin(), [](char c, char s) {
           const bool digit = c >= '0' && c <= '9';
           if (s == '0') return digit;
           return s == 'x' ? digit || (c >= 'a' && c <= 'f') : c == s;
         });
}

constexpr std::string_view kTime = "0000-00-00T00:00:00.000000Z";
constexpr std::string_view kNameStart = "00000000T000000.000000-xxxxxxxx-";

SpoolFile bad(std::string why) {
  SpoolFile file;
  file.problem = std::move(why);
  return file;
}

// The header and, as far as it is asked for, what it says of the response.
SpoolFile read_header(std::string_view start, sdk::JsonView* members, std::string& canonical) {
  const size_t end = start.substr(0, kSpoolHeaderSize).find('\n');
  if (end == start.npos) return bad("it has no header, or not all of one");
  if (const json::Outcome outcome = json::canonicalise(
          start.substr(0, end), canonical, {.max_size = kSpoolHeaderSize, .max_depth = 4});
      !outcome)
    return bad("its header is no JSON: " + outcome.message);
  const sdk::JsonView view(canonical);
  const std::string schema = view["schema"].string_or("");
  if (schema != kSpoolSchema)
    return bad("its header says schema " +
               (schema.empty() ? std::string("nothing") : "'" + clipped(schema, 64) + "'") +
               ", this stoQ reads '" + std::string(kSpoolSchema) + "'");
  SpoolFile file;
  SpoolHeader& h = file.header;
  h.connector = view["connector"].string_or("");
  h.scan_id = view["scan_id"].string_or("");
  h.error = view["error"].string_or("");
  h.time = view["time"].string_or("");
  const int64_t attempts = view["attempts"].int_or(-1);
  if (!config::name_problem(h.connector).empty()) return bad("its header names no connector");
  if (h.scan_id.empty() || h.scan_id.size() > 128) return bad("its header has no scan_id");
  if (!has_shape(h.time, kTime)) return bad("its header has no time");
  if (attempts < 0 || static_cast<uint64_t>(attempts) > kMostAttempts)
    return bad("its header has no number of attempts");
  h.attempts = static_cast<uint64_t>(attempts);
  if (members) *members = view;
  file.response = start.substr(end + 1);
  return file;
}

}  // namespace

std::string spool_text(const SpoolHeader& header, std::string_view response) {
  sdk::JsonWriter w;
  w.begin_object();
  w.member("schema", kSpoolSchema);
  w.member("connector", std::string_view(header.connector));
  w.member("scan_id", std::string_view(header.scan_id));
  w.member("attempts", std::min(header.attempts, kMostAttempts));
  w.member("error", std::string_view(header.error).substr(0, kErrorSize));
  w.member("time", std::string_view(header.time));
  w.member("size", response.size());
  w.member("sha256", std::string_view(hex(sha256_of(bytes_of(response)))));
  w.end_object();
  std::string text = w.take();
  text.reserve(text.size() + response.size() + 2);
  text.append("\n").append(response).append("\n");
  return text;
}

SpoolFile read_spool_text(std::string_view text) {
  std::string canonical;
  sdk::JsonView members;
  SpoolFile file = read_header(text, &members, canonical);
  if (!file.problem.empty()) return file;
  std::string_view& response = file.response;
  const std::string size = std::to_string(response.empty() ? 0 : response.size() - 1);
  if (!response.ends_with('\n') || members["size"].text() != size)
    return bad("it is not whole: " + size + " bytes of a response, its header says " +
               clipped(members["size"].text(), 32));
  response.remove_suffix(1);
  if (members["sha256"].string_or("") != hex(sha256_of(bytes_of(response))))
    return bad("its response has another SHA-256 than its header says");
  return file;
}

SpoolFile read_spool_header(std::string_view start) {
  std::string canonical;
  SpoolFile file = read_header(start, nullptr, canonical);
  file.response = {};
  return file;
}

std::string spool_name(const SpoolHeader& header) {
  std::string name;
  for (const char c : header.time)
    if (c != '-' && c != ':' && c != 'Z') name += c;
  const std::string id = header.scan_id.substr(0, 8);
  name += '-' + (has_shape(id, "xxxxxxxx") ? id : "00000000") + '-' + header.connector;
  return name;
}

std::string_view connector_in(std::string_view name) {
  if (name.size() <= kNameStart.size() || !has_shape(name.substr(0, kNameStart.size()), kNameStart))
    return {};
  name.remove_prefix(kNameStart.size());
  return config::name_problem(name).empty() ? name : std::string_view();
}

}  // namespace stoq
