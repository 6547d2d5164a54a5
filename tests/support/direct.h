// SPDX-License-Identifier: Apache-2.0
//
// Test plugins as instances, without a Stoq around them.
#pragma once

#include "core/places.h"
#include "host/remote.h"
#include "loader/native.h"
#include "loader/object.h"
#include "support/recording_reply.h"

namespace stoq::test {

struct Direct {
  HostService hosts{std::make_shared<RootTemplate>(host_program()),
                    HostLimits{},
                    [](LogLevel, std::string_view, std::string_view) {},
                    {}};

  static PluginSpec spec(const std::string& name, config::Layer arguments = {}) {
    PluginSpec spec;
    spec.name = name;
    spec.folder = std::string(STOQ_TEST_PLUGINS) + "/" + name;
    spec.module = spec.folder + "/" + name + ".so";
    spec.results = {"*"};
    spec.ancestors = true;
    spec.options.arguments = std::move(arguments);
    return spec;
  }
  std::shared_ptr<Instance> native(const std::string& name, config::Layer arguments = {}) {
    return load_native(spec(name, std::move(arguments)), [](LogLevel, std::string_view) {});
  }
  std::shared_ptr<Instance> host(const std::string& name, config::Layer arguments = {}) {
    return hosts.load(spec(name, std::move(arguments)), {.trust = "test/" + name});
  }
  std::vector<std::shared_ptr<Instance>> all(const std::string& name,
                                             std::shared_ptr<Plugin> object) {
    return {native(name), host(name), make_object_instance(name, std::move(object), {})};
  }
};

}  // namespace stoq::test
