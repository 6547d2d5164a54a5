// SPDX-License-Identifier: Apache-2.0
#include "pyhost/hosted_plugin.h"

#include <unistd.h>

#include <filesystem>

#include "adapter.h"
#include "core/response_text.h"
#include "loader/exception_text.h"
#include "loader/object.h"
#include "pyhost/interpreter.h"
#include "stoq/exceptions.h"

namespace stoq {
namespace {

namespace fs = std::filesystem;

// Threads of this process, and its sockets.
size_t threads_and_sockets() {
  size_t count = 0;
  std::error_code ec;
  for (fs::directory_iterator at("/proc/self/task", ec), end; !ec && at != end; at.increment(ec))
    ++count;
  for (fs::directory_iterator at("/proc/self/fd", ec), end; !ec && at != end; at.increment(ec)) {
    std::error_code gone;
    if (fs::read_symlink(at->path(), gone).native().starts_with("socket:")) ++count;
  }
  return count;
}

// What a plugin may change beside its answer, as JSON.
struct Metas {
  explicit Metas(const Input& input) {
    if (input.request) request = input.request->request_meta.text();
    if (!input.payload) return;
    payload = input.payload->payload_meta.text();
    dispatch = text_of(input.payload->dispatch_meta);
    deep_dispatch = text_of(input.payload->deep_dispatch_meta);
  }
  std::string payload, request, dispatch, deep_dispatch;
};

std::vector<std::pair<std::string, std::string>> pairs(const config::Layer& layer) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [name, source] : layer) out.emplace_back(name, source.text);
  return out;
}

}  // namespace

HostedPlugin::HostedPlugin(PluginSpec spec) : spec_(std::move(spec)) {
  const size_t before = threads_and_sockets();
  construct();
  outlived_ = threads_and_sockets() > before;
  info_ = object_->info();
  describe(spec_, info_);
  info_.serial = false;
}

HostedPlugin::~HostedPlugin() {
  const python::Gil lock;
  object_.reset();
  wind_up();
}

void HostedPlugin::construct() {
  MadePlugin made;
  try {
    made = python::load_plugin(spec_.name, spec_.manifest, spec_.module,
                               pairs(spec_.options.config), pairs(spec_.options.arguments));
  } catch (const ForeignException& e) {
    std::string text = e.type() + ": " + e.what();
    std::error_code ec;
    if (e.type().ends_with("ModuleNotFoundError") &&
        fs::exists(spec_.folder + "/requirements.txt", ec))
      text += " (its requirements.txt names what it needs: stoq install --upgrade fetches that)";
    throw StoqPluginException(text);
  }
  object_ = make_object_instance(spec_.name, std::move(made.plugin), std::move(made.traits));
}

void HostedPlugin::begin_again() {
  if (outlived_) construct();
}

void HostedPlugin::call(Op op, Input& input, Reply& reply) noexcept {
  try {
    Input given = input;
    StoqResponse response;
    if ((op == Op::save || op == Op::decorate) && !given.response) {
      if (const std::string problem = read_response(given.response_text, response);
          !problem.empty())
        throw StoqException("the response cannot be read: " + problem);
      given.response = &response;
    }
    const Metas before(given);
    const pid_t process = getpid();
    object_->call(op, given, reply);
    if (getpid() != process) _exit(0);  // a copy that the plugin has made, and not ended
    // The object has changed what it was given; the engine has to be told.
    const Metas now(given);
    if (now.payload != before.payload) reply.set_payload_meta(now.payload);
    if (now.request != before.request) reply.set_request_meta(now.request);
    if (now.dispatch != before.dispatch) reply.set_dispatch_meta(false, now.dispatch);
    if (now.deep_dispatch != before.deep_dispatch) reply.set_dispatch_meta(true, now.deep_dispatch);
    const python::Gil lock;
    flush_prints();
  } catch (const std::exception& e) {
    reply.failed(Failure::raised, type_of(e), e.what());
  }
}

}  // namespace stoq
