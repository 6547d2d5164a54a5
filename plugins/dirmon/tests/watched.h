// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "fake_engine.h"
#include "names.h"
#include "tests/support/temporary_directory.h"

namespace stoq::plugins::dirmon {

using namespace stoq::test;

// A directory that is watched, with a journal.
class Watched : public testing::Test {
 protected:
  void start(std::vector<std::string> options = {}) {
    engine.reset();
    options.push_back("source_dir=" + dir.path());
    options.push_back("state=" + state.path());
    engine = std::make_unique<FakeEngine>(options);
    engine->done = done;
    engine->start();
    ASSERT_TRUE(engine->wait_watching()) << engine->raised;
  }
  // What was put, sorted, as "path=content".
  Lines put() const {
    Lines out;
    for (const FakeEngine::Item& item : engine->items()) {
      const sdk::JsonView extra = sdk::JsonView(item.meta)["extra_data"];
      const std::string path =
          join(*extra["source_dir"].as_string(), *extra["filename"].as_string());
      out.push_back(std::filesystem::path(path).lexically_relative(dir.path()).string() + "=" +
                    item.content);
    }
    std::sort(out.begin(), out.end());
    return out;
  }
  // The same, once there is this much of it.
  Lines put(size_t count) {
    EXPECT_TRUE(engine->wait_items(count));
    return put();
  }
  // Waits until these were put, whatever else was.
  void wait_put(const Lines& lines) {
    for (;;) {
      const Lines there = put();
      if (std::includes(there.begin(), there.end(), lines.begin(), lines.end())) return;
      if (engine->wait_items(there.size() + 1)) continue;
      EXPECT_EQ(there, lines);
      return;
    }
  }
  // What was put, once all that was there until now was seen. What arrives by a link waits longest.
  Lines all() {
    const std::string name = "last" + std::to_string(++last_);
    std::filesystem::create_hard_link(spare.file(name, "x"), dir / name);
    wait_put({name + "=x"});
    Lines lines = put();
    std::erase_if(lines, [](const std::string& line) { return line.starts_with("last"); });
    return lines;
  }
  void rename(const std::string& from, const std::string& to) {
    std::filesystem::rename(dir / from, dir / to);
  }

  TemporaryDirectory dir, state, spare;
  std::unique_ptr<FakeEngine> engine;
  bool done = true;  // each item is, as soon as it is put
  int last_ = 0;
};

}  // namespace stoq::plugins::dirmon
