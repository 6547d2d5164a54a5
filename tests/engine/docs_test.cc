// SPDX-License-Identifier: Apache-2.0
//
// docs/configuration.md against the source: the table of [core], and the stoq.cfg that is shipped;
// docs/result.md against the schema; the lists of plugins against the folders.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/settings.h"

namespace stoq::test {
namespace {

using testing::HasSubstr;

std::string read(const std::string& path) {
  std::ifstream file(std::string(STOQ_SOURCE_DIR "/") + path);
  EXPECT_TRUE(file) << path << " is missing";
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// 1048576 as a size is 1MiB, 86400 as a duration 86400s.
std::string human(config::Type type, double value) {
  static constexpr std::pair<double, const char*> kUnits[] = {
      {1ull << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}};
  const auto whole = [](double v) {
    std::string text = std::to_string(v);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text;
  };
  if (type == config::Type::duration) return whole(value) + "s";
  if (type == config::Type::size)
    for (const auto& [factor, unit] : kUnits)
      if (value >= factor && std::fmod(value, factor) == 0) return whole(value / factor) + unit;
  return whole(value);
}

std::string range_of(const config::OptionSpec& spec) {
  std::string text(config::type_name(spec.type));
  if (spec.min && spec.max)
    text += ", " + human(spec.type, *spec.min) + " to " + human(spec.type, *spec.max);
  return text;
}

std::string row_of(const config::OptionSpec& spec) {
  const std::string by_default = !spec.has_default           ? "see right"
                                 : spec.default_text.empty() ? "none"
                                                             : spec.default_text;
  return "| " + spec.name + " | " + by_default + " | " + range_of(spec) + " | " + spec.help + " |";
}

TEST(Documentation, NamesEveryCoreKeyWithDefaultRangeAndHelp) {
  std::string text = read("docs/configuration.md");
  std::erase(text, '`');
  for (const config::OptionSpec& spec : core_options()) EXPECT_THAT(text, HasSubstr(row_of(spec)));
}

TEST(Documentation, NamesNoCoreKeyThatIsNotThere) {
  std::istringstream text(read("docs/configuration.md"));
  bool table = false;
  size_t rows = 0;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("| key | default |")) table = true;
    if (table && line.empty()) break;
    if (table && line.starts_with("| `")) ++rows;
  }
  EXPECT_EQ(rows, core_options().size());
}

TEST(Documentation, QuotesTheShippedConfiguration) {
  const std::string text = read("docs/configuration.md");
  std::istringstream shipped(read("packaging/stoq.cfg"));
  for (std::string line; std::getline(shipped, line);)
    if (!line.empty() && line[0] != '#') {
      EXPECT_THAT(text, HasSubstr("\n" + line + "\n"));
    }
}

TEST(Documentation, ExplainsEveryLimitOfTheSchema) {
  const std::string text = read("docs/result.md");
  const auto schema = nlohmann::json::parse(read("docs/schema/response.schema.json"));
  const auto& limits = schema["$defs"]["limit_record"]["properties"]["limit"]["enum"];
  ASSERT_FALSE(limits.empty());
  for (const std::string limit : limits) EXPECT_THAT(text, HasSubstr("| `" + limit + "` |"));
  EXPECT_EQ(schema["properties"]["schema"]["const"], kSchemaVersion);
}

TEST(Documentation, ListsEveryPlugin) {
  const std::string readme = read("README.md"), plugins = read("plugins/README.md"),
                    changes = read("CHANGELOG.md");
  size_t listed = 0;
  for (const auto& entry : std::filesystem::directory_iterator(STOQ_SOURCE_DIR "/plugins")) {
    const std::string name = entry.path().filename().string();
    if (!std::filesystem::exists(entry.path() / (name + ".stoq"))) continue;
    ++listed;
    EXPECT_THAT(plugins, HasSubstr("| [" + name + "](" + name + "/README.md) | "));
    const std::string word = "(^|[^a-z0-9_-])" + name + "($|[^a-z0-9_-])";
    EXPECT_THAT(readme, testing::ContainsRegex(word)) << "README.md does not list " << name;
    EXPECT_THAT(changes, testing::ContainsRegex(word)) << "CHANGELOG.md does not name " << name;
  }
  EXPECT_GT(listed, 30u);
}

}  // namespace
}  // namespace stoq::test
