// SPDX-License-Identifier: Apache-2.0
//
// The language where Jinja2 is not there to be compared with, and where it differs.
#include <gtest/gtest.h>

#include "render.h"

namespace stoq::plugins::jinja {
namespace {

constexpr const char* kResponse = R"({
  "results": [{"payload_id": "p0", "size": 5, "workers": [{"hash": {"md5": "5d41"}}, {}],
               "extracted_from": null},
              {"payload_id": "p1", "size": 1500, "workers": [{}], "extracted_from": "p0"}],
  "errors": {"yara": ["<bad> & \"worse\""]}, "items": 5})";

TEST(JinjaLanguage, LooksIntoTheResponse) {
  EXPECT_EQ(
      render("{{ response.results[1]['size'] }} {{ response.results[0].workers[0].hash.md5 }}",
             kResponse),
      "1500 5d41");
  EXPECT_EQ(render("{{ response.results[0].extracted_from }} {{ response.nothing }}|", kResponse),
            "None |");
  EXPECT_EQ(render("{{ response.items }}", kResponse), "5");
  EXPECT_EQ(render("{% for k, v in response.errors.items() %}{{ k }} {{ v|length }}{% endfor %}",
                   kResponse),
            "yara 1");
}

TEST(JinjaLanguage, EscapesUnlessToldOtherwise) {
  const char* const escaped = "&lt;bad&gt; &amp; &#34;worse&#34;";
  EXPECT_EQ(render("{{ response.errors.yara[0] }}", kResponse), escaped);
  EXPECT_EQ(render("{{ response.errors.yara[0]|safe }}", kResponse), "<bad> & \"worse\"");
  EXPECT_EQ(
      render("{% autoescape false %}{{ response.errors.yara[0] }}{% endautoescape %}", kResponse),
      "<bad> & \"worse\"");
  EXPECT_EQ(render("{% set x %}{{ response.errors.yara[0] }}{% endset %}{{ x }}", kResponse),
            escaped);
  EXPECT_EQ(
      render("{% macro m(x) %}{{ x }}{% endmacro %}{{ m(response.errors.yara[0]) }}", kResponse),
      escaped);
  EXPECT_EQ(render("{{ '<i>'|safe ~ '<' }}"), "<i>&lt;");
}

TEST(JinjaLanguage, TagsLeaveNoLinesOfTheirOwn) {
  EXPECT_EQ(render("{% if true %}\n  {% set x = 1 %}\na {{ x }}\n{% endif %}\nb\n"), "a 1\nb");
  EXPECT_EQ(render("a  {{- 1 -}}  b\n\n"), "a1b\n");
  EXPECT_EQ(render("a\r\nb {# c #}d"), "a\nb d");
}

TEST(JinjaLanguage, IncludesAndExtends) {
  const Files files = {{"base.tpl", "<{% block a %}base{% endblock %}>"},
                       {"parts/row.tpl", "[{{ row }}]"}};
  EXPECT_EQ(
      render("{% extends 'base.tpl' %}{% block a %}{{ super() }}+{% endblock %}", "{}", {}, files),
      "<base+>");
  EXPECT_EQ(
      render("{% for row in [1, 2] %}{% include 'parts/row.tpl' %}{% endfor %}", "{}", {}, files),
      "[1][2]");
  EXPECT_EQ(render("{% include 'none.tpl' ignore missing %}x"), "x");
}

TEST(JinjaLanguage, DiffersFromJinja2InWhatTheReadmeSays) {
  EXPECT_EQ(render("{{ [2, 1]|map('string') }} {{ [1]|reverse }}"),
            "[&#39;2&#39;, &#39;1&#39;] [1]");
  EXPECT_EQ(render("{{ range(3) }}"), "[0, 1, 2]");
  EXPECT_EQ(render("{{ response.n + 1 }}", R"({"n": 9223372036854775807})"),
            "error: template 'main.tpl', line 1: an integer would be beyond 64 bits");
  EXPECT_EQ(render("{{ response.n }}", R"({"n": 123456789012345678901})"), "123456789012345678901");
}

TEST(JinjaLanguage, OneTemplateRendersManyResponses) {
  const Template made = Template::compile("x", [](const std::string&) {
    return "{% set ns = namespace(n=0) %}{% for x in response.l %}"
           "{% set ns.n = ns.n + x %}{% endfor %}{{ ns.n }}";
  });
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(made.render(R"({"l": [1, 2]})", {}), "3");
    EXPECT_EQ(made.render(R"({"l": [5]})", {}), "5");
  }
}

}  // namespace
}  // namespace stoq::plugins::jinja
