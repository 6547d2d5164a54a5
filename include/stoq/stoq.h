// SPDX-License-Identifier: Apache-2.0
//
// The door to the engine:
//
//   stoq::Stoq s({.plugin_dir_list = {"/opt/plugins"}, .always_dispatch = {"hash"}});
//   stoq::StoqResponse r = s.scan(bytes, {.payload_meta = stoq::Json{{"filename", "bad.exe"}}});
//   std::cout << r.dumps() << '\n';
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stoq/exceptions.h"
#include "stoq/json.h"
#include "stoq/log.h"
#include "stoq/payload.h"
#include "stoq/plugin.h"
#include "stoq/response.h"

namespace stoq {

inline constexpr std::string_view kVersion = "4.0.0";

// The value of an option as text, whatever it was written as.
struct OptionText : std::string {
  using std::string::string;
  OptionText(std::string text) : std::string(std::move(text)) {}
  OptionText(bool value) : std::string(value ? "true" : "false") {}
  OptionText(int value) : std::string(std::to_string(value)) {}
  OptionText(int64_t value) : std::string(std::to_string(value)) {}
  OptionText(double value);
  OptionText(const std::vector<std::string>& list);
};
using OptionMap = std::map<std::string, OptionText, std::less<>>;
using PluginOpts = std::map<std::string, OptionMap, std::less<>>;
using Names = std::vector<std::string>;

// Every argument may be left out; what is left out comes from stoq.cfg, then from the defaults. An
// empty list is left out.
struct StoqOptions {
  std::optional<std::string> base_dir;     // the working directory
  std::optional<std::string> config_file;  // <base_dir>/stoq.cfg; a missing one means defaults
  std::optional<std::string> log_dir;      // <base_dir>/logs; "" = no file log
  std::optional<std::string> log_level;    // "INFO"
  Names plugin_dir_list;  // searched after the installed plugin directory; later ones win
  PluginOpts plugin_opts;
  Names providers, source_archivers, dest_archivers, connectors, dispatchers, deep_dispatchers,
      decorators, always_dispatch;
  std::optional<unsigned> max_recursion;        // 3
  std::optional<unsigned> max_dispatch_passes;  // 1

  // Beyond the seed.
  OptionMap core;  // any other key of [core], as text; docs/configuration.md lists them
  std::optional<unsigned>
      threads;           // scan threads of run and of requests that fan out; the number of cores
  bool timings = false;  // adds to each result how long each plugin took on it
  bool explain = false;  // … and why it was run
  std::shared_ptr<LogSink> log_sink;  // instead of stderr and the log file
  // Asked first when a plugin is to be loaded, by its name; without an object the plugin directories
  // are. What it throws is why the plugin cannot be loaded. Called under a lock: it must not call
  // this Stoq.
  std::function<MadePlugin(const std::string& name)> make_plugin;
};

// Settings that can be changed while the engine is in use; those not given stay.
struct Changes {
  std::optional<unsigned> max_recursion, max_dispatch_passes;
  std::optional<Names> always_dispatch;
};

struct ScanOptions {
  MetaArgument<PayloadMeta> payload_meta;
  MetaArgument<RequestMeta> request_meta;
  Names add_start_dispatch;
  Names add_start_deep_dispatch;
  std::string ratelimit;  // "count/seconds": calls of this process are spaced so; empty: no limit
};

struct RunOptions {
  MetaArgument<RequestMeta> request_meta;
  Names add_start_dispatch;
  Names add_start_deep_dispatch;
};

// What one run did.
struct RunSummary {
  uint64_t done = 0, failed = 0, retried = 0;
  uint64_t not_scanned = 0;  // of those done: too large, so only hashed and listed
  uint64_t spooled = 0;      // responses that lie in the spool for its connectors when it ends
};

// What one attempt at the responses in the spool did.
struct SpoolSummary {
  uint64_t saved = 0;
  uint64_t left = 0;  // not saved this time, either, or not to be read
};

struct Progress {
  uint64_t taken = 0;  // items that providers have brought
  uint64_t done = 0, failed = 0, retried = 0;
  uint64_t bytes = 0;                // of the payloads brought that are dealt with
  std::optional<uint64_t> expected;  // items in all, when every provider has said how many
  bool intake_ended = false;
};

// An option as its plugin declares it, in the words of the documentation.
struct OptionDescription {
  std::string name;
  std::string type;  // "integer", "size" …
  std::optional<std::string> default_text;
  std::string range;  // "1 to 65535"; empty: any
  std::string help;
};

struct HelperDescription {
  std::string name, path;
  bool present = false;  // a program lies there
};

struct PluginDescription {
  std::string name, version, description;
  std::string folder;                // where it lies; empty for an object
  std::vector<std::string> classes;  // as its manifest says; empty where only loading tells
  std::string isolation, profile;    // in effect
  bool python = false;               // written in Python
  std::vector<HelperDescription> helpers;
  std::vector<OptionDescription> options;
  std::string problem;  // why its options are not to be had
};

struct PluginListing {
  std::vector<std::string>
      classes;  // "Worker", "Dispatcher" …; empty when the plugin cannot be loaded
  std::string version;
  std::string description;
  std::string problem;  // why it cannot be loaded
};

class CollectReply;
class Engine;
class Instance;
struct Input;
enum class Op : uint8_t;

// A plugin to be called by hand, outside of any request. Copyable; valid as long as its Stoq;
// [thread-safe]. A method of a role that the plugin does not play, and a call that fails, throw
// StoqPluginException; errors beside an answer are in it.
class LoadedPlugin {
 public:
  const std::string& name() const;
  const std::string& version() const;
  const std::string& description() const;
  std::vector<std::string> classes() const;  // the roles: "Worker", "Dispatcher" …

  WorkerResponse scan(Payload& payload, Request request = {}) const;
  DispatcherResponse get_dispatches(Payload& payload, Request request = {}) const;
  DeepDispatcherResponse get_deep_dispatches(Payload& payload, Request request = {}) const;
  ArchiverResponse archive(Payload& payload, Request request = {}) const;
  std::optional<Payload> get(const ArchiverResponse& task) const;
  void save(const StoqResponse& response) const;
  DecoratorResponse decorate(const StoqResponse& response) const;

 private:
  friend class Stoq;
  LoadedPlugin(Engine& engine, std::shared_ptr<Instance> instance);
  void check_role(Op op) const;
  void fail(const std::string& problem) const;  // unless it is empty
  void call(Op op, Input& input, CollectReply& reply) const;
  DispatcherResponse dispatches(Op op, Payload& payload, Request& request) const;

  Engine* engine_;
  std::shared_ptr<Instance> instance_;
};

// The engine with its plugins. All methods are [thread-safe]. Constructing it reads the
// configuration and loads the plugins that configuration and arguments name; what cannot be loaded
// throws StoqPluginException, bad configuration StoqException. Threads and host processes are
// started when first needed and end with the object.
class Stoq {
 public:
  explicit Stoq(StoqOptions options = {});
  ~Stoq();
  Stoq(const Stoq&) = delete;
  Stoq& operator=(const Stoq&) = delete;

  // Scans one payload on the caller's thread (helped by scan threads when it fans out), saves the
  // response with all connectors and returns it. The content is not copied and need only live as
  // long as the call. Failures of plugins are in the response; StoqException is for arguments that
  // make no sense.
  StoqResponse scan(Bytes content, ScanOptions options = {});
  StoqResponse scan(std::string_view content, ScanOptions options = {}) {
    return scan(bytes_of(content), std::move(options));
  }
  StoqResponse scan_payload(const Payload& payload, ScanOptions options = {});
  // A file, read by the engine within its limits: one above max_payload_size is hashed and listed,
  // not scanned. The engine owns fd.
  StoqResponse scan_file(int fd, ScanOptions options = {});

  // Takes what the providers bring until they have no more or stop is called, one run at a time.
  // Throws StoqException without provider, and when a provider has failed (after everything that
  // came was dealt with).
  RunSummary run(RunOptions options = {});
  // Ends run from any thread: intake stops, items in work and in the queue are finished. What is
  // not after drain_time is cut short, and its provider told to offer it again (`retried`).
  void stop();

  // Reads configuration, manifests, plugins and rules again. Requests that begin later go by what
  // was read, those in work end as they began; arguments of the constructor still come first, and
  // objects of add_plugin stay. Where anything does not load nothing changes, and StoqException or
  // StoqPluginException says what and why, as does the log. The providers of a run go on as they
  // are. docs/configuration.md lists the settings that only a new start takes.
  void reload();

  // Changes settings for requests that begin later, until the next reload.
  void change(const Changes& changes);

  // What the run at work has done so far, else the last one.
  Progress progress() const;

  // Loads a plugin, unless it is loaded already. StoqPluginNotFound, StoqPluginException. It stays
  // as it is when a reload brings another one of that name.
  LoadedPlugin load_plugin(std::string_view name);
  // An object as a plugin, under that name; replaces one of the same name for requests that start
  // later.
  void add_plugin(std::string name, std::shared_ptr<Plugin> plugin, PluginTraits traits = {});
  std::map<std::string, PluginListing> list_plugins();
  // What a plugin is and which options it has, configured or not: its module is only looked at, in a
  // process of its own. StoqPluginNotFound.
  PluginDescription describe_plugin(std::string_view name);

  // Saves with every connector that is loaded, or with the one named. Throws StoqPluginException
  // for those that failed.
  void save(const StoqResponse& response, std::string_view connector = {});

  // Tries once more to save what lies in the spool for every connector that is loaded, or for the
  // one named: responses that it could not save when they were made. Throws StoqPluginException
  // when there is no such connector.
  SpoolSummary retry_spool(std::string_view connector = {});

  // For every payload of a response, in order, a response of its own: that payload and everything
  // that came out of it, decorated anew. Errors and limits are those that concern them.
  std::vector<StoqResponse> reconstruct_all_subresponses(const StoqResponse& response);

 private:
  std::unique_ptr<Engine> engine_;
};

}  // namespace stoq
