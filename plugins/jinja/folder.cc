// SPDX-License-Identifier: Apache-2.0
#include "folder.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "stoq/sdk/views.h"

namespace stoq::plugins::jinja {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostRead = (1 << 20) + 1;  // enough to see that a file is too large

std::string read(const fs::path& path) {
  std::error_code ec;
  if (!fs::is_regular_file(path, ec))
    throw sdk::Error("template " + path.string() + " is no regular file");
  std::string text(kMostRead, 0);
  std::ifstream in(path, std::ios::binary);
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || (in.fail() && !in.eof()))
    throw sdk::Error("template " + path.string() + " cannot be read; check its permissions");
  text.resize(static_cast<size_t>(in.gcount()));
  return text;
}

bool lies_in(const fs::path& folder, const fs::path& path) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first ==
         folder.end();
}

}  // namespace

Template compile_file(const std::string& path) {
  const fs::path file(path);
  std::error_code ec;
  if (!fs::exists(file, ec)) throw sdk::Error("Template path not found: " + path);
  const fs::path folder = fs::canonical(file.parent_path(), ec);
  const std::string name = file.filename().string();
  return Template::compile(name, [&](const std::string& wanted) -> std::optional<std::string> {
    const fs::path at = folder / wanted;
    if (!fs::exists(at, ec)) return std::nullopt;
    if (wanted != name && !lies_in(folder, fs::canonical(at, ec)))
      throw sdk::Error("template '" + wanted + "' is a link that leads out of " + folder.string());
    return read(at);
  });
}

}  // namespace stoq::plugins::jinja
