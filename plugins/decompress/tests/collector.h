// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include "plugins/decompress/unpack.h"
#include "samples.h"

/// Shared by the tests of unpack(): a sink that keeps what it gets and checks the order of its
/// calls.
namespace unpack_test {

using namespace stoq::plugins::decompress;
using samples::Entry;
using samples::Lock;
using Strings = std::vector<std::string>;

inline std::span<const std::uint8_t> bytes(const std::string& s) {
  return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
}

struct Got {
  std::string name, content;
  bool complete = false;
};

class Collector : public Sink {
 public:
  Flow begin(const Member& member) override {
    EXPECT_FALSE(open_);
    EXPECT_EQ(member.status, "");
    open_ = true;
    got.push_back({member.name, "", false});
    return at_begin;
  }
  Flow data(std::span<const std::uint8_t> b) override {
    EXPECT_TRUE(open_);
    EXPECT_FALSE(b.empty());
    EXPECT_LE(b.size(), 64u << 20);
    total += b.size();
    if (keep) got.back().content.append(reinterpret_cast<const char*>(b.data()), b.size());
    return total >= stop_after ? at_limit : Flow::go_on;
  }
  Flow end(bool complete) override {
    EXPECT_TRUE(open_);
    open_ = false;
    got.back().complete = complete;
    return at_end;
  }
  bool cancelled() override { return ++asked > cancel_after; }
  bool open() const { return open_; }

  std::vector<Got> got;
  std::uint64_t total = 0, stop_after = ~0ull, asked = 0, cancel_after = ~0ull;
  Flow at_begin = Flow::go_on, at_limit = Flow::stop, at_end = Flow::go_on;
  bool keep = true;

 private:
  bool open_ = false;
};

struct Run {
  Report report;
  Collector sink;
  Strings statuses() const {
    Strings out;
    for (const auto& m : report.members) out.push_back(m.name + ": " + m.status);
    return out;
  }
  Strings contents() const {
    Strings out;
    for (const auto& g : sink.got)
      out.push_back(g.name + "=" + g.content + (g.complete ? "" : " (incomplete)"));
    return out;
  }
};

inline Run run(const std::string& content, const Options& options = {}, Collector sink = {},
               const std::string& name = "") {
  Run r{{}, std::move(sink)};
  r.report = unpack(bytes(content), name, options, r.sink);
  EXPECT_FALSE(r.sink.open());
  return r;
}

inline const std::vector<Entry> kTwo = {{"one.txt", "first content"},
                                        {"dir/two.txt", "second content"}};
inline const Strings kTwoOut = {"one.txt=first content", "dir/two.txt=second content"};
inline const Strings kTwoStatus = {"one.txt: extracted", "dir/two.txt: extracted"};

inline Options passwords(Strings list) {
  Options options;
  options.passwords = std::move(list);
  return options;
}

}  // namespace unpack_test
