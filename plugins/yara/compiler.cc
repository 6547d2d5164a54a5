// SPDX-License-Identifier: Apache-2.0
#include "compiler.h"

#include <yara.h>

#include <algorithm>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string_view>

namespace stoq::plugins::yara {
namespace {

std::mutex& library_mutex() {
  static auto* mutex = new std::mutex;  // outlives every static RuleSet
  return *mutex;
}

void check(int code) {
  if (code == ERROR_INSUFFICIENT_MEMORY) throw std::bad_alloc();
  if (code != ERROR_SUCCESS)
    throw std::runtime_error("libyara failed with code " + std::to_string(code));
}

void on_message(int level, const char*, int line, const YR_RULE*, const char* message, void* user) {
  if (level != YARA_ERROR_LEVEL_ERROR) return;
  try {
    static_cast<Compiler::State*>(user)->errors.push_back({line, message});
  } catch (...) {  // the add fails anyway, only its reason is lost
  }
}

const char* on_include(const char* name, const char*, const char*, void* user) {
  try {
    static_cast<Compiler::State*>(user)->includes.emplace_back(name);
    return "";
  } catch (...) {
    return nullptr;
  }
}

int define(YR_COMPILER* compiler, const std::string& name, const External& external) {
  struct Visitor {
    YR_COMPILER* compiler;
    const char* name;
    int operator()(bool value) {
      return yr_compiler_define_boolean_variable(compiler, name, value);
    }
    int operator()(std::int64_t value) {
      return yr_compiler_define_integer_variable(compiler, name, value);
    }
    int operator()(double value) {
      return yr_compiler_define_float_variable(compiler, name, value);
    }
    int operator()(const std::string& value) {
      return yr_compiler_define_string_variable(compiler, name, value.c_str());
    }
  };
  return std::visit(Visitor{compiler, name.c_str()}, external);
}

int on_probe(YR_SCAN_CONTEXT*, int message, void* data, void* user) {
  auto& result = *static_cast<Examined*>(user);
  try {
    if (message == CALLBACK_MSG_RULE_MATCHING) result.matches_nothing = false;
    if (message == CALLBACK_MSG_IMPORT_MODULE) {
      std::string name = static_cast<YR_MODULE_IMPORT*>(data)->module_name;
      if (std::ranges::find(result.modules, name) == result.modules.end())
        result.modules.push_back(std::move(name));
    }
    return CALLBACK_CONTINUE;
  } catch (...) {
    return CALLBACK_ERROR;
  }
}

void probe_rules(YR_RULES* rules, Examined& result) {
  for (std::string_view content :
       {std::string_view(), std::string_view("a line of plain text\n")}) {
    static constexpr int kFlags = SCAN_FLAGS_NO_TRYCATCH | SCAN_FLAGS_REPORT_RULES_MATCHING;
    const auto* bytes =
        reinterpret_cast<const std::uint8_t*>(content.empty() ? "" : content.data());
    check(yr_rules_scan_mem(rules, bytes, content.size(), kFlags, on_probe, &result, 10));
  }
}

}  // namespace

Library::Library() {
  std::lock_guard lock(library_mutex());
  check(yr_initialize());
}

Library::~Library() {
  std::lock_guard lock(library_mutex());
  yr_finalize();
}

void RulesDeleter::operator()(YR_RULES* rules) const noexcept {
  yr_rules_destroy(rules);
}

struct Compiler::Handle {
  YR_COMPILER* compiler = nullptr;
  Handle() { check(yr_compiler_create(&compiler)); }
  ~Handle() { yr_compiler_destroy(compiler); }
};

Compiler::Compiler(const Externals& externals)
    : handle_(std::make_unique<Handle>()), state_(std::make_unique<State>()) {
  auto* compiler = handle_->compiler;
  yr_compiler_set_callback(compiler, on_message, state_.get());
  yr_compiler_set_include_callback(compiler, on_include, nullptr, state_.get());
  for (const auto& [name, value] : externals) {
    int code = define(compiler, name, value);
    if (code == ERROR_DUPLICATED_EXTERNAL_VARIABLE)
      throw std::invalid_argument("external variable " + name + " is defined twice");
    check(code);
  }
}

Compiler::~Compiler() = default;

bool Compiler::add(const std::string& text) {
  if (yr_compiler_add_string(handle_->compiler, text.c_str(), "default") == 0) return true;
  if (state_->errors.empty()) state_->errors.push_back({0, "cannot be compiled"});
  return false;
}

RulesPtr Compiler::finish() {
  YR_RULES* rules = nullptr;
  check(yr_compiler_get_rules(handle_->compiler, &rules));
  return RulesPtr(rules);
}

std::string undefined_name(const Diagnostic& error) {
  static constexpr std::string_view kStart = "undefined identifier \"";
  if (!error.message.starts_with(kStart)) return {};
  auto name = error.message.substr(kStart.size());
  return name.substr(0, name.find('"'));
}

bool Examined::needs_others() const {
  return !errors.empty() && std::ranges::all_of(errors, [](const Diagnostic& e) {
    return !undefined_name(e).empty();
  });
}

Examined examine(const std::string& text, const Externals& externals, bool probe) {
  Examined result;
  Compiler compiler(externals);
  bool compiles = compiler.add(text);
  result.errors = compiler.errors();
  result.includes = compiler.includes();
  if (!compiles) return result;
  auto rules = compiler.finish();
  const YR_RULE* rule = nullptr;
  yr_rules_foreach(rules.get(), rule) {
    result.rules.emplace_back(rule->identifier);
    if (RULE_IS_GLOBAL(rule)) result.has_global = true;
  }
  if (probe) probe_rules(rules.get(), result);
  return result;
}

}  // namespace stoq::plugins::yara
