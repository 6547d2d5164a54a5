// SPDX-License-Identifier: Apache-2.0
// Where images and executables end.
#include "fuzz/target.h"
#include "plugins/carving/tests/samples.h"
#include "plugins/overlay/extent.h"

using stoq::fuzz::must;

STOQ_FUZZ(overlay) {
  const auto extent = stoq::plugins::overlay::extent_of(data);
  if (!extent) return;
  must(!extent->format.empty() && extent->end <= data.size());
  must(extent->signature_at <= data.size() &&
       extent->signature_size <= data.size() - extent->signature_at);
}

STOQ_FUZZ_SEEDS(overlay) {
  using namespace std::string_literals;
  using stoq::test::little;
  using stoq::test::put;
  return {
      "\x89PNG\r\n\x1A\n\0\0\0\1IDATxcrc!\0\0\0\0IENDcrc!more"s,
      "\xFF\xD8\xFF\xE1\0\4ab\xFF\xFF\xDA\0\3scoded\xFF\0\xFF\xD0\xFF\xD9more"s,
      "GIF89a\1\0\1\0\x80\0\0rgbRGB\x21\xF9\1a\0\x2C\0\0\0\0\1\0\1\0\0\2\1x\0;more"s,
      "BM"s + little(58, 4) + little(0, 4) + little(54, 4) + little(40, 4) + little(1, 4) +
          little(1, 4) + little(1, 2) + little(24, 2) + std::string(24, '\0') + "rgb\0more"s,
      "RIFF\4\0\0\0WEBPmore"s,
      put(put("\x7F"
              "ELF\2\1\1"s,
              58, little(64, 2) + little(0, 4)),
          90, "more"),
      stoq::test::pe_file("program", false, 0x400, 4) + "signmore",
  };
}
