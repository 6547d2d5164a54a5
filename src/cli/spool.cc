// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <map>

#include "cli/commands.h"
#include "cli/installation.h"
#include "cli/output.h"
#include "cli/units.h"
#include "cli/visible.h"
#include "core/engine.h"
#include "stoq/sdk/json.h"

namespace stoq::cli {
namespace {

std::string counted(size_t n) {
  return std::to_string(n) + (n == 1 ? " response" : " responses");
}

std::string json_text(const Spool& spool, const std::vector<SpoolEntry>& entries) {
  sdk::JsonWriter w;
  w.begin_object();
  w.member("spool", std::string_view(spool.dir()));
  w.key("responses").begin_array();
  for (const SpoolEntry& entry : entries) {
    if (!entry.problem.empty()) continue;
    const SpoolHeader& h = entry.header;
    w.begin_object();
    w.member("id", std::string_view(entry.name)).member("connector", std::string_view(h.connector));
    w.member("scan_id", std::string_view(h.scan_id)).member("time", std::string_view(h.time));
    w.member("attempts", h.attempts).member("size", entry.size);
    w.member("error", std::string_view(h.error));
    w.end_object();
  }
  w.end_array().key("left_alone").begin_array();
  for (const SpoolEntry& entry : entries) {
    if (entry.problem.empty()) continue;
    w.begin_object();
    w.member("file", std::string_view(entry.name));
    w.member("problem", std::string_view(entry.problem));
    w.end_object();
  }
  w.end_array().end_object();
  return sdk::indent(w.str(), 2) + "\n";
}

// A line each, and those that are no responses behind them.
std::string table(const Spool& spool, const std::vector<SpoolEntry>& entries) {
  constexpr size_t kError = 200;  // columns
  std::vector<std::array<std::string, 4>> rows = {{"ID", "ATTEMPTS", "SIZE", "LAST ERROR"}};
  std::string left_alone;
  uint64_t bytes = 0;
  for (const SpoolEntry& entry : entries) {
    if (!entry.problem.empty()) {
      left_alone += visible(entry.name, kTextColumns) +
                    ": left alone: " + visible(entry.problem, kTextColumns) + "\n";
      continue;
    }
    bytes += entry.size;
    rows.push_back({visible(entry.name, kTextColumns), std::to_string(entry.header.attempts),
                    human_bytes(entry.size), visible(entry.header.error, kError)});
  }
  if (rows.size() == 1) return "the spool is empty: " + spool.dir() + "\n" + left_alone;
  std::array<size_t, 4> widths{};
  for (const auto& row : rows)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns_of(row[i]));
  std::string text;
  for (const auto& row : rows)
    text += padded(row[0], widths[0]) + "  " + padded(row[1], widths[1]) + "  " +
            padded(row[2], widths[2]) + "  " + row[3] + "\n";
  return text + counted(rows.size() - 1) + ", " + human_bytes(bytes) + ", in " + spool.dir() +
         "\n" + left_alone;
}

class SpoolCommand {
 public:
  SpoolCommand(Arguments& a, Engine& engine) : a_(a), engine_(engine), spool_(engine.spool()) {}

  int list() const {
    std::string problem;
    const std::vector<SpoolEntry> entries = spool_.list(&problem);
    if (!problem.empty()) return unreadable(problem);
    return finish(a_.format == Format::json ? json_text(spool_, entries) : table(spool_, entries),
                  kDelivered);
  }

  int retry() {
    spool_.clean();
    for (const std::string& name : chosen()) {
      const std::string connector(connector_in(name));
      if (!a_.of_connectors.empty() && a_.names.empty() &&
          std::find(a_.of_connectors.begin(), a_.of_connectors.end(), connector) ==
              a_.of_connectors.end())
        continue;
      const auto [what, problem] = retry(name, connector);
      using enum Engine::Redelivered;
      ++(what == saved ? saved_ : left_);
      if (!say(name + (what == saved    ? ": saved"
                       : what == failed ? ": not saved: " + problem
                                        : ": left alone: " + problem)))
        return kNotAll;
    }
    say(counted(saved_) + " saved, " + std::to_string(left_) + " not");
    return left_ == 0 && missing_ == 0 ? kDelivered : kNotAll;
  }

  int drop() {
    for (const std::string& name : chosen()) {
      Spool::Claimed claimed = spool_.claim(name);
      std::string problem = claimed.problem;
      if (claimed.claim)
        problem = claimed.claim->take_out();
      else if (problem.empty())
        problem = claimed.gone ? "it is not there any more" : "another process is at it";
      ++(problem.empty() ? saved_ : left_);
      if (!say(name + (problem.empty() ? ": dropped, scan " + claimed.claim->header().scan_id
                                       : ": left alone: " + problem)))
        return kNotAll;
    }
    say(counted(saved_) + " dropped, " + std::to_string(left_) + " not");
    return left_ == 0 && missing_ == 0 ? kDelivered : kNotAll;
  }

 private:
  static int unreadable(const std::string& problem) {
    return complain(kNotAll, "the spool cannot be read: " + problem);
  }

  // Those that were named and are there, or all.
  std::vector<std::string> chosen() {
    std::string problem;
    std::vector<std::string> all = spool_.names({}, &problem);
    if (!problem.empty()) missing_ = unreadable(problem);
    if (a_.names.empty()) return all;
    std::vector<std::string> some;
    for (const std::string& name : a_.names)
      if (std::binary_search(all.begin(), all.end(), name))
        some.push_back(name);
      else
        missing_ = complain(kNotAll, "there is no '" + visible(name, 200) + "' in the spool " +
                                         spool_.dir() + "; see stoq spool list");
    return some;
  }

  std::pair<Engine::Redelivered, std::string> retry(const std::string& name,
                                                    const std::string& connector) {
    auto& [instance, problem] = connectors_[connector];
    if (!instance && problem.empty()) try {
        instance = engine_.load(connector);
        if (!instance->info().roles.has(Role::connector)) {
          instance.reset();
          problem = "plugin '" + connector + "' is no connector";
        }
      } catch (const StoqException& e) {
        problem = e.what();
      }
    if (!instance) return {Engine::Redelivered::failed, problem};
    return engine_.redeliver(*instance, name);
  }

  // One line, as soon as it is known. False when nobody reads it.
  static bool say(const std::string& line) {
    return finish(visible(line, 64 << 10) + "\n", kDelivered) == kDelivered;
  }

  const Arguments& a_;
  Engine& engine_;
  Spool& spool_;
  std::map<std::string, std::pair<std::shared_ptr<Instance>, std::string>> connectors_;
  size_t saved_ = 0, left_ = 0;  // or dropped and left
  int missing_ = 0;
};

// What goes with which action; "" when it does.
std::string mistake(const Arguments& a) {
  if (a.action == "list" && !a.names.empty())
    return "'" + a.names[0] + "' is one argument too many for stoq spool list";
  if (a.action != "list" && a.format_given) return "--format is for stoq spool list";
  if (a.action != "retry" && !a.of_connectors.empty()) return "--connector is for stoq spool retry";
  if (a.action != "drop" && a.everything) return "--all is for stoq spool drop";
  if (!a.names.empty() && (!a.of_connectors.empty() || a.everything))
    return std::string("name responses, or give ") + (a.everything ? "--all" : "--connector") +
           ", not both";
  if (a.action == "drop" && a.names.empty() && !a.everything)
    return "stoq spool drop needs the ID of a response, or --all";
  return "";
}

}  // namespace

int spool(Arguments& a) {
  if (const std::string text = mistake(a); !text.empty())
    return complain(kUsage, text + "; see stoq spool --help");
  start_nothing(a.options);
  Engine engine(std::move(a.options));
  if (engine.spool().off()) return complain(kUsage, "spool_dir is empty: there is no spool");
  SpoolCommand command(a, engine);
  return a.action == "list"    ? command.list()
         : a.action == "retry" ? command.retry()
                               : command.drop();
}

}  // namespace stoq::cli
