// SPDX-License-Identifier: Apache-2.0
//
// Stands in for GoogleTest where it is not installed, so that a plugin's test needs nothing but a
// compiler: TEST, EXPECT_* and ASSERT_* for the usual comparisons, and main.
#pragma once

#include <cstdio>
#include <exception>
#include <sstream>
#include <string>
#include <vector>

namespace testing {

struct Case {
  const char* name;
  void (*body)();
};
inline std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}
inline bool& failed() {
  static bool flag = false;
  return flag;
}
struct Registered {
  Registered(const char* name, void (*body)()) { cases().push_back({name, body}); }
};

// What is written to it explains the failure and is printed at its end.
class Failure {
 public:
  Failure(const char* file, int line, const std::string& what) {
    failed() = true;
    text_ << file << ':' << line << ": " << what << ' ';
  }
  ~Failure() { std::fprintf(stderr, "%s\n", text_.str().c_str()); }
  template <class T>
  Failure& operator<<(const T& value) {
    text_ << value;
    return *this;
  }

 private:
  std::ostringstream text_;
};
struct Return {
  void operator=(const Failure&) const {}
};

template <class T>
std::string shown(const T& value) {
  if constexpr (requires(std::ostringstream & out) { out << value; }) {
    std::ostringstream out;
    out << std::boolalpha << value;
    return out.str();
  } else {
    return "(a value that cannot be printed)";
  }
}

// "" when it holds.
template <class A, class B, class Holds>
std::string compare(const char* text, const A& a, const B& b, Holds holds) {
  if (holds(a, b)) return {};
  return std::string(text) + " does not hold: " + shown(a) + " and " + shown(b);
}

}  // namespace testing

#define TEST(suite, name)                                                                \
  static void suite##_##name##_test();                                                   \
  static const ::testing::Registered suite##_##name##_registered(#suite "." #name,       \
                                                                 suite##_##name##_test); \
  static void suite##_##name##_test()

#define STOQ_TEST_COMPARE(a, op, b) \
  ::testing::compare(#a " " #op " " #b, a, b, [](const auto& x, const auto& y) { return x op y; })
#define STOQ_TEST_EXPECT(problem)                       \
  if (const std::string why_ = problem; why_.empty()) { \
  } else                                                \
    ::testing::Failure(__FILE__, __LINE__, why_)
#define STOQ_TEST_ASSERT(problem)                       \
  if (const std::string why_ = problem; why_.empty()) { \
  } else                                                \
    return ::testing::Return() = ::testing::Failure(__FILE__, __LINE__, why_)
#define STOQ_TEST_TRUE(condition) ((condition) ? std::string() : #condition " does not hold")

#define EXPECT_TRUE(condition) STOQ_TEST_EXPECT(STOQ_TEST_TRUE(condition))
#define EXPECT_FALSE(condition) STOQ_TEST_EXPECT(STOQ_TEST_TRUE(!(condition)))
#define EXPECT_EQ(a, b) STOQ_TEST_EXPECT(STOQ_TEST_COMPARE(a, ==, b))
#define EXPECT_NE(a, b) STOQ_TEST_EXPECT(STOQ_TEST_COMPARE(a, !=, b))
#define EXPECT_LT(a, b) STOQ_TEST_EXPECT(STOQ_TEST_COMPARE(a, <, b))
#define EXPECT_LE(a, b) STOQ_TEST_EXPECT(STOQ_TEST_COMPARE(a, <=, b))
#define EXPECT_GT(a, b) STOQ_TEST_EXPECT(STOQ_TEST_COMPARE(a, >, b))
#define EXPECT_GE(a, b) STOQ_TEST_EXPECT(STOQ_TEST_COMPARE(a, >=, b))
#define ASSERT_TRUE(condition) STOQ_TEST_ASSERT(STOQ_TEST_TRUE(condition))
#define ASSERT_FALSE(condition) STOQ_TEST_ASSERT(STOQ_TEST_TRUE(!(condition)))
#define ASSERT_EQ(a, b) STOQ_TEST_ASSERT(STOQ_TEST_COMPARE(a, ==, b))
#define ASSERT_NE(a, b) STOQ_TEST_ASSERT(STOQ_TEST_COMPARE(a, !=, b))
#define ASSERT_GT(a, b) STOQ_TEST_ASSERT(STOQ_TEST_COMPARE(a, >, b))
#define ASSERT_GE(a, b) STOQ_TEST_ASSERT(STOQ_TEST_COMPARE(a, >=, b))

int main() {
  int failures = 0;
  for (const ::testing::Case& test : ::testing::cases()) {
    ::testing::failed() = false;
    try {
      test.body();
    } catch (const std::exception& e) {
      ::testing::Failure(__FILE__, __LINE__, "thrown: ") << e.what();
    }
    std::printf("%s %s\n", ::testing::failed() ? "FAILED" : "ok    ", test.name);
    failures += ::testing::failed();
  }
  if (::testing::cases().empty()) std::puts("FAILED there are no tests");
  return failures > 0 || ::testing::cases().empty();
}
