// SPDX-License-Identifier: Apache-2.0
//
// Deep dispatch in its passes, and decorators.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/objects.h"

namespace stoq::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class FunctionDeepDispatcher final : public DeepDispatcherPlugin {
 public:
  using Function = std::function<DeepDispatcherResponse(Payload&, Request&)>;
  explicit FunctionDeepDispatcher(Function function) : function_(std::move(function)) {}
  DeepDispatcherResponse get_deep_dispatches(Payload& payload, Request& request) override {
    return function_(payload, request);
  }

 private:
  Function function_;
};

class FunctionDecorator final : public DecoratorPlugin {
 public:
  using Function = std::function<DecoratorResponse(const StoqResponse&)>;
  explicit FunctionDecorator(Function function) : function_(std::move(function)) {}
  DecoratorResponse decorate(const StoqResponse& response) override { return function_(response); }

 private:
  Function function_;
};

void add_deep(Stoq& s, const std::string& name, FunctionDeepDispatcher::Function function) {
  s.add_plugin(name, std::make_shared<FunctionDeepDispatcher>(std::move(function)));
}

DeepDispatcherResponse names_a(Payload&, Request&) {
  return {.plugin_names = {"a"}};
}

auto rounds_of(const StoqResponse& r) {
  return r.results[0].plugins_run.workers;
}

TEST(DeepDispatch, SeesTheFirstRoundAndAddsAnother) {
  StoqOptions o = quiet();
  o.always_dispatch = {"a"};
  Stoq s(std::move(o));
  add_worker(s, "a", size_worker);
  add_worker(s, "b", [](Payload& p, Request&) {
    return WorkerResponse{.results = p.deep_dispatch_meta["deep"].get("b")};
  });
  add_deep(s, "deep", [](Payload& p, Request&) {
    const bool seen = p.worker_results[0].find("a") != nullptr;
    return DeepDispatcherResponse{.plugin_names = {seen ? "b" : "a"},
                                  .meta = {{"b", Json{{"why", "a has run"}}}},
                                  .errors = {"a remark"}};
  });
  const StoqResponse r = s.scan("x");
  EXPECT_THAT(rounds_of(r), ElementsAre(ElementsAre("a"), ElementsAre("b")));
  ASSERT_THAT(r.results[0].workers, SizeIs(2));
  EXPECT_EQ(r.results[0].workers[1]["b"].text(), "{\"why\": \"a has run\"}");
  EXPECT_THAT(errors_of(r, "deep"), ElementsAre("a remark"));
}

TEST(DeepDispatch, AWorkerNamedAgainRunsAgainInEachPass) {
  Stoq s(quiet({{"max_dispatch_passes", "3"}}));
  add_worker(s, "a", size_worker);
  add_deep(s, "deep", names_a);
  EXPECT_THAT(rounds_of(s.scan("x")),
              ElementsAre(IsEmpty(), ElementsAre("a"), ElementsAre("a"), ElementsAre("a")));
}

TEST(DeepDispatch, UntilStableEndsWhenNothingNewIsNamed) {
  Stoq s(quiet({{"max_dispatch_passes", "until_stable"}}));
  for (const char* name : {"a", "b", "c"}) add_worker(s, name, size_worker);
  int asked = 0;
  add_deep(s, "deep", [&](Payload& p, Request&) {
    ++asked;
    const size_t rounds = p.plugins_run.size();
    if (rounds == 1) return DeepDispatcherResponse{.plugin_names = {"a"}};
    if (rounds == 2) return DeepDispatcherResponse{.plugin_names = {"a", "b"}};
    return DeepDispatcherResponse{.plugin_names = {"a", "b"}};
  });
  EXPECT_THAT(rounds_of(s.scan("x")), ElementsAre(IsEmpty(), ElementsAre("a"), ElementsAre("b")));
  EXPECT_EQ(asked, 3);
}

TEST(DeepDispatch, StartDeepDispatchesCountInTheFirstPassOfTheRootOnly) {
  Stoq s(quiet({{"max_dispatch_passes", "2"}}));
  add_worker(s, "unpack", unpack_worker);
  add_worker(s, "a", size_worker);
  const StoqResponse r =
      s.scan(pack({"child"}), {.add_start_dispatch = {"unpack"}, .add_start_deep_dispatch = {"a"}});
  ASSERT_THAT(r.results, SizeIs(2));
  EXPECT_THAT(rounds_of(r), ElementsAre(ElementsAre("unpack"), ElementsAre("a")));
  EXPECT_THAT(r.results[1].plugins_run.workers, ElementsAre(IsEmpty()));
}

TEST(DeepDispatch, SaysInWhichPassSomethingFailed) {
  Stoq s(quiet({{"max_dispatch_passes", "2"}}));
  add_worker(s, "a", [](Payload&, Request&) -> WorkerResponse { throw StoqPluginException("no"); });
  add_deep(s, "deep", [](Payload&, Request&) {
    return DeepDispatcherResponse{.plugin_names = {"nosuch", "a"}};
  });
  add_deep(s, "lost",
           [](Payload&, Request&) -> DeepDispatcherResponse { throw StoqPluginException("lost"); });
  const StoqResponse r = s.scan("x");
  const std::string end = " ; payload " + r.results[0].payload_id;
  const std::string failed = "deep dispatch:failed to scan (pass ",
                    unloaded = "deep dispatch:failed to load (pass ";
  EXPECT_THAT(errors_of(r, "a"), ElementsAre(failed + "1/2): a ; StoqPluginException: no" + end,
                                             failed + "2/2): a ; StoqPluginException: no" + end));
  const std::string why =
      "nosuch ; StoqPluginNotFound: The plugin \"nosuch\" is invalid or does not exist in your "
      "plugin path";
  EXPECT_THAT(errors_of(r, "nosuch"),
              ElementsAre(unloaded + "1/2): " + why + end, unloaded + "2/2): " + why + end));
  EXPECT_THAT(errors_of(r, "lost"), testing::Each("deep dispatcher:failed to deep dispatch: lost ; "
                                                  "StoqPluginException: lost" +
                                                  end));
  EXPECT_THAT(errors_of(r, "lost"), SizeIs(2));
}

TEST(DeepDispatch, IsNotAskedAboutWhatIsNotScanned) {
  Stoq s(quiet());
  add_worker(s, "split", [](Payload&, Request&) {
    return WorkerResponse{.extracted = {{"kept back", {.should_scan = false}}}};
  });
  add_worker(s, "a", size_worker);
  add_deep(s, "deep", names_a);
  const StoqResponse r = s.scan("x", {.add_start_dispatch = {"split"}});
  EXPECT_THAT(rounds_of(r), ElementsAre(ElementsAre("split"), ElementsAre("a")));
  EXPECT_THAT(r.results[1].plugins_run.workers, ElementsAre(IsEmpty()));
}

TEST(Decorators, AddToTheResponseInTheirOrder) {
  Stoq s(quiet());
  add_worker(s, "a", size_worker);
  s.add_plugin("count", std::make_shared<FunctionDecorator>([](const StoqResponse& r) {
                 return DecoratorResponse{.results = Json{{"results", r.results.size()}},
                                          .errors = {"a remark"}};
               }));
  s.add_plugin("sees", std::make_shared<FunctionDecorator>([](const StoqResponse& r) {
                 return DecoratorResponse{.results = r.decorators["count"].get("results")};
               }));
  s.add_plugin("silent", std::make_shared<FunctionDecorator>(
                             [](const StoqResponse&) { return DecoratorResponse{}; }));
  const StoqResponse r = s.scan("x", {.add_start_dispatch = {"a"}});
  ASSERT_THAT(r.decorators, SizeIs(2));
  EXPECT_EQ(r.decorators["count"].text(), "{\"results\": 1}");
  EXPECT_EQ(r.decorators["sees"].text(), "1");
  EXPECT_THAT(errors_of(r, "count"), ElementsAre("a remark"));
}

TEST(Decorators, OneThatFailsCostsOnlyItsOwnPart) {
  Stoq s(quiet({{"max_result_size", "1024"}}));
  s.add_plugin("lost",
               std::make_shared<FunctionDecorator>([](const StoqResponse&) -> DecoratorResponse {
                 throw StoqPluginException("no luck");
               }));
  s.add_plugin("large", std::make_shared<FunctionDecorator>([](const StoqResponse&) {
                 return DecoratorResponse{.results = Json(std::string(2000, 'x'))};
               }));
  s.add_plugin("fine", std::make_shared<FunctionDecorator>([](const StoqResponse&) {
                 return DecoratorResponse{.results = Json("here")};
               }));
  const StoqResponse r = s.scan("x");
  ASSERT_THAT(r.decorators, SizeIs(1));
  EXPECT_EQ(r.decorators["fine"].text(), "\"here\"");
  EXPECT_THAT(errors_of(r, "lost"), ElementsAre("decorator: lost ; StoqPluginException: no luck"));
  EXPECT_THAT(
      errors_of(r, "large"),
      ElementsAre(HasSubstr("decorator: large ; StoqException: its result was refused: more "
                            "than 1024 bytes of JSON")));
  EXPECT_THAT(limits_of(r), ElementsAre("max_result_size:large:1"));
}

TEST(Decorators, OfManyErrorsTheFirstStay) {
  Stoq s(quiet());
  s.add_plugin("moans", std::make_shared<FunctionDecorator>([](const StoqResponse&) {
                 return DecoratorResponse{.results = Json(1), .errors = Names(150, "no")};
               }));
  const StoqResponse r = s.scan("x");
  ASSERT_THAT(errors_of(r, "moans"), SizeIs(101));
  EXPECT_EQ(errors_of(r, "moans").back(),
            "decorator: moans ; StoqException: it gave 50 more errors, which were left out");
  EXPECT_EQ(r.decorators["moans"].text(), "1");
}

}  // namespace
}  // namespace stoq::test
