// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/ini.h"

namespace stoq::config {

enum class Role { worker, dispatcher, deep_dispatcher, archiver, connector, decorator, provider };
enum class Isolation { none, process, fresh };
enum class Profile { compute, exec, network, legacy };
enum class ModuleKind { unknown, native, python };

std::string_view to_string(Role role);
std::string_view to_string(Isolation isolation);
std::string_view to_string(Profile profile);

/// A program that a plugin may start: `name=path` in the manifest, or the path alone, whose last part is the name then.
struct HelperPlace {
  std::string name;
  std::string path;  // absolute

  bool operator==(const HelperPlace&) const = default;
};

/// A `.stoq` file: what is known of a plugin before any of its code is loaded. A plain value.
///
///   [Core]           Name, Module (file name without extension, inside the folder; both required)
///   [Documentation]  Author, Version, Website, Description
///   [options]        the plugin's options; also min_stoq_version, required_workers (as in v2, v3)
///   [engine]         roles, extracts, isolation, profile, results, ancestors, changes_request, changes_payload, helpers, state,
///                    deadline, memory, instances, ports
struct Manifest {
  std::string name;
  std::string file;    // the .stoq
  std::string folder;  // where it lies
  std::string module;  // as written

  std::string module_path;  // discover() fills these two in
  ModuleKind kind = ModuleKind::unknown;

  std::string author, version, website, description;
  Options options;  // without the engine's own
  std::string min_stoq_version;
  std::vector<std::string> required_workers;

  // What the manifest does not say is unset or empty.
  std::vector<Role> roles;
  std::optional<bool> extracts;  // returns payloads
  std::optional<Isolation> isolation;
  std::optional<Profile> profile;
  std::vector<std::string> results;  // plugins whose earlier results it wants; {"*"}: those of all
  std::optional<bool> changes_request;  // may change request_meta
  std::optional<bool> changes_payload;  // may change payload_meta, or a dispatcher's meta
  bool ancestors = false;               // wants results and meta of the payloads above
  std::vector<HelperPlace> helpers;     // programs that it may start
  bool state = false;                   // wants a directory that outlives the process
  std::optional<double> deadline;       // seconds
  std::optional<int64_t> memory;        // bytes
  std::optional<int64_t> instances;
  std::vector<uint16_t> ports;  // of TCP that it connects to; empty: any

  /// Reads it from the text of `ini`, whose file() is the path. Not usable if anything was added to
  /// `problems`; `warnings` get what does no harm, such as an unknown key.
  static Manifest parse(const Ini& ini, std::vector<Problem>& problems,
                        std::vector<std::string>& warnings);
};

/// A TCP port, 1 to 65535.
std::optional<uint16_t> read_port(std::string_view text);

/// Why a plugin cannot have that name, or "".
std::string name_problem(std::string_view name);

}  // namespace stoq::config
