// SPDX-License-Identifier: Apache-2.0
//
// Plugins that live as objects in the program that uses the engine: derive from one or more roles,
// hand the object to Stoq::add_plugin. Methods may be called from several threads at once, unless
// the traits say `serial`. What they throw becomes an error of that plugin. Plugins in packages of
// their own are written against stoq/sdk/plugin.h.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stoq/exceptions.h"
#include "stoq/payload.h"
#include "stoq/response.h"

namespace stoq {

struct WorkerResponse {
  Json results;  // null: no result
  std::vector<ExtractedPayload> extracted;
  std::vector<std::string> errors;
  std::vector<std::string> dispatch_to;  // further workers for the same payload, in a next round
};

struct DispatcherResponse {
  std::vector<std::string> plugin_names;
  NamedResults
      meta;  // plugin name -> meta, found by the worker under payload.dispatch_meta[dispatcher][plugin]
  std::vector<std::string> errors;
};
using DeepDispatcherResponse = DispatcherResponse;

struct ArchiverResponse {
  Json results;
  std::vector<std::string> errors;
};

struct DecoratorResponse {
  Json results;
  std::vector<std::string> errors;
};

enum class Outcome : uint8_t { done, failed, retry };

// Where a provider puts its items. Each put waits while the queue is full and returns false once
// intake has ended.
class Queue {
 public:
  virtual ~Queue() = default;
  virtual bool put(Payload payload, uint64_t token = 0,
                   MetaArgument<RequestMeta> request_meta = {}) = 0;
  // A regular file, read from its start on a scan thread. The queue owns fd from here on.
  virtual bool put_file(int fd, PayloadMeta meta, uint64_t token = 0,
                        MetaArgument<RequestMeta> request_meta = {}) = 0;
  // A task for the source archivers: {archiver: results of its archive()}.
  virtual bool put_task(Json task, uint64_t token = 0,
                        MetaArgument<RequestMeta> request_meta = {}) = 0;
  // How many items will have been put in all, as far as it is known now: for Stoq::progress.
  virtual void expect(uint64_t /*items*/) {}
  virtual bool stopped() const = 0;
};

class Plugin {
 public:
  virtual ~Plugin() = default;
};
class WorkerPlugin : public virtual Plugin {
 public:
  virtual WorkerResponse scan(Payload& payload, Request& request) = 0;
};
class DispatcherPlugin : public virtual Plugin {
 public:
  virtual DispatcherResponse get_dispatches(Payload& payload, Request& request) = 0;
};
class DeepDispatcherPlugin : public virtual Plugin {
 public:
  virtual DeepDispatcherResponse get_deep_dispatches(Payload& payload, Request& request) = 0;
};
class ArchiverPlugin : public virtual Plugin {
 public:
  virtual ArchiverResponse archive(Payload& payload, Request& request);
  virtual std::optional<Payload> get(const ArchiverResponse& task);
};
class ConnectorPlugin : public virtual Plugin {
 public:
  virtual void save(const StoqResponse& response) = 0;  // throws when the response is not safe
};
class DecoratorPlugin : public virtual Plugin {
 public:
  virtual DecoratorResponse decorate(const StoqResponse& response) = 0;
};
class ProviderPlugin : public virtual Plugin {
 public:
  virtual void ingest(Queue& queue) = 0;
  // What became of the item with that token; in any order, from any thread.
  virtual void outcome(uint64_t /*token*/, Outcome, const std::string& /*reason*/) {}
};

// What the manifest says of a packaged plugin.
struct PluginTraits {
  bool extracts = true;  // a worker that never extracts may start before the level above is closed
  bool serial =
      false;  // calls never overlap, `ingest` apart, and a request that involves it runs in canonical order
  bool archives = true;  // an archiver: keeps what is scanned; otherwise it only fetches for tasks
  std::vector<std::string> required_workers;  // run before it on the same payload
  std::string version = "0";
  std::string description;
  // Of the roles that the object derives from, those that it plays ("Worker" …); empty: all.
  std::vector<std::string> roles;
};

// A plugin that the program has made, and what is to be known of it.
struct MadePlugin {
  std::shared_ptr<Plugin> plugin;
  PluginTraits traits;
};

// What a plugin in another language raised: its type there, as errors are to name it, and its text.
class ForeignException : public StoqPluginException {
 public:
  ForeignException(std::string type, const std::string& text)
      : StoqPluginException(text), type_(std::move(type)) {}
  const std::string& type() const { return type_; }

 private:
  std::string type_;
};

}  // namespace stoq
