// SPDX-License-Identifier: Apache-2.0
#include "core/uuid.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>

#include "tests/support/same_response.h"

namespace stoq {
namespace {

TEST(Uuid, IsAVersion4AndNew) {
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) {
    const std::string id = new_uuid();
    EXPECT_EQ(id.size(), 36u);
    EXPECT_TRUE(test::is_uuid(id)) << id;
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos) << id;
    EXPECT_TRUE(seen.insert(id).second) << id;
  }
}

TEST(Uuid, AForkedChildHasItsOwn) {
  new_uuid();
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    const std::string id = new_uuid();
    _exit(::write(ends[1], id.data(), id.size()) == 36 ? 0 : 1);
  }
  const std::string ours = new_uuid();
  std::string theirs(36, ' ');
  ASSERT_EQ(read(ends[0], theirs.data(), theirs.size()), 36);
  waitpid(child, nullptr, 0);
  EXPECT_NE(ours, theirs);
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace stoq
