// SPDX-License-Identifier: Apache-2.0
#include "core/silent_reply.h"
#include "loader/native.h"
#include "stoq/payload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stoq::plugins::archives {
namespace {

using testing::ElementsAre;

// The engine has called it off before it began.
struct CalledOff final : SilentReply {
  bool result(std::string_view json) override { return results.emplace_back(json), true; }
  void error(std::string_view text) override { errors.emplace_back(text); }
  bool cancelled() override { return true; }
  int64_t time_left() override { return 0; }

  std::vector<std::string> results, errors;
};

class Unpacker : public testing::TestWithParam<const char*> {};

TEST_P(Unpacker, SaysThatItWasCalledOff) {
  PluginSpec spec;
  spec.name = GetParam();
  spec.folder = std::string(STOQ_PLUGINS) + "/" + spec.name;
  spec.module = spec.folder + "/" + spec.name + ".so";
  const auto plugin = load_native(spec, [](LogLevel, std::string_view) {});
  // A tar of one member, `a`, whose content is empty.
  std::string tar(1024 + 512, '\0');
  tar.replace(0, 1, "a").replace(100, 7, "0000644").replace(124, 11, "00000000000");
  tar.replace(156, 1, "0").replace(257, 5, "ustar").replace(148, 8, "        ");
  unsigned sum = 0;
  for (const char c : tar.substr(0, 512)) sum += static_cast<unsigned char>(c);
  char octal[8];
  std::snprintf(octal, sizeof octal, "%06o", sum);
  tar.replace(148, 7, octal, 7);
  Payload payload(tar);
  Request request;
  Input input{.payload = &payload, .request = &request};
  CalledOff reply;
  plugin->call(Op::scan, input, reply);
  EXPECT_THAT(reply.errors,
              ElementsAre("Stopped decompressing payload: after 0 members (the deadline of the "
                          "plugin or the request, or the end of the run)"));
  EXPECT_EQ(reply.results.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Each, Unpacker, testing::Values("decompress"));

}  // namespace
}  // namespace stoq::plugins::archives
