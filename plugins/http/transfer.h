// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include <memory>
#include <optional>
#include <string>

#include "http/client.h"

namespace stoq::http {

inline constexpr std::string_view kEnvironmentProxy = "environment";

// Why no whole answer came: our words, then those of the library or the server.
struct Problem {
  std::string text, words;
  bool passing;
};

// One request at a time through libcurl; connections stay for the next. One thread at a time.
class Transfer {
 public:
  static void start_library();
  Transfer();

  std::optional<Problem> perform(const Settings& settings, const Request& request,
                                 Milliseconds time, const Client::Cancelled& cancelled,
                                 Reply& reply);

 private:
  struct Incoming;

  template <class Value>
  void set(CURLoption option, Value value);
  template <class Value>
  Value get(CURLINFO what) const;
  void set_connection(const Settings& settings, Milliseconds time);
  void set_request(const Request& request);
  void set_incoming(Incoming& incoming);
  Problem problem(CURLcode code, const std::string& url, Milliseconds time,
                  const Settings& settings) const;

  std::unique_ptr<CURL, void (*)(CURL*)> curl_;
  std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers_{nullptr, &curl_slist_free_all};
  char words_[CURL_ERROR_SIZE];
};

}  // namespace stoq::http
