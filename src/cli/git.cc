// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <chrono>
#include <vector>

#include "cli/child.h"
#include "cli/fetch.h"
#include "config/text.h"
#include "stoq/exceptions.h"

namespace stoq::cli {
namespace {

constexpr const char* kGit = "/usr/bin/git";
constexpr auto kGitPatience = std::chrono::seconds(300);

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> beginnings) {
  for (const std::string_view beginning : beginnings)
    if (text.starts_with(beginning)) return true;
  return false;
}

// The user's, but for what steers git; git asks nobody and uses no protocol but these.
std::vector<std::string> environment() {
  std::vector<std::string> kept = {"GIT_TERMINAL_PROMPT=0",
                                   "GIT_ASKPASS=/bin/false",
                                   "SSH_ASKPASS=/bin/false",
                                   "GIT_ALLOW_PROTOCOL=https:ssh:git:file",
                                   "GIT_SSH_COMMAND=ssh -oBatchMode=yes",
                                   "LC_ALL=C"};
  for (char** at = environ; at && *at; ++at)
    if (!starts_with_any(*at, {"GIT_", "SSH_ASKPASS=", "LC_ALL="})) kept.emplace_back(*at);
  return kept;
}

// The line that says why; below it git says what one might do.
std::string reason_in(const std::string& text) {
  size_t at = text.find("fatal: ");
  if (at == text.npos) at = text.find("error: ");
  if (at == text.npos) at = 0;
  return text.substr(at, text.find('\n', at) - at);
}

}  // namespace

Source kind_of_source(const std::string& source, std::string& url, std::string& problem) {
  url = source.starts_with("git+") ? source.substr(4) : source;
  if (url.starts_with("stoq:")) {
    problem = config::quote(url) +
              " names one of the Python plugins of stoQ v2, which are not looked up by name; give "
              "its git URL, or its folder or archive";
    return Source::refused;
  }
  if (url.starts_with("http://")) {
    problem = config::quote(url) +
              " would be fetched without protection, and plugins are programs; use https://";
    return Source::refused;
  }
  if (!starts_with_any(url, {"https://", "ssh://", "git://", "file://"})) {
    if (url.find("://") == url.npos && !source.starts_with("git+")) {
      const size_t colon = url.find(':'), slash = url.find('/');
      if (!url.starts_with("git@") || colon == url.npos || slash < colon) return Source::local;
      problem = config::quote(url) + " is no URL; write it as ssh://" + url.substr(0, colon) + "/" +
                url.substr(colon + 1);
      return Source::refused;
    }
    problem = config::quote(url) +
              " is no git URL that can be fetched; there are https://, ssh://, git:// and file://";
    return Source::refused;
  }
  const std::string rest = url.substr(url.find("://") + 3);
  bool odd = rest.empty() || rest.size() > 2000 || rest.front() == '-';
  for (const char c : rest) odd |= static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
  if (const size_t at = rest.find('@'); at != rest.npos && at + 1 < rest.size())
    odd |= rest[at + 1] == '-';
  if (!odd) return Source::git;
  problem = config::quote(url) + " is no URL of a git repository";
  return Source::refused;
}

void clone_git(const std::string& url, const std::string& into) {
  const Ended git =
      run_to_end({kGit, "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c",
                  "submodule.recurse=false", "clone", "--quiet", "--depth=1", "--single-branch",
                  "--no-tags", "--template=", "--", url, into},
                 environment(), kGitPatience);
  if (git.how == Ended::How::not_started)
    throw StoqException("cannot start " + std::string(kGit) + ": " + git.said +
                        "; install git, or give a folder or an archive");
  if (git.how == Ended::How::too_late)
    throw StoqException("git did not fetch " + url + " within " +
                        std::to_string(kGitPatience.count()) + " s");
  if (git.how != Ended::How::good)
    throw StoqException("git cannot fetch " + url + ": " + config::printable(reason_in(git.said)));
}

}  // namespace stoq::cli
