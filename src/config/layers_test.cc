// SPDX-License-Identifier: Apache-2.0
#include "config/layers.h"

#include <gtest/gtest.h>

namespace stoq::config {
namespace {

using Lines = std::vector<std::string>;

OptionSpec spec(std::string name, Type type, std::optional<std::string> by_default = {}) {
  OptionSpec made;
  made.name = std::move(name);
  made.type = type;
  made.has_default = by_default.has_value();
  made.default_text = by_default.value_or("");
  if (type == Type::integer) made.min = 1, made.max = 65535;
  return made;
}

Ini ini(std::string_view text, std::string file) {
  std::vector<Problem> problems;
  Ini made = Ini::parse(text, std::move(file), problems);
  EXPECT_TRUE(problems.empty());
  return made;
}

class LayersTest : public ::testing::Test {
 protected:
  ResolvedOptions resolve(const std::vector<OptionSpec>& specs) {
    return resolve_options("smtp", specs, layers_, warnings_, errors_);
  }

  OptionLayers layers_;
  Lines warnings_, errors_;
};

TEST_F(LayersTest, ArgumentsOverConfigOverManifestOverDefault) {
  const std::vector<OptionSpec> specs = {
      spec("a", Type::integer, "1"), spec("b", Type::integer, "1"), spec("c", Type::integer, "1"),
      spec("d", Type::integer, "1"), spec("e", Type::integer)};
  layers_.manifest = layer_of(ini("[options]\na=2\nb=2\nc=2\n", "smtp.stoq"), "options");
  layers_.config = layer_of(ini("[smtp]\na=3\nb=3\n", "stoq.cfg"), "smtp");
  layers_.arguments = layer_of(std::map<std::string, std::string>{{"A", "4"}});
  const ResolvedOptions options = resolve(specs);
  EXPECT_EQ(options.at("a").value, Value(int64_t{4}));
  EXPECT_EQ(options.at("a").where, "plugin_opts");
  EXPECT_EQ(options.at("b").value, Value(int64_t{3}));
  EXPECT_EQ(options.at("b").where, "stoq.cfg:3");
  EXPECT_EQ(options.at("c").value, Value(int64_t{2}));
  EXPECT_EQ(options.at("c").where, "smtp.stoq:4");
  EXPECT_EQ(options.at("d").value, Value(int64_t{1}));
  EXPECT_EQ(options.at("d").where, "default");
  EXPECT_EQ(options.count("e"), 0u);
  EXPECT_EQ(warnings_, Lines{});
  EXPECT_EQ(errors_, Lines{});
}

TEST_F(LayersTest, TheSameTextIsTheSameValueInEachLayer) {
  const std::vector<OptionSpec> specs = {spec("recursive", Type::boolean)};
  for (Layer OptionLayers::*layer :
       {&OptionLayers::manifest, &OptionLayers::config, &OptionLayers::arguments}) {
    layers_ = {};
    (layers_.*layer)["recursive"] = {"No", "here"};
    EXPECT_EQ(resolve(specs).at("recursive").value, Value(false));
  }
}

TEST_F(LayersTest, DefaultsOfTheConfigurationDoNotLeak) {
  layers_.config = layer_of(ini("[DEFAULT]\nport=9\n[smtp]\nhost=x\n", "stoq.cfg"), "smtp");
  const ResolvedOptions options =
      resolve({spec("port", Type::integer, "25"), spec("host", Type::text)});
  EXPECT_EQ(options.at("port").value, Value(int64_t{25}));
  EXPECT_EQ(options.at("host").value, Value("x"));
}

TEST_F(LayersTest, UnknownOptionsWarnAndStayText) {
  layers_.config = layer_of(ini("[smtp]\nmaximum_sise = 10\ncolour = red\n", "stoq.cfg"), "smtp");
  const ResolvedOptions options = resolve({spec("maximum_size", Type::size, "5")});
  EXPECT_EQ(options.at("maximum_sise").value, Value("10"));
  EXPECT_EQ(options.at("maximum_size").value, Value(int64_t{5}));
  EXPECT_EQ(
      warnings_,
      (Lines{
          "stoq.cfg:3: plugin 'smtp' has no option 'colour'; it is passed on as text",
          "stoq.cfg:2: plugin 'smtp' has no option 'maximum_sise' (did you mean 'maximum_size'?); "
          "it is passed on as text"}));
}

TEST_F(LayersTest, SpecsHoldForTheManifestToo) {
  layers_.manifest["maximum_sise"] = {"10", "smtp.stoq:7"};
  EXPECT_EQ(resolve({spec("maximum_size", Type::size)}).at("maximum_sise").value, Value("10"));
  EXPECT_EQ(
      warnings_,
      Lines{
          "smtp.stoq:7: plugin 'smtp' has no option 'maximum_sise' (did you mean 'maximum_size'?); "
          "it is passed on as text"});
}

TEST_F(LayersTest, TheEngineSetsWhatBooleanOptionsAreUnlessSomebodyElseDoes) {
  layers_.engine["durable"] = {"true", "[core] durable"};
  EXPECT_EQ(resolve({spec("durable", Type::boolean, "false")}).at("durable").value, Value(true));
  EXPECT_EQ(resolve({spec("durable", Type::boolean)}).at("durable").where, "[core] durable");
  // It is nothing to those that mean something else by that name, or nothing.
  EXPECT_EQ(resolve({spec("durable", Type::integer, "7")}).at("durable").value, Value(int64_t{7}));
  EXPECT_EQ(resolve({spec("port", Type::integer, "1")}).count("durable"), 0u);
  layers_.manifest["durable"] = {"no", "smtp.stoq:7"};
  EXPECT_EQ(resolve({spec("durable", Type::boolean)}).at("durable").value, Value(false));
  EXPECT_EQ(warnings_, Lines{});
  EXPECT_EQ(errors_, Lines{});
}

TEST_F(LayersTest, WithoutSpecsTheManifestDeclares) {
  layers_.manifest["rules"] = {"a.yar", "yara.stoq:7"};
  layers_.config["rules"] = {"b.yar", "stoq.cfg:1"};
  layers_.arguments["rule"] = {"c.yar", "plugin_opts"};
  const ResolvedOptions options = resolve({});
  EXPECT_EQ(options.at("rules").value, Value("b.yar"));
  EXPECT_EQ(options.at("rules").where, "stoq.cfg:1");
  EXPECT_EQ(options.at("rule").value, Value("c.yar"));
  EXPECT_EQ(warnings_, Lines{"plugin_opts: plugin 'smtp' has no option 'rule' (did you mean "
                             "'rules'?); it is passed on "
                             "as text"});
}

TEST_F(LayersTest, AManifestThatDeclaresNothingGivesNoWarnings) {
  layers_.config["anything"] = {"1", "stoq.cfg:1"};
  EXPECT_EQ(resolve({}).at("anything").value, Value("1"));
  EXPECT_EQ(warnings_, Lines{});
}

TEST_F(LayersTest, BadValuesAreErrorsWithTheirPlace) {
  layers_.config["port"] = {"70000", "stoq.cfg:14"};
  layers_.config["other"] = {"abc", "stoq.cfg:15"};
  const ResolvedOptions options =
      resolve({spec("port", Type::integer, "25"), spec("other", Type::integer)});
  EXPECT_EQ(errors_,
            (Lines{"stoq.cfg:14: option 'port' of plugin 'smtp': 70000 is out of range 1 to 65535",
                   "stoq.cfg:15: option 'other' of plugin 'smtp': 'abc' is not an integer"}));
  EXPECT_EQ(options.at("port").value, Value());
  EXPECT_EQ(options.at("port").text, "70000");
}

TEST_F(LayersTest, ABadValueThatIsReplacedOnlyWarns) {
  layers_.manifest["port"] = {"", "smtp.stoq:9"};
  layers_.arguments["port"] = {"26", "plugin_opts"};
  EXPECT_EQ(resolve({spec("port", Type::integer)}).at("port").value, Value(int64_t{26}));
  EXPECT_EQ(errors_, Lines{});
  EXPECT_EQ(warnings_, Lines{"smtp.stoq:9: option 'port' of plugin 'smtp': '' is not an integer "
                             "(not used: it is set in "
                             "plugin_opts)"});
}

}  // namespace
}  // namespace stoq::config
