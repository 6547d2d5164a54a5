// SPDX-License-Identifier: Apache-2.0
//
// The archiver's side: payloads as files, kept once and fetched by their path.
#pragma once

#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "disk.h"
#include "save.h"

namespace stoq::plugins::filedir {

// "aaf4c6…" → "a/a/f/4/c": the directories above a file that is named by its digest.
std::string digest_path(std::string_view hex);

struct ArchiveOptions {
  std::string archive_dir;
  std::optional<DateFormat> date;
  bool use_sha = true;
  bool get_anywhere = false;
  bool durable = false;
};

// Thread-safe.
class Archive {
 public:
  explicit Archive(ArchiveOptions options);

  // Keeps the content; its absolute path. A file that is there already and holds it stays.
  std::string keep(std::span<const uint8_t> content, std::string_view payload_id);

  // A regular file at its start: below archive_dir and reached through no symbolic link, unless
  // get_anywhere was set.
  Fd open(const std::string& path) const;

 private:
  std::string sha1(std::span<const uint8_t> content) const;
  Fd open_beneath(const std::string& path) const;

  ArchiveOptions options_;
  Folder folder_;
  std::unique_ptr<EVP_MD, void (*)(EVP_MD*)> sha1_;
};

}  // namespace stoq::plugins::filedir
