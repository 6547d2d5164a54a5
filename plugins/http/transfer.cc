// SPDX-License-Identifier: Apache-2.0
#include "http/transfer.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace stoq::http {
namespace {

constexpr size_t kHeaders = 256 << 10;  // bytes of an answer's headers

std::string seconds(Milliseconds time) {
  sdk::JsonWriter text;
  if (time.count() % 1000 == 0)
    text.value(time.count() / 1000);
  else
    text.value(static_cast<double>(time.count()) / 1000);
  return text.take() + " s";
}

// By libcurl's words on a handshake: the connection broke, and neither side refused the other.
bool broke_off(std::string_view words) {
  static constexpr std::string_view kWords[] = {
      "OpenSSL SSL_connect: ", "Recv failure: ", "Send failure: ", "unexpected eof"};
  return std::any_of(std::begin(kWords), std::end(kWords),
                     [&](std::string_view part) { return words.find(part) != words.npos; });
}

}  // namespace

struct Transfer::Incoming {
  const Client::Cancelled& cancelled;
  Reply& reply;
  const size_t most;
  size_t headers = 0;

  static size_t take_body(char* data, size_t, size_t size, void* to) {
    auto& in = *static_cast<Incoming*>(to);
    const size_t room = std::min(size, in.most - in.reply.body.size());
    in.reply.body.append(data, room);
    in.reply.cut = room < size;
    return room;
  }
  static size_t take_header(char*, size_t, size_t size, void* to) {
    auto& in = *static_cast<Incoming*>(to);
    in.headers += size;
    return in.headers <= kHeaders ? size : 0;
  }
  static int look_around(void* to, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Incoming*>(to)->cancelled() ? 1 : 0;
  }
};

void Transfer::start_library() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) throw sdk::Error("libcurl does not start");
}

Transfer::Transfer() : curl_(curl_easy_init(), &curl_easy_cleanup) {
  if (!curl_) throw std::bad_alloc();
}

template <class Value>
void Transfer::set(CURLoption option, Value value) {
  if (curl_easy_setopt(curl_.get(), option, value) != CURLE_OK)
    throw sdk::Error("this libcurl (" + std::string(curl_version()) +
                     ") lacks a setting that is needed; version 7.88 or later has it");
}

template <class Value>
Value Transfer::get(CURLINFO what) const {
  Value value{};
  curl_easy_getinfo(curl_.get(), what, &value);
  return value;
}

void Transfer::set_connection(const Settings& settings, Milliseconds time) {
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  set(CURLOPT_USERAGENT, "stoQ/4");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // a name server that hangs must not outlast the timeout
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings.connect_timeout.count()));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(time.count()));
  set(CURLOPT_SSL_VERIFYPEER, settings.verify_tls ? 1L : 0L);
  set(CURLOPT_SSL_VERIFYHOST, settings.verify_tls ? 2L : 0L);
  set(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  if (!settings.ca_file.empty()) {
    set(CURLOPT_CAINFO, settings.ca_file.c_str());
    set(CURLOPT_PROXY_CAINFO, settings.ca_file.c_str());
  }
  if (settings.proxy != kEnvironmentProxy) {
    set(CURLOPT_PROXY, settings.proxy.c_str());
    set(CURLOPT_NOPROXY, "");  // else no_proxy of the environment would go round it
  }
  if (!settings.user.empty()) {
    set(CURLOPT_USERNAME, settings.user.c_str());
    set(CURLOPT_PASSWORD, settings.password.c_str());
  }
}

void Transfer::set_request(const Request& request) {
  set(CURLOPT_URL, request.url.c_str());
  if (request.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (request.method != "GET") {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.empty() ? "" : request.body.data());
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  headers_.reset();
  for (const std::string& header : request.headers) {
    curl_slist* longer = curl_slist_append(headers_.get(), header.c_str());
    if (!longer) throw std::bad_alloc();
    static_cast<void>(headers_.release());
    headers_.reset(longer);
  }
  set(CURLOPT_HTTPHEADER, headers_.get());
}

void Transfer::set_incoming(Incoming& incoming) {
  set(CURLOPT_WRITEFUNCTION, &Incoming::take_body);
  set(CURLOPT_WRITEDATA, &incoming);
  set(CURLOPT_HEADERFUNCTION, &Incoming::take_header);
  set(CURLOPT_HEADERDATA, &incoming);
  set(CURLOPT_XFERINFOFUNCTION, &Incoming::look_around);
  set(CURLOPT_XFERINFODATA, &incoming);
  set(CURLOPT_NOPROGRESS, 0L);
  words_[0] = '\0';
  set(CURLOPT_ERRORBUFFER, words_);
}

std::optional<Problem> Transfer::perform(const Settings& settings, const Request& request,
                                         Milliseconds time, const Client::Cancelled& cancelled,
                                         Reply& reply) {
  curl_easy_reset(curl_.get());
  Incoming incoming{cancelled, reply, settings.max_reply};
  set_connection(settings, time);
  set_request(request);
  set_incoming(incoming);
  const CURLcode code = curl_easy_perform(curl_.get());
  reply.status = get<long>(CURLINFO_RESPONSE_CODE);
  if (const auto after = get<curl_off_t>(CURLINFO_RETRY_AFTER); after > 0)
    reply.retry_after = std::chrono::seconds(after);
  if (const char* location = get<const char*>(CURLINFO_REDIRECT_URL)) reply.location = location;
  if (code == CURLE_OK) return std::nullopt;
  return problem(code, std::string(shown(request.url)), time, settings);
}

Problem Transfer::problem(CURLcode code, const std::string& url, Milliseconds time,
                          const Settings& settings) const {
  const std::string words = *words_ ? words_ : curl_easy_strerror(code);
  switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
      return {"the request to " + url + " was cancelled", "", false};
    case CURLE_COULDNT_CONNECT: {
      const long error = get<long>(CURLINFO_OS_ERRNO);
      const bool direct = settings.proxy.empty();
      return {"cannot connect to " + url + (direct ? "" : " through the proxy"),
              direct && error ? std::strerror(static_cast<int>(error)) : words, true};
    }
    case CURLE_OPERATION_TIMEDOUT:
      if (get<curl_off_t>(CURLINFO_PRETRANSFER_TIME_T) > 0)
        return {"no whole answer from " + url + " within " + seconds(time), "", true};
      return {"no connection to " + url + " within " +
                  seconds(std::min(time, settings.connect_timeout)),
              "", true};
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {"cannot reach " + url, words, true};
    case CURLE_GOT_NOTHING:
      return {url + " closed the connection without an answer", "", true};
    case CURLE_PARTIAL_FILE:
      return {url + " ended its answer in the middle", words, true};
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return {"the connection to " + url + " broke", words, true};
    case CURLE_WRITE_ERROR:
      return {url + " sent more than " + std::to_string(kHeaders >> 10) + " KiB of headers", "",
              false};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return {url + " does not speak HTTP", words, false};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return {"no trusted TLS connection to " + url, words, false};
    case CURLE_SSL_CONNECT_ERROR:
      return {"no trusted TLS connection to " + url, words, broke_off(words)};
    default:
      return {"the request to " + url + " failed", words, false};
  }
}

}  // namespace stoq::http
