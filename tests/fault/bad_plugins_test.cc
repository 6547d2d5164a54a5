// SPDX-License-Identifier: Apache-2.0
//
// Plugins that cannot be loaded, throw, or answer nonsense: what the user reads, word for word.
#include <gtest/gtest.h>

#include "plugins/echo_objects.h"
#include "support/eventually.h"
#include "support/leftovers.h"
#include "support/objects.h"
#include "support/same_response.h"
#include "support/temporary_directory.h"

namespace stoq::test {
namespace {

const std::string kPlugins = STOQ_TEST_PLUGINS;

StoqOptions with(const std::string& plugin, const std::string& isolation, OptionMap options = {}) {
  StoqOptions o = quiet();
  o.plugin_dir_list = {kPlugins};
  o.plugin_opts[plugin] = std::move(options);
  o.plugin_opts[plugin]["isolation"] = isolation;
  return o;
}

std::string why_not(const std::string& plugin, const std::string& isolation,
                    OptionMap options = {}) {
  Stoq s(with(plugin, isolation, std::move(options)));
  std::string first, second;
  try {
    s.load_plugin(plugin);
  } catch (const StoqPluginException& e) {
    first = e.what();
  }
  try {
    s.load_plugin(plugin);
  } catch (const StoqPluginException& e) {
    second = e.what();
  }
  EXPECT_EQ(first, second);
  const std::string head = "plugin '" + plugin + "' (" + kPlugins + "/" + plugin + "/" + plugin +
                           ".stoq) cannot be loaded: ";
  EXPECT_TRUE(first.starts_with(head)) << first;
  return first.substr(std::min(head.size(), first.size()));
}

TEST(BadPlugins, ThatCannotBeLoaded) {
  const Leftovers leftovers;
  const auto module = [](const std::string& name) {
    return kPlugins + "/" + name + "/" + name + ".so";
  };
  const std::vector<std::pair<std::string, std::string>> all = {
      {"bad_no_entry",
       module("bad_no_entry") +
           " exports no stoq_plugin_entry_v1; end its source with STOQ_PLUGIN(...)"},
      {"bad_abi_major", "it was built for plugin interface 7.0, this stoQ offers 1.0; rebuild it"},
      {"bad_abi_minor", "it was built for plugin interface 1.1, this stoQ offers 1.0; rebuild it"},
      {"bad_other_name",
       "its module calls itself 'somebody else', its manifest 'bad_other_name'; make them the "
       "same"},
      {"bad_unresolved", "its module cannot be loaded: " + module("bad_unresolved") +
                             ": undefined symbol: stoq_test_symbol_that_nobody_has"},
      {"bad_no_create",
       "its entry lacks one of create, destroy, get_extension, or has only one of create_thread "
       "and destroy_thread"},
      {"bad_no_destroy",
       "its entry lacks one of create, destroy, get_extension, or has only one of create_thread "
       "and destroy_thread"},
      {"bad_half_thread",
       "its entry lacks one of create, destroy, get_extension, or has only one of create_thread "
       "and destroy_thread"},
      {"bad_too_short", module("bad_too_short") + " has an entry that is too short to be one"},
      {"bad_silent_create", "it refused to start without giving a reason"},
      {"bad_no_role",
       "it plays no role of this version of the plugin interface; build it against the headers of "
       "this stoQ"},
  };
  for (const auto& [name, text] : all) {
    EXPECT_EQ(why_not(name, "none"), text);
    EXPECT_EQ(why_not(name, "process"), text);
  }
}

TEST(BadPlugins, ThatFailWithoutAWord) {
  const std::vector<std::pair<std::string, std::string>> all = {
      {"bad_silent_scan", "the plugin failed without saying why (status -1)"},
      {"bad_silent_thread", "the plugin could not make its state for a thread"}};
  for (const auto& [name, text] : all)
    for (const char* isolation : {"none", "process"}) {
      Stoq s(with(name, isolation));
      const StoqResponse r = s.scan("x", {.add_start_dispatch = {name, "echo_second"}});
      ASSERT_EQ(r.errors.size(), 1u) << name;
      EXPECT_EQ(*r.errors.find(name),
                Names{"worker:failed to scan: " + name + " ; StoqPluginException: " + text +
                      " ; payload " + r.results[0].payload_id});
      EXPECT_TRUE(r.results[0].workers[0].find("echo_second"));
    }
}

TEST(BadPlugins, AreAnErrorOfEachPayloadWhenAlwaysDispatched) {
  Stoq s(with("bad_no_entry", "process"));
  const StoqResponse r = s.scan("x", {.add_start_dispatch = {"bad_no_entry"}});
  ASSERT_EQ(r.errors.size(), 1u);
  EXPECT_EQ(
      r.errors[0].second,
      Names{"worker:failed to load: bad_no_entry ; StoqPluginException: plugin 'bad_no_entry' (" +
            kPlugins + "/bad_no_entry/bad_no_entry.stoq) cannot be loaded: " + kPlugins +
            "/bad_no_entry/bad_no_entry.so exports no stoq_plugin_entry_v1; end its source with "
            "STOQ_PLUGIN(...) ; payload " +
            r.results[0].payload_id});
}

TEST(BadPlugins, ThatEndTheProcessWhileTheyAreLoaded) {
  const Leftovers leftovers;
  const auto why = [](const char* how) {
    return why_not("hostile", "process", {{"in_create", how}, {"deadline", "200ms"}});
  };
  EXPECT_EQ(why("segfault"), "it ended the process that loaded it by signal 11 (SIGSEGV)");
  EXPECT_EQ(why("abort"), "it ended the process that loaded it by signal 6 (SIGABRT)");
  EXPECT_EQ(why("exit"), "it ended the process that loaded it by exit status 0");
}

TEST(BadPlugins, ThatNeverEndLoading) {
  const Leftovers leftovers;
  for (const char* how : {"loop", "talk"}) {
    StoqOptions o = with("bad_end", "process", {{"in_create", true}, {"how", how}});
    o.core["plugin_deadline"] = "200ms";
    Stoq s(std::move(o));
    try {
      s.load_plugin("bad_end");
      FAIL();
    } catch (const StoqPluginException& e) {
      EXPECT_EQ(std::string(e.what()),
                "plugin 'bad_end' (" + kPlugins +
                    "/bad_end/bad_end.stoq) cannot be loaded: it did not come "
                    "to an end of loading within 0.2 s");
    }
  }
}

TEST(BadPlugins, ThatThrowInCreate) {
  for (const char* isolation : {"none", "process"}) {
    const auto why = [&](const char* what) {
      return why_not("bad_throw", isolation, {{"where", "create"}, {"what", what}});
    };
    EXPECT_EQ(why("sdk"), "thrown in create");
    EXPECT_EQ(why("runtime_error"), "std::runtime_error: thrown in create");
    EXPECT_EQ(why("number"), "unknown: an exception that is not a std::exception");
    EXPECT_EQ(why("memory"), "std::bad_alloc: out of memory");
  }
}

TEST(BadPlugins, ThatThrowInAWorker) {
  for (const char* isolation : {"none", "process"})
    for (const char* where : {"create_thread", "scan"}) {
      const auto errors = [&](const char* what) {
        Stoq s(with("bad_throw", isolation, {{"where", where}, {"what", what}}));
        const StoqResponse first = s.scan("x", {.add_start_dispatch = {"bad_throw"}});
        const StoqResponse r = s.scan(
            "x", {.add_start_dispatch = {"bad_throw", "echo_second"}});  // and the engine goes on
        EXPECT_EQ(first.errors.size(), 1u);
        EXPECT_TRUE(r.results[0].workers[0].find("echo_second"));
        EXPECT_EQ(r.errors.size(), 1u);
        const Names* texts = r.errors.find("bad_throw");
        EXPECT_TRUE(texts && texts->size() == 1) << isolation << where;
        std::string text = texts ? texts->front() : "";
        const std::string tail = " ; payload " + r.results[0].payload_id;
        EXPECT_TRUE(text.ends_with(tail));
        return text.substr(0, text.size() - tail.size());
      };
      EXPECT_EQ(errors("sdk"),
                "worker:failed to scan: bad_throw ; StoqPluginException: thrown in " +
                    std::string(where));
      EXPECT_EQ(
          errors("runtime_error"),
          "worker:failed to scan: bad_throw ; std::runtime_error: thrown in " + std::string(where));
      EXPECT_EQ(
          errors("number"),
          "worker:failed to scan: bad_throw ; unknown: an exception that is not a std::exception");
      EXPECT_EQ(errors("memory"),
                "worker:failed to scan: bad_throw ; std::bad_alloc: out of memory");
    }
}

TEST(BadPlugins, ThatThrowInADispatcher) {
  for (const char* isolation : {"none", "process"}) {
    StoqOptions o = with("bad_throw", isolation, {{"where", "get_dispatches"}});
    o.dispatchers = {"bad_throw"};
    Stoq s(std::move(o));
    const StoqResponse r = s.scan("x");
    EXPECT_EQ(r.errors.size(), 1u);
    EXPECT_EQ(*r.errors.find("bad_throw"),
              Names{"dispatcher:failed to dispatch: bad_throw ; std::runtime_error: thrown in "
                    "get_dispatches ; payload " +
                    r.results[0].payload_id});
    EXPECT_TRUE(r.results[0].workers[0].find("echo_second"));  // named before it threw
  }
}

TEST(BadPlugins, ThatThrowInADeepDispatcher) {
  for (const char* isolation : {"none", "process"}) {
    StoqOptions o = with("bad_throw", isolation, {{"where", "get_deep_dispatches"}});
    o.deep_dispatchers = {"bad_throw"};
    Stoq s(std::move(o));
    const StoqResponse r = s.scan("x", {.add_start_dispatch = {"echo_second"}});
    EXPECT_EQ(r.errors.size(), 1u);
    EXPECT_EQ(*r.errors.find("bad_throw"),
              Names{"deep dispatcher:failed to deep dispatch: bad_throw ; std::runtime_error: "
                    "thrown in get_deep_dispatches ; payload " +
                    r.results[0].payload_id});
    EXPECT_TRUE(r.results[0].workers[0].find("echo_second"));
  }
}

// Both are asked in one trip to their host.
TEST(BadPlugins, ThatThrowBesideAnotherDeepDispatcher) {
  for (const char* isolation : {"none", "process"}) {
    SCOPED_TRACE(isolation);
    StoqOptions o = with("bad_throw", isolation, {{"where", "get_deep_dispatches"}});
    o.plugin_opts["echo_deep_dispatcher"]["isolation"] = isolation;
    o.deep_dispatchers = {"bad_throw", "echo_deep_dispatcher"};
    Stoq s(std::move(o));
    const StoqResponse r = s.scan("x", {.add_start_dispatch = {"echo_second"}});
    const std::string tail = " ; payload " + r.results[0].payload_id;
    ASSERT_TRUE(r.errors.find("bad_throw") && r.errors.find("echo_deep_dispatcher")) << r.dumps();
    EXPECT_EQ(*r.errors.find("bad_throw"),
              Names{"deep dispatcher:failed to deep dispatch: bad_throw ; std::runtime_error: "
                    "thrown in get_deep_dispatches" +
                    tail});
    EXPECT_EQ(*r.errors.find("echo_deep_dispatcher"), Names{"a deep dispatcher's error"});
    EXPECT_EQ(r.errors.size(), 2u) << r.dumps();
  }
}

TEST(BadPlugins, ThatThrowInAnArchiver) {
  for (const char* isolation : {"none", "process"}) {
    StoqOptions o = with("bad_throw", isolation, {{"where", "archive"}});
    o.dest_archivers = {"bad_throw"};
    Stoq s(std::move(o));
    const StoqResponse r = s.scan("x", {.add_start_dispatch = {"echo_second"}});
    EXPECT_EQ(r.errors.size(), 1u);
    EXPECT_EQ(*r.errors.find("bad_throw"),
              Names{"archiver:failed to archive: bad_throw ; std::runtime_error: thrown in archive "
                    "; payload " +
                    r.results[0].payload_id});
    EXPECT_TRUE(r.results[0].workers[0].find("echo_second"));
  }
}

TEST(BadPlugins, ThatThrowInASourceArchiver) {
  for (const char* isolation : {"none", "process"}) {
    const Leftovers leftovers;
    StoqOptions o = with("bad_throw", isolation, {{"where", "get"}});
    o.source_archivers = {"bad_throw"};
    Stoq s(std::move(o));
    const auto provider = std::make_shared<echo::ProviderObject>([](Queue& queue) {
      queue.put_task(Json{{"bad_throw", Json{{"key", "x"}}}}, 1);
      queue.put(Payload("content", PayloadMeta{}), 2);
    });
    s.add_plugin("source", provider);
    const RunSummary summary = s.run();
    EXPECT_EQ(summary.done, 1u);
    EXPECT_EQ(summary.failed, 1u);
    EXPECT_NE(provider->outcomes.find("1 1 archiver 'bad_throw' cannot get it: "
                                      "std::runtime_error: thrown in get"),
              std::string::npos)
        << provider->outcomes;
  }
}

TEST(BadPlugins, ThatThrowInADecorator) {
  for (const char* isolation : {"none", "process"}) {
    StoqOptions o = with("bad_throw", isolation, {{"where", "decorate"}});
    o.decorators = {"bad_throw"};
    Stoq s(std::move(o));
    const StoqResponse r = s.scan("x", {.add_start_dispatch = {"echo_second"}});
    EXPECT_EQ(r.errors.size(), 1u);
    EXPECT_EQ(*r.errors.find("bad_throw"),
              Names{"decorator: bad_throw ; std::runtime_error: thrown in decorate"});
    EXPECT_TRUE(r.results[0].workers[0].find("echo_second"));
  }
}

TEST(BadPlugins, ThatThrowInAConnector) {
  for (const char* isolation : {"none", "process"}) {
    StoqOptions o = with("bad_throw", isolation, {{"where", "save"}});
    o.connectors = {"bad_throw"};
    Stoq s(std::move(o));
    const StoqResponse r = s.scan("x");
    EXPECT_EQ(*r.errors.find("bad_throw"),
              Names{"connector:failed to save: bad_throw ; std::runtime_error: thrown in save"});
  }
}

TEST(BadPlugins, ThatThrowInAProvider) {
  for (const char* isolation : {"none", "process"})
    for (const char* where : {"ingest", "outcome"}) {
      const Leftovers leftovers;
      StoqOptions o = with("bad_throw", isolation, {{"where", where}});
      o.providers = {"bad_throw"};
      auto connector = std::make_shared<echo::ConnectorObject>();
      Stoq s(std::move(o));
      s.add_plugin("connector", connector);
      std::string told;
      try {
        EXPECT_EQ(s.run().done, 1u);
      } catch (const StoqException& e) {
        told = e.what();
      }
      EXPECT_EQ(told, std::string(where) == "ingest"
                          ? "provider:bad_throw failed: std::runtime_error: thrown in ingest"
                          : "");
      EXPECT_EQ(std::count(connector->saved.begin(), connector->saved.end(), '\n'),
                1);  // what it had put was scanned
    }
}

TEST(BadPlugins, ArchiversThatDoNotComeToAnEnd) {
  const Leftovers leftovers;
  const std::string killed =
      "it did not answer within 0.2 s and was killed; what it had given stands";
  OptionMap options = {{"deadline", "200ms"}};
  {
    StoqOptions o = with("stuck_archiver", "process", options);
    o.dest_archivers = {"stuck_archiver"};
    Stoq s(std::move(o));
    const StoqResponse r = s.scan("stuck", {.add_start_dispatch = {"echo_second"}});
    EXPECT_EQ(r.errors.at(0).second,
              Names{"archiver:failed to archive: stuck_archiver ; deadline: " + killed +
                    " ; payload " + r.results[0].payload_id});
    EXPECT_EQ(r.limits.at(0).limit, "plugin_deadline");
    EXPECT_TRUE(r.results[0].workers[0].find("echo_second"));
    EXPECT_EQ(s.scan("x").results[0].archivers["stuck_archiver"].text(), R"({"kept": true})");
  }
  StoqOptions o = with("stuck_archiver", "process", options);
  o.source_archivers = {"stuck_archiver"};
  Stoq s(std::move(o));
  const auto provider = std::make_shared<echo::ProviderObject>([](Queue& queue) {
    queue.put_task(Json{{"stuck_archiver", Json{{"key", "stuck"}}}}, 1);
    queue.put_task(Json{{"stuck_archiver", Json{{"key", "fine"}}}}, 2);
  });
  s.add_plugin("source", provider);
  const RunSummary summary = s.run();
  EXPECT_EQ(summary.done, 1u);
  EXPECT_NE(
      provider->outcomes.find("1 1 archiver 'stuck_archiver' cannot get it: deadline: " + killed),
      std::string::npos)
      << provider->outcomes;
  EXPECT_NE(provider->outcomes.find("2 0 "), std::string::npos) << provider->outcomes;
}

TEST(BadPlugins, ArchiversThatOthersWaitFor) {
  StoqOptions o = with("stuck_archiver", "process", {{"deadline", "3s"}});
  o.dest_archivers = o.source_archivers = {"stuck_archiver"};
  o.core["request_deadline"] = OptionText("300ms");
  Stoq s(std::move(o));
  s.add_plugin("source", std::make_shared<echo::ProviderObject>([](Queue& queue) {
                 queue.put_task(Json{{"stuck_archiver", Json{{"key", "stuck"}}}}, 1);
               }));
  std::atomic<bool> over = false;
  std::thread run([&] {
    s.run();
    over = true;
  });
  StoqResponse waited;
  while (!over && waited.errors.size() == 0) waited = s.scan("x");
  run.join();
  ASSERT_EQ(waited.errors.size(), 1u);
  const std::string told = waited.errors[0].second.at(0);
  EXPECT_EQ(told.substr(0, told.find(" ; payload")),
            "archiver:failed to archive: stuck_archiver ; deadline: it was not called: the time of "
            "the request was over before it came to an end with what others had asked");
}

// What a worker's answer comes to: errors without the payload's id, limits, result.
struct Verdict {
  Names errors, engine;  // of the plugin, of stoq
  std::vector<std::string> limits;
  std::string result;
  size_t children = 0;
};
Verdict verdict(const std::string& content, const std::string& isolation,
                std::map<std::string, std::string> core = {}) {
  StoqOptions o = with("bad_answers", isolation);
  for (const auto& [key, value] : core) o.core[key] = OptionText(value);
  Stoq s(std::move(o));
  const StoqResponse r = s.scan(content, {.add_start_dispatch = {"bad_answers", "echo_second"}});
  const std::string tail = " ; payload " + r.results.at(0).payload_id;
  Verdict v;
  for (const auto& [name, texts] : r.errors)
    for (std::string text : texts) {
      if (text.ends_with(tail))
        text.replace(text.size() - tail.size(), tail.size(), " ; payload ID");
      (name == "stoq" ? v.engine : v.errors).push_back(std::move(text));
    }
  for (const LimitRecord& l : r.limits)
    v.limits.push_back(l.limit + " of " + l.plugin + ": " +
                       (l.left_out ? std::to_string(*l.left_out) : "null") +
                       (l.payload == r.results[0].payload_id ? "" : " of another payload"));
  if (const Json* result = r.results[0].workers[0].find("bad_answers")) v.result = result->text();
  v.children = r.results.size() - 1;
  EXPECT_TRUE(r.results[0].workers[0].find("echo_second")) << content;
  return v;
}

void expect(const std::string& content, const Verdict& expected,
            std::map<std::string, std::string> core = {}) {
  for (const char* isolation : {"none", "process"}) {
    SCOPED_TRACE(content + ", isolation " + isolation);
    const Verdict v = verdict(content, isolation, core);
    EXPECT_EQ(v.errors, expected.errors);
    EXPECT_EQ(v.engine, expected.engine);
    EXPECT_EQ(v.limits, expected.limits);
    EXPECT_EQ(v.result, expected.result);
    EXPECT_EQ(v.children, expected.children);
  }
}

std::string refused(const std::string& why) {
  return "worker:failed to scan: bad_answers ; StoqException: " + why + " ; payload ID";
}

TEST(BadPlugins, PayloadsFromWhomeverMayGiveNone) {
  for (const char* isolation : {"none", "process"}) {
    SCOPED_TRACE(isolation);
    StoqOptions o = with("bad_giver", isolation);
    o.dispatchers = {"bad_giver"};
    Stoq s(std::move(o));
    const StoqResponse r = s.scan("content");
    const std::string tail = " ; payload " + r.results.at(0).payload_id;
    EXPECT_EQ(r.results.size(), 1u);
    EXPECT_TRUE(r.limits.empty()) << r.dumps();
    ASSERT_TRUE(r.errors.find("bad_giver")) << r.dumps();
    EXPECT_EQ(*r.errors.find("bad_giver"),
              (Names{"dispatcher:failed to dispatch: bad_giver ; StoqException: it gave a payload, "
                     "which only workers may" +
                         tail,
                     "worker:failed to scan: bad_giver ; StoqException: it gave a payload, which "
                     "its manifest rules out (extracts = no)" +
                         tail}));
    const Json* result = r.results[0].workers.at(0).find("bad_giver");
    ASSERT_TRUE(result);
    EXPECT_EQ(result->text(), "true");
    Payload payload("content");
    const WorkerResponse by_hand = s.load_plugin("bad_giver").scan(payload);
    EXPECT_TRUE(by_hand.extracted.empty());
    EXPECT_EQ(by_hand.errors,
              Names{"it gave a payload, which its manifest rules out (extracts = no)"});
  }
}

TEST(BadPlugins, ResultsThatAreNoJson) {
  expect(
      "bad json",
      {.errors = {refused(
           "its result was refused: unexpected '}' at byte 8, expected a key in double quotes")}});
  expect(
      "nothing",
      {.errors = {refused("its result was refused: unexpected end at byte 0, expected a value")}});
  expect("duplicate keys",
         {.errors = {refused(
              "its result was refused: duplicate key \"x\" at byte 31, give each key once")}});
  expect(
      "bad utf-8",
      {.errors = {refused(
           "its result was refused: invalid UTF-8 (0xc3) at byte 7, turn bytes into text first")}});
  expect("deep json", {.errors = {refused("its result was refused: more than 256 levels of "
                                          "brackets at byte 256, nest less or raise the limit")},
                       .limits = {"max_result_depth of bad_answers: 1"}});
}

TEST(BadPlugins, ResultsThatAreTooLarge) {
  const Leftovers leftovers;
  for (const char* isolation : {"none", "process"}) {
    const Verdict v = verdict("large json", isolation);
    ASSERT_EQ(v.errors.size(), 1u);
    EXPECT_TRUE(
        v.errors[0].starts_with("worker:failed to scan: bad_answers ; StoqException: its result "
                                "was refused: more than 16777216 bytes of JSON at byte "));
    EXPECT_TRUE(v.errors[0].ends_with(", return less or raise the limit ; payload ID"));
    EXPECT_EQ(v.limits, std::vector<std::string>{"max_result_size of bad_answers: 1"});
  }
}

TEST(BadPlugins, TwoGibibytesOfJsonMeetTheMemoryLimit) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers reserve more address space than any memory limit allows; hosts have "
                  "none under them";
#else
  const Leftovers leftovers;
  Stoq s(with("bad_answers", "process", {{"memory", "512MiB"}}));
  const StoqResponse r =
      s.scan("huge json", {.add_start_dispatch = {"bad_answers", "echo_second"}});
  EXPECT_EQ(*r.errors.find("bad_answers"),
            Names{"worker:failed to scan: bad_answers ; std::bad_alloc: out of memory ; payload " +
                  r.results[0].payload_id});
  EXPECT_EQ(r.limits.at(0).limit, "plugin_memory");
  EXPECT_TRUE(r.results[0].workers[0].find("echo_second"));
#endif
}

TEST(BadPlugins, SecondResults) {
  expect("second result", {.result = R"({"second": true})"});
  expect("second result null", {});
  expect("second result bad",
         {.errors = {refused(
              "its result was refused: unexpected end at byte 1, expected a key in double quotes")},
          .result = R"({"first": true})"});
}

TEST(BadPlugins, AWorkerHasNoDispatchMetaToGive) {
  for (const char* isolation : {"none", "process"}) {
    Stoq s(with("bad_answers", isolation));
    const StoqResponse r = s.scan("dispatch with meta", {.add_start_dispatch = {"bad_answers"}});
    ASSERT_EQ(r.results[0].workers.size(), 2u) << isolation;
    const std::string told = r.results[0].workers[1]["echo_second"].text();
    EXPECT_NE(told.find(R"("dispatch_meta": {})"), std::string::npos) << told;
  }
}

TEST(BadPlugins, ErrorsWithoutEnd) {
  for (const char* isolation : {"none", "process"}) {
    const Verdict v = verdict("a million errors", isolation);
    ASSERT_EQ(v.errors.size(), 1001u);
    EXPECT_EQ(v.errors[0], "error 0");
    EXPECT_EQ(v.errors[999], "error 999");
    EXPECT_EQ(v.errors[1000], refused("it gave 999000 more errors, which were left out"));
    EXPECT_EQ(v.engine, Names{"999000 errors given by bad_answers were left out ; payload ID"});
    EXPECT_EQ(v.limits, std::vector<std::string>{"max_errors of bad_answers: 999000"});
  }
}

TEST(BadPlugins, AnErrorThatIsTooLong) {
  expect("a long error",
         {.errors = {std::string(1000, 'e') + " … (1047576 more bytes, max_error_size)"}},
         {{"max_error_size", "1000"}});
}

TEST(BadPlugins, ExtractionOutOfOrder) {
  expect("unterminated", {.errors = {"worker:failed to scan: bad_answers ; StoqPluginException: it "
                                     "returned in the middle of an extracted payload; what it had "
                                     "written of that was left out ; payload ID"}});
  expect("raise inside a payload",
         {.errors = {"worker:failed to scan: bad_answers ; ValueError: no more ; payload ID"}});
  expect("begin twice", {.result = "[0, -2, 0]", .children = 1});
  expect("end without begin", {.result = "[-2, -2, -2]"});
}

TEST(BadPlugins, ExtractionAfterStop) {
  expect(
      "after stop",
      {.engine =
           {"extraction by bad_answers was stopped after max_children = 3 payloads ; payload ID"},
       .limits = {"max_children of bad_answers: null"},
       .result = "[0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1]",
       .children = 3},
      {{"max_children", "3"}});
}

TEST(BadPlugins, MetaThatMakesNoSense) {
  const std::string why =
      "its payload_meta was refused: it must be an object with should_archive, should_scan "
      "(booleans), extra_data (an object), dispatch_to (names)";
  expect("bad meta", {.errors = {refused(why), refused(why)}, .result = "[-2, -2, -2]"});
  expect(
      "bad payload meta",
      {.errors = {refused(why),
                  refused(
                      "its payload_meta was refused: unexpected 'n' at byte 0, expected a value")},
       .result = "[-2, -2]"});
  const std::string no_name = "it names a plugin by no name, or by one with a zero byte in it";
  expect("bad names", {.errors = {refused(no_name), refused(no_name)}, .result = "[-2, -2]"});
  expect("bad dispatch", {.errors = {refused("its dispatch meta was refused: unexpected end at "
                                             "byte 1, expected a key in double quotes")},
                          .result = "[-2]"});
  expect("request meta",
         {.errors = {refused(
              "it changes request_meta, which its manifest rules out (changes_request = no)")},
          .result = "[-2]"});
}

// What they had before them is done: the log tells, for no response can.
TEST(BadPlugins, AProviderThatEndsWhenItIsToldAnOutcome) {
  const auto log = std::make_shared<Lines>();
  StoqOptions o = with("bad_delivery", "process");
  o.log_sink = log;
  o.providers = {"bad_delivery"};
  {
    Stoq s(std::move(o));
    add_worker(s, "gate", [&](Payload&, Request&) {
      eventually([&] { return !log->with("successfully completed").empty(); });
      return WorkerResponse{};
    });
    EXPECT_EQ(s.run({.add_start_dispatch = {"gate"}}).done, 3u);
  }
  EXPECT_EQ(log->lines.back(),
            "ERROR its host process ended (signal 6 (SIGABRT)) before it had heard "
            "all; what becomes of items that it has put it is not told");
}

TEST(BadPlugins, AProviderThatPutsNoFile) {
  for (const char* isolation : {"none", "process"}) {
    SCOPED_TRACE(isolation);
    StoqOptions o = with("bad_delivery", isolation, {{"how", "file"}});
    o.providers = {"bad_delivery"};
    Stoq s(std::move(o));
    try {
      s.run();
      ADD_FAILURE() << "it was taken";
    } catch (const StoqException& e) {
      EXPECT_STREQ(e.what(),
                   "provider:bad_delivery failed: StoqException: put_file was given 777, which is "
                   "no open descriptor; the item was not taken; StoqPluginException: the engine "
                   "refused an answer that makes no sense here (not JSON, or out of order)");
    }
  }
}

TEST(BadPlugins, AConnectorThatEndsItsProcess) {
  StoqOptions o = with("bad_delivery", "process");
  o.connectors = {"bad_delivery"};
  Stoq s(std::move(o));
  const StoqResponse r = s.scan("x");
  ASSERT_EQ(r.limits.size(), 1u) << r.dumps();
  EXPECT_EQ(r.limits[0].limit, "crash");
  EXPECT_EQ(r.limits[0].plugin, "bad_delivery");
  EXPECT_EQ(r.limits[0].payload, "");
}

TEST(BadPlugins, ADecoratorThatGivesTooMuch) {
  for (const char* isolation : {"none", "process"}) {
    SCOPED_TRACE(isolation);
    StoqOptions o = with("bad_delivery", isolation);
    o.decorators = {"bad_delivery"};
    Stoq s(std::move(o));
    const StoqResponse r = s.scan("x");
    ASSERT_EQ(r.limits.size(), 1u) << r.dumps();
    EXPECT_EQ(r.limits[0].limit, "max_errors");
    EXPECT_EQ(r.limits[0].left_out, 51u);
    const Names& errors = *r.errors.find("bad_delivery");
    EXPECT_EQ(errors.size(), 101u);
    EXPECT_EQ(errors.back(),
              "decorator: bad_delivery ; StoqException: it gave 51 more errors, which were left "
              "out");
  }
}

TEST(BadPlugins, MetaThatTheManifestRulesOut) {
  const TemporaryDirectory dir;
  const std::string from = kPlugins + "/bad_answers/bad_answers";
  dir.file("bad_answers/bad_answers.stoq", read_all(from + ".stoq") + "changes_payload = no\n");
  std::filesystem::copy_file(from + ".so", dir / "bad_answers/bad_answers.so");
  for (const char* isolation : {"none", "process"}) {
    SCOPED_TRACE(isolation);
    StoqOptions o = with("bad_answers", isolation);
    o.plugin_dir_list = {dir.path(), kPlugins + "/echo_second"};
    Stoq s(std::move(o));
    const StoqResponse r =
        s.scan("payload meta", {.add_start_dispatch = {"bad_answers", "echo_second"}});
    const PayloadResults& payload = r.results.at(0);
    ASSERT_TRUE(r.errors.find("bad_answers")) << r.dumps();
    EXPECT_EQ(*r.errors.find("bad_answers"),
              Names{"worker:failed to scan: bad_answers ; StoqException: it changes payload_meta, "
                    "which its manifest rules out (changes_payload = no) ; payload " +
                    payload.payload_id});
    EXPECT_EQ(payload.workers[0]["bad_answers"].text(), "[-2]");
    EXPECT_TRUE(payload.payload_meta.should_archive);

    const LoadedPlugin plugin = s.load_plugin("bad_answers");
    Payload of_hand("payload meta"), of_request("request meta");
    EXPECT_EQ(
        plugin.scan(of_hand).errors,
        Names{"it changes payload_meta, which its manifest rules out (changes_payload = no)"});
    EXPECT_TRUE(of_hand.payload_meta.should_archive);
    EXPECT_EQ(
        plugin.scan(of_request).errors,
        Names{"it changes request_meta, which its manifest rules out (changes_request = no)"});
  }
}

}  // namespace
}  // namespace stoq::test
