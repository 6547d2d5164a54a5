// SPDX-License-Identifier: Apache-2.0
#include "http/client.h"

#include <algorithm>

#include "http/transfer.h"
#include "http/url.h"

namespace stoq::http {
namespace {

constexpr size_t kIdle = 8;              // connections kept
constexpr size_t kQuoted = 400;          // bytes of a server's words in a message
constexpr size_t kReasonable = 1 << 20;  // bytes of an answer that are searched for words
constexpr std::string_view kStruck = "***";

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}
bool inside_letter(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

std::string base64(std::string_view text) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < text.size(); i += 3) {
    const size_t here = std::min<size_t>(3, text.size() - i);
    uint32_t word = 0;
    for (size_t k = 0; k < 3; ++k)
      word = word << 8 | (k < here ? static_cast<uint8_t>(text[i + k]) : 0);
    for (size_t k = 0; k < 4; ++k) out += k <= here ? kDigits[word >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

// Where servers of many kinds say why they refuse.
std::string reason_in(std::string_view body) {
  if (body.size() > kReasonable) return "";
  const sdk::JsonView json(body);
  const sdk::JsonView error = json["error"];
  if (error.kind() == sdk::JsonKind::object) {
    const std::string type = error["type"].string_or(""), reason = error["reason"].string_or("");
    if (reason.empty()) return error["message"].string_or(type);
    return type.empty() ? reason : type + ": " + reason;
  }
  for (const char* key : {"text", "message", "error"})
    if (const std::string text = json[key].string_or(""); !text.empty()) return text;
  return "";
}

}  // namespace

std::string_view shown(std::string_view url) {
  return url.substr(0, url.find('?'));
}

void check_header_text(std::string_view what, std::string_view text) {
  if (std::any_of(text.begin(), text.end(), is_control))
    throw sdk::Error(std::string(what) +
                     " has a line break or another control character in it; write it on one line");
}

Client::Client(Settings settings) : settings_(std::move(settings)) {
  Transfer::start_library();
  check_header_text("the name of the user", settings_.user);
  check_header_text("the password", settings_.password);
  if (settings_.user.find(':') != std::string::npos)
    throw sdk::Error("the name of the user has a colon in it, which Basic authentication forbids");
  if (settings_.user.empty() && !settings_.password.empty())
    throw sdk::Error("a password is given and no user; set both or neither");
  keep_secret(settings_.user, settings_.password);
  if (!settings_.proxy.empty() && settings_.proxy != kEnvironmentProxy) {
    const Url proxy = parse_url("proxy", settings_.proxy);
    keep_secret(proxy.user, proxy.password);
  }
  // The longest first: one may begin with another.
  std::sort(settings_.secrets.begin(), settings_.secrets.end(),
            [](const auto& a, const auto& b) { return a.size() > b.size(); });
  std::erase(settings_.secrets, "");
}
Client::~Client() = default;

void Client::keep_secret(const std::string& user, const std::string& password) {
  if (user.empty()) return;
  settings_.secrets.push_back(base64(user + ":" + password));
  settings_.secrets.push_back(password);
}

std::unique_ptr<Transfer> Client::take() const {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::make_unique<Transfer>();
  auto transfer = std::move(idle_.back());
  idle_.pop_back();
  return transfer;
}

void Client::give_back(std::unique_ptr<Transfer> transfer) const {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kIdle) idle_.push_back(std::move(transfer));
}

Reply Client::send(const Request& request, const Cancelled& cancelled) const {
  for (const std::string& header : request.headers) check_header_text("a header", header);
  const Milliseconds time = std::min(settings_.timeout, request.most);
  if (time.count() <= 0)
    throw Failure("no time was left to ask " + std::string(shown(request.url)), false);
  std::unique_ptr<Transfer> transfer = take();
  Reply reply;
  const std::optional<Problem> problem =
      transfer->perform(settings_, request, time, cancelled, reply);
  if (!problem) {
    give_back(std::move(transfer));
    return reply;
  }
  if (reply.cut) return reply;
  throw Failure(problem->text + (problem->words.empty() ? "" : ": " + quote(problem->words)),
                problem->passing);
}

std::string Client::quote(std::string_view words) const {
  words = words.substr(0, kReasonable);
  const std::string text =
      sdk::text_from_bytes({reinterpret_cast<const uint8_t*>(words.data()), words.size()});
  const auto secret_at = [&](size_t at) -> size_t {
    for (const std::string& secret : settings_.secrets)
      if (text.compare(at, secret.size(), secret) == 0) return secret.size();
    return 0;
  };
  std::string out;
  for (size_t at = 0; at < text.size();) {
    if (const size_t length = secret_at(at)) {
      out += kStruck;
      at += length;
    } else if (out.size() >= kQuoted && !inside_letter(text[at])) {
      return out + "…";
    } else {
      out += is_control(text[at]) ? ' ' : text[at];
      ++at;
    }
  }
  return out;
}

std::string Client::describe(const Reply& reply) const {
  std::string text = "answered " + std::to_string(reply.status);
  if (!reply.location.empty())
    return text + " and redirects to " + quote(reply.location) +
           ", which is not followed; name the right address";
  const std::string reason = reason_in(reply.body);
  const std::string words = quote(reason.empty() ? std::string_view(reply.body) : reason);
  return words.empty() ? text : text + ": " + words;
}

}  // namespace stoq::http
