// SPDX-License-Identifier: Apache-2.0
#include "cli/requirements.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "cli/child.h"
#include "config/text.h"
#include "core/places.h"
#include "stoq/exceptions.h"
#include "stoq/sdk/descriptor.h"

namespace stoq::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFile = "requirements.txt";
constexpr const char* kEnvironment = ".venv";  // stoq._host looks for it
constexpr auto kPatience = std::chrono::seconds(900);

// The user's, but for what would lead Python elsewhere; pip's own settings count.
std::vector<std::string> python_environment() {
  std::vector<std::string> kept = {"LC_ALL=C.UTF-8", "PYTHONDONTWRITEBYTECODE=1"};
  for (char** at = environ; at && *at; ++at)
    if (const std::string_view entry = *at; !entry.starts_with("PYTHON") &&
                                            !entry.starts_with("LC_ALL=") &&
                                            !entry.starts_with("VIRTUAL_ENV="))
      kept.emplace_back(entry);
  return kept;
}

Ended python(std::vector<std::string> arguments, const std::string& directory) {
  arguments.insert(arguments.begin(), {kPython, "-I"});
  return run_to_end(arguments, python_environment(), kPatience, directory);
}

// The requirements that are not met, as they are written; with those in the environment, or without.
std::vector<std::string> unmet(const std::string& folder, bool with_environment) {
  std::vector<std::string> command = {python_packages() + "/stoq/_requirements.py", kFile};
  if (with_environment) command.push_back(kEnvironment);
  const Ended end = python(std::move(command), folder);
  if (end.how == Ended::How::not_started)
    throw StoqException("cannot start " + std::string(kPython) + ": " + end.said +
                        "; install python3");
  if (end.how != Ended::How::good)
    throw StoqException(std::string(kFile) + " cannot be read: " +
                        config::printable(end.said.substr(0, end.said.find('\n'))));
  std::vector<std::string> lines;
  for (size_t at = 0, next; (next = end.said.find('\n', at)) != end.said.npos; at = next + 1)
    lines.push_back(config::printable(end.said.substr(at, next - at)));
  return lines;
}

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// The first of pip's lines that says what went wrong.
std::string reason_of(const Ended& end) {
  if (end.how == Ended::How::not_started) return end.said;
  if (end.how == Ended::How::too_late)
    return "it did not come to an end within " + std::to_string(kPatience.count()) + " s";
  if (end.said.find("No module named pip") != end.said.npos ||
      end.said.find("No module named venv") != end.said.npos)
    return "pip is not here; apt-get install python3-pip";
  size_t at = end.said.find("ERROR: ");
  at = at == end.said.npos ? 0 : at + 7;
  return config::printable(end.said.substr(at, end.said.find('\n', at) - at));
}

Ended fetch(const std::string& folder) {
  // What Debian's packages give need not be fetched.
  Ended end =
      python({"-m", "venv", "--without-pip", "--system-site-packages", kEnvironment}, folder);
  if (end.how != Ended::How::good) return end;
  return python({"-m", "pip", "--python", kEnvironment, "install", "--quiet", "--no-input",
                 "--disable-pip-version-check", "--no-warn-script-location", "--timeout=15",
                 "--retries=1", "--requirement", kFile},
                folder);
}

}  // namespace

std::string requirements_of(const std::string& folder, const std::string& top) {
  std::error_code ec;
  for (fs::path at = folder;; at = at.parent_path()) {
    if (fs::is_regular_file(at / kFile, ec)) return at / kFile;
    if (at == fs::path(top) || !at.has_relative_path()) return "";
  }
}

std::string provide_requirements(const std::string& folder) {
  const std::vector<std::string> wanted = unmet(folder, false);
  if (wanted.empty()) return "";
  const Ended end = fetch(folder);
  if (end.how == Ended::How::good) {
    const sdk::Fd place(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    syncfs(place.get());
    return listed(wanted);
  }
  const std::vector<std::string> missing = unmet(folder, true);
  throw StoqException(
      "its requirements.txt asks for Python packages that are not here: " +
      listed(missing.empty() ? wanted : missing) + "; pip cannot get them: " + reason_of(end) +
      ". Make a package index reachable (PIP_INDEX_URL, pip.conf), or install them for " + kPython +
      ", and install the plugin again");
}

}  // namespace stoq::cli
