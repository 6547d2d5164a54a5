// SPDX-License-Identifier: Apache-2.0
#include "loader/object.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <typeinfo>

#include "loader/exception_text.h"
#include "stoq/exceptions.h"

namespace stoq {

std::string type_of(const std::exception& e) {
  if (const auto* foreign = dynamic_cast<const ForeignException*>(&e)) return foreign->type();
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(
      abi::__cxa_demangle(typeid(e).name(), nullptr, nullptr, &status), std::free);
  std::string text = status == 0 && name ? name.get() : "std::exception";
  if (text.starts_with("stoq::Stoq")) text.erase(0, 6);
  return text;
}

namespace {

class ReplyQueue final : public Queue {
 public:
  explicit ReplyQueue(Reply& reply) : reply_(reply) {}
  bool put(Payload payload, uint64_t token, MetaArgument<RequestMeta> request) override {
    return reply_.put_payload(payload.content(), payload.payload_meta.text(), text(request), token);
  }
  bool put_file(int fd, PayloadMeta meta, uint64_t token,
                MetaArgument<RequestMeta> request) override {
    return reply_.put_file(fd, meta.text(), text(request), token);
  }
  bool put_task(Json task, uint64_t token, MetaArgument<RequestMeta> request) override {
    return reply_.put_task(task.text(), text(request), token);
  }
  void expect(uint64_t items) override { reply_.expect(items); }
  bool stopped() const override { return reply_.cancelled(); }

 private:
  static std::string text(const MetaArgument<RequestMeta>& request) {
    return request ? request->text() : std::string();
  }
  Reply& reply_;
};

void extract(Reply& reply, Bytes content, const PayloadMeta& meta) {
  if (begin_payload(reply, meta.text()) == Step::go && write_payload(reply, content) == Step::go)
    end_payload(reply, true);
}

class ObjectInstance final : public Instance {
 public:
  ObjectInstance(std::string name, std::shared_ptr<Plugin> plugin, PluginTraits traits)
      : plugin_(std::move(plugin)),
        worker_(dynamic_cast<WorkerPlugin*>(plugin_.get())),
        dispatcher_(dynamic_cast<DispatcherPlugin*>(plugin_.get())),
        deep_dispatcher_(dynamic_cast<DeepDispatcherPlugin*>(plugin_.get())),
        archiver_(dynamic_cast<ArchiverPlugin*>(plugin_.get())),
        connector_(dynamic_cast<ConnectorPlugin*>(plugin_.get())),
        decorator_(dynamic_cast<DecoratorPlugin*>(plugin_.get())),
        provider_(dynamic_cast<ProviderPlugin*>(plugin_.get())) {
    info_.name = std::move(name);
    info_.version = std::move(traits.version);
    info_.description = std::move(traits.description);
    info_.extracts = traits.extracts;
    info_.serial = traits.serial;
    info_.wants_ancestors = true;
    info_.results = {"*"};
    info_.required = std::move(traits.required_workers);
    const auto role = [&](const void* derives, Role r) {
      const auto& played = traits.roles;
      const std::string_view called = kRoleNames[static_cast<size_t>(r)];
      if (derives &&
          (played.empty() || std::find(played.begin(), played.end(), called) != played.end()))
        info_.roles.add(r);
    };
    role(worker_, Role::worker), role(dispatcher_, Role::dispatcher),
        role(deep_dispatcher_, Role::deep_dispatcher);
    role(archiver_, Role::archiver), role(connector_, Role::connector),
        role(decorator_, Role::decorator), role(provider_, Role::provider);
    if (info_.roles.bits() == 0)
      throw StoqPluginException("the object given as plugin '" + info_.name +
                                "' plays no role: derive it from WorkerPlugin, …");
  }

  void call(Op op, Input& input, Reply& reply) noexcept override {
    std::unique_lock<std::recursive_mutex> one_at_a_time(serial_, std::defer_lock);
    if (info_.serial && op != Op::ingest) one_at_a_time.lock();
    try {
      run(op, input, reply);
    } catch (const std::exception& e) {
      reply.failed(Failure::raised, type_of(e), e.what());
    } catch (...) {
      reply.failed(Failure::raised, "unknown", "an exception that is not a std::exception");
    }
  }

  void outcome(uint64_t token, Outcome what, std::string_view reason) noexcept override {
    try {
      if (provider_) provider_->outcome(token, what, std::string(reason));
    } catch (...) {  // nobody to tell
    }
  }

 private:
  void run(Op op, Input& input, Reply& reply) {
    if (!info_.roles.has(role_of(op)))
      throw StoqPluginException("the plugin is no " +
                                std::string(kRoleNames[static_cast<unsigned>(role_of(op))]));
    switch (op) {
      case Op::scan: {
        WorkerResponse r = worker_->scan(*input.payload, *input.request);
        give(reply, r.results, r.errors);
        for (const ExtractedPayload& e : r.extracted)
          extract(reply, bytes_of(e.content), e.payload_meta);
        for (const std::string& name : r.dispatch_to) reply.dispatch(name, {});
        return;
      }
      case Op::get_dispatches:
        return dispatch(dispatcher_->get_dispatches(*input.payload, *input.request), reply);
      case Op::get_deep_dispatches:
        return dispatch(deep_dispatcher_->get_deep_dispatches(*input.payload, *input.request),
                        reply);
      case Op::archive: {
        ArchiverResponse r = archiver_->archive(*input.payload, *input.request);
        return give(reply, r.results, r.errors);
      }
      case Op::get: {
        if (const std::optional<Payload> payload =
                archiver_->get({Json::from_canonical(std::string(input.task)), {}}))
          extract(reply, payload->content(), payload->payload_meta);
        return;
      }
      case Op::save:
        return connector_->save(*input.response);
      case Op::decorate: {
        DecoratorResponse r = decorator_->decorate(*input.response);
        return give(reply, r.results, r.errors);
      }
      case Op::ingest: {
        ReplyQueue queue(reply);
        return provider_->ingest(queue);
      }
    }
  }

  static void give(Reply& reply, const Json& results, const std::vector<std::string>& errors) {
    for (const std::string& error : errors) reply.error(error);
    std::string scratch;
    if (!results.is_null()) reply.result(results.view(scratch));
  }

  static void dispatch(const DispatcherResponse& r, Reply& reply) {
    for (const std::string& error : r.errors) reply.error(error);
    for (const std::string& name : r.plugin_names) {
      const Json* meta = r.meta.find(name);
      reply.dispatch(name, meta ? meta->text() : std::string());
    }
    for (const auto& [name, meta] : r.meta)
      if (std::find(r.plugin_names.begin(), r.plugin_names.end(), name) == r.plugin_names.end())
        reply.error("meta is given for '" + name + "', which is not among the plugins named");
  }

  std::shared_ptr<Plugin> plugin_;
  WorkerPlugin* worker_;
  DispatcherPlugin* dispatcher_;
  DeepDispatcherPlugin* deep_dispatcher_;
  ArchiverPlugin* archiver_;
  ConnectorPlugin* connector_;
  DecoratorPlugin* decorator_;
  ProviderPlugin* provider_;
  std::recursive_mutex serial_;  // a plugin may have the engine scan something
};

}  // namespace

std::shared_ptr<Instance> make_object_instance(std::string name, std::shared_ptr<Plugin> plugin,
                                               PluginTraits traits) {
  return std::make_shared<ObjectInstance>(std::move(name), std::move(plugin), std::move(traits));
}

}  // namespace stoq
