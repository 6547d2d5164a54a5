// SPDX-License-Identifier: Apache-2.0
//
// Each extracting plugin in its host, through the engine, beside the library or loop that does the
// same work on the same bytes in memory. Both copy the content in and take SHA-256 of all there is.
#include <chrono>
#include <stdexcept>

#include "bench/extractor.h"

namespace stoq::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kLimit = 1.3;

template <class F>
double milliseconds(F&& call) {
  const auto begin = Clock::now();
  call();
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

Stoq engine(const Bench& bench, const std::string& plugin, const OptionMap& options = {}) {
  return Stoq({.base_dir = (bench.work / "home").string(),
               .log_dir = "",
               .log_level = "error",
               .plugin_dir_list = {(bench.build / "bench/plugins").string()},
               .plugin_opts = {{plugin, options}},
               .max_recursion = 1});
}

// What comes out is taken and left alone.
StoqResponse scan(Stoq& stoq, const std::string& plugin, const std::string& content) {
  return stoq.scan(content, {.add_start_dispatch = {plugin}});
}

void scan_all(const Extractor& extractor, Stoq& stoq, const std::string& plugin) {
  for (const std::string& content : extractor.contents) scan(stoq, plugin, content);
}

void floor_of(const Extractor& extractor, Sink& sink) {
  static std::string in;  // memory that is there already, as the engine keeps it
  for (const std::string& content : extractor.contents) {
    in = content;
    sink.take(in);
    extractor.floor(in, sink);
  }
}

// Once, that both find the same: all that the floor takes is among what the plugin gives.
void compare(const Extractor& extractor, Stoq& stoq) {
  Sink sink;
  if (extractor.floor) floor_of(extractor, sink);
  for (const std::string& content : extractor.contents) {
    const StoqResponse response = scan(stoq, extractor.plugin, content);
    if (!response.errors.empty())
      throw std::runtime_error(extractor.plugin + " has errors: " +
                               response.errors.front().second.front().substr(0, 300));
    for (const PayloadResults& result : response.results) sink.sha256.erase(result.sha256);
  }
  if (!sink.sha256.empty())
    throw std::runtime_error(extractor.plugin + " does not give " +
                             std::to_string(sink.sha256.size()) + " contents that its floor gives");
}

Row measure(const Bench& bench, const Extractor& extractor) {
  size_t bytes = 0;
  for (const std::string& content : extractor.contents) bytes += content.size();
  Row row{.workload = "(l) " + extractor.plugin + ": " + extractor.sample, .unit = "ms"};
  row.limit = kLimit;
  row.skipped = extractor.skipped;
  if (row.skipped.empty() && !bench.has_plugin(extractor.plugin))
    row.skipped = "this build has no such plugin";
  if (!row.skipped.empty()) return row;
  Stoq stoq = engine(bench, extractor.plugin, extractor.options), idle = engine(bench, "noop");
  compare(extractor, stoq);
  Sink sink;
  const auto floor = [&] {
    if (extractor.floor)
      floor_of(extractor, sink);
    else
      scan_all(extractor, idle, "noop");
  };
  const auto columns = take_turns(
      bench.rounds,
      {[&] { return milliseconds([&] { scan_all(extractor, stoq, extractor.plugin); }); },
       [&] { return milliseconds(floor); }});
  judge(row, columns[0], columns[1]);
  row.rate = static_cast<double>(bytes) / 1e3 / row.ours;
  return row;
}

}  // namespace

Rows extractor_rows(const Bench& bench) {
  const Pinned pinned(cores().front());
  std::vector<void (*)(const Bench&, std::vector<Extractor>&)> groups = {
      add_archive_extractors,  add_text_extractors, add_office_extractors,
      add_document_extractors, add_carvers,         add_xorsearch};
  Rows rows;
  for (const auto add : groups) {
    std::vector<Extractor> extractors;  // a few at a time: samples are large
    add(bench, extractors);
    for (const Extractor& extractor : extractors) {
      try {
        rows.push_back(measure(bench, extractor));
      } catch (const std::exception& e) {
        rows.push_back(
            {.workload = "(l) " + extractor.plugin, .skipped = e.what(), .failed = true});
      }
    }
  }
  return rows;
}

}  // namespace stoq::bench
