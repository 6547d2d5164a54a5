// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace stoq::cli {

enum class Status { ok, note, problem };

// One thing that was looked at.
struct Check {
  std::string section, name;
  Status status = Status::ok;
  std::string text;
  std::string advice;  // what to do about a problem
};

// Many of them, as text for eyes (a section a block, the number of problems last) or as JSON.
class Report {
 public:
  void section(std::string name) { section_ = std::move(name); }
  void ok(std::string name, std::string text = "") { add(std::move(name), Status::ok, text, ""); }
  void note(std::string name, std::string text) { add(std::move(name), Status::note, text, ""); }
  void problem(std::string name, std::string text, std::string advice) {
    add(std::move(name), Status::problem, text, advice);
  }

  size_t problems() const;
  std::string text() const;
  std::string json() const;

 private:
  void add(std::string name, Status status, std::string text, std::string advice);

  std::string section_;
  std::vector<Check> checks_;
};

}  // namespace stoq::cli
