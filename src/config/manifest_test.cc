// SPDX-License-Identifier: Apache-2.0
#include "config/manifest.h"

#include <gtest/gtest.h>

namespace stoq::config {
namespace {

using Lines = std::vector<std::string>;

struct Outcome {
  Manifest manifest;
  Lines problems, warnings;
};

Outcome parse(std::string_view text) {
  std::vector<Problem> problems;
  Outcome outcome;
  const Ini ini = Ini::parse(text, "/p/hash/hash.stoq", problems);
  outcome.manifest = Manifest::parse(ini, problems, outcome.warnings);
  for (const Problem& problem : problems) outcome.problems.push_back(problem.message());
  return outcome;
}

const std::string kCore = "[Core]\nName = hash\nModule = hash\n";

TEST(Manifest, ReadsTheSmallest) {
  const auto [manifest, problems, warnings] = parse(kCore);
  EXPECT_EQ(problems, Lines{});
  EXPECT_EQ(warnings, Lines{});
  EXPECT_EQ(manifest.name, "hash");
  EXPECT_EQ(manifest.module, "hash");
  EXPECT_EQ(manifest.folder, "/p/hash");
  EXPECT_EQ(manifest.file, "/p/hash/hash.stoq");
  EXPECT_EQ(manifest.author + manifest.version + manifest.website + manifest.description, "");
  EXPECT_TRUE(manifest.options.empty());
  EXPECT_TRUE(manifest.roles.empty() && manifest.results.empty() && manifest.helpers.empty());
  EXPECT_FALSE(manifest.extracts || manifest.isolation || manifest.profile || manifest.ancestors);
  EXPECT_FALSE(manifest.deadline || manifest.memory || manifest.instances);
}

TEST(Manifest, ReadsEverything) {
  const auto [manifest, problems, warnings] = parse(
      "[Core]\nName = unpack\nModule = lib/unpack\n"
      "[Documentation]\nAuthor = A\nVersion = 1.2\nWebsite = https://example.org\nDescription = "
      "opens %% of them\n"
      "[options]\nmin_stoq_version = 3.0.0\nrequired_workers = hash, mimetype\nLevel = 5\n"
      "[engine]\nroles = worker, dispatcher, worker\nextracts = yes\nisolation = process\nprofile "
      "= exec\nresults = *\n"
      "ancestors = on\nhelpers = /usr/bin/7zz, unace = /opt/a=b/unace-2\ndeadline = 2m\nmemory = 1 "
      "GiB\ninstances = 1\n");
  EXPECT_EQ(problems, Lines{});
  EXPECT_EQ(warnings, Lines{});
  EXPECT_EQ(manifest.module, "lib/unpack");
  EXPECT_EQ(manifest.author, "A");
  EXPECT_EQ(manifest.version, "1.2");
  EXPECT_EQ(manifest.website, "https://example.org");
  EXPECT_EQ(manifest.description, "opens % of them");
  EXPECT_EQ(manifest.min_stoq_version, "3.0.0");
  EXPECT_EQ(manifest.required_workers, (Lines{"hash", "mimetype"}));
  ASSERT_EQ(manifest.options.size(), 1u);
  EXPECT_EQ(manifest.options.at("level").value, "5");
  EXPECT_EQ(manifest.options.at("level").line, 12u);
  EXPECT_EQ(manifest.roles, (std::vector<Role>{Role::worker, Role::dispatcher}));
  EXPECT_EQ(manifest.extracts, true);
  EXPECT_EQ(manifest.isolation, Isolation::process);
  EXPECT_EQ(manifest.profile, Profile::exec);
  EXPECT_EQ(manifest.results, Lines{"*"});
  EXPECT_TRUE(manifest.ancestors);
  EXPECT_EQ(manifest.helpers,
            (std::vector<HelperPlace>{{"7zz", "/usr/bin/7zz"}, {"unace", "/opt/a=b/unace-2"}}));
  EXPECT_EQ(manifest.deadline, 120.0);
  EXPECT_EQ(manifest.memory, int64_t{1} << 30);
  EXPECT_EQ(manifest.instances, 1);
}

TEST(Manifest, NamesRolesAndPolicies) {
  EXPECT_EQ(to_string(Role::worker), "worker");
  EXPECT_EQ(to_string(Role::provider), "provider");
  EXPECT_EQ(to_string(Isolation::fresh), "fresh");
  EXPECT_EQ(to_string(Profile::legacy), "legacy");
}

TEST(Manifest, ItsDefaultsAreOptions) {
  const auto options =
      parse(kCore + "[DEFAULT]\na = 1\nb = 1\n[options]\nb = 2\n").manifest.options;
  EXPECT_EQ(options.at("a").value, "1");
  EXPECT_EQ(options.at("b").value, "2");
}

TEST(Manifest, NeedsNameAndModule) {
  EXPECT_EQ(parse("[core]\nName=a\nModule=a\n").problems,
            (Lines{"/p/hash/hash.stoq: section [Core] has no Name; add `Name = ...` to it",
                   "/p/hash/hash.stoq: section [Core] has no Module; add `Module = ...` to it"}));
}

TEST(Manifest, RefusesNamesThatCannotBeUsed) {
  EXPECT_EQ(name_problem("two words-1.0_\u00E4"), "");
  EXPECT_EQ(name_problem(""), "the plugin's Name is empty; give it one");
  EXPECT_EQ(name_problem(std::string(129, 'a')),
            "the plugin's Name is longer than 128 bytes; shorten it");
  EXPECT_EQ(name_problem("a/b"),
            "the plugin's Name 'a/b' holds '/', ':', ',' or a control character; choose another");
  for (const char* bad : {"a:b", "a,b", "a\nb", "../a"}) EXPECT_NE(name_problem(bad), "") << bad;
  for (const char* bad : {"core", "DEFAULT", "stoq"}) {
    EXPECT_EQ(name_problem(bad),
              "the Name '" + std::string(bad) + "' is taken by stoQ itself; choose another");
  }
  EXPECT_EQ(parse("[Core]\nName = a:b\nModule = a\n").problems,
            Lines{"/p/hash/hash.stoq:2: the plugin's Name 'a:b' holds '/', ':', ',' or a control "
                  "character; choose "
                  "another"});
}

TEST(Manifest, ModulesStayInTheFolder) {
  for (const char* bad : {"../x", "/etc/x", "a/../../x", "..", "a/..", "a/", ""}) {
    EXPECT_EQ(parse("[Core]\nName = a\nModule = " + std::string(bad) + "\n").problems,
              Lines{"/p/hash/hash.stoq:3: Module '" + std::string(bad) +
                    "' is not a file name inside the plugin's folder; give one without extension, "
                    "'..' or leading "
                    "'/'"});
  }
  for (const char* fine : {"a", "a/b", "..a", "a..b"}) {
    EXPECT_EQ(parse("[Core]\nName = a\nModule = " + std::string(fine) + "\n").problems, Lines{})
        << fine;
  }
}

TEST(Manifest, EngineKeysAreChecked) {
  const std::string at = "/p/hash/hash.stoq:5: ";
  const auto problem = [&](const char* line) {
    return parse(kCore + "[engine]\n" + line + "\n").problems;
  };
  EXPECT_EQ(problem("isolation = box"),
            Lines{at + "engine key 'isolation': 'box' is not one of: none, process, fresh"});
  EXPECT_EQ(problem("roles = worker, baker"),
            Lines{at + "engine key 'roles': 'baker' is not one of: worker, dispatcher, "
                       "deep_dispatcher, archiver, "
                       "connector, decorator, provider"});
  EXPECT_EQ(problem("helpers = 7zz"),
            Lines{at + "engine key 'helpers': '7zz' is not an absolute path; write it in full"});
  EXPECT_EQ(problem("helpers = [\"\"]"),
            Lines{at + "engine key 'helpers': '' is not an absolute path; write it in full"});
  EXPECT_EQ(problem("helpers = 7zz=bin/7zz"),
            Lines{at + "engine key 'helpers': 'bin/7zz' is not an absolute path; write it in "
                       "full"});
  EXPECT_EQ(problem("helpers = 7zz="),
            Lines{at + "engine key 'helpers': '' is not an absolute path; write it in full"});
  EXPECT_EQ(problem("helpers = =/usr/bin/7zz"),
            Lines{at + "engine key 'helpers': '=/usr/bin/7zz' names no program; write it as "
                       "name=/path/of/the/program"});
  EXPECT_EQ(problem("helpers = /usr/bin/"),
            Lines{at + "engine key 'helpers': '/usr/bin/' names no program; write it as "
                       "name=/path/of/the/program"});
  EXPECT_EQ(problem("helpers = /usr/bin/7zz, /opt/7zz"),
            Lines{at + "engine key 'helpers': '7zz' stands there twice; give each program a name "
                       "of its own"});
  EXPECT_EQ(problem("deadline = 0"),
            Lines{at + "engine key 'deadline': 0 is out of range 0.001 to 86400 seconds"});
  EXPECT_EQ(problem("memory = 1KiB"),
            Lines{at + "engine key 'memory': 1KiB is below the minimum 1048576 bytes"});
  EXPECT_EQ(problem("instances = 0"),
            Lines{at + "engine key 'instances': 0 is out of range 1 to 1024"});
  EXPECT_EQ(problem("extracts = 2"),
            Lines{at + "engine key 'extracts': '2' is not a boolean; write yes or no"});
}

TEST(Manifest, SlipsThatDoNoHarmWarn) {
  const auto [manifest, problems, warnings] =
      parse(kCore + "[options]\nmin_stoq_version = new\n[engine]\nextract = yes\ncolour = red\n");
  EXPECT_EQ(problems, Lines{});
  EXPECT_EQ(
      warnings,
      (Lines{
          "/p/hash/hash.stoq:5: min_stoq_version 'new' is not a version such as 4.0.0; it is "
          "ignored",
          "/p/hash/hash.stoq:8: section [engine] has no key 'colour'; it is ignored",
          "/p/hash/hash.stoq:7: section [engine] has no key 'extract' (did you mean 'extracts'?); "
          "it is ignored"}));
  EXPECT_EQ(manifest.min_stoq_version, "");
}

}  // namespace
}  // namespace stoq::config
