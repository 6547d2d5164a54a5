// SPDX-License-Identifier: Apache-2.0
#include "core/settings.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <thread>

#include "config/layers.h"
#include "config/nearest.h"
#include "core/places.h"

namespace stoq {
namespace {

namespace fs = std::filesystem;
using config::Type;
using config::Value;

struct Key {
  const char* name;
  Type type;
  const char* by_default;  // nullptr: none
  std::optional<double> min, max;
  const char* help;
  std::function<void(Settings&, const Value&)> set;
  std::vector<std::string> choices = {};
};

int64_t integer(const Value& v) {
  return std::get<int64_t>(v);
}
const std::string& text(const Value& v) {
  return std::get<std::string>(v);
}

template <class T>
auto into(T Settings::*field) {
  return [field](Settings& s, const Value& v) {
    if constexpr (std::is_same_v<T, double> || std::is_same_v<T, bool>)
      s.*field = std::get<T>(v);
    else if constexpr (std::is_same_v<T, std::string>)
      s.*field = text(v);
    else if constexpr (std::is_same_v<T, Names>)
      s.*field = std::get<std::vector<std::string>>(v);
    else
      s.*field = static_cast<T>(integer(v));
  };
}
template <class T>
auto extraction(T ExtractionLimits::*field) {
  return [field](Settings& s, const Value& v) { s.extraction.*field = static_cast<T>(integer(v)); };
}

Key plugins(const char* name, const char* help, Names Settings::*field) {
  return {name, Type::list, "", {}, {}, help, into(field)};
}

void set_passes(Settings& s, const Value& v) {
  const std::string& word = text(v);
  s.max_dispatch_passes =
      word == "until_stable" ? UINT_MAX : static_cast<unsigned>(std::stoul(word));
}

void set_sandbox(Settings& s, const Value& v) {
  s.sandbox = text(v) == "no"        ? Settings::Sandbox::no
              : text(v) == "require" ? Settings::Sandbox::require
                                     : Settings::Sandbox::yes;
}

constexpr double kTera = 1ull << 40;

const std::vector<Key>& keys() {
  static const std::vector<Key> table = {
      {"max_recursion", Type::integer, "3", 0, 1000, "levels of extraction that are followed",
       into(&Settings::max_recursion)},
      {"max_dispatch_passes",
       Type::text,
       "1",
       {},
       {},
       "deep dispatch passes on one payload, or until_stable",
       set_passes},
      {"threads", Type::integer, nullptr, 1, 1024, "scan threads; the number of cores",
       into(&Settings::threads)},
      {"max_payloads", Type::integer, "10000", 1, 1e9, "payloads of one request",
       into(&Settings::max_payloads)},
      {"reserved_payloads", Type::integer, nullptr, 0, 1e9,
       "of max_payloads, the last ones, kept for executables, scripts, documents, mails, archives; "
       "a fifth",
       into(&Settings::reserved_payloads)},
      {"max_children", Type::integer, "1000000", 1, 1e12, "payloads of one extraction",
       extraction(&ExtractionLimits::children)},
      {"max_extracted_bytes", Type::size, "1GiB", 1, kTera * 1024,
       "bytes extracted from one payload", extraction(&ExtractionLimits::bytes)},
      {"max_payload_size", Type::size, "1GiB", 1, kTera * 1024,
       "bytes of one payload; a larger root is hashed and listed, not scanned",
       extraction(&ExtractionLimits::payload)},
      {"max_ratio", Type::integer, "200", 0, 1e9,
       "extracted bytes for each byte of input, 0 for no limit …",
       extraction(&ExtractionLimits::ratio)},
      {"max_ratio_from", Type::size, "100MiB", 0, kTera * 1024, "… once past so many bytes",
       extraction(&ExtractionLimits::ratio_from)},
      {"max_request_bytes", Type::size, "4GiB", 1, kTera * 1024, "extracted bytes of one request",
       into(&Settings::max_request_bytes)},
      {"max_result_size", Type::size, "16MiB", 1024, 1 << 30, "JSON of one worker's result",
       into(&Settings::max_result_size)},
      {"max_response_size", Type::size, "256MiB", 4096, 3e9, "JSON of all results of one request",
       into(&Settings::max_response_size)},
      {"max_result_depth", Type::integer, "256", 1, 10'000, "nesting of one worker's result",
       into(&Settings::max_result_depth)},
      {"max_error_size", Type::size, "64KiB", 256, 1 << 30, "one error text",
       into(&Settings::max_error_size)},
      {"plugin_deadline", Type::duration, "60s", 0.001, 86'400,
       "one call of a plugin in a host process", into(&Settings::plugin_deadline)},
      {"request_deadline", Type::duration, "600s", 0.001, 86'400 * 7, "one request",
       into(&Settings::request_deadline)},
      {"plugin_memory", Type::size, "2GiB", 16 << 20, kTera, "memory of a plugin in a host process",
       into(&Settings::plugin_memory)},
      {"sandbox",
       Type::text,
       "yes",
       {},
       {},
       "whether host processes are confined: yes, as far as the kernel can; require, or nothing is "
       "loaded into them; no",
       set_sandbox,
       {"yes", "no", "require"}},
      {"tmp_size", Type::size, "256MiB", 1 << 16, kTera,
       "what a host process may write into its private directory", into(&Settings::tmp_size)},
      {"host_calls", Type::integer, "10000", 1, 1e12,
       "calls after which a host process is replaced", into(&Settings::host_calls)},
      {"max_queue", Type::integer, "100", 1, 1e6, "items that wait for a scan",
       into(&Settings::max_queue)},
      {"max_queue_bytes", Type::size, "256MiB", 1, kTera, "bytes that wait for a scan",
       into(&Settings::max_queue_bytes)},
      {"store_memory", Type::size, nullptr, 1 << 20, kTera,
       "memory for payloads before they go to disk; a quarter of RAM, at most 512MiB",
       [](Settings& s, const Value& v) { s.store.memory = static_cast<uint64_t>(integer(v)); }},
      {"spill_from", Type::size, "32MiB", 4096, 32 << 20, "a payload larger than this lies on disk",
       [](Settings& s, const Value& v) { s.store.spill_from = static_cast<uint64_t>(integer(v)); }},
      {"spill_dir",
       Type::text,
       "/var/tmp",
       {},
       {},
       "where payloads go that do not fit in memory",
       [](Settings& s, const Value& v) { s.store.spill_dir = text(v); }},
      {"connector_attempts", Type::integer, "5", 1, 100,
       "attempts of run at saving a response before it goes into the spool",
       into(&Settings::connector_attempts)},
      {"connector_backoff", Type::duration, "0.25s", 0.001, 3600,
       "the wait before the second attempt; each further one is twice as long, at most a minute",
       into(&Settings::connector_backoff)},
      {"drain_time", Type::duration, "30s", 0, 86'400,
       "from the stop of a run to its end: what is not scanned by then is put back",
       into(&Settings::drain_time)},
      {"quarantine_deaths", Type::integer, "3", 0, 1000,
       "deaths of a plugin on one payload after which it is not called on it for a while; 0: never",
       into(&Settings::quarantine_deaths)},
      {"quarantine_time", Type::duration, "1h", 0.001, 86'400 * 365, "how long that while is",
       into(&Settings::quarantine_time)},
      {"spool_dir",
       Type::text,
       nullptr,
       {},
       {},
       "where responses lie that a connector could not save; empty: no spool; <base_dir>/spool",
       [](Settings& s, const Value& v) { s.spool.dir = text(v); }},
      {"spool_max_files", Type::integer, "100000", 1, 1e7,
       "responses in the spool; a full one stops the intake of run",
       [](Settings& s, const Value& v) { s.spool.files = static_cast<uint64_t>(integer(v)); }},
      {"spool_max_bytes", Type::size, "4GiB", 4096, kTera, "bytes of all of them",
       [](Settings& s, const Value& v) { s.spool.bytes = static_cast<uint64_t>(integer(v)); }},
      {"durable",
       Type::boolean,
       "false",
       {},
       {},
       "the spool, and what plugins with an option of that name write, is on the disk before an "
       "outcome is told",
       [](Settings& s, const Value& v) { s.spool.durable = std::get<bool>(v); }},
      {"timings",
       Type::boolean,
       "false",
       {},
       {},
       "adds to each result how long each plugin took",
       into(&Settings::timings)},
      {"explain",
       Type::boolean,
       "false",
       {},
       {},
       "adds to each result why each plugin was run",
       into(&Settings::explain)},
      {"state_dir",
       Type::text,
       nullptr,
       {},
       {},
       "where plugins keep what outlives them, such as journals; <base_dir>/state",
       into(&Settings::state_dir)},
      {"log_dir",
       Type::text,
       nullptr,
       {},
       {},
       "directory of the log file; empty: no log file; <base_dir>/logs",
       into(&Settings::log_dir)},
      {"log_level",
       Type::text,
       "INFO",
       {},
       {},
       "debug, info, warning, error or critical",
       [](Settings& s, const Value& v) { s.log_level = *log_level_from(text(v)); },
       {}},
      {"log_maxbytes", Type::size, "1500000", 1024, kTera, "size at which the log file is rotated",
       into(&Settings::log_maxbytes)},
      {"log_backup_count", Type::integer, "5", 0, 1000, "rotated log files that are kept",
       into(&Settings::log_backup_count)},
      {"log_syntax",
       Type::text,
       "text",
       {},
       {},
       "text or json",
       [](Settings& s, const Value& v) { s.log_json = text(v) == "json"; },
       {"text", "json"}},
      {"plugin_dir_list",
       Type::list,
       nullptr,
       {},
       {},
       "directories searched for plugins, after the installed one; <base_dir>/plugins",
       into(&Settings::plugin_dirs)},
      plugins("providers", "plugins that bring payloads", &Settings::providers),
      plugins("source_archivers", "archivers that payloads are fetched from",
              &Settings::source_archivers),
      plugins("dest_archivers", "archivers that payloads are kept in", &Settings::dest_archivers),
      plugins("connectors", "plugins that save responses", &Settings::connectors),
      plugins("dispatchers", "plugins that name the workers of a payload", &Settings::dispatchers),
      plugins("deep_dispatchers", "plugins that name workers of later rounds",
              &Settings::deep_dispatchers),
      plugins("decorators", "plugins that add to the response", &Settings::decorators),
      plugins("always_dispatch", "workers that see every payload", &Settings::always_dispatch),
  };
  return table;
}

config::OptionSpec spec_of(const Key& key) {
  config::OptionSpec spec;
  spec.name = key.name;
  spec.type = key.type;
  spec.has_default = key.by_default != nullptr;
  if (key.by_default) spec.default_text = key.by_default;
  spec.min = key.min;
  spec.max = key.max;
  spec.choices = key.choices;
  spec.help = key.help;
  return spec;
}

// What parse_value cannot know of two keys.
std::string problem_of(const Key& key, const Value& value) {
  const std::string_view name = key.name;
  if (name == "log_level" && !log_level_from(text(value)))
    return "'" + text(value) + "' is no log level; write debug, info, warning, error or critical";
  if (name == "max_dispatch_passes") {
    const std::string& word = text(value);
    if (word != "until_stable" &&
        (word.empty() || word.size() > 6 || word.find_first_not_of("0123456789") != word.npos))
      return "'" + word + "' is neither a number of passes nor until_stable";
  }
  return {};
}

config::Layer arguments_layer(const StoqOptions& o) {
  config::Layer layer;
  const auto put = [&](const char* name, std::string value) {
    layer[name] = {std::move(value), std::string("argument ") + name};
  };
  for (const auto& [name, value] : o.core) put(name.c_str(), value);
  if (o.log_dir) put("log_dir", *o.log_dir);
  if (o.log_level) put("log_level", *o.log_level);
  if (o.max_recursion) put("max_recursion", std::to_string(*o.max_recursion));
  if (o.max_dispatch_passes) put("max_dispatch_passes", std::to_string(*o.max_dispatch_passes));
  if (o.timings) put("timings", "true");
  if (o.explain) put("explain", "true");
  if (o.threads) put("threads", std::to_string(*o.threads));
  const auto names = [&](const char* name, const Names& list) {
    if (!list.empty()) put(name, OptionText(list));
  };
  names("plugin_dir_list", o.plugin_dir_list);
  names("providers", o.providers), names("source_archivers", o.source_archivers),
      names("dest_archivers", o.dest_archivers);
  names("connectors", o.connectors), names("dispatchers", o.dispatchers),
      names("deep_dispatchers", o.deep_dispatchers);
  names("decorators", o.decorators), names("always_dispatch", o.always_dispatch);
  return layer;
}

std::string absolute(const std::string& path) {
  return fs::absolute(path).lexically_normal().string();
}

}  // namespace

OptionText::OptionText(double value) : std::string(Json(value).text()) {}
OptionText::OptionText(const std::vector<std::string>& list) : std::string(Json(list).text()) {}

const std::vector<config::OptionSpec>& core_options() {
  static const std::vector<config::OptionSpec> specs = [] {
    std::vector<config::OptionSpec> list;
    for (const Key& key : keys()) list.push_back(spec_of(key));
    return list;
  }();
  return specs;
}

Settings load_settings(const StoqOptions& options, std::vector<std::string>& warnings) {
  Settings s;
  std::vector<std::string> errors;
  std::error_code ec;
  s.base_dir = options.base_dir ? absolute(*options.base_dir) : fs::current_path(ec).string();
  const std::string path = options.config_file.value_or(s.base_dir + "/stoq.cfg");
  if (config::is_there(path)) {
    std::vector<config::Problem> problems;
    s.file = config::Ini::read(path, problems);
    for (const config::Problem& problem : problems) errors.push_back(problem.message());
  } else if (options.config_file) {
    warnings.push_back("configuration file " + path + " does not exist; the defaults apply");
  }

  const config::Layer file = config::layer_of(s.file, "core");
  const config::Layer arguments = arguments_layer(options);
  std::vector<std::string> known;
  s.threads = std::max(1u, std::thread::hardware_concurrency());
  s.store.memory = default_store_memory();
  s.log_dir = s.base_dir + "/logs";
  s.state_dir = s.base_dir + "/state";
  s.spool.dir = s.base_dir + "/spool";
  s.plugin_dirs = {s.base_dir + "/plugins"};

  for (const Key& key : keys()) {
    known.emplace_back(key.name);
    const config::Source* source = nullptr;
    config::Source by_default;
    if (const auto at = arguments.find(key.name); at != arguments.end())
      source = &at->second;
    else if (const auto in_file = file.find(key.name); in_file != file.end())
      source = &in_file->second;
    else if (key.by_default)
      source = &(by_default = {key.by_default, "default"});
    if (!source) continue;
    const config::Parsed parsed = config::parse_value(source->text, spec_of(key));
    const std::string problem = parsed.error.empty() ? problem_of(key, parsed.value) : parsed.error;
    const bool argument = arguments.contains(key.name);  // which names the key already
    if (!problem.empty())
      errors.push_back(source->where + ": " + (argument ? "" : key.name + std::string(": ")) +
                       problem);
    else
      key.set(s, parsed.value);
  }
  for (const config::Layer* layer : {&file, &arguments})
    for (const auto& [name, source] : *layer)
      if (std::find(known.begin(), known.end(), name) == known.end())
        warnings.push_back(source.where + ": [core] has no key '" + name + "'" +
                           config::did_you_mean(name, known) + "; it is ignored");
  if (!errors.empty()) {
    std::string all;
    for (const std::string& error : errors) all += (all.empty() ? "" : "\n") + error;
    throw StoqException(all);
  }

  if (s.reserved_payloads == UINT64_MAX) s.reserved_payloads = s.max_payloads / 5;
  s.always_dispatch_configured = options.always_dispatch.empty();
  for (std::string& dir : s.plugin_dirs) dir = absolute(dir);
  // The default directory need not exist; one that was named is missed.
  if (options.plugin_dir_list.empty() && file.find("plugin_dir_list") == file.end() &&
      !fs::exists(s.plugin_dirs.front(), ec))
    s.plugin_dirs.clear();
  if (const std::string installed = installed_plugin_dir(); fs::exists(installed, ec))
    s.plugin_dirs.insert(s.plugin_dirs.begin(), installed);
  if (!s.log_dir.empty()) s.log_dir = absolute(s.log_dir);
  if (!s.state_dir.empty()) s.state_dir = absolute(s.state_dir);
  if (!s.spool.dir.empty()) s.spool.dir = absolute(s.spool.dir);
  s.plugin_opts = options.plugin_opts;
  s.extraction.allowance = UINT64_MAX;
  return s;
}

}  // namespace stoq
