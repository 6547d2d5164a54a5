// SPDX-License-Identifier: Apache-2.0
#include "core/quarantine.h"

#include <gtest/gtest.h>

namespace stoq {
namespace {

using std::chrono::seconds;

class QuarantineTest : public testing::Test {
 protected:
  static Sha256 payload(size_t n) {
    Sha256 digest{};
    for (size_t i = 0; i < sizeof n; ++i) digest[i] = static_cast<uint8_t>(n >> (8 * i));
    return digest;
  }
  void died(size_t n, const std::string& version = "1") {
    quarantine_.died("p", version, payload(n), settings_, now_);
  }
  unsigned kept(size_t n, const std::string& version = "1", const std::string& plugin = "p") {
    return quarantine_.kept(plugin, version, payload(n), settings_, now_);
  }

  Settings settings_{.quarantine_deaths = 3, .quarantine_time = 100};
  Quarantine::Clock::time_point now_ = Quarantine::Clock::now();
  std::vector<std::string> told_;
  Quarantine quarantine_{[this](const std::string& line) { told_.push_back(line); }};
};

TEST_F(QuarantineTest, CountsByPluginVersionAndPayload) {
  EXPECT_TRUE(quarantine_.empty());
  died(1), died(1), died(2), died(1, "2");
  EXPECT_EQ(kept(1), 0u);
  EXPECT_TRUE(told_.empty());
  died(1);
  EXPECT_EQ(kept(1), 3u);
  EXPECT_EQ(kept(2), 0u);
  EXPECT_EQ(kept(1, "2"), 0u);
  EXPECT_EQ(kept(1, "1", "q"), 0u);
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(told_[0], "Plugin p died 3 times on the payload 01" + std::string(62, '0') +
                          "; it is not called on it for 100.0 s");
}

TEST_F(QuarantineTest, EndsAfterItsTime) {
  died(1), died(1);
  now_ += seconds(60);
  died(1);
  now_ += seconds(99);
  EXPECT_EQ(kept(1), 3u);
  now_ += seconds(1);
  EXPECT_EQ(kept(1), 0u);
  EXPECT_TRUE(quarantine_.empty());
}

TEST_F(QuarantineTest, DeathsLongAgoDoNotCount) {
  died(1), died(1);
  now_ += seconds(100);
  died(1);
  EXPECT_EQ(kept(1), 0u);
}

TEST_F(QuarantineTest, RemembersTheNewest) {
  for (int i = 0; i < 3; ++i) died(0);
  for (int i = 0; i < 3; ++i) died(1);
  for (size_t n = 2; n < Quarantine::kMost; ++n) died(n);
  EXPECT_EQ(kept(0), 3u);
  died(0);  // the newest again
  died(Quarantine::kMost);
  EXPECT_EQ(kept(0), 4u);
  EXPECT_EQ(kept(1), 0u);
}

}  // namespace
}  // namespace stoq
