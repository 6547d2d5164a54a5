// SPDX-License-Identifier: Apache-2.0
// Shortcuts: what is told lies in them.
#include "fuzz/target.h"
#include "plugins/carving/tests/samples.h"
#include "plugins/lnk/shortcut.h"

using namespace stoq::plugins::lnk;
using stoq::fuzz::must;

STOQ_FUZZ(lnk) {
  is_shortcut(data);
  const Shortcut link = read_shortcut(data);
  must(link.end <= data.size());
  for (const auto& text : {link.name, link.relative_path, link.working_directory, link.arguments,
                           link.icon, link.environment_target})
    if (text) must(text->size <= data.size() && text->at <= data.size() - text->size);
}

STOQ_FUZZ_SEEDS(lnk) {
  using namespace std::string_literals;
  using stoq::test::little;
  using stoq::test::put;
  using stoq::test::wide;
  std::string head = "L\0\0\0\1\x14\2\0\0\0\0\0\xC0\0\0\0\0\0\0\x46"s;
  head.resize(0x4C);
  const std::string drive =
      "\7\0\x2F"
      "C:\\\0"s;
  const std::string file = "\x12\0\x32\0"s + std::string(10, '\0') + "a\0\0\0"s;
  const std::string items = little(drive.size() + file.size() + 2, 2) + drive + file + "\0\0"s;
  const std::string place = little(0x20, 4) + little(0x1C, 4) + little(1, 4) + little(0, 4) +
                            little(0x1C, 4) + little(0, 4) + little(0x1E, 4) + "a\0b\0"s;
  const std::string block = little(0x314, 4) + little(0xA0000001, 4) +
                            put(std::string(780, '\0'), 260, wide("%TEMP%\\a"));
  return {put(head, 0x14, little(0xA3, 4)) + items + place + little(5, 2) + wide("-e ab") + block +
              little(0, 4) + "more",
          put(head, 0x14, little(0x20, 4)) + little(2, 2) + "/c"};
}
