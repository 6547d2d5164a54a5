// SPDX-License-Identifier: Apache-2.0
#include "sandbox/confine.h"

#include <sys/prctl.h>

#include <csignal>

#include "sandbox/namespaces.h"

namespace stoq::sandbox {
Sandbox::Sandbox(Spec spec) : spec_(std::move(spec)) {
  if (!spec_.confined) return;
  host_ = make_filter(spec_, Who::host);
  provider_ = make_filter(spec_, Who::provider);
  helpers_ = make_filter(spec_, Who::helpers);
}

void Sandbox::enter_namespaces(Missing& missing) const {
  if (!spec_.confined || kWatched) return;
  sandbox::enter_namespaces(spec_, missing);
  drop_bounding_set();
}

FileRules Sandbox::file_rules(Who who, const Places& places, Missing& missing) const {
  return {spec_, who, places, missing};
}

bool Sandbox::mount_tmp(User user, Missing& missing) const {
  return spec_.confined && !kWatched && mount_private_directory(spec_, user, missing);
}

void Sandbox::confine(Who who, User user, const FileRules& files, Missing& missing) const {
  if (!spec_.confined) return;
  limit_resources(spec_, who);
  no_new_privileges(missing);
  if (!kWatched) {
    files.enforce(missing);
    become(user, missing);
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // who becomes another has to say so again
  enforce(who == Who::host ? host_ : who == Who::provider ? provider_ : helpers_, missing);
}

}  // namespace stoq::sandbox
