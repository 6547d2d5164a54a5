// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stoq/sdk/helper.h"

namespace stoq::plugins::exif {

// One ExifTool that stays open and looks again and again at the file behind one descriptor.
class Exiftool {
 public:
  Exiftool(const sdk::Helper& helper, int fd);

  // What it says of the file as it is now; valid until the next question. HelperError.
  std::string_view ask(int64_t milliseconds);
  std::string_view errors() { return session_.errors(); }
  bool answered() const { return answers_ > 0; }
  bool worn() const;  // time for a new one

 private:
  sdk::HelperSession session_;
  unsigned answers_ = 0;
};

}  // namespace stoq::plugins::exif
