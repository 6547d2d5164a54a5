// SPDX-License-Identifier: Apache-2.0
//
// No template and no response makes a rendering run away.
#include <gtest/gtest.h>

#include <chrono>

#include "render.h"

namespace stoq::plugins::jinja {
namespace {

Limits small() {
  Limits limits;
  limits.output = 10'000;
  limits.memory = 1 << 20;
  limits.steps = 100'000;
  return limits;
}

std::string repeated(const std::string& text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

const std::string kSteps =
    "error: template 'main.tpl', line 1: the template takes more than 100000 steps on this "
    "response; let it look at less";
const std::string kOutput =
    "error: template 'main.tpl', line 1: the template makes a text of more than 10000 bytes of "
    "this response; let it write less, or raise the option max_output";
const std::string kMemory =
    "error: template 'main.tpl', line 1: the template would hold more than 1 MiB in memory on this "
    "response; let it look at less";

TEST(JinjaBudget, OfSteps) {
  EXPECT_EQ(render("{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}",
                   "{}", small()),
            kSteps);
  EXPECT_EQ(render("{% for a in range(1000) %}{{ 1 if 5000 in response.l }}{% endfor %}",
                   R"({"l": [)" + repeated("1, ", 1000) + "1]}", small()),
            kSteps);
  EXPECT_EQ(render("{% for a in range(1000) %}{{ 1 if 'y' in response.s }}{% endfor %}",
                   R"({"s": ")" + repeated("x", 9000) + "\"}", small()),
            kSteps);
}

TEST(JinjaBudget, OfOutput) {
  EXPECT_EQ(render("{{ response.s }}", R"({"s": ")" + repeated("x", 10'000) + "\"}", small()),
            std::string(10'000, 'x'));
  for (const char* const text :
       {"{{ response.s }}", "{{ response.s|upper }}", "{{ response.s|safe }}", "{{ response }}",
        "{{ response|tojson }}", "{{ [response.s]|join }}",
        "{% set x %}{{ response.s }}{% endset %}", "{{ response.s|replace('x', 'y') }}",
        "{{ '%s'|format(response.s) }}"})
    EXPECT_EQ(render(text, R"({"s": ")" + repeated("x", 10'001) + "\"}", small()), kOutput) << text;
  EXPECT_EQ(render("{{ 'x' * 10001 }}", "{}", small()), kOutput);
  EXPECT_EQ(render("{{ 'x'|indent(10000, true) }}", "{}", small()), kOutput);
  EXPECT_EQ(render("{{ '%10000s|'|format('x') }}", "{}", small()), kOutput);
  EXPECT_EQ(render("{{ response.s }}", R"({"s": ")" + repeated("<", 3000) + "\"}", small()),
            kOutput);
  EXPECT_EQ(render("{{ 'abc'|replace('', response.s) }}",
                   R"({"s": ")" + repeated("x", 5000) + "\"}", small()),
            kOutput);
}

TEST(JinjaBudget, OfMemory) {
  EXPECT_EQ(render("{% set x = range(1000000) %}", "{}", small()), kMemory);
  EXPECT_EQ(render("{% set x = range(9223372036854775807) %}", "{}", small()), kMemory);
  EXPECT_EQ(render("{% set x = [1] * 1000000000000 %}", "{}", small()), kMemory);
  EXPECT_EQ(render("{% set x = [1] * 9223372036854775807 %}", "{}", small()), kMemory);
  EXPECT_EQ(render("{% set x = [1, 2]|batch(1000000000, 0)|list %}", "{}", small()), kMemory);
  EXPECT_EQ(render("{% set ns = namespace(l=[1]) %}{% for i in range(50) %}"
                   "{% set ns.l = ns.l + ns.l %}{% endfor %}",
                   "{}", small()),
            kMemory);
  EXPECT_EQ(
      render("{{ response.l|length }}", R"({"l": [)" + repeated("1, ", 50'000) + "1]}", small()),
      kMemory);
  EXPECT_EQ(render("{{ 'x'|trim }}{{ response.l|length }}",
                   R"({"l": {)" + repeated(R"("a": 1, )", 20'000) + R"("b": 1}})", small()),
            kMemory);
}

TEST(JinjaBudget, GivesBackWhatIsNoLongerHeld) {
  Limits limits = small();
  limits.steps = 10'000'000;
  EXPECT_EQ(
      render("{% for i in range(1000) %}{% set x = 'y' * 9000 %}{% endfor %}ok", "{}", limits),
      "ok");
}

TEST(JinjaBudget, OfTimeAndOfTheEngine) {
  Limits limits;
  limits.time = std::chrono::milliseconds(0);
  limits.steps = UINT64_MAX;
  const std::string endless =
      "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}";
  EXPECT_EQ(render(endless, "{}", limits),
            "error: template 'main.tpl', line 1: the template takes longer than 0 ms on this "
            "response; let it look at less, or raise the option timeout");
  limits.time = std::chrono::hours(1);
  int asked = 0;
  limits.cancelled = [&] { return ++asked > 3; };
  EXPECT_EQ(render(endless, "{}", limits),
            "error: template 'main.tpl', line 1: the engine ended the call");
}

TEST(JinjaBudget, OfRecursion) {
  const std::string deep =
      "error: template 'main.tpl', line 1: macros, blocks and includes are "
      "nested too deep here";
  EXPECT_EQ(render("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"), deep);
  EXPECT_EQ(render("{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}"
                   "{{ a() }}"),
            deep);
  EXPECT_EQ(render("{% include 'main.tpl' %}"),
            "error: template 'main.tpl', line 1: templates include each other more than 20 deep");
  EXPECT_EQ(render("{% extends 'main.tpl' %}"),
            "error: template 'main.tpl' extends itself, or more than 10 templates one after the "
            "other");
  EXPECT_EQ(render("{{ " + repeated("(", 62) + "1" + repeated(")", 62) + " }}"),
            "error: template 'main.tpl', line 1: an expression is nested more than 60 deep");
  EXPECT_EQ(render("{{ " + repeated("[", 100'000)),
            "error: template 'main.tpl', line 1: brackets are nested too deep");
  EXPECT_EQ(render("{{ " + repeated("-1 + ", 1000) + "1 }}"),
            "error: template 'main.tpl', line 1: an expression is nested more than 60 deep");
  EXPECT_EQ(render("{{ " + repeated("not ", 100'000) + "1 }}"),
            "error: template 'main.tpl', line 1: an expression is nested more than 60 deep");
  EXPECT_EQ(render(repeated("{% if 1 %}", 31) + repeated("{% endif %}", 31)),
            "error: template 'main.tpl', line 1: tags are nested more than 30 deep");
}

TEST(JinjaBudget, OfTheDepthOfValues) {
  const auto nested = [](size_t depth) {
    return R"({"x": )" + repeated("[", depth) + repeated("]", depth) + "}";
  };
  EXPECT_EQ(render("{{ response.x }}", nested(200)), repeated("[", 200) + repeated("]", 200));
  EXPECT_EQ(render("{{ response.x }}", nested(100'000)),
            "error: template 'main.tpl', line 1: a value would be nested more than 300 deep");
  EXPECT_EQ(render("{{ response.x|length }}", nested(100'000)), "1");
  EXPECT_EQ(render("{% set ns = namespace(x=[]) %}{% for i in range(400) %}"
                   "{% set ns.x = [ns.x] %}{% endfor %}"),
            "error: template 'main.tpl', line 1: a value would be nested more than 300 deep");
  // 40 lists that unfold to 2^40.
  const std::string bomb =
      "{% set ns = namespace(x=[]) %}{% for i in range(40) %}{% set ns.x = [ns.x, ns.x] %}"
      "{% endfor %}";
  EXPECT_EQ(render(bomb + "{{ ns.x }}", "{}", small()), kOutput);
  EXPECT_EQ(render(bomb + "{{ ns.x|tojson }}", "{}", small()), kOutput);
  EXPECT_EQ(render(bomb + "{% set a = ns.x %}" + bomb + "{{ a == ns.x }}", "{}", small()), kSteps);
  EXPECT_EQ(
      render("{% set ns = namespace() %}{% set ns.x = [ns, ns, ns, ns] %}{{ ns }}", "{}", small()),
      "error: template 'main.tpl', line 1: namespaces are nested too deep to be printed");
}

}  // namespace
}  // namespace stoq::plugins::jinja
