// SPDX-License-Identifier: Apache-2.0
//
// The connector's side: one file per response.
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "disk.h"

namespace stoq::plugins::filedir {

// strftime's format for a sub-path of directories, local time. Refuses (sdk::Error) what leads out
// of the directory it is meant for.
class DateFormat {
 public:
  explicit DateFormat(std::string format);
  std::string path(std::time_t when) const;

 private:
  std::string format_;
};

struct SaveOptions {
  std::string results_dir;
  std::optional<DateFormat> date;
  bool compactly = true;
  bool durable = false;
};

// Thread-safe.
class Results {
 public:
  explicit Results(SaveOptions options);
  void save(std::string_view scan_id, std::string_view response);

 private:
  SaveOptions options_;
  Folder folder_;
};

}  // namespace stoq::plugins::filedir
