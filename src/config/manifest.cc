// SPDX-License-Identifier: Apache-2.0
#include "config/manifest.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <utility>

#include "config/nearest.h"
#include "config/text.h"
#include "config/values.h"
#include "config/version.h"

namespace stoq::config {
namespace {

const std::vector<std::string> kRoles = {"worker",    "dispatcher", "deep_dispatcher", "archiver",
                                         "connector", "decorator",  "provider"};
const std::vector<std::string> kIsolations = {"none", "process", "fresh"};
const std::vector<std::string> kProfiles = {"compute", "exec", "network", "legacy"};
const std::vector<std::string> kReserved = {"core", "DEFAULT", "stoq"};

const std::vector<OptionSpec>& engine_keys() {
  static const auto of = [](const char* name, Type type, std::optional<double> min = {},
                            std::optional<double> max = {}, std::vector<std::string> choices = {}) {
    OptionSpec spec;
    spec.name = name;
    spec.type = type;
    spec.min = min;
    spec.max = max;
    spec.choices = std::move(choices);
    return spec;
  };
  static const std::vector<OptionSpec> kKeys = {
      of("roles", Type::list, {}, {}, kRoles),
      of("extracts", Type::boolean),
      of("isolation", Type::text, {}, {}, kIsolations),
      of("profile", Type::text, {}, {}, kProfiles),
      of("results", Type::list),
      of("ancestors", Type::boolean),
      of("changes_request", Type::boolean),
      of("changes_payload", Type::boolean),
      of("state", Type::boolean),
      of("helpers", Type::list),
      of("deadline", Type::duration, 0.001, 86400),
      of("memory", Type::size, 1 << 20),
      of("instances", Type::integer, 1, 1024),
      of("ports", Type::list),
  };
  return kKeys;
}

template <typename E>
E choice(const std::vector<std::string>& names, const std::string& name) {
  return static_cast<E>(std::find(names.begin(), names.end(), name) - names.begin());
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

bool stays_inside(const std::string& module) {
  const std::filesystem::path path(module);
  return !path.is_absolute() && path.has_filename() && !has_control(module) &&
         std::none_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
}

class Filler {
 public:
  Filler(Manifest& manifest, const Ini& ini, std::vector<Problem>& problems,
         std::vector<std::string>& warnings)
      : manifest_(manifest), ini_(ini), problems_(problems), warnings_(warnings) {}

  void fill() {
    core();
    documentation();
    options();
    engine();
  }

 private:
  void core() {
    if (const Entry* name = required("Name")) {
      manifest_.name = strip(name->value);
      if (std::string why = name_problem(manifest_.name); !why.empty())
        problem(*name, std::move(why));
    }
    if (const Entry* module = required("Module")) {
      manifest_.module = strip(module->value);
      if (!stays_inside(manifest_.module)) {
        problem(*module, "Module " + quote(module->value) +
                             " is not a file name inside the plugin's folder; give one without "
                             "extension, '..' or "
                             "leading '/'");
      }
    }
  }

  const Entry* required(const std::string& key) {
    const Entry* entry = ini_.get("Core", lower(key));
    if (entry) return entry;
    problems_.push_back(
        {ini_.file(), 0, "section [Core] has no " + key + "; add `" + key + " = ...` to it"});
    return nullptr;
  }

  void documentation() {
    const auto text = [&](std::string_view key) {
      const Entry* entry = ini_.get("Documentation", key);
      return entry ? entry->value : std::string();
    };
    manifest_.author = text("author");
    manifest_.version = text("version");
    manifest_.website = text("website");
    manifest_.description = text("description");
  }

  void options() {
    if (!ini_.has_section("options")) return;
    manifest_.options = ini_.own_options("options");
    for (const auto& [name, entry] : ini_.own_options("DEFAULT"))
      manifest_.options.try_emplace(name, entry);
    if (const auto version = manifest_.options.extract("min_stoq_version")) {
      manifest_.min_stoq_version = strip(version.mapped().value);
      if (!manifest_.min_stoq_version.empty() && !version_numbers(manifest_.min_stoq_version)) {
        warn(version.mapped(), "min_stoq_version " + quote(manifest_.min_stoq_version) +
                                   " is not a version such as 4.0.0; it is ignored");
        manifest_.min_stoq_version.clear();
      }
    }
    if (const auto workers = manifest_.options.extract("required_workers")) {
      OptionSpec spec;
      spec.type = Type::list;
      take_list(workers.mapped(), "required_workers", spec, manifest_.required_workers);
    }
  }

  void engine() {
    std::vector<std::string> known;
    for (const OptionSpec& spec : engine_keys()) {
      known.push_back(spec.name);
      const auto& own = ini_.own_options("engine");
      const auto at = own.find(spec.name);
      if (at == own.end()) continue;
      Parsed parsed = parse_value(at->second.value, spec);
      if (parsed.error.empty()) {
        set(spec.name, at->second, std::move(parsed.value));
      } else {
        problem(at->second, "engine key " + quote(spec.name) + ": " + parsed.error);
      }
    }
    for (const auto& [name, entry] : ini_.own_options("engine")) {
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        warn(entry, "section [engine] has no key " + quote(name) + did_you_mean(name, known) +
                        "; it is ignored");
      }
    }
  }

  void set(const std::string& key, const Entry& entry, Value value) {
    if (key == "roles") {
      for (const std::string& role : std::get<std::vector<std::string>>(value)) {
        const Role one = choice<Role>(kRoles, role);
        if (std::find(manifest_.roles.begin(), manifest_.roles.end(), one) ==
            manifest_.roles.end()) {
          manifest_.roles.push_back(one);
        }
      }
    } else if (key == "extracts") {
      manifest_.extracts = std::get<bool>(value);
    } else if (key == "isolation") {
      manifest_.isolation = choice<Isolation>(kIsolations, std::get<std::string>(value));
    } else if (key == "profile") {
      manifest_.profile = choice<Profile>(kProfiles, std::get<std::string>(value));
    } else if (key == "results") {
      manifest_.results = std::get<std::vector<std::string>>(std::move(value));
    } else if (key == "changes_request") {
      manifest_.changes_request = std::get<bool>(value);
    } else if (key == "changes_payload") {
      manifest_.changes_payload = std::get<bool>(value);
    } else if (key == "ancestors") {
      manifest_.ancestors = std::get<bool>(value);
    } else if (key == "state") {
      manifest_.state = std::get<bool>(value);
    } else if (key == "helpers") {
      for (const std::string& item : std::get<std::vector<std::string>>(value))
        add_helper(entry, item);
    } else if (key == "deadline") {
      manifest_.deadline = std::get<double>(value);
    } else if (key == "memory") {
      manifest_.memory = std::get<int64_t>(value);
    } else if (key == "instances") {
      manifest_.instances = std::get<int64_t>(value);
    } else if (key == "ports") {
      for (const std::string& item : std::get<std::vector<std::string>>(value)) {
        if (const auto port = read_port(item)) {
          manifest_.ports.push_back(*port);
        } else {
          problem(entry, "engine key 'ports': " + quote(item) +
                             " is no TCP port; write a number from 1 to 65535");
        }
      }
    }
  }

  void add_helper(const Entry& entry, const std::string& item) {
    const size_t equals = item[0] == '/' ? item.npos : item.find('=');
    HelperPlace place;
    place.path = equals == item.npos ? item : strip(item.substr(equals + 1));
    place.name = equals == item.npos ? item.substr(item.rfind('/') + 1)
                                     : std::string(strip(item.substr(0, equals)));
    if (place.path[0] != '/' || has_control(place.path)) {
      problem(entry, "engine key 'helpers': " + quote(place.path) +
                         " is not an absolute path; write it in full");
    } else if (place.name.empty() || has_control(place.name)) {
      problem(entry, "engine key 'helpers': " + quote(item) +
                         " names no program; write it as name=/path/of/the/program");
    } else if (std::any_of(manifest_.helpers.begin(), manifest_.helpers.end(),
                           [&](const HelperPlace& other) { return other.name == place.name; })) {
      problem(entry, "engine key 'helpers': " + quote(place.name) +
                         " stands there twice; give each program a name of its own");
    } else {
      manifest_.helpers.push_back(std::move(place));
    }
  }

  void take_list(const Entry& entry, std::string_view key, const OptionSpec& spec,
                 std::vector<std::string>& out) {
    Parsed parsed = parse_value(entry.value, spec);
    if (parsed.error.empty()) {
      out = std::get<std::vector<std::string>>(std::move(parsed.value));
    } else {
      problem(entry, "option " + quote(key) + ": " + parsed.error);
    }
  }

  void problem(const Entry& entry, std::string text) {
    problems_.push_back({ini_.file(), entry.line, std::move(text)});
  }

  void warn(const Entry& entry, std::string text) {
    warnings_.push_back(Problem{ini_.file(), entry.line, std::move(text)}.message());
  }

  Manifest& manifest_;
  const Ini& ini_;
  std::vector<Problem>& problems_;
  std::vector<std::string>& warnings_;
};

}  // namespace

std::string_view to_string(Role role) {
  return kRoles[static_cast<size_t>(role)];
}
std::string_view to_string(Isolation isolation) {
  return kIsolations[static_cast<size_t>(isolation)];
}
std::string_view to_string(Profile profile) {
  return kProfiles[static_cast<size_t>(profile)];
}

std::optional<uint16_t> read_port(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

std::string name_problem(std::string_view name) {
  if (name.empty()) return "the plugin's Name is empty; give it one";
  if (name.size() > 128) return "the plugin's Name is longer than 128 bytes; shorten it";
  if (has_control(name) || name.find_first_of("/:,") != name.npos) {
    return "the plugin's Name " + quote(name) +
           " holds '/', ':', ',' or a control character; choose another";
  }
  if (std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end()) {
    return "the Name " + quote(name) + " is taken by stoQ itself; choose another";
  }
  return "";
}

Manifest Manifest::parse(const Ini& ini, std::vector<Problem>& problems,
                         std::vector<std::string>& warnings) {
  Manifest manifest;
  manifest.file = ini.file();
  manifest.folder = std::filesystem::path(ini.file()).parent_path().string();
  Filler(manifest, ini, problems, warnings).fill();
  return manifest;
}

}  // namespace stoq::config
