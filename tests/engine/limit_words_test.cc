// SPDX-License-Identifier: Apache-2.0
//
// What a limit says where it bites: record and line, word for word.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/objects.h"

namespace stoq::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using Children = std::vector<ExtractedPayload>;

// A scan of "root" by a worker that gives these children.
StoqResponse extracted(std::map<std::string, std::string> core, const Children& children) {
  Stoq s(quiet(std::move(core)));
  add_worker(s, "give", [&](Payload& payload, Request&) {
    return payload.level == 0 ? WorkerResponse{.extracted = children} : WorkerResponse{};
  });
  return s.scan("root", {.add_start_dispatch = {"give"}});
}

std::string of_root(const StoqResponse& r, const std::string& text) {
  return text + " ; payload " + r.results.at(0).payload_id;
}

TEST(LimitWords, Children) {
  const StoqResponse r = extracted({{"max_children", "2"}}, {{"a", {}}, {"b", {}}, {"c", {}}});
  EXPECT_THAT(r.results, SizeIs(3));
  EXPECT_THAT(limits_of(r), ElementsAre("max_children:give:null"));
  EXPECT_THAT(
      errors_of(r, "stoq"),
      ElementsAre(of_root(r, "extraction by give was stopped after max_children = 2 payloads")));
}

TEST(LimitWords, Ratio) {
  const StoqResponse r = extracted({{"max_ratio", "2"}, {"max_ratio_from", "100"}},
                                   {{std::string(90, 'x'), {}}, {std::string(90, 'y'), {}}});
  EXPECT_THAT(r.results, SizeIs(2));
  EXPECT_THAT(limits_of(r), ElementsAre("max_ratio:give:null"));
  EXPECT_THAT(errors_of(r, "stoq"),
              ElementsAre(of_root(r,
                                  "extraction by give was stopped: it gave more than max_ratio "
                                  "= 2 times its input")));
}

TEST(LimitWords, PayloadSize) {
  const StoqResponse r = extracted({{"max_payload_size", "50"}},
                                   {{std::string(90, 'x'), {}}, {std::string(70, 'y'), {}}});
  EXPECT_THAT(r.results, SizeIs(1));
  EXPECT_THAT(limits_of(r), ElementsAre("max_payload_size:give:160"));
  EXPECT_THAT(errors_of(r, "stoq"),
              ElementsAre(of_root(r,
                                  "payloads with 160 bytes extracted by give were left out: "
                                  "each is larger than max_payload_size = 50")));
}

TEST(LimitWords, Payloads) {
  const StoqResponse r = extracted({{"max_payloads", "2"}, {"reserved_payloads", "0"}},
                                   {{"a", {}}, {"b", {}}, {"c", {}}});
  EXPECT_THAT(limits_of(r), ElementsAre("max_payloads:give:2"));
  EXPECT_THAT(errors_of(r, "stoq"),
              ElementsAre(of_root(r,
                                  "2 payloads extracted by give were not scanned: the request "
                                  "has as many as max_payloads = 2 allows (the last 0 places "
                                  "are for executables, scripts, documents, mails and "
                                  "archives)")));
}

TEST(LimitWords, BytesOfTheRequest) {
  const StoqResponse r = extracted(
      {{"max_request_bytes", "100"}},
      {{std::string(60, 'x'), {}}, {std::string(30, 'y'), {}}, {std::string(20, 'z'), {}}});
  EXPECT_THAT(r.results, SizeIs(3));
  EXPECT_THAT(limits_of(r), ElementsAre("max_request_bytes:give:null"));
  EXPECT_THAT(errors_of(r, "stoq"),
              ElementsAre(of_root(r,
                                  "extraction by give was stopped: the request's bytes reached "
                                  "max_request_bytes = 100")));
}

TEST(LimitWords, Response) {
  Stoq s(quiet({{"max_response_size", "5000"}}));
  for (const char* name : {"first", "second"})
    add_worker(s, name, [](Payload&, Request&) {
      return WorkerResponse{.results = Json(std::string(3000, 'x'))};
    });
  const StoqResponse r = s.scan("x", {.add_start_dispatch = {"first", "second"}});
  EXPECT_NE(r.results[0].workers[0].find("first"), nullptr);
  EXPECT_EQ(r.results[0].workers[0].find("second"), nullptr);
  EXPECT_THAT(limits_of(r), ElementsAre("max_response_size:second:3002"));
  EXPECT_THAT(errors_of(r, "stoq"),
              ElementsAre(of_root(r,
                                  "3002 bytes given by second were left out: the response has "
                                  "reached max_response_size = 5000")));
}

TEST(LimitWords, MetaIsOfTheResponse) {
  const Json long_meta{{"name", std::string(3000, 'n')}};
  const StoqResponse r =
      extracted({{"max_response_size", "5000"}}, {{"a", {.extra_data = long_meta}},
                                                  {"b", {.extra_data = long_meta}},
                                                  {"a", {.extra_data = long_meta}}});
  ASSERT_THAT(r.results, SizeIs(3));
  EXPECT_EQ(r.results[1].payload_meta.extra_data.get("name").string_or("").size(), 3000u);
  EXPECT_EQ(r.results[2].payload_meta.extra_data.text(), "{}");
  EXPECT_THAT(r.results[1].duplicates, IsEmpty());
  EXPECT_THAT(limits_of(r),
              ElementsAre("max_response_size:give:3012", "max_response_size:give:3012"));
}

TEST(LimitWords, ErrorsAreOfTheResponse) {
  Stoq s(quiet({{"max_response_size", "5000"}}));
  add_worker(s, "moans", [](Payload&, Request&) {
    return WorkerResponse{.results = Json(std::string(4000, 'r')),
                          .errors = Names(3, std::string(2000, 'e'))};
  });
  const StoqResponse r = s.scan("x", {.add_start_dispatch = {"moans"}});
  EXPECT_THAT(errors_of(r, "moans"), SizeIs(2));
  EXPECT_NE(r.results[0].workers[0].find("moans"), nullptr);
  EXPECT_THAT(limits_of(r), ElementsAre("max_response_size:moans:2000"));
}

TEST(LimitWords, RoundsThatWorkersAskFor) {
  Stoq s(quiet());
  for (int i = 0; i < 15; ++i)
    add_worker(s, "w" + std::to_string(i), [i](Payload&, Request&) {
      return WorkerResponse{.results = Json(i), .dispatch_to = {"w" + std::to_string(i + 1)}};
    });
  const StoqResponse r = s.scan("x", {.add_start_dispatch = {"w0"}});
  EXPECT_THAT(r.results[0].workers, SizeIs(11));  // the first round and ten more
  EXPECT_THAT(limits_of(r), ElementsAre("max_worker_rounds::1"));
  EXPECT_THAT(errors_of(r, "stoq"),
              ElementsAre(of_root(r,
                                  "1 plugins named by workers were not run: the payload had as "
                                  "many further rounds as there may be")));
}

Names names(size_t count) {
  Names all;
  for (size_t i = 0; i < count; ++i) all.push_back("n" + std::to_string(i));
  return all;
}

TEST(LimitWords, NamesThatADispatcherGives) {
  Stoq s(quiet());
  s.add_plugin("many", std::make_shared<FunctionDispatcher>([](Payload&, Request&) {
                 return DispatcherResponse{.plugin_names = names(1500)};
               }));
  add_worker(s, "n999", size_worker);
  add_worker(s, "n1000", size_worker);
  const StoqResponse r = s.scan("x");
  EXPECT_THAT(errors_of(r, "many"),
              ElementsAre(of_root(r,
                                  "dispatcher:failed to dispatch: many ; StoqException: it "
                                  "names more than 1000 plugins; the rest was left out")));
  EXPECT_NE(r.results[0].workers[0].find("n999"), nullptr);
  EXPECT_EQ(r.results[0].workers[0].find("n1000"), nullptr);
  EXPECT_THAT(errors_of(r, ""), IsEmpty());
}

TEST(LimitWords, NamesThatAPayloadIsSentTo) {
  Stoq s(quiet());
  add_worker(s, "give", [](Payload& payload, Request&) {
    WorkerResponse response;
    if (payload.level == 0) response.extracted = {{"child", {.dispatch_to = names(1500)}}};
    return response;
  });
  add_worker(s, "n999", size_worker);
  add_worker(s, "n1000", size_worker);
  const StoqResponse r = s.scan("root", {.add_start_dispatch = {"give"}});
  ASSERT_THAT(r.results, SizeIs(2));
  EXPECT_THAT(errors_of(r, "give"),
              ElementsAre(of_root(r,
                                  "worker:failed to scan: give ; StoqException: a payload is "
                                  "sent to 1500 plugins; those beyond 1000 were left out")));
  EXPECT_NE(r.results[1].workers[0].find("n999"), nullptr);
  EXPECT_EQ(r.results[1].workers[0].find("n1000"), nullptr);
}

}  // namespace
}  // namespace stoq::test
