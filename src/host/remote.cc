// SPDX-License-Identifier: Apache-2.0
#include "host/remote.h"

#include "host/shared_host.h"
#include "stoq/exceptions.h"

namespace stoq {
namespace {

// A worker or dispatcher, in as many hosts as there are calls.
class PooledInstance final : public RemoteInstance {
 public:
  PooledInstance(std::shared_ptr<HostGroup> group, uint32_t index, PluginInfo info, double deadline)
      : group_(std::move(group)) {
    info_ = std::move(info);
    index_ = index;
    deadline_ = deadline;
  }
  void call(Op op, Input& input, Reply& reply) noexcept override {
    BatchItem item{op, this, &reply, &input};
    group_->call({&item, 1});
  }
  HostGroup* group() const override { return group_.get(); }

 private:
  std::shared_ptr<HostGroup> group_;
};

// A plugin with any other role: one instance in one host.
class SingleInstance final : public RemoteInstance {
 public:
  SingleInstance(std::shared_ptr<HostGroup> group, uint32_t index, PluginInfo info, double deadline)
      : group_(std::move(group)), host_(*group_, info.name, deadline) {
    info_ = std::move(info);
    index_ = index;
    deadline_ = deadline;
  }
  void call(Op op, Input& input, Reply& reply) noexcept override {
    try {
      host_.call({op, this, &reply, &input}, index_, op == Op::ingest ? 1e18 : deadline_);
    } catch (const std::exception& e) {
      reply.failed(Failure::refused, "StoqException",
                   std::string("it could not be called in a host process: ") + e.what());
    }
  }
  void outcome(uint64_t token, Outcome what, std::string_view reason) noexcept override {
    try {
      host_.outcome(index_, token, what, reason);
    } catch (const std::exception&) {  // its host is gone, and the provider with it
    }
  }

 private:
  std::shared_ptr<HostGroup> group_;
  SharedHost host_;
};

}  // namespace

std::shared_ptr<TemplateClient> RootTemplate::get() {
  const std::lock_guard lock(mutex_);
  if (!template_ || !template_->alive()) template_ = TemplateClient::start(program_);
  return template_;
}

HostService::HostService(std::shared_ptr<RootTemplate> root, HostLimits limits,
                         Conversation::Log log, HostGroup::Lacking lacking,
                         std::shared_ptr<RootTemplate> python)
    : root_(std::move(root)),
      python_(std::move(python)),
      limits_(std::move(limits)),
      log_(std::move(log)),
      lacking_(std::move(lacking)) {}
HostService::~HostService() = default;

std::shared_ptr<HostGroup> HostService::group(const PluginSpec& spec,
                                              const IsolationPolicy& policy) {
  const std::string key = (policy.python ? "python/" : "") + policy.trust +
                          (policy.fresh ? "/fresh/" + spec.name : "") + "/" +
                          sandbox::encode(policy.sandbox);
  const std::lock_guard lock(mutex_);
  std::weak_ptr<HostGroup>& known = groups_[key];
  std::shared_ptr<HostGroup> group = known.lock();
  if (!group) {
    HostLimits limits = limits_;
    limits.sandbox = policy.sandbox;
    group = std::make_shared<HostGroup>(
        [root = policy.python ? python_ : root_] { return root->get(); }, std::move(limits), log_,
        lacking_, policy.fresh);
    known = group;
  }
  return group;
}

std::shared_ptr<Instance> HostService::load(const PluginSpec& spec, const IsolationPolicy& policy) {
  PluginInfo info;
  describe(spec, info);
  std::shared_ptr<HostGroup> shared = group(spec, policy);
  const uint32_t index = shared->load(spec, info);
  if (!info.roles.only_look() && !policy.marked && policy.sandbox.confined) {
    IsolationPolicy open = policy;
    open.sandbox.confined = false;
    return load(spec, open);
  }
  const double deadline = info.roles.has(Role::worker)
                              ? policy.worker_deadline.value_or(policy.deadline)
                              : policy.deadline;
  if (info.roles.only_look() && !policy.single)
    return std::make_shared<PooledInstance>(std::move(shared), index, std::move(info), deadline);
  // It shares a template with the others of its trust, but not a host.
  return std::make_shared<SingleInstance>(std::move(shared), index, std::move(info), deadline);
}

}  // namespace stoq
