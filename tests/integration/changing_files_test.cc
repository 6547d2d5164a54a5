// SPDX-License-Identifier: Apache-2.0
//
// Files that vanish or shrink while a run is at work: each has its result or its line in the log.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "plugins/echo_objects.h"
#include "support/objects.h"
#include "support/temporary_directory.h"

namespace stoq::test {
namespace {

constexpr size_t kFiles = 200, kLong = 5000, kShort = 3;

std::string name_of_file(size_t i) {
  return "f" + std::to_string(1000 + i);
}

TEST(ChangingFiles, HaveTheirResultOrTheirLine) {
  const TemporaryDirectory dir;
  for (size_t i = 0; i < kFiles; ++i)
    dir.file("source/" + name_of_file(i), std::string(kLong, 'a') + std::to_string(i));

  StoqOptions o = quiet({{"max_queue", "1"}});
  o.threads = 1;
  o.plugin_dir_list = {STOQ_PLUGINS};
  o.providers = {"filedir"};
  o.plugin_opts["filedir"]["source_dir"] = OptionText(dir / "source");
  const auto log = std::make_shared<QuietSink>();
  o.log_sink = log;
  Stoq s(std::move(o));
  std::map<std::string, size_t> sizes;
  // While the first file is scanned and few more are open, one half goes, the other shrinks.
  add_worker(s, "change", [&](Payload& payload, Request&) {
    if (sizes.empty())
      for (size_t i = 0; i < kFiles; ++i) {
        const std::string path = dir / ("source/" + name_of_file(i));
        if (i % 2)
          std::filesystem::remove(path);
        else
          std::filesystem::resize_file(path, kShort);
      }
    sizes[payload.payload_meta.extra_data.get("filename").string_or("?")] = payload.size();
    return WorkerResponse{};
  });
  const auto connector = std::make_shared<echo::ConnectorObject>();
  s.add_plugin("connector", connector);
  const std::string failure =
      error_of<StoqException>([&] { s.run({.add_start_dispatch = {"change"}}); });

  size_t gone = 0, shrunk = 0;
  for (size_t i = 0; i < kFiles; ++i) {
    const std::string path = dir / ("source/" + name_of_file(i));
    const auto scanned = sizes.find(name_of_file(i));
    if (scanned == sizes.end()) {
      ++gone;
      EXPECT_EQ(i % 2, 1u) << path << " is there and was not scanned";
      EXPECT_EQ(std::count(log->lines.begin(), log->lines.end(),
                           "WARNING stoq.filedir: " + path +
                               " could not be read: No such file or directory"),
                1)
          << path;
    } else if (scanned->second == kShort) {
      ++shrunk;
    } else {
      EXPECT_GE(scanned->second, kLong) << path;
    }
  }
  EXPECT_GT(gone, kFiles / 4);
  EXPECT_GT(shrunk, kFiles / 4);
  const std::string told = "provider:filedir failed: " + std::to_string(gone) +
                           " files or directories could not be read: ";
  EXPECT_EQ(failure.substr(0, told.size()), told);
  EXPECT_EQ(std::count(connector->saved.begin(), connector->saved.end(), '\n'),
            static_cast<ptrdiff_t>(kFiles - gone));
}

}  // namespace
}  // namespace stoq::test
