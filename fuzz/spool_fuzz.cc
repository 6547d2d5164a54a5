// SPDX-License-Identifier: Apache-2.0
// A file of the spool as it may lie on a disk, and the response in it: what is read of either is
// written and read to the same.
#include "core/response_text.h"
#include "core/spool_file.h"
#include "fuzz/target.h"
#include "json/canonical.h"

using namespace stoq;
using fuzz::must;

namespace {

bool same(const SpoolHeader& a, const SpoolHeader& b) {
  return a.connector == b.connector && a.scan_id == b.scan_id && a.time == b.time &&
         a.attempts == b.attempts && a.error.starts_with(b.error);
}

void check_response(std::string_view text) {
  std::string canonical, again_canonical;
  if (!json::canonicalise(text, canonical)) return;
  StoqResponse response, again;
  if (const std::string problem = read_response(canonical, response); !problem.empty()) {
    must(problem.size() < 1024);
    return;
  }
  const std::string written = response.dumps(0);
  must(json::canonicalise(written, again_canonical) && again_canonical == written);
  must(read_response(written, again).empty() && again.dumps(0) == written);
}

}  // namespace

STOQ_FUZZ(spool) {
  const std::string_view text = fuzz::text_of(data);
  const SpoolFile file = read_spool_text(text);
  const SpoolFile head = read_spool_header(text.substr(0, kSpoolHeaderSize));
  must(file.problem.size() < 1024 && head.problem.size() < 1024);
  must(file.problem.empty() ? head.problem.empty() && same(head.header, file.header) : true);
  // Damage mostly ends at the digest: what stands below a header is looked at in a file of its own.
  const size_t end = std::min(text.find('\n'), text.size());
  const std::string_view response =
      file.problem.empty() ? file.response : text.substr(std::min(end + 1, text.size()));
  SpoolHeader header = head.problem.empty() ? head.header
                                            : SpoolHeader{"es-search", "0a1b2c3d", "it failed",
                                                          "2026-11-24T17:22:44.123456Z", 3};
  const std::string written = spool_text(header, response);
  const SpoolFile read = read_spool_text(written);
  must(read.problem.empty() && read.response == response && same(header, read.header));
  must(connector_in(spool_name(header)) == header.connector);
  must(connector_in(text).size() <= text.size());
  check_response(response);
}

STOQ_FUZZ_SEEDS(spool) {
  StoqResponse response;
  response.scan_id = "0a1b2c3d-0000-4000-8000-000000000000";
  PayloadResults& payload = response.results.emplace_back();
  payload.payload_id = "id";
  payload.workers.emplace_back().set("hash", Json{{"md5", "0"}});
  response.errors.add("hash", "worker:failed to scan: hash ; crash ; payload id");
  response.limits.emplace_back();
  const SpoolHeader header{"es-search", response.scan_id, "no answer from http://127.0.0.1:9200",
                           "2026-11-24T17:22:44.123456Z", 12};
  const std::string text = response.dumps(0);
  return {spool_text(header, text), spool_text(header, "{}"), spool_text(header, "not JSON"),
          "head\n" + text};
}
