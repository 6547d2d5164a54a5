// SPDX-License-Identifier: Apache-2.0
#include "archive.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "stoq/sdk/views.h"

namespace stoq::plugins::filedir {
namespace {

[[noreturn]] void cannot_get(const std::string& path, std::string_view why) {
  throw sdk::Error("cannot get " + shown(path) + ": " + std::string(why));
}

// What of `path` lies below `directory`; "" when it does not.
std::string below(const std::string& directory, const std::string& path) {
  const std::string prefix = directory == "/" ? directory : directory + "/";
  return path.starts_with(prefix) ? path.substr(prefix.size()) : "";
}

}  // namespace

std::string digest_path(std::string_view hex) {
  std::string path;
  for (const char digit : hex.substr(0, 5)) (path += path.empty() ? "" : "/") += digit;
  return path;
}

Archive::Archive(ArchiveOptions options)
    : options_(std::move(options)),
      folder_(options_.archive_dir, "archive_dir", options_.durable),
      sha1_(EVP_MD_fetch(nullptr, "SHA1", nullptr), &EVP_MD_free) {}

std::string Archive::sha1(std::span<const uint8_t> content) const {
  char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (!sha1_ || EVP_Digest(content.data(), content.size(), reinterpret_cast<uint8_t*>(digest),
                           &size, sha1_.get(), nullptr) != 1)
    throw sdk::Error(
        "OpenSSL here offers no SHA-1 to name archived files by (FIPS mode?); set use_sha = false");
  return files::hex({digest, size});
}

std::string Archive::keep(std::span<const uint8_t> content, std::string_view payload_id) {
  const std::string name = options_.use_sha ? sha1(content) : std::string(payload_id);
  const std::string sub = options_.use_sha ? digest_path(name)
                          : options_.date  ? options_.date->path(std::time(nullptr))
                                           : "";
  std::string path = folder_.path_of(sub, name);
  if (!sdk::valid_utf8(path))
    throw sdk::Error("archive_dir " + shown(folder_.path()) +
                     " is not UTF-8, so that no result could name a file in it; choose another");
  const std::string_view text(reinterpret_cast<const char*>(content.data()), content.size());
  const bool kept = folder_.size_of(sub, name) < 0
                        ? folder_.write(sub, name, [&](Sink& sink) { sink.append(text); })
                        : folder_.holds(sub, name, text);
  if (kept) return path;
  const int64_t there = folder_.size_of(sub, name);
  throw sdk::Error(shown(path) + " exists with another content " +
                   (there == static_cast<int64_t>(text.size())
                        ? "of the same size"
                        : "(" + std::to_string(there) + " bytes instead of " +
                              std::to_string(text.size()) + ")") +
                   "; move it away to archive this payload");
}

Fd Archive::open(const std::string& path) const {
  Fd fd = options_.get_anywhere ? Fd(::open(path.c_str(), files::kRead)) : open_beneath(path);
  if (!fd) cannot_get(path, std::strerror(errno));
  struct stat st {};
  if (fstat(fd.get(), &st) != 0) cannot_get(path, std::strerror(errno));
  if (!S_ISREG(st.st_mode)) cannot_get(path, "it is no regular file");
  return fd;
}

Fd Archive::open_beneath(const std::string& path) const {
  const std::string wanted = path.empty() ? path : absolute(path);
  std::string rest = below(folder_.path(), wanted);
  if (rest.empty()) {  // named by where links lead to
    std::error_code ec;
    rest = below(std::filesystem::canonical(folder_.path(), ec).string(), wanted);
    if (ec) rest.clear();
  }
  if (rest.empty())
    cannot_get(path, "it does not lie below archive_dir, " + shown(folder_.path()) +
                         "; set get_anywhere = true to trust every path that a task names");
  Fd at(::open(folder_.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  for (size_t from = 0, end; at; from = end + 1) {
    end = rest.find('/', from);
    const bool last = end == rest.npos;
    const std::string part = rest.substr(from, end - from);
    Fd next(openat(at.get(), part.c_str(),
                   O_NOFOLLOW | (last ? files::kRead : O_PATH | O_DIRECTORY | O_CLOEXEC)));
    struct stat st {};
    if (!next && (errno == ELOOP || errno == ENOTDIR) &&
        fstatat(at.get(), part.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
      cannot_get(path, "'" + shown(part) +
                           "' in it is a symbolic link; set get_anywhere = true to follow links");
    at = std::move(next);
    if (last) break;
  }
  return at;
}

}  // namespace stoq::plugins::filedir
