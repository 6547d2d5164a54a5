// SPDX-License-Identifier: Apache-2.0
#include "config/values.h"

#include <gtest/gtest.h>

#include <cmath>

namespace stoq::config {
namespace {

using Strings = std::vector<std::string>;

OptionSpec spec(Type type, std::optional<double> min = {}, std::optional<double> max = {},
                Strings choices = {}) {
  OptionSpec made;
  made.type = type;
  made.min = min;
  made.max = max;
  made.choices = std::move(choices);
  return made;
}

template <typename T>
T value(std::string_view text, const OptionSpec& of) {
  const Parsed parsed = parse_value(text, of);
  EXPECT_EQ(parsed.error, "") << text;
  const T* held = std::get_if<T>(&parsed.value);
  EXPECT_NE(held, nullptr) << text;
  return held ? *held : T();
}

std::string error(std::string_view text, const OptionSpec& of) {
  const Parsed parsed = parse_value(text, of);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(parsed.value)) << text;
  return parsed.error;
}

TEST(Values, Boolean) {
  const OptionSpec of = spec(Type::boolean);
  for (const char* yes : {"yes", "TRUE", "On", "1", " true "}) EXPECT_TRUE(value<bool>(yes, of));
  for (const char* no : {"no", "False", "OFF", "0"}) EXPECT_FALSE(value<bool>(no, of));
  EXPECT_EQ(error("maybe", of), "'maybe' is not a boolean; write yes or no");
  EXPECT_EQ(error("", of), "'' is not a boolean; write yes or no");
  EXPECT_EQ(error("2", of), "'2' is not a boolean; write yes or no");
}

TEST(Values, Integer) {
  const OptionSpec of = spec(Type::integer), port = spec(Type::integer, 1, 65535);
  EXPECT_EQ(value<int64_t>("-9223372036854775808", of), INT64_MIN);
  EXPECT_EQ(value<int64_t>("9223372036854775807", of), INT64_MAX);
  EXPECT_EQ(value<int64_t>("+7", of), 7);
  EXPECT_EQ(value<int64_t>("65535", port), 65535);
  EXPECT_EQ(error("9223372036854775808", of), "'9223372036854775808' does not fit in 64 bits");
  EXPECT_EQ(error("70000", port), "70000 is out of range 1 to 65535");
  EXPECT_EQ(error("0", spec(Type::integer, 1)), "0 is below the minimum 1");
  EXPECT_EQ(error("9", spec(Type::integer, {}, 5)), "9 is above the maximum 5");
  for (const char* bad : {"abc", "", "1.0", "0x10", "1e3", "+-1", "+", "1_000", "1 2", "\u0661"}) {
    EXPECT_EQ(error(bad, of), "'" + std::string(bad) + "' is not an integer");
  }
}

TEST(Values, Number) {
  const OptionSpec of = spec(Type::number);
  EXPECT_EQ(value<double>("1.5", of), 1.5);
  EXPECT_EQ(value<double>("-2e3", of), -2000.0);
  EXPECT_EQ(value<double>(" 3 ", of), 3.0);
  EXPECT_EQ(error("0.75", spec(Type::number, 0, 0.5)), "0.75 is out of range 0 to 0.5");
  for (const char* bad : {"nan", "inf", "-inf", "1,5", "1e999", "", "0x1p3"}) {
    EXPECT_EQ(error(bad, of), "'" + std::string(bad) + "' is not a number");
  }
}

TEST(Values, Text) {
  EXPECT_EQ(value<std::string>(" as it is ", spec(Type::text)), " as it is ");
  EXPECT_EQ(value<std::string>("", spec(Type::text)), "");
  const OptionSpec syntax = spec(Type::text, {}, {}, {"text", "json"});
  EXPECT_EQ(value<std::string>("json", syntax), "json");
  EXPECT_EQ(error("xml", syntax), "'xml' is not one of: text, json");
  EXPECT_EQ(error("\xff", spec(Type::text)), "'\\xff' is not UTF-8");
}

TEST(Values, List) {
  const OptionSpec of = spec(Type::list);
  EXPECT_EQ(value<Strings>("a, b c ,,\n d,", of), (Strings{"a", "b c", "d"}));
  EXPECT_EQ(value<Strings>("", of), Strings{});
  EXPECT_EQ(value<Strings>(" [\"a,b\", \"\\u00e4\", \"\"] ", of), (Strings{"a,b", "\u00E4", ""}));
  EXPECT_EQ(value<Strings>("[]", of), Strings{});
  for (const char* bad : {"[a]", "[1]", "[\"a\"", "[[\"a\"]]", "[\"a\"], b", "[null]"}) {
    EXPECT_EQ(error(bad, of), "'" + std::string(bad) + "' is not a JSON array of strings");
  }
  EXPECT_EQ(error("a, c", spec(Type::list, {}, {}, {"a", "b"})), "'c' is not one of: a, b");
}

TEST(Values, Size) {
  const OptionSpec of = spec(Type::size);
  EXPECT_EQ(value<int64_t>("123", of), 123);
  EXPECT_EQ(value<int64_t>("10 KiB", of), 10240);
  EXPECT_EQ(value<int64_t>("2mib", of), 2 << 20);
  EXPECT_EQ(value<int64_t>("3GiB", of), int64_t{3} << 30);
  EXPECT_EQ(value<int64_t>("5B", of), 5);
  EXPECT_EQ(value<int64_t>("1kb", of), 1000);
  EXPECT_EQ(value<int64_t>("1 MB", of), 1'000'000);
  EXPECT_EQ(value<int64_t>("2GB", of), 2'000'000'000);
  EXPECT_EQ(error("9999999999 GiB", of), "'9999999999 GiB' does not fit in 64 bits");
  EXPECT_EQ(error("99999999999999999999", of), "'99999999999999999999' does not fit in 64 bits");
  EXPECT_EQ(error("2 KiB", spec(Type::size, 1, 1024)), "2 KiB is out of range 1 to 1024 bytes");
  for (const char* bad : {"", "KiB", "1.5 MiB", "-1", "1 parsec", "10K", "1 2"}) {
    EXPECT_EQ(
        error(bad, of),
        "'" + std::string(bad) +
            "' is not a size; write bytes, or a whole number with KB, MB, GB, KiB, MiB or GiB");
  }
}

TEST(Values, Duration) {
  const OptionSpec of = spec(Type::duration);
  EXPECT_EQ(value<double>("60", of), 60.0);
  EXPECT_EQ(value<double>("0.5", of), 0.5);
  EXPECT_EQ(value<double>("250ms", of), 0.25);
  EXPECT_EQ(value<double>("7 ms", of), 0.007);
  EXPECT_EQ(value<double>("2 S", of), 2.0);
  EXPECT_EQ(value<double>("1.5m", of), 90.0);
  EXPECT_EQ(value<double>("2h", of), 7200.0);
  EXPECT_EQ(error("2h", spec(Type::duration, 1, 600)), "2h is out of range 1 to 600 seconds");
  EXPECT_EQ(error("1ms", spec(Type::duration, 1)), "1ms is below the minimum 1 seconds");
  for (const char* bad : {"", "s", "-1", "1d", "inf", "1e3", "1 m 2"}) {
    EXPECT_EQ(error(bad, of),
              "'" + std::string(bad) +
                  "' is not a duration; write seconds, or a number with ms, s, m or h");
  }
}

TEST(Values, Json) {
  const OptionSpec of = spec(Type::json);
  EXPECT_EQ(value<std::string>(" {\"a\":[1,\n2.50]}", of), "{\"a\": [1, 2.5]}");
  EXPECT_EQ(value<std::string>("true", of), "true");
  EXPECT_EQ(error("{port: 1}", of),
            "it is not JSON: unexpected 'p' at byte 1, expected a key in double quotes");
  EXPECT_EQ(error("", of), "it is not JSON: unexpected end at byte 0, expected a value");
}

TEST(Values, ErrorsAreOneShortLine) {
  EXPECT_EQ(error("a\nb\x1b", spec(Type::integer)), "'a\\nb\\x1b' is not an integer");
  EXPECT_EQ(error(std::string(1000, 'a'), spec(Type::integer)),
            "'" + std::string(80, 'a') + "...' is not an integer");
}

TEST(Values, NamesTypes) {
  EXPECT_EQ(type_name(Type::boolean), "boolean");
  EXPECT_EQ(type_name(Type::json), "json");
}

}  // namespace
}  // namespace stoq::config
