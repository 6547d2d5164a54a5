// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ctime>
#include <string>

#include "sandbox/privileges.h"
#include "stoq/sdk/descriptor.h"

namespace stoq::sandbox {

// Gives this process, which has one thread, mounts, IPC and (but for those who may use it) network
// of its own.
void enter_namespaces(const Spec& spec, Missing& missing);

// Below `spec.tmp_place`, where enter_namespaces() makes a place for it.
std::string private_directory(const Spec& spec);
// Mounts there, for this process alone, a directory that holds no more than it may and is gone with
// it.
bool mount_private_directory(const Spec& spec, User user, Missing& missing);
// Where that cannot be had: a directory on disk, which somebody has to remove; "" when not even
// that.
std::string directory_on_disk(User user);

// A private directory between calls.
class Scratch {
 public:
  explicit Scratch(std::string path);  // "": there is none
  bool touched() const;  // since it was emptied; cheap
  // Removes whatever lies in it; cheap when nobody has touched it.
  void empty();

 private:
  timespec changed() const;

  std::string path_;
  sdk::Fd directory_;
  bool told_;  // of changes, by a signal: then nobody has to ask
  timespec seen_{};
};

}  // namespace stoq::sandbox
