// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "host/helper_process.h"
#include "loader/native.h"
#include "loader/plugin_spec.h"
#include "stoq/abi/plugin.h"

namespace stoq {

// What a native instance sees of the engine for its whole life: options, folder, log.
class NativeHost {
 public:
  // Reads the options against what the entry declares. StoqPluginException for one that is
  // malformed or out of range.
  NativeHost(const PluginSpec& spec, const stoq_plugin_entry& entry, LogFunction log,
             Surroundings surroundings);
  NativeHost(const NativeHost&) = delete;
  NativeHost& operator=(const NativeHost&) = delete;

  const stoq_host* raw() const { return &host_; }
  // A new host has a private directory that its template did not know.
  void look_for_tmp() {
    if (host_.tmp.size != tmp_->size()) host_.tmp = {tmp_->data(), tmp_->size()};
  }
  const LogFunction& log() const { return log_; }
  HelperProcesses& helpers() const { return *helpers_; }
  void settle() { helpers_->settle(); }  // the plugin is made

 private:
  friend struct NativeHostApi;
  struct Stored {
    uint32_t kind;
    config::Option option;
    std::vector<stoq_str> list;
  };

  std::string name_, folder_, state_;
  std::shared_ptr<std::string> tmp_;
  LogFunction log_;
  std::map<std::string, Stored, std::less<>> options_;
  std::shared_ptr<HelperProcesses> helpers_;
  stoq_host host_;
};

// The options that an entry declares, in its order.
std::vector<config::OptionSpec> option_specs(const stoq_plugin_entry& entry);

}  // namespace stoq
