// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/places.h"
#include "stoq/sdk/json.h"

namespace stoq::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kUsage = 2;

// "a=b" with true and false as booleans, split at the first `=`.
std::pair<std::string, Json> key_value(const std::string& text, const char* flag) {
  const size_t equals = text.find('=');
  if (equals == text.npos || equals == 0)
    throw CLI::ValidationError(flag, "'" + text + "' is not key=value");
  const std::string value = text.substr(equals + 1);
  if (CLI::detail::to_lower(value) == "true") return {text.substr(0, equals), Json(true)};
  if (CLI::detail::to_lower(value) == "false") return {text.substr(0, equals), Json(false)};
  return {text.substr(0, equals), Json(std::string_view(sdk::text_from_bytes(bytes_of(value))))};
}

// "plugin:option=value", split at the first `:` and the first `=` after it.
void plugin_option(const std::string& text, PluginOpts& opts) {
  const size_t colon = text.find(':');
  const size_t equals = colon == text.npos ? text.npos : text.find('=', colon);
  if (colon == 0 || equals == text.npos || equals == colon + 1)
    throw CLI::ValidationError("--plugin-opts", "'" + text + "' is not plugin:option=value");
  std::string option = CLI::detail::to_lower(text.substr(colon + 1, equals - colon - 1));
  opts[text.substr(0, colon)][std::move(option)] = OptionText(text.substr(equals + 1));
}

// STOQ_HOME, else ~/.stoq when it is there, else what was shipped, with state of its own.
void choose_home(StoqOptions& o, bool config_given) {
  const char* home = std::getenv("STOQ_HOME");
  std::string base = home ? home : "";
  std::error_code ec;
  if (base.empty())
    if (const char* user = std::getenv("HOME");
        user && fs::is_directory(std::string(user) + "/.stoq", ec))
      base = std::string(user) + "/.stoq";
  if (!base.empty()) {
    o.base_dir = base;
    // A home without a configuration of its own gets the shipped one, as if there were no home.
    if (!config_given && !fs::exists(base + "/stoq.cfg", ec)) o.config_file = shipped_config();
    return;
  }
  if (!config_given) o.config_file = shipped_config();
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* user = std::getenv("HOME");
  o.base_dir = state && *state == '/' ? std::string(state) + "/stoq"
               : user && *user == '/' ? std::string(user) + "/.local/state/stoq"
                                      : "/var/lib/stoq";
  if (!config_given) o.log_dir = "";
}

}  // namespace

std::optional<Arguments> parse(int argc, char** argv, int& exit_code) {
  Arguments a;
  CLI::App app("stoQ: takes files apart and says what is in them", "stoq");
  app.set_version_flag("--version", "stoq " + std::string(kVersion));
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default(false);

  std::vector<std::string> plugin_opts, request_extra, core;
  std::string config_file, log_level, format = "json", color = "auto";
  unsigned max_recursion = 0, threads = 0;
  std::string passes;
  StoqOptions& o = a.options;

  const auto common = [&](CLI::App& c) {
    c.add_option("--plugin-dir", o.plugin_dir_list,
                 "directories to search for plugins, after the installed one")
        ->type_name("DIR");
    c.add_option("--config-file", config_file, "stoq.cfg to read instead of $STOQ_HOME/stoq.cfg")
        ->type_name("FILE");
    c.add_option("--log-level", log_level, "debug, info, warning, error or critical")
        ->type_name("LEVEL");
    c.add_option("--plugin-opts", plugin_opts, "plugin:option=value, over what stoq.cfg says")
        ->type_name("OPT");
    c.add_option("--set", core, "key=value of the section [core] of stoq.cfg")
        ->type_name("KEY=VALUE");
  };
  const auto scanning = [&](CLI::App& c) {
    common(c);
    const auto names = [&](const char* flags, Names& into, const char* help) {
      c.add_option(flags, into, help)->type_name("NAME");
    };
    names("-A,--dest-archivers", o.dest_archivers, "archivers that payloads are kept in");
    names("-S,--source-archivers", o.source_archivers, "archivers that payloads are fetched from");
    names("-D,--decorators", o.decorators, "plugins that add to the response");
    names("-C,--connectors", o.connectors, "plugins that save responses");
    names("-R,--dispatchers", o.dispatchers, "plugins that name the workers of a payload");
    names("-E,--deep-dispatchers", o.deep_dispatchers, "plugins that name workers of later rounds");
    names("-a,--always-dispatch", o.always_dispatch, "workers that see every payload");
    names("-s,--start-dispatch", a.start_dispatch, "workers that see the first payload");
    names("-d,--start-deep-dispatch", a.start_deep_dispatch,
          "workers of the first deep dispatch of the first payload");
    c.add_option("--max-recursion", max_recursion, "levels of extraction that are followed")
        ->type_name("N");
    c.add_option("--max-dispatch-passes", passes, "deep dispatch passes, or until_stable")
        ->type_name("N");
    c.add_option("--threads", threads, "scan threads; the number of cores")
        ->type_name("N")
        ->check(CLI::Range(1, 1024));
    c.add_option("--request-source", a.request_source, "request_meta.source")->type_name("TEXT");
    c.add_option("--request-extra", request_extra, "key=value in request_meta.extra_data")
        ->type_name("KEY=VALUE");
  };
  CLI::App* scan =
      app.add_subcommand("scan", "scan one file, or what comes on stdin, and print the response");
  scanning(*scan);
  scan->add_option("FILE", a.path, "the file; left out or -: stdin");
  scan->add_option("--format", format, "json, or tree for eyes")
      ->check(CLI::IsMember({"json", "tree"}))
      ->type_name("FORMAT");
  scan->add_option("--color", color, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->type_name("WHEN");
  CLI::App* run =
      app.add_subcommand("run", "scan what providers bring and hand the responses to connectors");
  scanning(*run);
  run->add_option("-P,--providers", o.providers, "plugins that bring payloads")->type_name("NAME");
  CLI::App* list = app.add_subcommand("list", "list the plugins");
  common(*list);

  try {
    const auto commands = app.get_subcommands({});
    if (argc > 1 && argv[1][0] != '-' &&
        std::none_of(commands.begin(), commands.end(),
                     [&](const CLI::App* command) { return command->check_name(argv[1]); }))
      throw CLI::ValidationError("'" + std::string(argv[1]) +
                                 "' is no command; there are scan, run and list");
    app.parse(argc, argv);
    for (const std::string& text : plugin_opts) plugin_option(text, o.plugin_opts);
    for (const std::string& text : core) {
      auto [key, value] = key_value(text, "--set");
      o.core[key] = OptionText(text.substr(text.find('=') + 1));
    }
    Json::Tree& extra = a.request_extra.tree();
    for (const std::string& text : request_extra) {
      auto [key, value] = key_value(text, "--request-extra");
      extra[key] = value.tree();
    }
  } catch (const CLI::ParseError& e) {
    const int code = app.exit(e);
    exit_code = code == 0 ? 0 : kUsage;
    return std::nullopt;
  }
  a.command = scan->parsed()  ? Arguments::Command::scan
              : run->parsed() ? Arguments::Command::run
                              : Arguments::Command::list;
  a.format = format == "tree" ? Format::tree : Format::json;
  a.color =
      color == "always" || (color == "auto" && isatty(STDOUT_FILENO) && !std::getenv("NO_COLOR"));
  CLI::App* used = scan->parsed() ? scan : run->parsed() ? run : list;
  if (used->count("--config-file")) o.config_file = config_file;
  if (used->count("--log-level")) o.log_level = log_level;
  if (used != list) {
    if (used->count("--max-recursion")) o.max_recursion = max_recursion;
    if (used->count("--max-dispatch-passes")) o.core["max_dispatch_passes"] = OptionText(passes);
    if (used->count("--threads")) o.threads = threads;
  }
  choose_home(o, o.config_file.has_value());
  return a;
}

}  // namespace stoq::cli
