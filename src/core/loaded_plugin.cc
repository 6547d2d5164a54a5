// SPDX-License-Identifier: Apache-2.0
//
// A plugin called by hand, outside of any request.
#include "core/collect_reply.h"
#include "core/engine.h"

namespace stoq {

LoadedPlugin::LoadedPlugin(Engine& engine, std::shared_ptr<Instance> instance)
    : engine_(&engine), instance_(std::move(instance)) {}

const std::string& LoadedPlugin::name() const {
  return instance_->info().name;
}
const std::string& LoadedPlugin::version() const {
  return instance_->info().version;
}
const std::string& LoadedPlugin::description() const {
  return instance_->info().description;
}
std::vector<std::string> LoadedPlugin::classes() const {
  return instance_->info().roles.names();
}

void LoadedPlugin::check_role(Op op) const {
  const Role role = role_of(op);
  if (!instance_->info().roles.has(role))
    throw StoqPluginException("plugin '" + name() + "' is no " +
                              std::string(kRoleNames[static_cast<size_t>(role)]));
}

void LoadedPlugin::fail(const std::string& problem) const {
  if (!problem.empty()) throw StoqPluginException(name() + ": " + problem);
}

void LoadedPlugin::call(Op op, Input& input, CollectReply& reply) const {
  check_role(op);
  instance_->call(op, input, reply);
  fail(reply.problem);
}

WorkerResponse LoadedPlugin::scan(Payload& payload, Request request) const {
  const PluginInfo& info = instance_->info();
  CollectReply reply(engine_->settings(), engine_->store(), info.extracts ? UINT64_MAX : 0,
                     {{payload, request, info}});
  Input input{.payload = &payload, .request = &request};
  // What plugins see of a payload are the rounds so far and the one in which they run.
  payload.worker_results.emplace_back();
  payload.plugins_run.emplace_back();
  struct Leave {
    Payload& payload;
    ~Leave() { payload.worker_results.pop_back(), payload.plugins_run.pop_back(); }
  } leave{payload};
  call(Op::scan, input, reply);
  WorkerResponse response{std::move(reply.results), {}, std::move(reply.errors), {}};
  for (const Payload& extracted : reply.payloads) {
    const Bytes bytes = extracted.content();
    response.extracted.push_back(
        {std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()),
         extracted.payload_meta});
  }
  for (auto& [plugin, meta] : reply.named) response.dispatch_to.push_back(std::move(plugin));
  return response;
}

DispatcherResponse LoadedPlugin::dispatches(Op op, Payload& payload, Request& request) const {
  CollectReply reply(engine_->settings(), engine_->store(), 0,
                     {{payload, request, instance_->info()}});
  Input input{.payload = &payload, .request = &request};
  call(op, input, reply);
  DispatcherResponse response;
  for (auto& [plugin, meta] : reply.named) {
    if (!meta.empty()) response.meta.set(plugin, Json::from_canonical(std::move(meta)));
    response.plugin_names.push_back(std::move(plugin));
  }
  response.errors = std::move(reply.errors);
  return response;
}

DispatcherResponse LoadedPlugin::get_dispatches(Payload& payload, Request request) const {
  return dispatches(Op::get_dispatches, payload, request);
}
DeepDispatcherResponse LoadedPlugin::get_deep_dispatches(Payload& payload, Request request) const {
  return dispatches(Op::get_deep_dispatches, payload, request);
}

ArchiverResponse LoadedPlugin::archive(Payload& payload, Request request) const {
  CollectReply reply(engine_->settings(), engine_->store(), 0,
                     {{payload, request, instance_->info()}});
  Input input{.payload = &payload, .request = &request};
  call(Op::archive, input, reply);
  return {std::move(reply.results), std::move(reply.errors)};
}

std::optional<Payload> LoadedPlugin::get(const ArchiverResponse& task) const {
  CollectReply reply(engine_->settings(), engine_->store(), 1);
  const std::string text = task.results.text();
  Input input;
  input.task = text;
  call(Op::get, input, reply);
  fail(reply.first_error());
  if (reply.payloads.empty()) return std::nullopt;
  return std::move(reply.payloads.front());
}

void LoadedPlugin::save(const StoqResponse& response) const {
  check_role(Op::save);
  fail(engine_->save(*instance_, response, response.dumps(0)));
}

DecoratorResponse LoadedPlugin::decorate(const StoqResponse& response) const {
  CollectReply reply(engine_->settings(), engine_->store());
  const std::string text = response.dumps(0);
  Input input{.response = &response, .response_text = text, .scan_id = response.scan_id};
  call(Op::decorate, input, reply);
  return {std::move(reply.results), std::move(reply.errors)};
}

}  // namespace stoq
