// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>

#include "cli/commands.h"
#include "cli/installation.h"
#include "cli/kernel.h"
#include "cli/output.h"
#include "cli/report.h"
#include "cli/units.h"
#include "config/nearest.h"
#include "core/cores.h"
#include "core/places.h"
#include "core/spool.h"
#include "host/template_client.h"

namespace stoq::cli {
namespace {

namespace fs = std::filesystem;

class Doctor {
 public:
  explicit Doctor(Arguments& a) : a_(a) {}

  int examine() {
    report_.section("kernel");
    kernel();
    report_.section("configuration");
    if (const std::optional<Settings> settings = configuration()) {
      report_.section("directories");
      directories(*settings);
      report_.section("host processes");
      hosts();
      python();
      plugins(*settings);
    }
    return finish(a_.format == Format::json ? report_.json() : report_.text(),
                  report_.problems() == 0 ? kDelivered : kNotAll);
  }

 private:
  void kernel() {
    for (const KernelFeature& feature : kernel_features()) {
      const std::string text =
          feature.there ? (feature.detail.empty() ? "yes" : feature.detail) : "no";
      if (feature.there || !feature.needed)
        feature.there ? report_.ok(feature.name, text) : report_.note(feature.name, text);
      else
        report_.problem(feature.name, text, "stoQ needs Linux 5.3 or newer");
    }
    report_.ok("cores", std::to_string(cores_allowed()));
  }

  std::optional<Settings> configuration() {
    const std::string file = a_.options.config_file.value_or(*a_.options.base_dir + "/stoq.cfg");
    std::error_code error;
    const bool there = fs::exists(file, error);
    try {
      std::vector<std::string> warnings;
      Settings settings = load_settings(a_.options, warnings);
      if (there)
        report_.ok("stoq.cfg", file);
      else if (!a_.options.config_file)
        report_.note("stoq.cfg", file + " is not there; the defaults apply");
      for (const std::string& warning : warnings)
        report_.problem("stoq.cfg", warning, "correct it, or take it out");
      return settings;
    } catch (const StoqException& e) {
      const std::string text = e.what();
      for (size_t at = 0, end; at <= text.size(); at = end + 1) {
        end = std::min(text.find('\n', at), text.size());
        report_.problem("stoq.cfg", text.substr(at, end - at),
                        "correct it: nothing runs until then");
      }
      return std::nullopt;
    }
  }

  // Files can be made in it, or it can be made.
  void writable(const char* name, const std::string& path) {
    fs::path at = path;
    std::error_code error;
    while (!fs::exists(at, error) && at.has_parent_path() && at != at.parent_path())
      at = at.parent_path();
    const bool there = at == fs::path(path);
    if (access(at.c_str(), W_OK | X_OK) == 0 && fs::is_directory(at, error))
      return report_.ok(name, path + (there ? "" : " (will be made)"));
    const std::string why = fs::is_directory(at, error) ? std::strerror(EACCES) : "no directory";
    report_.problem(name, path + ": " + (there ? "" : at.string() + ": ") + why,
                    "give this user the right to write there, or choose another directory");
  }

  void directories(const Settings& s) {
    writable("base_dir", s.base_dir);
    if (s.log_dir.empty())
      report_.ok("log_dir", "none, no log file is written");
    else
      writable("log_dir", s.log_dir);
    for (const std::string& section : s.file.sections())
      for (const char* option : {"results_dir", "archive_dir"})
        if (const config::Entry* entry = s.file.get(section, option))
          writable(option, fs::absolute(entry->value).lexically_normal().string());
    if (s.spool.dir.empty())
      report_.note("spool_dir", "none: a response that is not saved is an item that has failed");
    else
      spool(s);
    spill(s);
  }

  void spool(const Settings& s) {
    writable("spool_dir", s.spool.dir);
    const size_t waiting = Spool(s.spool).names().size();
    if (waiting > 0)
      report_.note("spool_dir", std::to_string(waiting) +
                                    (waiting == 1 ? " response that is not saved lies"
                                                  : " responses that are not saved lie") +
                                    " there; see stoq spool list");
  }

  void spill(const Settings& s) {
    const std::string& dir = s.store.spill_dir;
    const std::string advice = "set spill_dir in [core] to a directory with room";
    const sdk::Fd file(open(dir.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    struct statvfs about {};
    if (!file || statvfs(dir.c_str(), &about) != 0)
      return report_.problem("spill_dir", dir + ": " + std::strerror(errno), advice);
    const uint64_t room = uint64_t{about.f_bavail} * about.f_frsize;
    const std::string text = dir + ", " + human_bytes(room) + " free";
    if (room < s.extraction.payload)
      return report_.problem("spill_dir",
                             text + ": less than one payload may have, max_payload_size = " +
                                 human_bytes(s.extraction.payload),
                             advice);
    if (room < s.max_request_bytes)
      return report_.note("spill_dir",
                          text + ": less than one request may have, " +
                              "max_request_bytes = " + human_bytes(s.max_request_bytes));
    report_.ok("spill_dir", text);
  }

  void python() {
    const std::string program = python_host_program();
    try {
      TemplateClient::start(program)->fork();
      report_.ok("stoq-pyhost", program + ", with " + kPython + "'s library");
    } catch (const std::exception& e) {
      report_.problem("stoq-pyhost", e.what(), "install stoQ anew: plugins in Python do not load");
    }
  }

  void hosts() {
    const std::string program = host_program();
    try {
      const auto root = TemplateClient::start(program);
      const auto host = root->fork();
      report_.ok("stoq-host", program);
      // Not what the kernel says that it has: what a host process got.
      sandbox::Spec sandbox;
      sandbox.confined = true;
      sandbox.tmp_place = host_tmp_place();
      const sandbox::Missing missing = host->confine(sandbox);
      if (missing.empty()) report_.ok("sandbox", "whole, tried with profile compute");
      for (const std::string& line : missing) report_.note("sandbox", "lacks " + line);
    } catch (const std::exception& e) {
      report_.problem("stoq-host", e.what(), "install stoQ anew: plugins have no host processes");
    }
  }

  // What the engine says of folders and manifests when it starts.
  void said_at_start(KeptLog& log, const Settings& settings) {
    for (const std::string& dir : settings.plugin_dirs) report_.ok("directory", dir);
    for (const KeptLog::Line& line : log.take()) {
      if (line.message.find("[core] has no key") != line.message.npos) continue;  // told already
      if (line.message.find("found twice") != line.message.npos)
        report_.note("directory", line.message);
      else
        report_.problem("directory", line.message, "correct it, or take it out");
    }
  }

  void plugins(const Settings& settings) {
    report_.section("plugins");
    const auto log = std::make_shared<KeptLog>();
    StoqOptions options = a_.options;
    start_nothing(options);
    options.log_sink = log;
    options.log_level = "warning";
    Stoq stoq(std::move(options));
    said_at_start(*log, settings);
    std::vector<std::string> known, in_process, legacy;
    std::map<std::string, std::vector<std::string>> roles;
    for (const auto& [name, listing] : stoq.list_plugins()) {
      const PluginDescription plugin = stoq.describe_plugin(name);
      const Loaded loaded = try_to_load(stoq, plugin, settings);
      known.push_back(name);
      roles[name] = loaded.how == Loading::fine ? loaded.roles : listing.classes;
      if (plugin.isolation == "none")
        in_process.push_back(name);
      else if (plugin.profile == "legacy")
        legacy.push_back(name);
      one_plugin(plugin, loaded, *log);
    }
    named(settings, known, roles);
    report_.section("isolation");
    report_.note("none", in_process.empty()
                             ? "no plugin"
                             : joined(in_process) +
                                   ": in the engine's own process, without deadline or sandbox");
    report_.note("legacy", legacy.empty() ? "no plugin"
                                          : joined(legacy) +
                                                ": may read files, start programs and use the "
                                                "network");
  }

  void one_plugin(const PluginDescription& plugin, const Loaded& loaded, KeptLog& log) {
    if (loaded.how == Loading::fine)
      report_.ok(plugin.name, (plugin.version.empty() ? "" : plugin.version + ", ") +
                                  joined(loaded.roles) + ", isolation " + plugin.isolation);
    else if (loaded.how == Loading::not_ready)
      report_.note(plugin.name, "not ready, and not used: " + loaded.problem);
    else
      report_.problem(plugin.name, "does not load: " + loaded.problem,
                      plugin.problem.empty()
                          ? "correct [" + plugin.name +
                                "] of stoq.cfg; its "
                                "options: stoq list --verbose"
                          : "build or install it anew, or remove " + plugin.folder);
    for (const HelperDescription& helper : plugin.helpers)
      if (helper.present)
        report_.ok(plugin.name, "helper program " + helper.path);
      else
        report_.problem(plugin.name, "helper program " + helper.path + " is missing",
                        "install it, or correct helpers in " + plugin.folder);
    for (const KeptLog::Line& line : log.take())
      if (line.message.find("cannot be loaded: ") == line.message.npos)
        report_.problem(plugin.name, line.message, "correct it, or take it out");
  }

  // The lists of stoq.cfg against what is there.
  void named(const Settings& settings, const std::vector<std::string>& known,
             const std::map<std::string, std::vector<std::string>>& roles) {
    static const std::map<std::string, std::string> kRole = {
        {"providers", "Provider"},      {"source_archivers", "Archiver"},
        {"dest_archivers", "Archiver"}, {"connectors", "Connector"},
        {"dispatchers", "Dispatcher"},  {"deep_dispatchers", "DeepDispatcher"},
        {"decorators", "Decorator"},    {"always_dispatch", "Worker"}};
    for (const auto& [list, names] : named_plugins(settings))
      for (const std::string& name : *names) {
        const auto at = roles.find(name);
        if (at == roles.end())
          report_.problem(name,
                          std::string(list) + " names it, and there is no such plugin" +
                              config::did_you_mean(name, known),
                          "correct " + std::string(list) + " in stoq.cfg, or install it");
        else if (std::find(at->second.begin(), at->second.end(), kRole.at(list)) ==
                 at->second.end())
          report_.problem(name, std::string(list) + " names it, and it is no " + kRole.at(list),
                          "correct " + std::string(list) + " in stoq.cfg");
      }
  }

  Arguments& a_;
  Report report_;
};

}  // namespace

int doctor(Arguments& a) {
  return Doctor(a).examine();
}

}  // namespace stoq::cli
