// SPDX-License-Identifier: Apache-2.0
//
// Compares with Jinja2 itself, as a program of its own.
#include <gtest/gtest.h>
#include <unistd.h>

#include "parity_cases.h"
#include "parity_failures.h"
#include "stoq/sdk/views.h"
#include "template.h"
#include "tests/support/program.h"

namespace stoq::plugins::jinja {
namespace {

constexpr const char* kPython = "/usr/bin/python3";

// Reads {"data", "files", "templates"} and answers a list of texts; null for one that fails.
constexpr const char* kScript = R"py(
import json, sys
try:
    import jinja2
except ImportError:
    sys.exit(77)
given = json.load(sys.stdin)
env = jinja2.Environment(loader=jinja2.DictLoader(given['files']), autoescape=True,
                         trim_blocks=True, lstrip_blocks=True)
def answer(text):
    try:
        return env.from_string(text).render(response=given['data'])
    except Exception:
        return None
sys.stdout.reconfigure(encoding='utf-8')
json.dump([answer(text) for text in given['templates']], sys.stdout)
)py";

template <size_t count>
std::string question(const char* const (&templates)[count]) {
  sdk::JsonWriter json;
  json.begin_object().key("data").raw(kData).key("files").begin_object();
  for (const auto& [name, text] : kFiles) json.member(name, text);
  json.end_object().key("templates").begin_array();
  for (const char* text : templates) json.value(text);
  json.end_array().end_object();
  return json.take();
}

std::optional<std::string> file(const std::string& name) {
  for (const auto& [known, text] : kFiles)
    if (name == known) return text;
  return std::nullopt;
}

std::optional<std::string> rendered(const std::string& text, std::string& error) {
  try {
    const Template made = Template::compile("main.tpl", [&](const std::string& name) {
      return name == "main.tpl" ? text : file(name);
    });
    return made.render(kData, {});
  } catch (const sdk::Error& e) {
    error = e.what();
    return std::nullopt;
  }
}

// Jinja2's answers as a JSON list, or why there are none.
template <size_t count>
std::string ask(const char* const (&templates)[count], std::string& answers) {
  if (access(kPython, X_OK) != 0) return std::string("there is no ") + kPython;
  const test::ProgramResult python =
      test::run_program({kPython, "-c", kScript}, {.input = question(templates)});
  if (python.exit_code == 77) return "the package python3-jinja2 is not installed";
  EXPECT_EQ(python.exit_code, 0) << python.err;
  answers = python.out;
  return "";
}

TEST(JinjaParity, RendersAsJinja2Does) {
  std::string answers;
  if (const std::string why = ask(kTemplates, answers); !why.empty()) GTEST_SKIP() << why;
  size_t at = 0;
  for (const sdk::JsonView answer : sdk::JsonView(answers).elements()) {
    const char* const text = kTemplates[at++];
    ASSERT_TRUE(answer.as_string()) << "Jinja2 itself fails on " << text;
    std::string error;
    EXPECT_EQ(rendered(text, error), answer.as_string()) << text << "\n" << error;
  }
  EXPECT_EQ(at, std::size(kTemplates));
}

TEST(JinjaParity, FailsWhereJinja2Does) {
  std::string answers;
  if (const std::string why = ask(kFailing, answers); !why.empty()) GTEST_SKIP() << why;
  size_t at = 0;
  for (const sdk::JsonView answer : sdk::JsonView(answers).elements()) {
    const char* const text = kFailing[at++];
    EXPECT_EQ(answer.as_string(), std::nullopt) << text;
    std::string error;
    EXPECT_EQ(rendered(text, error), std::nullopt) << text;
    EXPECT_EQ(error.find("template 'main.tpl', line 1: "), 0u) << text << "\n" << error;
  }
  EXPECT_EQ(at, std::size(kFailing));
}

}  // namespace
}  // namespace stoq::plugins::jinja
