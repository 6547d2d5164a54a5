// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/flags.h"
#include "cli/output.h"
#include "config/ini.h"
#include "config/nearest.h"
#include "core/places.h"
#include "stoq/sdk/json.h"

namespace stoq::cli {
namespace {

namespace fs = std::filesystem;

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
    if (!config_given && !config::is_there(base + "/stoq.cfg")) o.config_file = shipped_config();
    return;
  }
  if (!config_given) o.config_file = shipped_config();
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* user = std::getenv("HOME");
  o.base_dir = state && *state == '/' ? std::string(state) + "/stoq"
               : user && *user == '/' ? std::string(user) + "/.local/state/stoq"
                                      : "/var/lib/stoq";
  if (!config_given && !o.core.contains("log_dir")) o.log_dir = "";
}

std::vector<std::string> names_of(const std::vector<const CLI::App*>& commands) {
  std::vector<std::string> names;
  for (const CLI::App* command : commands) names.push_back(command->get_name());
  return names;
}

// Every flag as it is written.
std::vector<std::string> flags_of(const CLI::App& command) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
    for (const std::string& name : option->get_snames()) flags.push_back("-" + name);
  }
  return flags;
}

std::string no_command(const std::string& word, const std::vector<std::string>& known) {
  std::string all;
  for (size_t i = 0; i < known.size(); ++i)
    all += (i == 0 ? "" : i + 1 == known.size() ? " and " : ", ") + known[i];
  return "'" + word + "' is no command" + config::did_you_mean(word, known) + "; there are " + all;
}

// What a flag or argument that nobody knows may have been meant to be.
std::string no_flag(const CLI::App& command, const std::string& word) {
  const std::string where = command.get_parent() ? "stoq " + command.get_name() : "stoq";
  if (!word.starts_with('-')) return "'" + word + "' is one argument too many for " + where;
  const std::string flag = word.substr(0, word.find('='));
  return "'" + flag + "' is no flag of " + where + config::did_you_mean(flag, flags_of(command));
}

std::string mistake(const CLI::App& app, const CLI::ParseError& e) {
  const auto used = app.get_subcommands();
  const CLI::App& command = used.empty() ? app : *used.front();
  std::string text = e.what();
  if (dynamic_cast<const CLI::ExtrasError*>(&e)) {
    const std::vector<std::string> unknown = app.remaining(true);
    const auto flag = std::find_if(unknown.begin(), unknown.end(),
                                   [](const std::string& word) { return word.starts_with('-'); });
    if (!unknown.empty()) text = no_flag(command, flag == unknown.end() ? unknown[0] : *flag);
  } else if (used.empty() && dynamic_cast<const CLI::RequiredError*>(&e)) {
    text = "a command is missing";
  } else if (dynamic_cast<const CLI::RequiredError*>(&e)) {
    text = "stoq " + command.get_name() + " needs a " + text.substr(0, text.find(' '));
  }
  return text + "; see stoq " + (used.empty() ? "" : command.get_name() + " ") + "--help";
}

Format format_from(const std::string& word) {
  return word == "tree" ? Format::tree : word == "jsonl" ? Format::jsonl : Format::json;
}

When when_from(const std::string& word) {
  return word == "always" ? When::always : word == "never" ? When::never : When::automatic;
}

Command command_from(const std::string& name) {
  static constexpr std::pair<std::string_view, Command> kCommands[] = {
      {"scan", Command::scan},       {"run", Command::run},       {"list", Command::list},
      {"install", Command::install}, {"doctor", Command::doctor}, {"test", Command::test},
      {"spool", Command::spool}};
  for (const auto& [known, command] : kCommands)
    if (name == known) return command;
  return Command::scan;
}

// From text to values; CLI::ValidationError for what is none.
void interpret(const CLI::App& used, const Given& given, Arguments& a) {
  StoqOptions& o = a.options;
  a.command = command_from(used.get_name());
  for (const std::string& text : given.plugin_opts) plugin_option(text, o.plugin_opts);
  for (const std::string& text : given.core) {
    const std::string key = key_value(text, "--set").first;
    o.core[key] = OptionText(text.substr(text.find('=') + 1));
  }
  Json::Tree& extra = a.request_extra.tree();
  for (const std::string& text : given.request_extra) {
    auto [key, value] = key_value(text, "--request-extra");
    extra[key] = value.tree();
  }
  a.format_given = !given.format.empty();
  a.format = a.format_given ? format_from(given.format)
             : a.command == Command::doctor || a.command == Command::spool ? Format::text
                                                                           : Format::json;
  if (given.format == "text") a.format = Format::text;
  a.color = given.color == "always" ||
            (given.color == "auto" && isatty(STDOUT_FILENO) && !std::getenv("NO_COLOR"));
  a.progress = when_from(given.progress);
  const auto has = [&](const char* flag) {
    const CLI::Option* option = used.get_option_no_throw(flag);
    return option && option->count() > 0;
  };
  if (has("--config-file")) {
    if (given.config_file.empty())
      throw CLI::ValidationError("--config-file", "a path is missing: give that of a stoq.cfg");
    o.config_file = given.config_file;
  }
  if (has("--log-level")) o.log_level = given.log_level;
  if (has("--max-recursion")) o.max_recursion = given.max_recursion;
  if (has("--max-dispatch-passes")) o.core["max_dispatch_passes"] = OptionText(given.passes);
  if (has("--threads")) o.threads = given.threads;
  choose_home(o, o.config_file.has_value());
}

}  // namespace

ScanOptions scan_options(const Arguments& a) {
  ScanOptions options;
  RequestMeta meta;
  meta.source = a.request_source;
  meta.extra_data = a.request_extra;
  options.request_meta = meta;
  options.add_start_dispatch = a.start_dispatch;
  options.add_start_deep_dispatch = a.start_deep_dispatch;
  return options;
}

std::optional<Arguments> parse(int argc, char** argv, int& exit_code) {
  Arguments a;
  Given given;
  CLI::App app("stoQ: takes files apart and says what is in them", "stoq");
  app.set_version_flag("--version", "stoq " + std::string(kVersion));
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default(false);
  declare(app, a, given);
  const CLI::App& const_app = app;
  const std::vector<std::string> commands =
      names_of(const_app.get_subcommands([](const CLI::App*) { return true; }));
  if (argc > 1 && argv[1][0] != '-' &&
      std::find(commands.begin(), commands.end(), argv[1]) == commands.end()) {
    exit_code = complain(kUsage, no_command(argv[1], commands));
    return std::nullopt;
  }
  try {
    app.parse(argc, argv);
    interpret(*app.get_subcommands().front(), given, a);
    return a;
  } catch (const CLI::ParseError& e) {
    exit_code = e.get_exit_code() == 0 ? app.exit(e) : complain(kUsage, mistake(app, e));
    return std::nullopt;
  }
}

}  // namespace stoq::cli
