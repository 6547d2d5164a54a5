// SPDX-License-Identifier: Apache-2.0
//
// The hostile plugin's deeds, each on one payload in ten: it costs that answer, says so, and leaves
// nothing behind. STOQ_HOSTILE_PAYLOADS, _SEED and _DEADLINE choose another matrix.
#include "hostile_kit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "bench/memory.h"
#include "support/kernel.h"
#include "support/leftovers.h"
#include "support/process_tree.h"
#include "support/profile_copy.h"

namespace stoq::test {

struct HostileCase {
  std::string deed;
  Verdict verdict;
  bool slow = false;  // takes its deadline each time: half as many payloads
};
void PrintTo(const HostileCase& c, std::ostream* out) {
  *out << c.deed;
}

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
constexpr unsigned kThreads = 3;
unsigned from_environment(const char* name, unsigned otherwise) {
  const char* given = std::getenv(name);
  return given ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : otherwise;
}

size_t memory_files() {
  std::ifstream maps("/proc/self/maps");
  size_t count = 0;
  for (std::string line; std::getline(maps, line);) count += line.find("/memfd:") != line.npos;
  return count;
}

size_t files_below(const std::string& directory) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
    count += !entry.is_directory();
  return count;
}

// TMPDIR in a directory that is empty before and after.
class Scratch {
 public:
  Scratch() { set(directory_.path()); }
  ~Scratch() {
    EXPECT_EQ(files_below(directory_.path()), 0u);
    old_ ? static_cast<void>(setenv("TMPDIR", old_->c_str(), 1))
         : static_cast<void>(unsetenv("TMPDIR"));
  }
  const std::string& path() const { return directory_.path(); }

 private:
  static void set(const std::string& path) { setenv("TMPDIR", path.c_str(), 1); }
  std::optional<std::string> old_ =
      std::getenv("TMPDIR") ? std::optional<std::string>(std::getenv("TMPDIR")) : std::nullopt;
  TemporaryDirectory directory_;
};

// What an engine holds at rest.
struct Holdings {
  size_t descriptors = open_descriptors(), processes = descendants().size(),
         memory = bench::tree_pss(getpid());
};

StoqOptions options(const Scratch& scratch, OptionMap hostile) {
  StoqOptions o =
      quiet({{"max_children", "20"}, {"max_result_size", "1MiB"}, {"max_response_size", "1MiB"}});
  o.base_dir = scratch.path();
  o.threads = kThreads;
  hostile.try_emplace("memory", "64MiB");
  hostile.try_emplace("mebibytes", "96");
  o.plugin_opts["hostile"] = std::move(hostile);
  return o;
}

// What the payloads come to as long as the plugin is honest.
struct Matrix {
  std::vector<HostileItem> items;
  std::vector<std::string> expected;
};
const Matrix& matrix() {
  static const Matrix all = [] {
    Matrix m{hostile_items(from_environment("STOQ_HOSTILE_PAYLOADS", 500),
                           from_environment("STOQ_HOSTILE_SEED", 4)),
             {}};
    m.expected.resize(m.items.size());
    const Scratch scratch;
    HostileEngine honest(options(scratch, {{"armed", false}}), m.items,
                         [&](size_t i, const StoqResponse& response) {
                           StoqResponse r = response;
                           EXPECT_TRUE(r.errors.empty() && r.limits.empty()) << r.dumps();
                           if (m.items[i].hostile) take_verdict(r);
                           m.expected[i] = comparable(r);
                         });
    honest.run(0, m.items.size());
    return m;
  }();
  return all;
}

std::string failed(const std::string& text) {
  return "hostile | worker:failed to scan: hostile ; " + text;
}
const std::string kLate =
    failed("deadline: it did not answer within 0.2 s and was killed; what it had given stands");
Verdict late() {
  return {{"hostile | said before the end", kLate}, {"plugin_deadline of hostile"}, ""};
}
// If a busy machine keeps a deed from its end, or its host from the rest of the answer, for the whole
// deadline, the plugin is told of for that, instead or too.
bool kept(const Verdict& verdict, const Verdict& end) {
  Verdict before{{}, late().limits, verdict.result.empty() ? "" : end.result}, after = end;
  for (const std::string& error : end.errors)
    before.errors.push_back(error.starts_with(failed("")) ? kLate : error);
  after.errors.push_back(kLate);
  after.limits.push_back(late().limits.at(0));
  return verdict == before || verdict == after;
}

// The same payloads with the deed and without: nothing else may differ.
void expect_contained(const HostileCase& c, OptionMap hostile = {},
                      const std::string& profile = "compute") {
  const auto& [items, expected] = matrix();
  const size_t count = items.size() / (c.slow ? 2 : 1) / 10 * 10;
  const Scratch scratch;
  const Leftovers leftovers;
  const size_t mapped = memory_files();
  const TemporaryDirectory copies;
  hostile["deed"] = c.deed;
  // Only those that wait for it need to have it short: others may be slow on a busy machine.
  const char* deadline = std::getenv("STOQ_HOSTILE_DEADLINE");
  hostile.try_emplace("deadline", c.slow ? "200ms" : deadline ? deadline : "5s");
  size_t seen = 0, judged = 0, busy = 0;
  {
    StoqOptions o = options(scratch, std::move(hostile));
    if (profile != "compute") o.plugin_dir_list = {copy_with_profile(copies, "hostile", profile)};
    HostileEngine engine(std::move(o), items, [&](size_t i, const StoqResponse& response) {
      ++seen;
      StoqResponse r = response;
      if (items[i].hostile) {
        ++judged;
        const Verdict verdict = take_verdict(r);
        if (deadline && !c.slow && kept(verdict, c.verdict)) {
          ++busy;
        } else {
          EXPECT_EQ(verdict, c.verdict) << "item " << i;
        }
      }
      EXPECT_EQ(difference(comparable(r), expected[i]), "") << "item " << i;
    });
    const size_t warm = count / 5;
    engine.run(0, warm);
    const Holdings before;
    engine.run(warm, count);
    // Idle hosts come and go, some for each thread and group; what a deed leaves adds up.
    EXPECT_TRUE(soon([&] { return descendants().size() <= before.processes + 3 * kThreads; }));
    const Holdings after;
    EXPECT_LE(after.descriptors, before.descriptors + 12 * kThreads);
    if (!kSanitized) {
      EXPECT_LE(after.memory, before.memory + (48u << 20));
    }
  }
  EXPECT_EQ(seen, count);
  EXPECT_EQ(judged, count / 10);
  EXPECT_LE(busy, judged / 4);
  EXPECT_EQ(memory_files(), mapped);
  // Leftovers waits for what is on its way out; a child that sleeps for a minute is not.
}

Verdict ended(const std::string& how) {
  return {{"hostile | said before the end",
           failed("crash: its host process ended by " + how + "; what it had given stands")},
          {"crash of hostile"},
          ""};
}
Verdict lied(const std::string& how, const std::string& result = "") {
  return {{failed("protocol: its host process was killed, for its answer was not to be believed: " +
                  how)},
          {"protocol of hostile"},
          result};
}
// By a descriptor, which cannot even be sent where the kernel refuses it.
Verdict lied_by_descriptor(const std::string& how, const std::string& result = "") {
  if (!kernel_refuses_descriptors()) return lied(how, result);
  return {{failed("crash: its host process ended by exit status 9; what it had given stands")},
          {"crash of hostile"},
          ""};
}
Verdict refused_result(const std::string& why, Names limits = {}) {
  return {{failed("StoqException: its result was refused: " + why)}, std::move(limits), ""};
}
Verdict trapped(const std::string& call) {
  return {
      {failed("sandbox: its host process was ended for a system call that its sandbox refuses: " +
              call + " (sandbox_calls = " + call +
              " in section [hostile] of stoq.cfg would allow it); what it had given stands")},
      {"crash of hostile"},
      ""};
}
// What the deed itself tells of a system call.
std::string told(const std::string& call, int returned, const char* error = nullptr) {
  return "{\"what\": \"" + call + "\", \"returned\": " + std::to_string(returned) +
         ", \"errno\": " + (error ? "\"" + std::string(error) + "\"" : "null") + "}";
}
Verdict kept(const std::string& what, const std::string& result) {
  return {{failed("leftovers: its host process was replaced, for it had kept " + what +
                  " after the call")},
          {},
          result};
}
Verdict seen_to_have_too_much() {
  return {{failed("memory: it was killed, for it had SO MANY MiB and may have 64 MiB; what "
                  "it had given stands")},
          {"plugin_memory of hostile"},
          ""};
}
Verdict answered(const std::string& result) {
  return {{}, {}, result};
}

const std::vector<HostileCase> kEndings = {
    {"segfault", ended("signal 11 (SIGSEGV)")},
    {"wild_write", ended("signal 11 (SIGSEGV)")},
    {"abort", ended("signal 6 (SIGABRT)")},
    {"exit", ended("exit status 0")},
    {"closed", ended("signal 9 (SIGKILL)")},
    {"stack", ended("signal 11 (SIGSEGV)")},
    {"spin", late(), true},
    {"sleep", late(), true},
    {"deaf", late(), true},
    {"freeze", late(), true},
};
const std::vector<HostileCase> kMemory = {
    {"memory",
     {{"hostile | said before the end", failed("std::bad_alloc: out of memory")},
      {"plugin_memory of hostile"},
      ""}},
    {"memory_raw",
     {{"hostile | said before the end",
       failed("memory: its host process ended by signal 11 (SIGSEGV), probably for want of memory: "
              "it had SO MANY MiB and may have 64 MiB; what it had given stands")},
      {"plugin_memory of hostile"},
      ""}},
    {"read_only_memory", seen_to_have_too_much()},
    {"page_tables", seen_to_have_too_much()},
};
// What the sandbox refuses, or what makes the engine take another host.
const std::vector<HostileCase> kGrabs = {
    {"fork_bomb", trapped("clone")},
    {"daemon_left", trapped("clone")},
    {"threads_left", kept("4 threads", told("thread", 4))},
    {"thread_bomb",
     {{ended("exit status 0").errors.back()}, {"crash of hostile"}, told("clone", -1, "EAGAIN")}},
    {"descriptors_left", kept("4 descriptors", told("dup", 4))},
    {"file_left", kept("a descriptor", told("open", 0))},
    {"socket_left", trapped("socketpair")},
    {"shared_memory", answered(told("mmap", -1, "EPERM"))},
    {"memory_file", answered(told("memfd_create", -1, "ENOSYS"))},
    {"fill_tmp", kept("a descriptor", told("write", -1, "ENOSPC"))},
    {"many_files", answered(told("open", -1, "ENOSPC"))},
    {"ptrace_parent", trapped("ptrace")},
    {"kill_parent", trapped("kill")},
    {"kill_group", trapped("kill")},
    {"kill_all", trapped("kill")},
    {"late_lie", kept("a thread", R"({"honest": true})")},
    {"late_write", kept("a thread", R"({"honest": true})")},
};
// `legacy` may start processes and is told what else it may not.
const std::vector<HostileCase> kLegacy = {
    {"ptrace_parent", answered(told("ptrace", -1, "EPERM"))},
    {"kill_parent", answered(told("kill", -1, "EPERM"))},
    {"kill_group",  // which it has left itself, as far as signals go
     {{failed("crash: its host process ended by signal 15 (SIGTERM); what it had given stands")},
      {"crash of hostile"},
      ""}},
};
std::string unknown(const std::string& name) {
  return name + " | worker:failed to load: " + name + " ; StoqPluginNotFound: The plugin \"" +
         name + "\" is invalid or does not exist in your plugin path";
}
const std::string kNobody = unknown("nobody"), kLong = unknown(std::string(255, 'n') + "…");
const std::vector<HostileCase> kLies = {
    {"other_call", lied("an answer to another question")},
    {"wrong_kind", lied("a record of an unknown kind")},
    {"long_record", lied("a field is longer than its message")},
    {"short_message", lied("a message is too short or too long")},
    {"wrong_body", lied("a message's body has another size than its header says")},
    {"no_file", lied("a message's body is too long or missing")},
    {"large_file", lied_by_descriptor("a message's body is too long or missing")},
    {"empty_file", lied_by_descriptor("a message's body is shorter than its header says")},
    {"given_file", lied_by_descriptor("a descriptor comes that no record asks for", "1")},
    {"given_files", lied_by_descriptor("a message brings more than one descriptor")},
    {"questions", lied("it asks and does not listen to the answers")},
    {"early_end", lied("a call ends before all its answers")},
    {"other_answer", lied("an answer comes after the last one")},
    {"stray_write", lied("a payload is written that had not begun")},
    {"stray_put", lied("a field is longer than its message")},
    {"no_kind", lied("a failure without a kind")},
    {"no_limit", lied("an extraction was stopped by a limit that does not exist")},
    {"bad_meta",
     {{failed(
           "StoqException: its payload_meta was refused: it must be an object with "
           "should_archive, should_scan (booleans), extra_data (an object), dispatch_to (names)"),
       lied("a change of payload_meta that makes no sense").errors[0]},
      {"protocol of hostile"},
      ""}},
    {"forged_children",
     {{lied("a payload begins where none may").errors[0],
       "stoq | extraction by hostile was stopped after max_children = 20 payloads"},
      {"protocol of hostile", "max_children of hostile"},
      ""}},
    {"endless_part", lied("an answer is longer than any may be")},
    {"double_answer", answered(R"({"forged": true})")},
    {"bad_json", refused_result("unexpected '}' at byte 8, expected a key in double quotes")},
    {"bad_utf8", refused_result("invalid UTF-8 (0xc3) at byte 7, turn bytes into text first")},
    {"deep_json", refused_result("more than 256 levels of brackets at byte 256, nest less or raise "
                                 "the limit",
                                 {"max_result_depth of hostile"})},
    {"other_names",
     {{"hostile | worker:failed to scan: hash ; crash: forged",
       failed("StoqException: it changes request_meta, which its manifest rules out "
              "(changes_request = no)"),
       failed("StoqPluginException: the engine refused an answer that makes no sense here (not "
              "JSON, or out of order)"),
       kNobody, kNobody + " ; a payload that it gave"},
      {},
      R"({"hash": {"md5": "0"}, "extracted_by": "hash"})"}},
    {"long_names", {{kLong, kLong + " ; a payload that it gave"}, {}, ""}},
    {"many_results", answered(R"({"honest": true})")},
    {"children",
     {{"stoq | extraction by hostile was stopped after max_children = 20 payloads"},
      {"max_children of hostile"},
      R"({"given": 1000000})"}},
};
// More children than a host may keep.
const std::vector<HostileCase> kFamilies = {
    {"fork_bomb", kept("40 child processes", told("fork", 40)), true},
    {"daemon_left", kept("40 child processes", told("fork", 40)), true},
};
// What the arena's seals forbid, with or without anything else around the host.
const std::vector<HostileCase> kArena = {
    {"arena_unlock", answered(R"({"what": "mprotect", "returned": -1, "errno": "EACCES"})")},
    {"arena_write",
     {{failed("crash: its host process ended by signal 11 (SIGSEGV); what it had given stands")},
      {"crash of hostile"},
      R"({"what": "write", "returned": 0, "errno": null})"}},
};

class HostileDeed : public ::testing::TestWithParam<HostileCase> {};
std::string deed_of(const ::testing::TestParamInfo<HostileCase>& info) {
  return info.param.deed;
}

TEST_P(HostileDeed, CostsOneAnswer) {
  expect_contained(GetParam());
}
INSTANTIATE_TEST_SUITE_P(Endings, HostileDeed, ::testing::ValuesIn(kEndings), deed_of);
INSTANTIATE_TEST_SUITE_P(Arena, HostileDeed, ::testing::ValuesIn(kArena), deed_of);
INSTANTIATE_TEST_SUITE_P(Lies, HostileDeed, ::testing::ValuesIn(kLies), deed_of);

// Each call has a host of its own, and all of them go the same way.
class FreshHostile : public ::testing::TestWithParam<HostileCase> {};
TEST_P(FreshHostile, CostsOneAnswer) {
  expect_contained(GetParam(), {{"isolation", "fresh"}});
}
INSTANTIATE_TEST_SUITE_P(Endings, FreshHostile,
                         ::testing::Values(HostileCase{"abort", ended("signal 6 (SIGABRT)")},
                                           HostileCase{"double_answer",
                                                       answered(R"({"forged": true})")}),
                         deed_of);

class HungryHostile : public ::testing::TestWithParam<HostileCase> {};
TEST_P(HungryHostile, CostsOneAnswer) {
  if (kSanitized)
    GTEST_SKIP() << "sanitizers reserve more address space than any memory limit allows; hosts "
                    "have none under them";
  expect_contained(GetParam());
}
INSTANTIATE_TEST_SUITE_P(Memory, HungryHostile, ::testing::ValuesIn(kMemory), deed_of);

class ConfinedHostile : public ::testing::TestWithParam<HostileCase> {
 protected:
  void SetUp() override {
    if (kSanitized) GTEST_SKIP() << "hosts under sanitizers may do more";
    if (const std::string what = kernel_lacks(); !what.empty()) GTEST_SKIP() << what;
  }
};
TEST_P(ConfinedHostile, CostsOneAnswer) {
  if (GetParam().deed == "thread_bomb" && user_of_hosts() == 0)
    GTEST_SKIP()
        << "root alone reaches this build, so hosts are root's, whose threads no limit counts";
  expect_contained(GetParam(), {{"tmp_size", "8MiB"}});
}
INSTANTIATE_TEST_SUITE_P(Grabs, ConfinedHostile, ::testing::ValuesIn(kGrabs), deed_of);

class LegacyHostile : public ConfinedHostile {};
TEST_P(LegacyHostile, CostsOneAnswer) {
  expect_contained(GetParam(), {}, "legacy");
}
INSTANTIATE_TEST_SUITE_P(Grabs, LegacyHostile, ::testing::ValuesIn(kLegacy), deed_of);

class LegacyFamily : public ConfinedHostile {};
TEST_P(LegacyFamily, IsEndedWithItsHost) {
  expect_contained(GetParam(), {{"most", 40}, {"deadline", "30s"}}, "legacy");
}
INSTANTIATE_TEST_SUITE_P(Grabs, LegacyFamily, ::testing::ValuesIn(kFamilies), deed_of);

// One whose host is there once, and is not looked at after its calls.
TEST(Hostile, IsEndedWhenItTalksOnToNobody) {
  const Scratch scratch;
  const Leftovers leftovers;
  StoqOptions o = options(scratch, {{"instances", "1"}});
  o.plugin_dir_list = {STOQ_TEST_PLUGINS};
  Stoq s(std::move(o));
  const auto scan = [&](const std::string& content) {
    const StoqResponse r = s.scan(content, {.add_start_dispatch = {"hostile"}});
    const Json* result = r.results.at(0).workers.at(0).find("hostile");
    return result ? result->text() : r.dumps();
  };
  EXPECT_EQ(scan("honest"), R"({"bytes": 6, "sum": 657})");
  const size_t hosts = descendants("stoq-host").size();
  EXPECT_EQ(scan("hostile talk_on"), R"({"honest": true})");
  EXPECT_TRUE(soon([&] { return descendants("stoq-host").size() < hosts; }));
  EXPECT_TRUE(soon([&] { return scan("honest") == R"({"bytes": 6, "sum": 657})"; }));
}

// It hears nothing: the kernel ends it with the template that it was forked from.
TEST(Hostile, EndsWithItsTemplate) {
  const Scratch scratch;
  const Leftovers leftovers;
  StoqOptions o = options(scratch, {{"deadline", "60s"}});
  o.plugin_dir_list = {STOQ_TEST_PLUGINS};
  Stoq s(std::move(o));
  std::atomic<bool> over = false;
  std::jthread scan([&] {
    s.scan("hostile spin", {.add_start_dispatch = {"hostile"}});
    over = true;
  });
  const auto hosts = [] { return descendants("stoq-host"); };
  ASSERT_TRUE(soon([&] { return hosts().size() >= 3; }));  // the root, a template, the host
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  for (const TreeProcess& each : hosts())
    if (std::ranges::any_of(hosts(), [&](const auto& p) { return p.parent == each.pid; }))
      kill(each.pid, SIGKILL);
  EXPECT_TRUE(soon([&] { return over.load(); }));
}

TEST(Hostile, IsKilledWhenTheTimeOfTheRequestIsOver) {
  const Scratch scratch;
  const Leftovers leftovers;
  StoqOptions o = options(scratch, {{"deadline", "60s"}});
  o.plugin_dir_list = {STOQ_TEST_PLUGINS};
  o.core["request_deadline"] = "300ms";
  Stoq s(std::move(o));
  const StoqResponse r =
      s.scan("hostile sleep", {.add_start_dispatch = {"hostile", "echo_second"}});
  const std::string tail = " ; payload " + r.results.at(0).payload_id;
  EXPECT_EQ(*r.errors.find("hostile"),
            (Names{"said before the end",
                   "worker:failed to scan: hostile ; deadline: it was killed when the time of the "
                   "request was over; what it had given stands" +
                       tail}));
  EXPECT_EQ(
      *r.errors.find("stoq"),
      Names{"1 plugins were not run: the request has taken its request_deadline of 0.3 s" + tail});
}

}  // namespace
}  // namespace stoq::test
