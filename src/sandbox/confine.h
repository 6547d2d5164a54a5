// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/files.h"
#include "sandbox/filter.h"
#include "sandbox/privileges.h"

namespace stoq::sandbox {

// What the processes of one template are confined to: made once in the template, in force in what
// it forks.
class Sandbox {
 public:
  explicit Sandbox(Spec spec);  // throws StoqException

  const Spec& spec() const { return spec_; }
  // In the template, which has one thread; its children are in the same namespaces.
  void enter_namespaces(Missing& missing) const;
  // What its processes may open.
  FileRules file_rules(Who who, const Places& places, Missing& missing) const;
  // In a new host. Its private tmp comes first, for its helpers share it; it confines itself after
  // these have been started.
  bool mount_tmp(User user, Missing& missing) const;
  void confine(Who who, User user, const FileRules& files, Missing& missing) const;

 private:
  Spec spec_;
  Filter host_, provider_, helpers_;
};

}  // namespace stoq::sandbox
