// SPDX-License-Identifier: Apache-2.0
//
// Who is to run on a payload: what was named, what that requires, and what may not.
#include <algorithm>

#include "core/answer.h"
#include "core/scan.h"

namespace stoq {
namespace {

bool has_run(const Payload& payload, std::string_view name) {
  return std::any_of(payload.plugins_run.begin(), payload.plugins_run.end(),
                     [&](const auto& round) {
                       return std::find(round.begin(), round.end(), name) != round.end();
                     });
}

}  // namespace

void Scan::refuse(Node& node, std::string_view name, std::string_view type, std::string_view why) {
  const std::string stage =
      node.deep_round ? "deep dispatch:failed to load" + pass_text(node) : "worker:failed to load";
  add_error(node, name, failure_text(stage, name, type, why, node.payload.payload_id));
}

std::shared_ptr<Instance> Scan::find_worker(Node& node, std::string_view name) {
  try {
    const bool late = !context_.generation->loaded.contains(name);
    if (late) {
      const std::lock_guard lock(mutex_);
      if (const auto at = late_.find(name); at != late_.end()) return at->second;
    }
    std::shared_ptr<Instance> instance = context_.workers.worker(*context_.generation, name);
    if (late) {
      const std::lock_guard lock(mutex_);
      late_.emplace(std::string(name), instance);
    }
    return instance;
  } catch (const std::exception& e) {
    const bool unknown = dynamic_cast<const StoqPluginNotFound*>(&e) != nullptr;
    refuse(node, name, unknown ? "StoqPluginNotFound" : "StoqPluginException", e.what());
    return nullptr;
  }
}

bool Scan::add_to_plan(Node& node, std::string_view name, std::string_view why,
                       std::string_view by) {
  if (name.empty()) return false;
  if (std::any_of(node.plan.begin(), node.plan.end(),
                  [&](const Node::Planned& p) { return p.name == name; }))
    return true;
  const bool once = node.deep_round && settings_.max_dispatch_passes == kUntilStable;
  if (once && node.named.find(name) != node.named.end()) return false;
  if (node.supplement_of && !node.whole && has_run(node.supplement_of->payload, name)) return true;
  node.named.emplace(name);
  std::shared_ptr<Instance> instance = find_worker(node, name);
  if (!instance || !add_required(node, *instance)) return false;
  std::string reason;
  if (settings_.explain) reason.append(why).append(by.empty() ? "" : " ").append(by);
  node.plan.push_back({std::string(name), std::move(instance), std::move(reason)});
  return true;
}

// What a worker requires comes before it, named by somebody or not, unless the payload has seen it.
bool Scan::add_required(Node& node, const Instance& worker) {
  const std::string& name = worker.info().name;
  if (worker.info().required.empty()) return true;
  const auto circle = std::find(node.requiring.begin(), node.requiring.end(), name);
  if (circle != node.requiring.end()) {
    std::string text = "required_workers form a circle: ";
    for (auto at = circle; at != node.requiring.end(); ++at) text += *at + " → ";
    refuse(node, name, "StoqPluginException", text + name);
    return false;
  }
  node.requiring.push_back(name);
  bool complete = true;
  for (const std::string& required : worker.info().required) {
    if (has_run(node.payload, required) || add_to_plan(node, required, "required by", name))
      continue;
    refuse(node, name, "StoqPluginException",
           "it requires '" + required + "', which cannot be run on this payload");
    complete = false;
  }
  node.requiring.pop_back();
  return complete;
}

unsigned Scan::in_quarantine(const Node& node, const PluginInfo& info) const {
  return context_.quarantine.kept(info.name, info.version, node.payload.sha256(), settings_);
}

// Whether the plugin is in quarantine for this payload; records it.
bool Scan::kept_from(Node& node, const Instance& instance, std::string_view stage) {
  const PluginInfo& info = instance.info();
  const unsigned deaths = in_quarantine(node, info);
  if (deaths == 0) return false;
  node.errors.add(info.name,
                  failure_text(stage, info.name, "quarantine",
                               "it was not called, for it died " + std::to_string(deaths) +
                                   " times on this payload, and is kept from it for "
                                   "quarantine_time = " +
                                   Json(settings_.quarantine_time).text() + " s",
                               node.payload.payload_id));
  node.left_out.push_back({"quarantine", info.name, std::nullopt});
  return true;
}

}  // namespace stoq
