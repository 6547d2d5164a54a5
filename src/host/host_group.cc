// SPDX-License-Identifier: Apache-2.0
#include "host/host_group.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

#include "core/cores.h"
#include "sandbox/filter.h"
#include "stoq/exceptions.h"

namespace stoq {
namespace {

constexpr size_t kIdleHosts = 256;  // more than threads that scan
constexpr size_t kSpareHosts =
    2;  // asked for ahead, where each call has a host of its own: one for each core
constexpr unsigned kEarlyEnds = 8;  // after which there are pauses

}  // namespace

uint64_t HostGroup::next_number() {
  static std::atomic<uint64_t> number = 0;
  return ++number;
}

void Teller::operator()(Reply& reply, const Ending& ending, const HostEnd& end) const {
  const std::string stands = "; what it had given stands";
  switch (ending.failure) {
    case Failure::deadline:
      if (!ending.text.empty())
        return reply.failed(Failure::deadline, "deadline",
                            "it was killed when the time of " + ending.text + " was over" + stands);
      return reply.failed(
          Failure::deadline, "deadline",
          "it did not answer within " + Json(deadline).text() + " s and was killed" + stands);
    case Failure::lied:
      return reply.failed(
          Failure::lied, "protocol",
          "its host process was killed, for its answer was not to be believed: " + ending.text);
    case Failure::memory:
      return reply.failed(Failure::memory, "memory",
                          "it was killed, for it had " + ending.text + " and may have " +
                              std::to_string(memory >> 20) + " MiB" + stands);
    case Failure::refused:
      return reply.failed(Failure::refused, "StoqException",
                          "its answer could not be taken: " + ending.text + stands);
    default:
      break;
  }
  const bool refused = !end.status || (WIFSIGNALED(*end.status) && WTERMSIG(*end.status) == SIGSYS);
  if (end.refused_call && refused) {
    const std::string call = sandbox::call_name(*end.refused_call);
    return reply.failed(Failure::crashed, "sandbox",
                        "its host process was ended for a system call that its sandbox refuses: " +
                            call + " (sandbox_calls = " + call + " in section [" + plugin +
                            "] of stoq.cfg would allow it)" + stands);
  }
  const std::string how = end.status ? describe_end(*end.status) : "an unknown cause";
  if (end.memory >= memory / 10 * 9)
    return reply.failed(Failure::memory, "memory",
                        "its host process ended by " + how +
                            ", probably for want of memory: it had " +
                            std::to_string(end.memory >> 20) + " MiB and may have " +
                            std::to_string(memory >> 20) + " MiB" + stands);
  reply.failed(Failure::crashed, "crash", "its host process ended by " + how + stands);
}

std::shared_ptr<TemplateClient> HostGroup::new_template() {
  const std::shared_ptr<TemplateClient> root = roots_();
  std::shared_ptr<TemplateClient> first = root->fork();
  const sandbox::Missing missing = first->confine(limits_.sandbox);
  if (lacking_ && !missing.empty()) lacking_(missing);
  return first;
}

uint32_t HostGroup::load(const PluginSpec& spec, PluginInfo& info) {
  const std::lock_guard one_load(load_mutex_);
  std::shared_ptr<TemplateClient> base;
  {
    const std::lock_guard lock(mutex_);
    base = template_;
  }
  if (!base) base = new_template();
  // A copy takes the plugin: if it takes the copy with it, nothing is lost.
  std::shared_ptr<TemplateClient> grown = base->fork();
  grown->load(
      spec, info, limits_.load_deadline,
      [&](LogLevel level, std::string_view line) { log_(level, spec.name, line); }, *base);
  const std::lock_guard lock(mutex_);
  template_ = std::move(grown);
  loaded_.push_back(spec);
  ++generation_;
  idle_.clear(), spares_.clear();
  return static_cast<uint32_t>(loaded_.size() - 1);
}

std::shared_ptr<Arena> HostGroup::take_arena() {
  {
    const std::lock_guard lock(mutex_);
    if (!arenas_.empty()) {
      std::shared_ptr<Arena> arena = std::move(arenas_.back());
      arenas_.pop_back();
      return arena;
    }
  }
  return std::make_shared<Arena>();
}

// After the end of a template (the kernel was short of memory, say): a new one with the same
// plugins, in the same order.
void HostGroup::rebuild() {
  const std::lock_guard one_load(load_mutex_);
  std::vector<PluginSpec> specs;
  {
    const std::lock_guard lock(mutex_);
    if (template_ && template_->alive()) return;  // another thread was faster
    specs = loaded_;
  }
  const std::shared_ptr<TemplateClient> base = new_template();
  std::shared_ptr<TemplateClient> anew = base->fork();
  for (const PluginSpec& spec : specs) {
    PluginInfo ignored;
    anew->load(
        spec, ignored, limits_.load_deadline,
        [&](LogLevel level, std::string_view line) { log_(level, spec.name, line); }, *base);
  }
  const std::lock_guard lock(mutex_);
  template_ = std::move(anew);
  ++generation_;
  idle_.clear(), spares_.clear();
}

std::unique_ptr<HostProcess> HostGroup::new_host() {
  for (bool again = false;; again = true) {
    try {
      std::unique_ptr<HostProcess> host = ask_for_host();
      host->meet();
      return host;
    } catch (const StoqException&) {
      if (again) throw;
      rebuild();
    }
  }
}

std::unique_ptr<HostProcess> HostGroup::ask_for_host() {
  std::shared_ptr<TemplateClient> base;
  unsigned generation;
  {
    const std::lock_guard lock(mutex_);
    base = template_;
    generation = generation_;
  }
  std::shared_ptr<Arena> arena = take_arena();
  arena->wipe();  // of what hosts before it were given
  auto host = std::make_unique<HostProcess>(std::move(base), std::move(arena));
  host->generation = generation;
  if (!sandbox::kWatched) host->most_memory = limits_.sandbox.memory;
  return host;
}

// So that the next call need not wait for a host to come to be.
void HostGroup::ask_for_spare() noexcept {
  if (!loses_hosts_) return;
  const size_t most = fresh_ ? std::max(kSpareHosts, size_t{cores_allowed()}) : kSpareHosts;
  try {
    {
      const std::lock_guard lock(mutex_);
      if (spares_.size() >= most) return;
    }
    std::unique_ptr<HostProcess> spare = ask_for_host();
    const std::lock_guard lock(mutex_);
    if (spare->generation == generation_ && spares_.size() < most)
      spares_.push_back(std::move(spare));
  } catch (const std::exception&) {  // who needs a host will say so
  }
}

std::unique_ptr<HostProcess> HostGroup::spare_host() {
  while (true) {
    std::unique_ptr<HostProcess> host;
    {
      const std::lock_guard lock(mutex_);
      if (spares_.empty()) return nullptr;
      host = std::move(spares_.front());  // that has had the most time
      spares_.erase(spares_.begin());
    }
    try {
      host->meet();
      return host;
    } catch (const StoqException&) {  // the next one
    }
  }
}

// One that this thread's core has, if possible: its caches know the host.
std::unique_ptr<HostProcess> HostGroup::take_host() {
  const int core = core_of_this_thread();
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto at = std::find_if(idle_.rbegin(), idle_.rend(),
                             [core](const auto& host) { return host->core() == core; });
      if (at == idle_.rend()) at = idle_.rbegin();
      std::swap(*at, idle_.back());
      std::unique_ptr<HostProcess> host = std::move(idle_.back());
      idle_.pop_back();
      host->move_to(core);
      return host;
    }
  }
  std::unique_ptr<HostProcess> host = spare_host();
  if (!host) host = new_host();
  host->takes_no_descriptors();
  host->move_to(core);
  return host;
}

// With the lock. What a host has started may outlive it, and have its arena.
void HostGroup::keep_arena(const HostProcess& host) {
  if (limits_.sandbox.confined && limits_.sandbox.profile != config::Profile::legacy)
    arenas_.push_back(host.arena());
}

void HostGroup::give_back(std::unique_ptr<HostProcess> host) {
  const std::lock_guard lock(mutex_);
  if (fresh_ || host->calls >= limits_.calls || host->generation != generation_ ||
      idle_.size() >= kIdleHosts) {
    keep_arena(*host);
    loses_hosts_ = true;
    host->kill();
    return;
  }
  idle_.push_back(std::move(host));
}

// What nobody is to keep from one call to the next.
std::string HostGroup::left_over(HostProcess& host) const {
  if (!limits_.sandbox.confined) return "";
  switch (limits_.sandbox.profile) {
    case config::Profile::compute:
      return host.left_over();
    case config::Profile::legacy:
      return host.children_left();
    default:
      return "";
  }
}

// Returns how many items are dealt with.
size_t HostGroup::trip(std::span<BatchItem> items) {
  // Where every call has a host of its own, that says nothing.
  if (const auto pause = pause_after(fresh_ ? 0 : early_ends_.load()); pause.count() > 0)
    std::this_thread::sleep_for(pause);
  std::unique_ptr<HostProcess> host = take_host();
  std::vector<double> deadlines;
  Question question(items);
  question.message.max_result = limits_.max_result;
  question.message.max_depth = limits_.max_depth;
  for (size_t i = 0; i < items.size(); ++i) {
    const auto& remote = static_cast<const RemoteInstance&>(*items[i].instance);
    question.message.items[i].plugin = remote.index();
    question.message.items[i].deadline = wire::milliseconds(remote.deadline());
    deadlines.push_back(remote.deadline());
  }
  const uint64_t number = next_number();
  Conversation conversation(*host, number, items, deadlines, limits_.max_result, log_);
  std::optional<Ending> ending;
  if (host->ask(question, number))
    ending = conversation.run();
  else if (host->calls > 0)
    return 0;  // it had ended while idle: not this call's doing
  else
    ending = Ending{};
  if (!ending) {
    host->calls += std::max<size_t>(1, question.payloads.size());
    early_ends_ = 0;
    items = items.first(conversation.answered());
    const std::string left = fresh_ ? "" : left_over(*host);
    if (!left.empty())
      items.back().reply->failed(
          Failure::raised, "leftovers",
          "its host process was replaced, for it had kept " + left + " after the call");
    if (left.empty() && !conversation.out_of_memory()) {
      give_back(std::move(host));
      ask_for_spare();
      return items.size();
    }
    host->kill();
  }
  loses_hosts_ = true;
  ask_for_spare();
  if (!ending) {
    host->end();
  } else if (ending->of_another_call && host->calls > 0) {
    // What it had been asked before is to blame, and that has its answer; this call has none yet.
    log_(LogLevel::warning, items.front().instance->info().name,
         "a host process was replaced: after its last call it gave another answer to it");
    host->end();
    const std::lock_guard lock(mutex_);
    keep_arena(*host);
    return 0;
  } else {
    const size_t at = std::min(ending->at, items.size() - 1);
    const HostEnd end = host->end();
    Teller{items[at].instance->info().name, deadlines[at], limits_.sandbox.memory}(*items[at].reply,
                                                                                   *ending, end);
    if (host->calls == 0) ++early_ends_;
  }
  const std::lock_guard lock(mutex_);
  keep_arena(*host);
  return ending ? ending->at + 1 : items.size();
}

// They would be forked as fast as the kernel can.
std::chrono::milliseconds HostGroup::pause_after(unsigned early_ends) {
  return std::chrono::milliseconds(
      early_ends < kEarlyEnds ? 0 : 1 << std::min(early_ends - kEarlyEnds, 9u));
}

std::span<BatchItem> HostGroup::of_one_trip(std::span<BatchItem> items) const {
  if (fresh_) return items.first(1);
  if (limits_.sandbox.confined && limits_.sandbox.profile == config::Profile::compute) return items;
  size_t end = 1;
  while (end < items.size() && items[end].input == items[0].input) ++end;
  return items.first(end);
}

namespace {

// The end of a batch's call; memory may lack for what it gave.
void keep(Reply& reply) noexcept {
  try {
    reply.answered();
  } catch (const std::exception& e) {
    reply.failed(Failure::refused, "StoqException",
                 std::string("what it gave could not be kept: ") + e.what());
  }
}

}  // namespace

// Whether a call is not to be made, which is told.
bool HostGroup::passed_over(Reply& reply) {
  if (reply.kept()) return true;
  const std::string_view why = reply.over();
  if (why.empty()) return false;
  reply.failed(Failure::deadline, "deadline", "it was not called: " + std::string(why));
  return true;
}

void HostGroup::call(std::span<BatchItem> items) noexcept {
  while (!items.empty()) {
    try {
      if (passed_over(*items.front().reply)) {
        items = items.subspan(1);
        continue;
      }
      const size_t dealt_with = std::min(trip(of_one_trip(items)), items.size());
      const std::span<BatchItem> done = items.first(dealt_with);
      items = items.subspan(dealt_with);
      if (!done.empty()) keep(*done.back().reply);  // the others were kept when they ended
    } catch (const std::exception& e) {
      items.front().reply->failed(
          Failure::refused, "StoqException",
          std::string("it could not be called in a host process: ") + e.what());
      items = items.subspan(1);
    }
  }
}

void call_batch(std::span<BatchItem> items) noexcept {
  if (items.empty()) return;
  if (HostGroup* group = items.front().instance->group()) return group->call(items);
  for (BatchItem& item : items) {
    item.instance->call(item.op, *item.input, *item.reply);
    keep(*item.reply);
  }
}

}  // namespace stoq
