// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "office/bytes.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::office {

/// Takes what a parser finds. One thread.
class Sink {
 public:
  static constexpr unsigned kMostErrors = 100;

  virtual ~Sink() = default;
  /// One payload, and the JSON of its meta. False: no more is taken.
  virtual bool give(Bytes content, const std::string& meta) = 0;
  virtual bool cancelled() = 0;

  /// The first kMostErrors are passed on, the others counted.
  void error(const std::string& text) {
    if (errors_++ < kMostErrors) tell(text);
  }
  /// Once, at the end.
  void close() {
    if (errors_ > kMostErrors)
      tell("and " + std::to_string(errors_ - kMostErrors) + " further errors of this kind");
  }

 protected:
  virtual void tell(const std::string& text) = 0;

 private:
  unsigned errors_ = 0;
};

class CallSink final : public Sink {
 public:
  explicit CallSink(sdk::Call& call) : call_(call) {}
  bool give(Bytes content, const std::string& meta) override {
    return call_.extract(content, meta);
  }
  bool cancelled() override { return call_.cancelled(); }

 protected:
  void tell(const std::string& text) override { call_.error(text); }

 private:
  sdk::Call& call_;
};

/// What a worker's scan() does: `dig` gives the result, "" for what is not its format.
template <class Dig>
void scan_with(sdk::Call& call, Dig&& dig) {
  CallSink sink(call);
  const std::string result = dig(static_cast<Sink&>(sink));
  sink.close();
  if (!result.empty()) call.result(result);
}

}  // namespace stoq::plugins::office
