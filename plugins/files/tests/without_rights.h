// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace stoq::plugins::files {

// Takes from the calling thread the rights of root over the files of others. False: it had none,
// and the test that needs a difference cannot be made.
inline bool without_rights_over_others() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  if (geteuid() != 0 || syscall(SYS_capget, &header, data) != 0) return false;
  for (const int right : {CAP_LEASE, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER})
    data[right / 32].effective &= ~(1U << (right % 32));
  return syscall(SYS_capset, &header, data) == 0;
}

}  // namespace stoq::plugins::files
