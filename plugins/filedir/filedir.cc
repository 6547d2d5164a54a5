// SPDX-License-Identifier: Apache-2.0
//
// The local disk as provider, connector and archiver.
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "archive.h"
#include "ingest.h"
#include "save.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::filedir {
namespace {

using sdk::Kind;

std::optional<DateFormat> date_format(const sdk::Host& host) {
  if (!host.boolean("date_mode")) return std::nullopt;
  return DateFormat(host.text("date_format"));
}

class Filedir {
 public:
  static constexpr sdk::Option options[] = {
      {"source_dir", Kind::text, nullptr, "file or directory whose files are scanned"},
      {"recursive", Kind::boolean, "false",
       "go into directories, and take names that begin with a dot"},
      {"results_dir", Kind::text, "./results",
       "where responses are saved, each in a file named by its scan_id"},
      {"archive_dir", Kind::text, "./archive", "where payloads are archived"},
      {"compactly", Kind::boolean, "true", "save a response on one line; else indented by 4"},
      {"date_mode", Kind::boolean, "false",
       "save in directories of the date; archive there, too, when use_sha is off"},
      {"date_format", Kind::text, "%Y/%m/%d", "strftime's format of these directories, local time"},
      {"use_sha", Kind::boolean, "true", "archive as a/a/f/4/c/<sha1>; else as <payload_id>"},
      {"get_anywhere", Kind::boolean, "false",
       "fetch whatever file a task names, not only those below archive_dir"},
      {"durable", Kind::boolean, "false",
       "flush what is saved and archived, and the journal, to the disk: against power loss"},
  };

  explicit Filedir(const sdk::Host& host)
      : source_(host, source_dir(host), host.boolean("recursive"), host.boolean("durable")),
        results_({host.text("results_dir"), date_format(host), host.boolean("compactly"),
                  host.boolean("durable")}),
        archive_({host.text("archive_dir"), date_format(host), host.boolean("use_sha"),
                  host.boolean("get_anywhere"), host.boolean("durable")}) {}

  void ingest(sdk::Call& call) { source_.ingest(call); }
  void outcome(uint64_t token, int what, std::string_view reason) {
    source_.outcome(token, what, reason);
  }

  void save(sdk::Call& call) { results_.save(call.scan_id(), call.response()); }

  void archive(const sdk::Payload& payload, sdk::Call& call) {
    sdk::JsonWriter json;
    json.begin_object()
        .member("path", archive_.keep(payload.content(), payload.payload_id()))
        .end_object();
    call.result(json);
  }

  void get(sdk::Call& call) {
    const sdk::JsonView task = call.task();
    const std::optional<std::string> path = task["path"].as_string();
    if (!path)
      throw sdk::Error("the task has no \"path\" that names an archived file: " +
                       std::string(task.text().substr(0, 1000)));
    const Fd fd = archive_.open(*path);
    sdk::JsonWriter meta;
    meta.begin_object().key("extra_data").raw(task.text()).end_object();
    if (!call.begin(meta.str())) return;
    uint8_t chunk[64 << 10];
    for (ssize_t n; (n = read(fd.get(), chunk, sizeof chunk)) != 0;) {
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw sdk::Error("cannot read " + shown(*path) + ": " + std::strerror(errno));
      if (!call.write({chunk, static_cast<size_t>(n)})) return;
    }
    call.end();
  }

 private:
  static std::string source_dir(const sdk::Host& host) {
    const std::string path = host.find("source_dir").value_or("");
    return path.empty() ? "" : absolute(path);
  }

  Source source_;
  Results results_;
  Archive archive_;
};

}  // namespace

STOQ_PLUGIN(Filedir, "filedir", "4.0.0")

}  // namespace stoq::plugins::filedir
