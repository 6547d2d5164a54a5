// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "archives/member.h"

namespace stoq::plugins::decompress {

using archives::Flow;
using archives::Kind;
using archives::Member;
using archives::Options;
using archives::Report;
using archives::Sink;

/// Unpacks one container, told by content, into `sink`. No archive: is_archive is false and nothing
/// else is set.
///
/// One call is one step: a member that is an archive comes out as it is. Compression around a tar
/// or cpio belongs to the same step (a .tar.gz gives the tar's members); around anything else it
/// gives one member, named by the gzip header or the uu line, else `suggested_name`, else "data".
///
/// An encrypted zip member is decrypted into a buffer of at most 64 MiB and passed on only when its
/// checksum fits; of a larger one the first 64 MiB must decode, and a wrong checksum shows in
/// end(false).
///
/// Nothing is written to disk, no program is run, memory does not grow with the content.
/// Thread-safe. Reports instead of throwing (but for std::bad_alloc and what the sink throws).
/// During the call LC_CTYPE of this thread is C.UTF-8.
Report unpack(std::span<const std::uint8_t> content, const std::string& suggested_name,
              const Options& options, Sink& sink);

}  // namespace stoq::plugins::decompress
