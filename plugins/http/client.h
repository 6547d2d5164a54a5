// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stoq/sdk/views.h"

namespace stoq::http {

using Milliseconds = std::chrono::milliseconds;

// How a plugin speaks with its server. What is not said here does not happen: no redirect, no
// cookie, no netrc, no proxy of the environment, no compressed answer, no scheme but http(s).
struct Settings {
  Milliseconds connect_timeout = std::chrono::seconds(10);
  Milliseconds timeout = std::chrono::seconds(60);  // of one request, everything included
  size_t max_reply = 16 << 20;                      // bytes of an answer's body
  bool verify_tls = true;
  std::string ca_file;               // PEM; "": those of the system
  std::string proxy;                 // a URL; "environment": as http_proxy and its kin say
  std::string user, password;        // Basic authentication, where there is a user
  std::vector<std::string> secrets;  // struck out of whatever a server says
};

struct Request {
  std::string method = "POST";
  std::string url;
  std::vector<std::string> headers = {};    // "Name: value"
  std::string_view body = {};               // lives until send() is over
  Milliseconds most = Milliseconds::max();  // time, where it is less than the client's
};

struct Reply {
  long status = 0;
  std::string body;
  bool cut = false;  // the body went on beyond max_reply
  std::optional<std::chrono::seconds> retry_after;
  std::string location;  // where a redirect would have led to

  bool good() const { return status >= 200 && status < 300; }
};

// No whole answer came. The message says what and where.
class Failure : public sdk::Error {
 public:
  Failure(const std::string& text, bool passing) : Error(text), passing_(passing) {}
  bool passing() const { return passing_; }  // another try may do better

 private:
  bool passing_;
};

class Transfer;

// Makes requests, and keeps the connections. [thread-safe], but made before any thread.
class Client {
 public:
  using Cancelled = std::function<bool()>;

  // sdk::Error for settings that make no sense.
  explicit Client(Settings settings);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Throws Failure. Asks `cancelled` at least once a second.
  Reply send(const Request& request, const Cancelled& cancelled) const;

  // Words of a server, fit for a message: short, on one line, without our secrets.
  std::string quote(std::string_view text) const;
  // Such as: answered 404: no such index
  std::string describe(const Reply& reply) const;

 private:
  void keep_secret(const std::string& user, const std::string& password);
  std::unique_ptr<Transfer> take() const;
  void give_back(std::unique_ptr<Transfer> transfer) const;

  Settings settings_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Transfer>> idle_;
};

// A URL as messages show it: without its query.
std::string_view shown(std::string_view url);

// Throws sdk::Error when `text`, which comes from the option `what`, cannot stand in a header.
void check_header_text(std::string_view what, std::string_view text);

}  // namespace stoq::http
