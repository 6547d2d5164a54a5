// SPDX-License-Identifier: Apache-2.0
#include "bench/rules.h"

#include <fstream>
#include <set>
#include <stdexcept>

namespace stoq::bench {
namespace {

namespace fs = std::filesystem;

std::string hex_of(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    out += {kDigits[byte >> 4], kDigits[byte & 15], ' '};
  }
  return out;
}

std::string random_bytes(Random& random, size_t size) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random.byte());
  return bytes;
}

// Sixteen bytes of some file, varied enough to be rare.
std::string bytes_of_tree(const Tree& tree, Random& random) {
  constexpr size_t kSize = 16;
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const TreeFile& file = tree.files[random.below(tree.files.size())];
    if (file.size < kSize) continue;
    std::ifstream in(tree.directory / file.name, std::ios::binary);
    in.seekg(static_cast<std::streamoff>(random.below(file.size - kSize + 1)));
    std::string bytes(kSize, '\0');
    if (!in.read(bytes.data(), kSize)) continue;
    if (std::set<char>(bytes.begin(), bytes.end()).size() >= kSize / 2) return bytes;
  }
  throw std::runtime_error("the tree in " + tree.directory.string() + " has no bytes for a rule");
}

std::string strings_of(const Tree& tree, Random& random, unsigned shape) {
  const auto word = [&] { return random.letters(random.between(8, 16)); };
  switch (shape) {
    case 0:
      return "    $a = \"" + word() + "\"\n    $b = \"" + word() + "\"\n";
    case 1:
      return "    $a = { " + hex_of(random_bytes(random, 6)) + "?? ?? " +
             hex_of(random_bytes(random, 4)) + "[2-6] " + hex_of(random_bytes(random, 3)) + "}\n";
    case 2:
      return "    $a = /" + random.letters(5) + "[0-9a-f]{4,8}_" + random.letters(2) + "+(\\.|:)" +
             random.letters(3) + "/\n";
    case 3:
      return "    $a = \"" + word() + "\" wide ascii\n    $b = \"" + word() + "\" nocase\n";
    default:
      return "    $a = { " + hex_of(bytes_of_tree(tree, random)) + "}\n    $b = { " +
             hex_of(bytes_of_tree(tree, random)) + "}\n";
  }
}

}  // namespace

std::string made_rules(const Tree& tree, unsigned count) {
  Random random(4242);
  std::string text;
  for (unsigned i = 0; i < count; ++i) {
    text += "rule bench_" + std::to_string(i) + " {\n  meta:\n    number = " + std::to_string(i) +
            "\n  strings:\n" + strings_of(tree, random, i % 5) +
            "  condition:\n    any of them\n}\n\n";
  }
  return text;
}

fs::path write_rules(const Tree& tree, const fs::path& cache) {
  const fs::path path = cache / "rules-300.yar";
  const std::string text = made_rules(tree);
  if (!std::ofstream(path, std::ios::binary)
           .write(text.data(), static_cast<std::streamsize>(text.size()))
           .flush())
    throw std::runtime_error(path.string() + " cannot be written");
  return path;
}

}  // namespace stoq::bench
