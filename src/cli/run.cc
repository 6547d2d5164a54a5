// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "core/log.h"
#include "core/settings.h"

namespace stoq::cli {
namespace {

// Whether the line can be drawn and nothing else draws on the same terminal.
bool wants_progress(const Arguments& a, const Settings& settings) {
  if (a.progress != When::automatic) return a.progress == When::always;
  const char* term = std::getenv("TERM");
  if (!isatty(STDERR_FILENO) || !term || std::string_view(term) == "dumb") return false;
  const Names& connectors = settings.connectors;
  return !isatty(STDOUT_FILENO) ||
         std::find(connectors.begin(), connectors.end(), "stdout") == connectors.end();
}

// The engine's own sinks, for lines that have to give way to the status line.
std::vector<std::shared_ptr<LogSink>> sinks_of(const Settings& s) {
  std::vector<std::shared_ptr<LogSink>> sinks = {make_stderr_sink(s.log_json)};
  if (!s.log_dir.empty())
    sinks.push_back(make_file_sink(s.log_dir, s.log_maxbytes, s.log_backup_count, s.log_json));
  return sinks;
}

struct Ran {
  RunSummary summary;
  Progress progress;
  double seconds = 0;
};

// The engine's whole life: when it returns, plugins have said their last word.
Ran run_all(Arguments& a, const SignalMask& signals, StatusLine& line, bool progress) {
  const ScanOptions options = scan_options(a);
  Stoq stoq(std::move(a.options));
  const SignalWatch watch(signals, [&] {
    line.aside([] {
      complain(0,
               "no new payloads are taken; what is in work is finished (once more to stop at "
               "once)");
    });
    stoq.stop();
  });
  std::optional<ProgressDisplay> display;
  if (progress) display.emplace(stoq, line);
  Ran ran;
  ran.summary =
      stoq.run({options.request_meta, options.add_start_dispatch, options.add_start_deep_dispatch});
  ran.progress = stoq.progress();
  if (display) ran.seconds = display->seconds();
  return ran;
}

}  // namespace

int run(Arguments& a) {
  const SignalMask signals;
  const auto line = std::make_shared<StatusLine>();
  std::vector<std::string> told_by_the_engine;
  const Settings settings = load_settings(a.options, told_by_the_engine);
  const bool progress = wants_progress(a, settings);
  if (progress) a.options.log_sink = make_aside_sink(line, sinks_of(settings));
  const Ran ran = run_all(a, signals, *line, progress);
  if (progress) complain(0, summary_line(ran.progress, ran.seconds));
  const RunSummary& summary = ran.summary;
  if (summary.spooled > 0)
    complain(0, std::to_string(summary.spooled) +
                    (summary.spooled == 1 ? " response is not saved and lies"
                                          : " responses are not saved and lie") +
                    " in the spool; see stoq spool list");
  return summary.failed + summary.retried + summary.not_scanned + summary.spooled == 0 ? kDelivered
                                                                                       : kNotAll;
}

}  // namespace stoq::cli
