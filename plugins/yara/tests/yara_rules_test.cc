// SPDX-License-Identifier: Apache-2.0
#include "rules.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "rule_folder.h"
#include "source.h"

namespace stoq::plugins::yara {
namespace {

constexpr const char* kBroken = "rule broken {\n condition: )\n}\n";

std::string rule(const std::string& name, const std::string& condition = "true") {
  return "rule " + name + " { condition: " + condition + " }\n";
}

TEST(Rules, NonexistentFileIsNamed) {
  auto loaded = RuleSet::load({"/nonexistent/x.yar"}, {});
  EXPECT_EQ(loaded.rules, nullptr);
  EXPECT_EQ(loaded.problems, Texts{"Nonexistent yara rules file provided: /nonexistent/x.yar"});
  EXPECT_EQ(RuleSet::load({""}, {}).problems, Texts{"Nonexistent yara rules file provided: "});
  EXPECT_EQ(RuleSet::load({}, {}).problems, Texts{"no yara rule files were given"});
}

TEST(Rules, SyntaxErrorNamesFileLineAndReason) {
  RuleFolder folder;
  auto loaded = RuleSet::load({folder.write("bad.yar", kBroken)}, {});
  EXPECT_EQ(loaded.rules, nullptr);
  EXPECT_EQ(loaded.problems, Texts{folder.at("bad.yar") + ":2: syntax error"});
}

TEST(Rules, ErrorAtTheEndHasTheLastLine) {
  RuleFolder folder;
  auto loaded = RuleSet::load({folder.write("bad.yar", "rule a {\n condition: true\n\n")}, {});
  EXPECT_EQ(loaded.problems, Texts{folder.at("bad.yar") + ":2: syntax error"});
}

TEST(Rules, BadFileOfAFolderCostsOnlyItself) {
  RuleFolder folder;
  folder.write("c.yara", rule("last"));
  folder.write("b.yar", kBroken);
  folder.write("a.yar", rule("first"));
  folder.write("notes.txt", "not rules");
  auto loaded = RuleSet::load({folder.path()}, {});
  ASSERT_NE(loaded.rules, nullptr);
  EXPECT_EQ(loaded.problems, Texts{folder.at("b.yar") + ":2: syntax error"});
  EXPECT_EQ(loaded.rules->files(), (Texts{folder.at("a.yar"), folder.at("c.yara")}));
  EXPECT_EQ(loaded.rules->rule_count(), 2U);
  EXPECT_EQ(matching(loaded.rules, "x"), (Texts{"first", "last"}));
}

TEST(Rules, EmptyFolderIsAProblem) {
  RuleFolder folder;
  auto loaded = RuleSet::load({folder.path()}, {});
  EXPECT_EQ(loaded.rules, nullptr);
  EXPECT_EQ(loaded.problems, Texts{folder.path().string() + ": holds no *.yar or *.yara file"});
}

TEST(Rules, IncludedFileComesFirstAndABrokenOneCostsOnlyItself) {
  RuleFolder folder;
  auto index = folder.write(
      "index.yar", "include \"sub/good.yar\"\n" + rule("main", "good") + "\ninclude \"bad.yar\"\n");
  folder.write("sub/good.yar", "include \"../deep.yar\"\n" + rule("good"));
  folder.write("deep.yar", rule("deep"));
  folder.write("bad.yar", kBroken);
  auto loaded = RuleSet::load({index}, {});
  ASSERT_NE(loaded.rules, nullptr);
  EXPECT_EQ(loaded.problems, Texts{folder.at("bad.yar") + ":2: syntax error"});
  EXPECT_EQ(matching(loaded.rules, "x"), (Texts{"deep", "good", "main"}));
}

TEST(Rules, LineNumbersStayRightAfterAnInclude) {
  RuleFolder folder;
  auto index = folder.write("index.yar", "include \"a.yar\"\n\n" + rule("x", "1 +"));
  folder.write("a.yar", "\n\n\n\n" + rule("a"));
  auto loaded = RuleSet::load({index}, {});
  EXPECT_EQ(loaded.problems, Texts{index.string() + ":3: syntax error"});
  EXPECT_EQ(matching(loaded.rules, "x"), Texts{"a"});
}

TEST(Rules, MissingCyclicAndForeignIncludesAreNamed) {
  RuleFolder folder;
  folder.write("outside.yar", rule("outside"));
  auto index = folder.write(
      "rules/index.yar",
      "include \"gone.yar\"\ninclude \"a.yar\"\n\ninclude \"../outside.yar\"\n" + rule("main"));
  folder.write("rules/a.yar", "include \"index.yar\"\n" + rule("a"));
  auto loaded = RuleSet::load({index}, {});
  ASSERT_NE(loaded.rules, nullptr);
  EXPECT_EQ(
      loaded.problems,
      (Texts{index.string() + ":1: include \"gone.yar\": cannot be read: No such file or directory",
             folder.at("rules/a.yar") +
                 ":1: include \"index.yar\" makes a cycle: index.yar -> a.yar -> index.yar",
             index.string() + ":4: include \"../outside.yar\" is not followed, it leads out of " +
                 folder.at("rules") + "; move the file there"}));
  EXPECT_EQ(matching(loaded.rules, "x"), (Texts{"a", "main"}));

  LoadOptions anywhere;
  anywhere.includes_anywhere = true;
  EXPECT_EQ(matching(RuleSet::load({index}, anywhere).rules, "x"), (Texts{"a", "outside", "main"}));
}

TEST(Rules, AProblemIsOneLineWhateverTheNameOfAnInclude) {
  RuleFolder folder;
  auto index = folder.write("index.yar", "include \"no\nsuch\tfile\"\n" + rule("main"));
  auto loaded = RuleSet::load({index}, {});
  EXPECT_EQ(loaded.problems,
            Texts{index.string() +
                  ":1: include \"no such file\": cannot be read: No such file or directory"});
}

TEST(Rules, SymlinkDoesNotLeadOutOfTheFolder) {
  RuleFolder folder;
  folder.write("outside.yar", rule("outside"));
  auto index = folder.write("rules/index.yar", "include \"link.yar\"\n" + rule("main"));
  std::filesystem::create_symlink("../outside.yar", folder.path() / "rules/link.yar");
  auto loaded = RuleSet::load({index}, {});
  EXPECT_EQ(loaded.problems,
            Texts{index.string() + ":1: include \"link.yar\" is not followed, it leads out of " +
                  folder.at("rules") + "; move the file there"});
  EXPECT_EQ(matching(loaded.rules, "x"), Texts{"main"});
}

TEST(Rules, IncludesCanBeSwitchedOff) {
  RuleFolder folder;
  auto index = folder.write("index.yar", "include \"a.yar\"\n" + rule("main"));
  LoadOptions options;
  options.includes = false;
  auto loaded = RuleSet::load({index}, options);
  EXPECT_EQ(
      loaded.problems,
      Texts{index.string() + ":1: include \"a.yar\" is not followed, includes are switched off"});
  EXPECT_EQ(matching(loaded.rules, "x"), Texts{"main"});
}

TEST(Rules, IncludesOfABrokenFileAreKept) {
  RuleFolder folder;
  auto index = folder.write("index.yar", "include \"a.yar\"\n" + std::string(kBroken));
  folder.write("a.yar", rule("a"));
  auto loaded = RuleSet::load({index}, {});
  EXPECT_EQ(loaded.problems, Texts{index.string() + ":3: syntax error"});
  EXPECT_EQ(matching(loaded.rules, "x"), Texts{"a"});
}

TEST(Rules, IncludeDepthAndNumberAreBounded) {
  RuleFolder folder;
  for (int i = 0; i < 30; ++i) {
    folder.write(std::to_string(i) + ".yar",
                 "include \"" + std::to_string(i + 1) + ".yar\"\n" + rule("r" + std::to_string(i)));
  }
  auto deep = RuleSet::load({folder.path() / "0.yar"}, {});
  EXPECT_EQ(deep.problems,
            Texts{folder.at("16.yar") +
                  ":1: include \"17.yar\" is not followed, it is more than 16 includes deep"});
  EXPECT_EQ(deep.rules->rule_count(), 17U);

  RuleFolder wide;
  for (int i = 0; i < 5; ++i) {
    wide.write(std::to_string(i) + ".yar", rule("r" + std::to_string(i)));
  }
  LoadOptions options;
  EXPECT_EQ(options.max_files, 1000U);
  options.max_files = 3;
  auto many = RuleSet::load({wide.path()}, options);
  EXPECT_EQ(many.problems,
            (Texts{wide.at("3.yar") + ": left out, there are more than 3 rule files; merge some",
                   wide.at("4.yar") + ": left out, there are more than 3 rule files; merge some"}));
  EXPECT_EQ(matching(many.rules, "x"), (Texts{"r0", "r1", "r2"}));
}

TEST(Rules, SameFileTwiceIsOneFile) {
  RuleFolder folder;
  folder.write("a.yar", rule("a"));
  folder.write("b.yar", "include \"a.yar\"\n" + rule("b"));
  folder.write("c.yar", "include \"./a.yar\"\n" + rule("c"));
  auto loaded = RuleSet::load({folder.path()}, {});
  EXPECT_EQ(loaded.problems, Texts());
  EXPECT_EQ(matching(loaded.rules, "x"), (Texts{"a", "b", "c"}));
}

TEST(Rules, SameNameInTwoFilesNamesBoth) {
  RuleFolder folder;
  folder.write("a.yar", "\n" + rule("same"));
  folder.write("b.yar", "\n\n" + rule("same") + rule("lost"));
  folder.write("c.yar", rule("c"));
  auto loaded = RuleSet::load({folder.path()}, {});
  EXPECT_EQ(loaded.problems, Texts{folder.at("b.yar") + ":3: rule \"same\" is already defined at " +
                                   folder.at("a.yar") + ":2; rename one of them"});
  EXPECT_EQ(matching(loaded.rules, "x"), (Texts{"same", "c"}));
}

TEST(Rules, SameNameInAFileThatNeedsOthersNamesBoth) {
  RuleFolder folder;
  folder.write("a.yar", rule("base") + rule("same"));
  folder.write("b.yar", rule("user", "base") + rule("same"));
  auto loaded = RuleSet::load({folder.path()}, {});
  EXPECT_EQ(loaded.problems, Texts{folder.at("b.yar") + ":2: rule \"same\" is already defined at " +
                                   folder.at("a.yar") + ":2; rename one of them"});
  EXPECT_EQ(matching(loaded.rules, "x"), (Texts{"base", "same"}));
}

TEST(Rules, FilesReferToEachOtherInAnyOrder) {
  RuleFolder folder;
  folder.write("a.yar", rule("user", "base") + rule("wild", "any of (ba*)"));
  folder.write("b.yar", rule("base"));
  folder.write("c.yar", rule("lost", "nowhere"));
  auto loaded = RuleSet::load({folder.path()}, {});
  EXPECT_EQ(loaded.problems, Texts{folder.at("c.yar") + ":1: undefined identifier \"nowhere\""});
  EXPECT_EQ(matching(loaded.rules, "x"), (Texts{"base", "user", "wild"}));
}

TEST(Rules, FilesThatNeedEachOtherInACircleAreLeftOut) {
  RuleFolder folder;
  folder.write("a.yar", rule("a", "b"));
  folder.write("b.yar", rule("b", "a"));
  folder.write("c.yar", rule("c"));
  auto loaded = RuleSet::load({folder.path()}, {});
  EXPECT_EQ(loaded.problems, (Texts{folder.at("a.yar") + ":1: undefined identifier \"b\"",
                                    folder.at("b.yar") + ":1: undefined identifier \"a\""}));
  EXPECT_EQ(matching(loaded.rules, "x"), Texts{"c"});
}

TEST(Rules, FilesThatAreNoTextAreNamed) {
  RuleFolder folder;
  folder.write("good.yar", "\xEF\xBB\xBF" + rule("good"));
  folder.write("nul.yar", "\n" + rule("a") + std::string("\0", 1) + rule("b"));
  folder.write("large.yar", std::string(kMaxRuleFileBytes + 1, ' '));
  ASSERT_EQ(mkfifo(folder.at("pipe.yar").c_str(), 0600), 0);
  auto loaded = RuleSet::load({folder.path()}, {});
  EXPECT_EQ(loaded.problems,
            (Texts{folder.at("large.yar") + ": is larger than 16 MiB; split it",
                   folder.at("nul.yar") + ": has a NUL byte in line 3; save it as UTF-8",
                   folder.at("pipe.yar") + ": is not a regular file"}));
  EXPECT_EQ(matching(loaded.rules, "x"), Texts{"good"});
}

LastGood last_good(const LoadResult& loaded) {
  return [texts = loaded.texts](const std::string& path) -> std::optional<std::string> {
    auto found = texts.find(path);
    if (found == texts.end()) return std::nullopt;
    return found->second;
  };
}

TEST(Rules, LastGoodVersionStaysInForce) {
  RuleFolder folder;
  folder.write("a.yar", rule("a_old"));
  folder.write("b.yar", rule("b_old"));
  folder.write("c.yar", rule("c_old"));
  auto first = RuleSet::load({folder.path()}, {});
  folder.write("a.yar", kBroken);
  folder.write("b.yar", rule("b_new"));
  folder.write("c.yar", rule("b_new"));
  auto second = RuleSet::load({folder.path()}, {}, last_good(first));
  Texts problems{folder.at("a.yar") + ":2: syntax error",
                 folder.at("c.yar") + ":1: rule \"b_new\" is already defined at " +
                     folder.at("b.yar") + ":1; rename one of them"};
  EXPECT_EQ(second.problems, problems);
  EXPECT_EQ(matching(second.rules, "x"), (Texts{"a_old", "b_new", "c_old"}));

  auto third = RuleSet::load({folder.path()}, {}, last_good(second));
  EXPECT_EQ(third.problems, problems);
  EXPECT_EQ(matching(third.rules, "x"), (Texts{"a_old", "b_new", "c_old"}));

  folder.write("a.yar", rule("a_new"));
  std::filesystem::remove(folder.path() / "c.yar");
  auto fourth = RuleSet::load({folder.path()}, {}, last_good(third));
  EXPECT_EQ(fourth.problems, Texts());
  EXPECT_EQ(matching(fourth.rules, "x"), (Texts{"a_new", "b_new"}));
}

TEST(Rules, WhatAFileIncludesIsAPartOfItsLastGoodVersion) {
  RuleFolder folder;
  auto main = folder.write("main.yar", "include \"below.yar\"\n" + rule("main", "helper"));
  folder.write("below.yar", "include \"deep.yar\"\n" + rule("below"));
  folder.write("deep.yar", rule("helper"));
  auto first = RuleSet::load({main}, {});
  EXPECT_EQ(first.problems, Texts());
  folder.write("deep.yar", rule("renamed"));
  auto second = RuleSet::load({main}, {}, last_good(first));
  EXPECT_EQ(second.problems, Texts{folder.at("main.yar") + ":2: undefined identifier \"helper\""});
  EXPECT_EQ(matching(second.rules, "x"), (Texts{"helper", "below", "main"}));
  EXPECT_EQ(second.texts, first.texts);

  folder.write("main.yar", "include \"below.yar\"\n" + rule("main", "renamed"));
  auto third = RuleSet::load({main}, {}, last_good(second));
  EXPECT_EQ(third.problems, Texts());
  EXPECT_EQ(matching(third.rules, "x"), (Texts{"renamed", "below", "main"}));
}

TEST(Rules, TheLastGoodVersionBringsWhatItIncluded) {
  RuleFolder folder;
  folder.write("helpers/h.yar", rule("helper"));
  folder.write("a.yar", rule("a"));
  folder.write("b.yar", "include \"helpers/h.yar\"\n" + rule("b", "helper"));
  auto first = RuleSet::load({folder.path()}, {});
  folder.write("b.yar", rule("b_new", "helper"));
  auto second = RuleSet::load({folder.path()}, {}, last_good(first));
  EXPECT_EQ(second.problems, Texts{folder.at("b.yar") + ":1: undefined identifier \"helper\""});
  EXPECT_EQ(matching(second.rules, "x"), (Texts{"a", "helper", "b"}));
}

TEST(Rules, NothingButLastGoodVersionsIsNotLoaded) {
  RuleFolder folder;
  auto file = folder.write("a.yar", rule("a"));
  auto first = RuleSet::load({file}, {});
  folder.write("a.yar", kBroken);
  auto second = RuleSet::load({file}, {}, last_good(first));
  EXPECT_EQ(second.rules, nullptr);
  EXPECT_EQ(second.problems, Texts{folder.at("a.yar") + ":2: syntax error"});
}

TEST(Rules, ExternalsMustBeKnownAtLoad) {
  RuleFolder folder;
  auto file =
      folder.write("a.yar", "rule a { condition: filename matches /\\.doc$/ and level > 2 }");
  EXPECT_EQ(RuleSet::load({file}, {}).problems,
            Texts{file.string() + ":1: undefined identifier \"filename\""});

  LoadOptions options;
  options.externals = {{"filename", std::string()}, {"level", std::int64_t{0}}};
  auto loaded = RuleSet::load({file}, options);
  ASSERT_NE(loaded.rules, nullptr);
  Scanner scanner(loaded.rules);
  EXPECT_EQ(names(scanner.scan({})), Texts());
  EXPECT_TRUE(scanner.define("filename", std::string("x.doc")));
  EXPECT_TRUE(scanner.define("level", std::int64_t{3}));
  EXPECT_EQ(names(scanner.scan({})), Texts{"a"});
  EXPECT_FALSE(scanner.define("unknown", true));
  EXPECT_FALSE(scanner.define("level", std::string("x")));

  options.externals = {{"x", true}, {"x", false}};
  EXPECT_EQ(RuleSet::load({file}, options).problems, Texts{"external variable x is defined twice"});
}

constexpr std::string_view kPeRules =
    "import \"pe\"\nrule pe_or_text { strings: $a = \"needle\" condition: $a or "
    "pe.number_of_sections > 50 }\n";

TEST(Rules, ModulesAreNotGatedUnlessAskedFor) {
  EXPECT_EQ(matching(rules_of(kPeRules), "a needle"), Texts{"pe_or_text"});
}

TEST(Rules, GatedModulesRunOnTheirFilesOnlyAndKeepTheOrder) {
  RuleFolder folder;
  folder.write("a.yar", kPeRules);
  folder.write("b.yar", rule("plain"));
  folder.write("c.yar", "import \"pe\"\n" + rule("not_pe", "not pe.is_pe"));
  folder.write(
      "d.yar",
      "import \"pe\"\nimport \"math\"\nrule mixed { strings: $a = \"needle\" condition: $a }\n");
  folder.write("e.yar",
               "// import \"pe\"\nrule comment { strings: $a = \"needle\" condition: $a }\n");
  LoadOptions options;
  options.gate_modules = true;
  auto loaded = RuleSet::load({folder.path()}, options);
  EXPECT_EQ(loaded.problems, Texts());
  EXPECT_EQ(matching(loaded.rules, "a needle"), (Texts{"plain", "not_pe", "mixed", "comment"}));
  EXPECT_EQ(matching(loaded.rules, "MZ needle"),
            (Texts{"pe_or_text", "plain", "not_pe", "mixed", "comment"}));

  folder.write("f.yar", rule("wild", "any of (pe_*)"));
  EXPECT_EQ(matching(RuleSet::load({folder.path()}, options).rules, "a needle"),
            (Texts{"pe_or_text", "plain", "not_pe", "mixed", "comment", "wild"}));
}

TEST(Rules, AGlobalRuleSwitchesGatingOff) {
  RuleFolder folder;
  folder.write("a.yar", kPeRules);
  folder.write("b.yar", "global rule small { condition: filesize < 1000 }");
  LoadOptions options;
  options.gate_modules = true;
  EXPECT_EQ(matching(RuleSet::load({folder.path()}, options).rules, "a needle"),
            (Texts{"pe_or_text", "small"}));
}

TEST(Rules, SharedByThreads) {
  auto rules = rules_of("rule r { strings: $a = \"needle\" condition: #a == 2 }");
  std::vector<std::thread> threads;
  std::vector<int> hits(4);
  for (std::size_t t = 0; t < hits.size(); ++t) {
    threads.emplace_back([&, t] {
      Scanner scanner(rules);
      for (int i = 0; i < 200; ++i)
        hits[t] += static_cast<int>(scanner.scan(bytes("needle needle")).matches.size());
      rules_of("rule other { condition: true }");
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(hits, (std::vector<int>{200, 200, 200, 200}));
}

TEST(Rules, UsableInAForkedChild) {
  auto rules = rules_of("rule r { strings: $a = \"needle\" condition: $a }");
  auto child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    Scanner scanner(rules);
    _exit(scanner.scan(bytes("a needle")).matches.size() == 1 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace stoq::plugins::yara
