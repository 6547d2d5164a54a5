// SPDX-License-Identifier: Apache-2.0
#include "http/patience.h"

#include <gtest/gtest.h>

#include <regex>

#include "http/exchange.h"

namespace stoq::http {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// The engine's side of a call: how long it may last, and whether it is called off.
struct FakeCall {
  FakeCall() {
    api.struct_size = sizeof api;
    api.cancelled = [](const stoq_call* c) -> int32_t { return of(c).cancel_after-- <= 0; };
    api.time_left = [](const stoq_call* c) { return of(c).left; };
  }
  static FakeCall& of(const stoq_call* c) { return *static_cast<FakeCall*>(c->ctx); }

  int64_t left = INT64_MAX;
  int64_t cancel_after = INT64_MAX;  // questions
  stoq_call_api api{};
  stoq_call raw{sizeof raw, 0, &api, this};
  sdk::Call call{&raw};
};

// Its story with T for times.
std::string story(const Patience& patience) {
  static const std::regex times("[0-9]+\\.[0-9] s");
  return std::regex_replace(patience.story(), times, "T");
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

TEST(Patience, EndsWithTheTriesThatAreAllowed) {
  FakeCall fake;
  Patience patience({2, milliseconds(1)}, fake.call);
  EXPECT_TRUE(patience.again());
  EXPECT_TRUE(patience.again());
  EXPECT_FALSE(patience.again());
  EXPECT_EQ(story(patience), "3 tries in T; more are not allowed");
  patience.renew();
  EXPECT_TRUE(patience.again());
}

TEST(Patience, NoRetriesIsOneTry) {
  FakeCall fake;
  Patience patience({0, milliseconds(1)}, fake.call);
  EXPECT_FALSE(patience.again());
  EXPECT_EQ(story(patience), "1 try in T; more are not allowed");
}

TEST(Patience, WaitsLongerEachTime) {
  FakeCall fake;
  Patience patience({20, milliseconds(20), milliseconds(100)}, fake.call);
  double waits[6];
  for (double& wait : waits) {
    const auto start = Clock::now();
    EXPECT_TRUE(patience.again());
    wait = seconds_since(start);
  }
  const double least[] = {0.010, 0.020, 0.040, 0.050, 0.050, 0.050};
  for (size_t i = 0; i < 6; ++i) EXPECT_GE(waits[i], least[i]) << i;
}

TEST(Patience, WaitsAsLongAsTheServerAsksFor) {
  FakeCall fake;
  Patience patience({3, milliseconds(1)}, fake.call);
  const auto start = Clock::now();
  EXPECT_TRUE(patience.again(std::chrono::seconds(1)));
  EXPECT_GE(seconds_since(start), 1.0);
}

TEST(Patience, WaitsNoShorterThanItWouldByItself) {
  FakeCall fake;
  Patience patience({3, std::chrono::seconds(4)}, fake.call);
  const auto start = Clock::now();
  EXPECT_TRUE(patience.again(std::chrono::seconds(1)));
  EXPECT_GE(seconds_since(start), 2.0);
}

TEST(Patience, DoesNotWaitLongerThanItMay) {
  FakeCall fake;
  fake.left = 20'000;
  Patience patience({3, milliseconds(1)}, fake.call);
  const auto start = Clock::now();
  EXPECT_FALSE(patience.again(std::chrono::seconds(3600)));
  EXPECT_LT(seconds_since(start), 1);
  EXPECT_EQ(story(patience),
            "1 try in T; the server asked for a pause of 3600 s, and only T are left");
  EXPECT_FALSE(patience.again(std::chrono::seconds::max()));  // no overflow
}

TEST(Patience, EndsBeforeTheEngineEndsTheCall) {
  FakeCall fake;
  fake.left = 200;
  Patience patience({1000, milliseconds(20), milliseconds(20)}, fake.call);
  const auto start = Clock::now();
  while (patience.again()) {
  }
  EXPECT_LE(seconds_since(start), 0.2);
  EXPECT_GT(seconds_since(start), 0.1);
  EXPECT_NE(story(patience).find("; no time is left for another"), std::string::npos);
}

TEST(Patience, AWaitIsCalledOff) {
  FakeCall fake;
  fake.cancel_after = 3;
  Patience patience({3, milliseconds(1)}, fake.call);
  const auto start = Clock::now();
  EXPECT_FALSE(patience.again(std::chrono::seconds(60)));
  EXPECT_LT(seconds_since(start), 5);
  EXPECT_NE(story(patience).find("; the engine called it off"), std::string::npos);
}

TEST(Exchange, KnowsWhatMayPass) {
  for (const long status : {408, 429, 500, 502, 503, 504, 507, 599}) EXPECT_TRUE(passing(status));
  for (const long status : {0, 200, 301, 400, 401, 403, 404, 409, 413, 501, 505, 600})
    EXPECT_FALSE(passing(status)) << status;
}

}  // namespace
}  // namespace stoq::http
