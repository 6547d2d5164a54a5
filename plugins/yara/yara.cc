// SPDX-License-Identifier: Apache-2.0
//
// One plugin, two roles: the worker reports what its rules match, the dispatcher sends payloads
// where its rules say.
#include <algorithm>
#include <optional>

#include "dispatch.h"
#include "last_good.h"
#include "rules.h"
#include "scan.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::yara {
namespace {

class Yara {
 public:
  static constexpr sdk::Option options[] = {
      {"worker_rules", sdk::Kind::list, "rules/stoq.yar",
       "rule files, or folders of them, whose matches are the result; relative to the plugin's "
       "folder"},
      {"dispatch_rules", sdk::Kind::list,
       "rules/mail.yar, rules/dispatcher.yar, rules/office.yar, rules/carve.yar, "
       "rules/packed.yar, rules/inspect.yar",
       "rule files whose metas name the plugins to dispatch to"},
      {"strings_limit", sdk::Kind::integer, nullptr, "hits listed of one rule; all", 0, 1e9},
      {"timeout", sdk::Kind::integer, "60",
       "seconds for one scan; never more than the plugin's deadline leaves", 1, 86'400},
      {"xor_first_match", sdk::Kind::boolean, "yes",
       "dispatch to xordecode with the key of the first hit, not with those of all"},
      {"includes_anywhere", sdk::Kind::boolean, "no",
       "whether an include may lead out of the rules' folder"},
      {"gate_modules", sdk::Kind::boolean, "no",
       "run files that import pe, elf, macho, dex or dotnet only on such content: faster, but see "
       "the README"},
  };

  Yara(const sdk::Host& host, sdk::Call& call)
      : strings_limit_(host.find("strings_limit")
                           ? static_cast<size_t>(host.integer("strings_limit"))
                           : kNoLimit),
        timeout_(static_cast<int>(host.integer("timeout"))),
        xor_first_match_(host.boolean("xor_first_match")),
        worker_(load(host, call, "worker_rules")),
        dispatcher_(load(host, call, "dispatch_rules")) {}

  struct Thread {
    explicit Thread(const Yara& yara) {
      if (yara.worker_) worker.emplace(yara.worker_);
      if (yara.dispatcher_) dispatcher.emplace(yara.dispatcher_);
    }
    std::optional<Scanner> worker, dispatcher;
  };

  void scan(const sdk::Payload& payload, sdk::Call& call, Thread& thread) const {
    if (!thread.worker) throw sdk::Error("the option worker_rules is empty: name a rule file");
    const ScanResult found =
        thread.worker->scan(payload.content(), scan_options(call, strings_limit_));
    report(found, call);
    call.result(matches_json(found.matches));
  }

  void get_dispatches(const sdk::Payload& payload, sdk::Call& call, Thread& thread) const {
    if (!thread.dispatcher)
      throw sdk::Error("the option dispatch_rules is empty: name a rule file");
    // All hits: the one that gives an XOR key may be a late one.
    const ScanResult found =
        thread.dispatcher->scan(payload.content(), scan_options(call, kNoLimit));
    report(found, call);
    const Dispatch to = dispatch(found.matches, xor_first_match_);
    for (const std::string& problem : to.problems) call.error(problem);
    for (const auto& [plugin, meta] : to.plugins) call.dispatch(plugin, meta);
    if (to.save && !*to.save) call.set_payload_meta(R"({"should_archive": false})");
  }

 private:
  static std::shared_ptr<const RuleSet> load(const sdk::Host& host, sdk::Call& call,
                                             std::string_view option) {
    std::vector<std::filesystem::path> paths;
    for (const std::string& path : host.list(option)) paths.emplace_back(host.path(path));
    if (paths.empty()) return nullptr;
    const LoadOptions loading{.externals = {},
                              .includes_anywhere = host.boolean("includes_anywhere"),
                              .gate_modules = host.boolean("gate_modules")};
    const LastGoodFolder kept(std::string(host.state()));
    LoadResult loaded =
        RuleSet::load(paths, loading, [&](const std::string& path) { return kept.find(path); });
    std::string all;
    for (const std::string& problem : loaded.problems) {
      if (loaded.rules) call.error(problem);
      all += (all.empty() ? "" : "; ") + problem;
    }
    if (!loaded.rules) throw sdk::Error(all);
    if (const std::string problem = kept.keep(loaded.texts); !problem.empty())
      host.warning("a rule file that breaks later will have no last good version: " + problem);
    return loaded.rules;
  }

  ScanOptions scan_options(const sdk::Call& call, size_t limit) const {
    const int64_t seconds = call.time_left() / 1000;
    return {.timeout_seconds = static_cast<int>(std::clamp<int64_t>(seconds - 1, 1, timeout_)),
            .strings_limit = limit,
            .cancelled = [&call] { return call.cancelled(); }};
  }

  static void report(const ScanResult& found, sdk::Call& call) {
    for (const std::string& note : found.notes) call.error(note);
    if (!found.error.empty()) call.error(found.error);
  }

  size_t strings_limit_;
  int timeout_;
  bool xor_first_match_;
  std::shared_ptr<const RuleSet> worker_, dispatcher_;
};

}  // namespace

STOQ_PLUGIN(Yara, "yara", "4.0.0")

}  // namespace stoq::plugins::yara
