// SPDX-License-Identifier: Apache-2.0
#pragma once
// libyara's compiler behind a small C++ face. Not thread-safe: one object, one thread.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

struct YR_RULES;

namespace stoq::plugins::yara {

// A variable that rules may use without defining it. It must be known when they are compiled.
using External = std::variant<bool, std::int64_t, double, std::string>;
using Externals = std::vector<std::pair<std::string, External>>;

// libyara's global state, held while one of these lives. Any thread may make and drop them.
struct Library {
  Library();
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
};

struct RulesDeleter {
  void operator()(YR_RULES* rules) const noexcept;
};
using RulesPtr = std::unique_ptr<YR_RULES, RulesDeleter>;

// `line` is 0 where none is known.
struct Diagnostic {
  int line = 0;
  std::string message;
};

// Compiles texts into one namespace, "default". Includes are noted, not followed. libyara aborts
// the process when a compiler is used after an error, so after a false `add` only the getters work.
class Compiler {
 public:
  // Throws std::invalid_argument for an external that libyara refuses.
  explicit Compiler(const Externals& externals);
  ~Compiler();
  Compiler(const Compiler&) = delete;
  Compiler& operator=(const Compiler&) = delete;

  bool add(const std::string& text);
  // Only after nothing but successful adds, and once.
  RulesPtr finish();

  const std::vector<Diagnostic>& errors() const { return state_->errors; }
  const std::vector<std::string>& includes() const { return state_->includes; }

  struct State {
    std::vector<Diagnostic> errors;
    std::vector<std::string> includes;
  };

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
  std::unique_ptr<State> state_;
};

// What one text says when it is compiled alone.
struct Examined {
  std::vector<Diagnostic> errors;
  std::vector<std::string> includes;
  std::vector<std::string> rules;    // empty unless it compiles
  std::vector<std::string> modules;  // those that a scan loads
  bool has_global = false;
  bool matches_nothing = true;  // no rule matches an empty content, nor a line of plain text

  bool compiles() const { return errors.empty(); }
  // All that is wrong are names that another file may define.
  bool needs_others() const;
};

// The name that the error says is undefined, of a wildcard the part before the star; empty for
// other errors.
std::string undefined_name(const Diagnostic& error);

// `modules` and `matches_nothing` are looked for only with `probe`, which scans.
Examined examine(const std::string& text, const Externals& externals, bool probe);

}  // namespace stoq::plugins::yara
