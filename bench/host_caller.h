// SPDX-License-Identifier: Apache-2.0
//
// A plugin called without an engine around it.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/bench.h"
#include "bench/random.h"
#include "bench/samples.h"
#include "core/deliver_reply.h"
#include "core/places.h"
#include "host/remote.h"

namespace stoq::bench {

// One of bench/plugins.
inline PluginSpec own_plugin(const Bench& bench, const std::string& name) {
  PluginSpec spec;
  spec.name = name;
  spec.folder = (bench.build / "bench/plugins" / name).string();
  spec.module = spec.folder + "/" + name + ".so";
  spec.version = "4.0.0";
  spec.extracts = spec.changes_request = false;
  return spec;
}

// As bundled parsers are kept apart.
inline IsolationPolicy shipped(bool fresh = false) {
  IsolationPolicy policy;
  policy.trust = "bench";
  policy.fresh = fresh;
  policy.sandbox.confined = true;
  policy.sandbox.tmp_place = host_tmp_place();
  return policy;
}

class OneResult final : public DeliverReply {
 public:
  bool result(std::string_view json) override {
    got = !json.empty();
    return true;
  }
  bool got = false;
};

// A payload as the engine has it when it calls a plugin.
inline Payload ready(std::string content) {
  Payload payload(std::move(content));
  payload.sha256();  // known before any plugin is called
  payload.worker_results.emplace_back();
  payload.plugins_run.emplace_back();
  return payload;
}

// Microseconds; `problem` is what the plugin, or the engine of it, has to say.
inline double timed_call(Instance& plugin, Payload& payload, std::string& problem) {
  using Clock = std::chrono::steady_clock;
  Request request;
  OneResult reply;
  Input input{.payload = &payload, .request = &request};
  const auto begin = Clock::now();
  plugin.call(Op::scan, input, reply);
  const double us = std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
  problem = reply.problem.empty() && !reply.got ? "it gave no result" : reply.problem;
  return us;
}

// Calls the plugin on payloads in turns: the content has to travel each time.
class Caller {
 public:
  Caller(Instance& plugin, size_t size) : plugin_(plugin) {
    Random random(size);
    for (int i = 0; i < 4; ++i) payloads_.push_back(ready(made_bytes(random, size)));
  }

  double one() {
    std::string problem;
    const double us = timed_call(plugin_, payloads_[calls_++ % payloads_.size()], problem);
    if (!problem.empty()) throw std::runtime_error("a call into a host failed: " + problem);
    return us;
  }
  double some(unsigned count, Samples& all) {
    Samples here;
    for (unsigned i = 0; i < count; ++i) here.push_back(one());
    all.insert(all.end(), here.begin(), here.end());
    return median(std::move(here));
  }

 private:
  Instance& plugin_;
  std::vector<Payload> payloads_;
  size_t calls_ = 0;
};

}  // namespace stoq::bench
