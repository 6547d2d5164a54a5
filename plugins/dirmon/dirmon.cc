// SPDX-License-Identifier: Apache-2.0
//
// A provider that takes files as they arrive in a directory.
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "items.h"
#include "journal.h"
#include "monitor.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::dirmon {
namespace {

using sdk::Kind;

class Dirmon {
 public:
  static constexpr sdk::Option options[] = {
      {"source_dir", Kind::text, nullptr, "the directory to watch"},
      {"recursive", Kind::boolean, "false", "watch the directories below it, too"},
      {"existing", Kind::boolean, "false",
       "take the files that are there at the first start; else they are noted as seen"},
      {"ignore", Kind::list, "",
       "names of files and directories to leave out, as patterns with * and ?"},
      {"journal_dir", Kind::text, nullptr,
       "where the journal is kept; else in the plugin's state directory"},
      {"follow_links", Kind::boolean, "false",
       "take files outside source_dir that symbolic links in it lead to"},
      {"durable", Kind::boolean, "false",
       "flush the journal to the disk before an outcome counts, against power loss"},
  };

  explicit Dirmon(const sdk::Host& host)
      : host_(host),
        options_{source_dir(host), host.boolean("recursive"), host.boolean("existing"),
                 host.boolean("follow_links"), Patterns(host.list("ignore"))},
        journal_(host, journal_dir(host, options_), options_.source_dir, host.boolean("durable")),
        items_(host, journal_, options_.source_dir) {}

  void ingest(sdk::Call& call) {
    journal_.open();
    items_.given_back();  // by an earlier ingest: those are not known any more, and are met now
    Monitor(host_, call, options_, Timing{}, journal_, items_).run();
  }
  void outcome(uint64_t token, int what, std::string_view reason) {
    items_.outcome(token, what, reason);
  }

 private:
  static std::string source_dir(const sdk::Host& host) {
    const std::string given = host.find("source_dir").value_or("");
    std::string path = given.empty() ? "" : absolute(given);
    struct stat st {};
    const int error = path.empty() || stat(path.c_str(), &st) == 0 ? 0 : errno;
    if (path.empty() || error == ENOENT)
      throw sdk::Error("Source directory not defined or doesn't exist: '" + shown(path) +
                       "'; set source_dir in the section [dirmon] of stoq.cfg, or give "
                       "--plugin-opts dirmon:source_dir=PATH");
    if (error != 0 || !S_ISDIR(st.st_mode))
      throw sdk::Error("source_dir " + shown(path) +
                       " cannot be watched: " + std::strerror(error != 0 ? error : ENOTDIR) +
                       "; point source_dir to a directory");
    return path;
  }
  static std::string journal_dir(const sdk::Host& host, const Options& options) {
    const std::string given = host.find("journal_dir").value_or("");
    std::string path = given.empty() ? std::string(host.state()) : absolute(given);
    if (!path.empty() && lies_in(path, options.source_dir, options.recursive))
      throw sdk::Error("the journal would be kept in " + shown(path) +
                       ", where files are watched for; set journal_dir to a directory outside " +
                       shown(options.source_dir));
    return path;
  }

  const sdk::Host host_;
  const Options options_;
  Journal journal_;
  Items items_;
};

}  // namespace

STOQ_PLUGIN(Dirmon, "dirmon", "4.0.0")

}  // namespace stoq::plugins::dirmon
