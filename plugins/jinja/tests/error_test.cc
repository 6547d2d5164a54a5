// SPDX-License-Identifier: Apache-2.0
//
// Each error names the template, the line, and what is wrong.
#include <gtest/gtest.h>

#include "render.h"

namespace stoq::plugins::jinja {
namespace {

// Of a template whose third line is `text`.
std::string error(const std::string& text, const std::string& response = "{}") {
  const std::string prefix = "error: template 'main.tpl', line 3: ";
  const std::string answer = render("a\n{# b #}\n" + text + "\nc", response);
  EXPECT_TRUE(answer.starts_with(prefix)) << text << "\n" << answer;
  return answer.substr(std::min(prefix.size(), answer.size()));
}

TEST(JinjaErrors, OfTheSyntax) {
  EXPECT_EQ(error("{{ 1"), "'{{' has no '}}'");
  EXPECT_EQ(error("{% if 1"), "'{%' has no '%}'");
  EXPECT_EQ(error("{# x"), "a comment '{#' has no '#}'");
  EXPECT_EQ(error("{% raw %}"), "{% raw %} has no {% endraw %}");
  EXPECT_EQ(error("{% if true %}"), "{% if %} has no {% endif %}");
  EXPECT_EQ(error("{% for x in [] %}"), "{% for %} has no {% endfor %}");
  EXPECT_EQ(error("{% if true %}{% endfor %}"),
            "{% endfor %} does not belong here; open is {% if %} of line 3");
  EXPECT_EQ(error("{% else %}"), "{% else %} does not belong here");
  EXPECT_EQ(error("{{ }}"), "expected an expression, found '}}'");
  EXPECT_EQ(error("{{ 1 2 }}"), "expected '}}', found '2'");
  EXPECT_EQ(error("{{ (1 }}"), "unexpected '}', expected ')'");
  EXPECT_EQ(error("{{ 'a }}"), "a string in quotes does not end");
  EXPECT_EQ(error("{{ a ? b }}"), "unexpected '?' in a tag");
  EXPECT_EQ(error("{% for x of y %}"), "expected 'in', found 'of'");
  EXPECT_EQ(error("{% set loop = 1 %}"), "'loop' has a meaning of its own; choose another name");
  EXPECT_EQ(error("{{ 99999999999999999999 }}"),
            "the integer 99999999999999999999 is beyond 64 bits");
  EXPECT_EQ(error("\xff"), "the text is not UTF-8");
}

TEST(JinjaErrors, OfWhatIsNotOffered) {
  EXPECT_EQ(error("{% import 'x' as y %}"),
            "the tag {% import %} is not offered; there are: autoescape, block, extends, filter, "
            "for, if, include, macro, raw, set, with");
  EXPECT_EQ(error("{% for x in y recursive %}"),
            "'recursive' is not offered; call a {% macro %} from within itself");
  EXPECT_EQ(error("{{ 1|nosuch }}").substr(0, 50),
            "the filter 'nosuch' is not offered; there are: abs");
  EXPECT_EQ(error("{{ 1 is nosuch }}").substr(0, 46),
            "the test 'nosuch' is not offered; there are: !");
  EXPECT_EQ(error("{{ 'x'.format(1) }}"),
            "the method .format() is not offered; there are: count, endswith, find, get, items, "
            "join, keys, lower, lstrip, replace, rstrip, split, splitlines, startswith, strip, "
            "upper, values");
  EXPECT_EQ(error("{{ nosuch() }}"),
            "there is no macro or function 'nosuch'; the functions are: dict, namespace, range, "
            "super");
  EXPECT_EQ(error("{{ cycler(1) }}"),
            "'cycler' is not offered; there are response, loop, what the template defines, and the "
            "functions dict, namespace, range, super");
  EXPECT_EQ(error("{{ f(*x) }}"),
            "'*' before an argument is not offered; give the arguments one by one");
  EXPECT_EQ(error("{{ x.__class__() }}").substr(0, 42),
            "the method .__class__() is not offered; th");
}

TEST(JinjaErrors, OfArguments) {
  EXPECT_EQ(error("{{ 'a'|upper(1) }}"),
            "the filter 'upper' is given too many arguments; it takes none");
  EXPECT_EQ(error("{{ 'a'|replace('b') }}"),
            "the filter 'replace' needs the argument 'new'; it takes old,new,count");
  EXPECT_EQ(error("{{ 'a'|truncate(size=3) }}"),
            "the filter 'truncate' has no argument 'size'; it takes length,killwords,end,leeway");
  EXPECT_EQ(error("{{ 'a'|truncate(3, length=3) }}"),
            "the filter 'truncate' is given the argument 'length' twice; it takes "
            "length,killwords,end,leeway");
  EXPECT_EQ(error("{{ [1]|map('nosuch') }}").substr(0, 34), "the filter 'nosuch' is not offered");
  EXPECT_EQ(error("{{ [1]|select(x) }}"), "the filter 'select' takes the name of a test in quotes");
  EXPECT_EQ(error("{% macro m(a) %}{% endmacro %}{{ m(b=1) }}"),
            "the macro 'm' has no parameter 'b'");
}

TEST(JinjaErrors, OfTheResponse) {
  EXPECT_EQ(error("{{ response.a.b }}"),
            "a dict has no 'a'; test it with 'is defined' or give it a default()");
  EXPECT_EQ(error("{{ response.a + 1 }}"),
            "a dict has no 'a'; test it with 'is defined' or give it a default()");
  EXPECT_EQ(error("{{ nosuch.b }}"),
            "'nosuch' is undefined; test it with 'is defined' or give it a default()");
  EXPECT_EQ(error("{% for x in response.n %}{% endfor %}", R"({"n": 5})"),
            "a int cannot be iterated over");
  EXPECT_EQ(error("{{ response.n.items() }}", R"({"n": 5})"), "a int has no method .items()");
  EXPECT_EQ(error("{{ response.n|sort }}", R"({"n": [1, "x"]})"), "a str and a int have no order");
  EXPECT_EQ(error("{{ 1 + response.n }}", R"({"n": "x"})"), "'+' takes no int and str");
  EXPECT_EQ(error("{{ 1 / response.n }}", R"({"n": 0})"), "division by zero");
  EXPECT_EQ(error("{% for a, b in response.n %}{% endfor %}", R"({"n": [[1]]})"),
            "2 names stand for 1 values");
  EXPECT_EQ(error("{{ 1.5|round('x') }}"), "the filter 'round' needs an integer, not a str");
  EXPECT_EQ(error("{{ 'a'|indent(-1) }}"),
            "the filter 'indent' needs a number that is not below zero");
  EXPECT_EQ(error("{{ [1.5]|map('round', 'x') }}"), "round needs an integer, not a str");
  EXPECT_EQ(error("{{ '%ä'|format(1) }}"),
            "the format '%ä' is not known; there are %s %r %d %i %u %x %X %o %e %E %f %F %g %G %%");
  EXPECT_EQ(error("{% macro m() %}{% endmacro %}{{ m }}"), "'m' is a macro; call it as m()");
}

TEST(JinjaErrors, NameTheLineInsideOfLongTags) {
  EXPECT_EQ(render("a\n{{ [1,\n2,\n  1 / 0] }}"),
            "error: template 'main.tpl', line 4: division by zero");
  EXPECT_EQ(render("{% if true %}\n\n{{ 1 / 0 }}\n{% endif %}"),
            "error: template 'main.tpl', line 3: division by zero");
}

TEST(JinjaErrors, NameTheTemplateThatIsAtFault) {
  const Files files = {{"bad.tpl", "x\n{{ 1 / 0 }}"},
                       {"broken.tpl", "\n\n{% if %}"},
                       {"base.tpl", "{% block a %}{% endblock %}\n{{ 1 / 0 }}"},
                       {"macro.tpl", "{{ response.x.y }}"}};
  EXPECT_EQ(render("\n{% include 'bad.tpl' %}", "{}", {}, files),
            "error: template 'bad.tpl', line 2: division by zero");
  EXPECT_EQ(render("\n{% include 'broken.tpl' %}", "{}", {}, files),
            "error: template 'broken.tpl', line 3: expected an expression, found '%}'");
  EXPECT_EQ(render("{% extends 'base.tpl' %}", "{}", {}, files),
            "error: template 'base.tpl', line 2: division by zero");
  EXPECT_EQ(
      render("{% extends 'base.tpl' %}\n\n{% block a %}{{ 1 / 0 }}{% endblock %}", "{}", {}, files),
      "error: template 'main.tpl', line 3: division by zero");
  EXPECT_EQ(render("{% include 'macro.tpl' %}\n{{ 1 / 0 }}", R"({"x": {}})", {}, files),
            "error: template 'main.tpl', line 2: division by zero");
  EXPECT_EQ(render("\n{% include 'none.tpl' %}"),
            "error: template 'main.tpl', line 2: there is no template 'none.tpl' below the folder "
            "of the template");
  EXPECT_EQ(render("{% include '../x.tpl' %}"),
            "error: template 'main.tpl', line 1: '../x.tpl' does not lie below the folder of the "
            "template");
  EXPECT_EQ(render("{% include '/etc/passwd' ignore missing %}"),
            "error: template 'main.tpl', line 1: '/etc/passwd' does not lie below the folder of "
            "the template");
}

}  // namespace
}  // namespace stoq::plugins::jinja
