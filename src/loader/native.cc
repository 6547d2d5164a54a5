// SPDX-License-Identifier: Apache-2.0
#include "loader/native.h"

#include <dlfcn.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/fork.h"
#include "core/silent_reply.h"
#include "loader/native_call.h"
#include "loader/native_host.h"
#include "stoq/exceptions.h"
#include "stoq/sdk/views.h"

namespace stoq {
namespace {

// What a table has, zero beyond it: tables of older and newer plugins alike.
template <class Table>
Table copy_table(const void* raw) {
  Table table{};
  uint32_t size = 0;
  std::memcpy(&size, raw, sizeof size);
  std::memcpy(&table, raw, std::min<size_t>(size, sizeof table));
  return table;
}

// Collects why create or create_thread refused.
class CreateReply final : public SilentReply {
 public:
  void error(std::string_view text) override { problems.emplace_back(text); }
  void failed(Failure, std::string_view type, std::string_view text) override {
    refusal = (type == "StoqPluginException" || type.empty() ? "" : std::string(type) + ": ") +
              std::string(text);
  }

  std::vector<std::string> problems;
  std::string refusal;
};

class NativeInstance final : public Instance {
 public:
  NativeInstance(const PluginSpec& spec, const stoq_plugin_entry& entry, LogFunction log,
                 Surroundings surroundings)
      : entry_(copy_table<stoq_plugin_entry>(&entry)),
        host_(spec, entry_, std::move(log), std::move(surroundings)) {
    describe(spec, info_);
    if (info_.version.empty() && entry_.version) info_.version = entry_.version;
    const auto role = [this](const char* id, Role r, auto& table) {
      using Table = std::remove_reference_t<decltype(table)>;
      if (const void* raw = entry_.get_extension(id)) {
        table = copy_table<Table>(raw);
        info_.roles.add(r);
      }
    };
    role(STOQ_WORKER, Role::worker, worker_);
    role(STOQ_DISPATCHER, Role::dispatcher, dispatcher_);
    role(STOQ_DEEP_DISPATCHER, Role::deep_dispatcher, deep_dispatcher_);
    role(STOQ_ARCHIVER, Role::archiver, archiver_);
    role(STOQ_CONNECTOR, Role::connector, connector_);
    role(STOQ_DECORATOR, Role::decorator, decorator_);
    role(STOQ_PROVIDER, Role::provider, provider_);
    if (info_.roles.bits() == 0)
      throw StoqPluginException(
          "it plays no role of this version of the plugin interface; build it against the headers "
          "of this stoQ");
    CreateReply reply;
    Input input;
    NativeCall call(info_, input, reply);
    plugin_ = entry_.create(host_.raw(), call.raw());
    if (!plugin_)
      throw StoqPluginException(
          reply.refusal.empty() ? "it refused to start without giving a reason" : reply.refusal);
    host_.settle();
    info_.problems = std::move(reply.problems);
  }

  ~NativeInstance() override {
    for (void* thread : threads_) entry_.destroy_thread(plugin_, thread);
    if (plugin_) entry_.destroy(plugin_);
  }

  void call(Op op, Input& input, Reply& reply) noexcept override {
    host_.look_for_tmp();
    try {
      run(op, input, reply);
    } catch (const std::exception& e) {
      reply.failed(Failure::raised, "StoqPluginException", e.what());
    } catch (...) {
      reply.failed(Failure::raised, "unknown", "an exception that is not a std::exception");
    }
  }

  void outcome(uint64_t token, Outcome what, std::string_view reason) noexcept override {
    if (provider_.outcome)
      provider_.outcome(plugin_, token, static_cast<int32_t>(what), sdk::str(reason));
  }

 private:
  void run(Op op, Input& input, Reply& reply) {
    NativeCall call(info_, input, reply);
    stoq_status status = STOQ_UNSUPPORTED;
    switch (op) {
      case Op::scan:
        status = with_thread(worker_.scan, call, reply);
        break;
      case Op::get_dispatches:
        status = with_thread(dispatcher_.get_dispatches, call, reply);
        break;
      case Op::get_deep_dispatches:
        status = with_thread(deep_dispatcher_.get_deep_dispatches, call, reply);
        break;
      case Op::archive:
        status =
            archiver_.archive ? archiver_.archive(plugin_, call.payload(), call.raw()) : status;
        break;
      case Op::get:
        status = archiver_.get ? archiver_.get(plugin_, call.raw()) : status;
        break;
      case Op::save:
        status = connector_.save ? connector_.save(plugin_, call.raw()) : status;
        break;
      case Op::decorate:
        status = decorator_.decorate ? decorator_.decorate(plugin_, call.raw()) : status;
        break;
      case Op::ingest:
        status = provider_.ingest ? provider_.ingest(plugin_, call.raw()) : status;
        break;
    }
    if (reply.meter()
            .open()) {  // returned in the middle of a payload: what was written is not whole
      reply.extract_end(false);
      reply.meter().end();
      if (status >= 0 && !call.raised())
        reply.failed(Failure::raised, "StoqPluginException",
                     "it returned in the middle of an extracted payload; what it had written of "
                     "that was left out");
    }
    if (op == Op::save ? status == STOQ_OK : status >= 0) return;
    if (call.raised()) return;
    if (status == STOQ_UNSUPPORTED)
      reply.failed(Failure::raised, "StoqPluginException", "the plugin does not do this");
    else
      reply.failed(Failure::raised, "StoqPluginException",
                   "the plugin failed without saying why (status " + std::to_string(status) + ")");
  }

  using Scan = stoq_status (*)(void*, void*, const stoq_payload*, const stoq_call*);
  stoq_status with_thread(Scan function, NativeCall& call, Reply& reply) {
    if (!function) return STOQ_UNSUPPORTED;
    if (!entry_.create_thread) return function(plugin_, nullptr, call.payload(), call.raw());
    void* thread = take_thread();
    if (!thread) {
      thread = entry_.create_thread(plugin_, call.raw());
      if (!thread) {
        if (call.raised()) return STOQ_FAILED;
        reply.failed(Failure::raised, "StoqPluginException",
                     "the plugin could not make its state for a thread");
        return STOQ_OK;  // all is said
      }
    }
    const stoq_status status = function(plugin_, thread, call.payload(), call.raw());
    const std::lock_guard lock(mutex_);
    threads_.push_back(thread);
    return status;
  }

  void* take_thread() {
    const std::lock_guard lock(mutex_);
    if (threads_.empty()) return nullptr;
    void* thread = threads_.back();
    threads_.pop_back();
    return thread;
  }

  stoq_plugin_entry entry_;
  NativeHost host_;
  void* plugin_ = nullptr;
  stoq_worker worker_{};
  stoq_dispatcher dispatcher_{};
  stoq_deep_dispatcher deep_dispatcher_{};
  stoq_archiver archiver_{};
  stoq_connector connector_{};
  stoq_decorator decorator_{};
  stoq_provider provider_{};
  std::mutex mutex_;
  std::vector<void*> threads_;  // states that no call is using
};

std::map<std::string, std::vector<std::pair<dev_t, ino_t>>> loaded_files;  // under process_lock

// What dlopen is to call a module: by a name that it knows it gives what it has loaded, even when
// another file lies there by now. Each further file gets one more slash in front.
std::string name_of_file(const std::string& module) {
  struct stat st {};
  if (stat(module.c_str(), &st) != 0) return module;
  const auto lock = process_lock();
  auto& known = loaded_files[module];
  const std::pair file(st.st_dev, st.st_ino);
  const auto at = std::find(known.begin(), known.end(), file);
  const auto place = static_cast<size_t>(at - known.begin());
  if (at == known.end()) known.push_back(file);
  return std::string(place, '/') + module;
}

}  // namespace

stoq_plugin_entry native_entry(const std::string& module, const std::string& name) {
  void* handle = dlopen(name_of_file(module).c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!handle) {
    const char* why = dlerror();
    throw StoqPluginException(std::string("its module cannot be loaded: ") +
                              (why ? why : "unknown reason"));
  }
  const void* raw = dlsym(handle, STOQ_ENTRY_SYMBOL);
  if (!raw)
    throw StoqPluginException(module + " exports no " STOQ_ENTRY_SYMBOL
                                       "; end its source with STOQ_PLUGIN(...)");
  uint32_t size = 0;
  std::memcpy(&size, raw, sizeof size);
  if (size < offsetof(stoq_plugin_entry, options))
    throw StoqPluginException(module + " has an entry that is too short to be one");
  const auto entry = copy_table<stoq_plugin_entry>(raw);
  if (entry.abi_major != STOQ_ABI_MAJOR || entry.abi_minor > STOQ_ABI_MINOR)
    throw StoqPluginException(
        "it was built for plugin interface " + std::to_string(entry.abi_major) + "." +
        std::to_string(entry.abi_minor) + ", this stoQ offers " + std::to_string(STOQ_ABI_MAJOR) +
        "." + std::to_string(STOQ_ABI_MINOR) + "; rebuild it");
  if (!entry.name || entry.name != name)
    throw StoqPluginException("its module calls itself '" +
                              std::string(entry.name ? entry.name : "") + "', its manifest '" +
                              name + "'; make them the same");
  if (!entry.create || !entry.destroy || !entry.get_extension ||
      !entry.create_thread != !entry.destroy_thread)
    throw StoqPluginException(
        "its entry lacks one of create, destroy, get_extension, or has only one of create_thread "
        "and destroy_thread");
  return entry;
}

std::shared_ptr<Instance> load_native(const PluginSpec& spec, LogFunction log,
                                      Surroundings surroundings) {
  return std::make_shared<NativeInstance>(spec, native_entry(spec.module, spec.name),
                                          std::move(log), std::move(surroundings));
}

}  // namespace stoq
