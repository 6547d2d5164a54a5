// SPDX-License-Identifier: Apache-2.0
//
// The test plugins as objects for Stoq::add_plugin: stoq/plugin.h over echo.h.
#pragma once

#include <sys/stat.h>

#include <mutex>

#include "core/facts.h"
#include "core/instance.h"
#include "echo.h"
#include "stoq/plugin.h"

namespace stoq::test::echo {

inline Facts facts_of(Payload& p, const Request& r) {
  PluginInfo all;
  all.results = {"*"};
  all.wants_ancestors = true;
  const Bytes content = p.content();
  return {p.payload_id,
          p.extracted_from,
          p.extracted_by,
          p.payload_meta.text(),
          r.request_meta.text(),
          object_text(p.dispatch_meta),
          object_text(p.deep_dispatch_meta),
          results_text(p, all),
          plugins_run_text(p),
          ancestors_text(p, all),
          stoq::hex(p.sha256()),
          p.level,
          {reinterpret_cast<const char*>(content.data()), content.size()}};
}

// Collects what the methods of the object return.
class ObjectSink {
 public:
  ObjectSink() = default;
  ObjectSink(Payload& p, Request& r) : payload_(&p), request_(&r) {}
  void result(std::string_view json) { results = Json::parse(json); }
  void error(std::string_view text) { errors.emplace_back(text); }
  void dispatch(std::string_view plugin, std::string_view meta = {}) {
    names.emplace_back(plugin);
    if (!meta.empty()) metas.set(plugin, Json::parse(meta));
  }
  void set_payload_meta(std::string_view json) {
    payload_->payload_meta.update(Json::parse(json).text());
  }
  void set_request_meta(std::string_view json) {
    request_->request_meta.update(Json::parse(json).text());
  }
  bool begin(std::string_view meta = "{}") {
    open_ = {};
    return this->meta(meta);
  }
  bool meta(std::string_view json) {
    open_.payload_meta = {};
    return open_.payload_meta.update(Json::parse(json).text());
  }
  bool write(std::string_view text) {
    open_.content += text;
    return true;
  }
  bool end(bool keep = true) {
    if (keep) extracted.push_back(std::move(open_));
    return true;
  }
  bool extract(std::string_view text, std::string_view meta = "{}") {
    return begin(meta) && write(text) && end();
  }

  Json results;
  std::vector<std::string> errors, names;
  NamedResults metas;
  std::vector<ExtractedPayload> extracted;

 private:
  Payload* payload_ = nullptr;
  Request* request_ = nullptr;
  ExtractedPayload open_;
};

struct WorkerObject final : WorkerPlugin {
  WorkerResponse scan(Payload& p, Request& r) override {
    ObjectSink sink(p, r);
    echo::scan(facts_of(p, r), sink);
    return {sink.results, std::move(sink.extracted), sink.errors, sink.names};
  }
};
struct SecondObject final : WorkerPlugin {
  WorkerResponse scan(Payload& p, Request& r) override {
    ObjectSink sink(p, r);
    echo::second(facts_of(p, r), sink);
    return {.results = sink.results};
  }
};
struct DispatcherObject final : DispatcherPlugin {
  DispatcherResponse get_dispatches(Payload& p, Request& r) override {
    ObjectSink sink(p, r);
    echo::get_dispatches(facts_of(p, r), sink);
    return {sink.names, sink.metas, sink.errors};
  }
};
struct DeepDispatcherObject final : DeepDispatcherPlugin {
  DeepDispatcherResponse get_deep_dispatches(Payload& p, Request& r) override {
    ObjectSink sink(p, r);
    echo::get_deep_dispatches(facts_of(p, r), sink);
    return {sink.names, sink.metas, sink.errors};
  }
};
struct ArchiverObject final : ArchiverPlugin {
  ArchiverResponse archive(Payload& p, Request& r) override {
    ObjectSink sink(p, r);
    echo::archive(facts_of(p, r), sink);
    return {sink.results, sink.errors};
  }
  std::optional<Payload> get(const ArchiverResponse& task) override {
    ObjectSink sink;
    echo::get(task.results.text(), sink);
    return Payload(sink.extracted.at(0).content, sink.extracted.at(0).payload_meta);
  }
};
struct DecoratorObject final : DecoratorPlugin {
  DecoratorResponse decorate(const StoqResponse& response) override {
    ObjectSink sink;
    echo::decorate(response.dumps(0), sink);
    return {sink.results, sink.errors};
  }
};
struct ConnectorObject final : ConnectorPlugin {
  void save(const StoqResponse& response) override {
    const std::lock_guard lock(mutex);
    saved += response.dumps(0) + "\n";
  }
  std::mutex mutex;
  std::string saved;
};
struct ProviderObject final : ProviderPlugin {
  explicit ProviderObject(std::function<void(Queue&)> what) : work(std::move(what)) {}
  void ingest(Queue& queue) override { work(queue); }
  void outcome(uint64_t token, Outcome what, const std::string& reason) override {
    const std::lock_guard lock(mutex);
    outcomes +=
        std::to_string(token) + " " + std::to_string(static_cast<int>(what)) + " " + reason + "\n";
  }
  std::function<void(Queue&)> work;
  std::mutex mutex;
  std::string outcomes;
};

}  // namespace stoq::test::echo
