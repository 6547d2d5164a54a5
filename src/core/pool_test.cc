// SPDX-License-Identifier: Apache-2.0
#include "core/pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <latch>
#include <set>

#include "core/cores.h"
#include "tests/support/eventually.h"

namespace stoq {
namespace {

using test::eventually;
using namespace std::chrono_literals;

struct FunctionWork final : Pool::Work {
  explicit FunctionWork(std::function<void()> f) : function(std::move(f)) {}
  void run_one() override { function(); }
  std::function<void()> function;
};

std::shared_ptr<FunctionWork> work(std::function<void()> function) {
  return std::make_shared<FunctionWork>(std::move(function));
}

TEST(Pool, RunsWhatIsPostedAsOftenAsItIsPosted) {
  std::atomic<int> calls = 0;
  Pool pool(3);
  const auto counting = work([&] { ++calls; });
  for (int i = 0; i < 500; ++i) pool.post(counting);
  EXPECT_TRUE(eventually([&] { return calls == 500; })) << calls;
}

TEST(Pool, ForgetsWhatNobodyHasBegun) {
  std::latch begun(1), go_on(1);
  std::atomic<int> forgotten = 0, kept = 0;
  const auto one = work([&] { ++forgotten; });
  {
    Pool pool(2);  // one thread, beside that of a caller
    pool.post(work([&] {
      begun.count_down();
      go_on.wait();
    }));
    begun.wait();
    for (int i = 0; i < 10; ++i) {
      pool.post(one);
      pool.post(work([&] { ++kept; }));
    }
    pool.forget(*one);
    go_on.count_down();
    EXPECT_TRUE(eventually([&] { return kept == 10; })) << kept;
  }
  EXPECT_EQ(forgotten, 0);
}

TEST(Pool, AThreadThatWaitsElsewhereLendsItsPlace) {
  std::atomic<int> calls = 0;
  Pool pool(1);  // the caller's thread alone
  pool.post(work([&] { ++calls; }));
  std::this_thread::sleep_for(30ms);
  EXPECT_EQ(calls, 0);
  pool.lend();
  EXPECT_TRUE(eventually([&] { return calls == 1; }));
  pool.take_back();
}

TEST(Pool, AnItemThatComesWhileTheSourceIsAskedIsNotForgotten) {
  Pool pool(1);
  std::atomic<int> asked = 0, taken = 0;
  pool.set_source([&] {
    if (++asked == 1) {  // nothing there; then something comes, before the answer is given
      pool.poke();
      return false;
    }
    return ++taken == 1;
  });
  EXPECT_TRUE(eventually([&] { return taken >= 1; })) << asked;
  pool.clear_source();
}

TEST(Pool, ThreadsOfARunHaveACoreEachAndHelpersOfCallersNone) {
  const unsigned cores = cores_allowed();
  if (cores < 2) GTEST_SKIP() << "this machine gives one core only: there is nothing to choose";
  Pool pool(cores);
  std::mutex mutex;
  std::multiset<int> seen;
  std::atomic<int> helper = -2;
  pool.post(work([&] { helper = core_of_this_thread(); }));
  EXPECT_TRUE(eventually([&] { return helper != -2; }));
  EXPECT_EQ(helper, -1);

  std::latch all_here(
      cores);  // they are at work together, or the test hangs until its time is over
  std::atomic<unsigned> given = 0;
  pool.set_source([&] {
    if (given.fetch_add(1) >= cores) return false;
    all_here.arrive_and_wait();
    const std::lock_guard lock(mutex);
    seen.insert(core_of_this_thread());
    return true;
  });
  EXPECT_TRUE(eventually([&] {
    const std::lock_guard lock(mutex);
    return seen.size() == cores;
  }));
  pool.clear_source();
  const std::lock_guard lock(mutex);
  EXPECT_EQ(std::set<int>(seen.begin(), seen.end()).size(), cores);
  EXPECT_EQ(seen.count(-1), 0u);

  helper = -2;
  pool.post(work([&] { helper = core_of_this_thread(); }));
  EXPECT_TRUE(eventually([&] { return helper != -2; }));
  EXPECT_EQ(helper, -1);
}

TEST(Pool, LeavesTheSystemTheChoiceWhenItUsesOnlySomeCores) {
  if (cores_allowed() < 2) GTEST_SKIP() << "this machine gives one core only";
  Pool pool(cores_allowed() - 1);
  std::atomic<int> core = -2;
  pool.set_source([&] { return core.exchange(core_of_this_thread()) == -2; });
  EXPECT_TRUE(eventually([&] { return core != -2; }));
  pool.clear_source();
  EXPECT_EQ(core, -1);
}

}  // namespace
}  // namespace stoq
