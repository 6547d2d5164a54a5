// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stoq/payload.h"

namespace stoq {

inline constexpr size_t kInterestingBytes = 4096;

// Whether the first kInterestingBytes of a payload look like something that matters most when a
// request has too many payloads: an executable, a script, a document, a mail, an archive.
bool interesting(Bytes head);

}  // namespace stoq
