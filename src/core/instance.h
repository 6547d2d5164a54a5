// SPDX-License-Identifier: Apache-2.0
//
// The one interface between the engine and its plugins. Three adapters stand behind it: native
// modules in process (src/loader/native), host processes (src/host/remote), objects of the
// embedding program (src/loader/object). The engine knows none of them.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/extraction.h"
#include "stoq/plugin.h"

namespace stoq {

enum class Role : uint8_t {
  worker,
  dispatcher,
  deep_dispatcher,
  archiver,
  connector,
  decorator,
  provider
};
inline constexpr std::string_view kRoleNames[] = {
    "Worker", "Dispatcher", "DeepDispatcher", "Archiver", "Connector", "Decorator", "Provider"};

class Roles {
 public:
  constexpr Roles() = default;
  constexpr explicit Roles(uint32_t bits) : bits_(bits) {}
  constexpr bool has(Role role) const { return bits_ & (1u << static_cast<unsigned>(role)); }
  constexpr void add(Role role) { bits_ |= 1u << static_cast<unsigned>(role); }
  constexpr uint32_t bits() const { return bits_; }
  // None but those that look at payloads: what has only these may live in many hosts.
  constexpr bool only_look() const { return bits_ < 1u << static_cast<unsigned>(Role::archiver); }
  std::vector<std::string> names() const;

 private:
  uint32_t bits_ = 0;
};

enum class Op : uint8_t {
  scan,
  get_dispatches,
  get_deep_dispatches,
  archive,
  get,
  save,
  decorate,
  ingest
};
Role role_of(Op op);

// How a call came to nothing. What it had given before stands.
enum class Failure : uint8_t {
  raised,    // the plugin said so: an exception, a refusal
  crashed,   // its host ended in the middle
  deadline,  // killed, or refused because the time was over
  memory,    // killed or failed at its memory limit
  lied,      // its answers broke the protocol
  refused,   // the engine could not make the call (host does not start, plugin lost the role)
};

// Where a plugin's answer goes, piece by piece, in the order in which it gives it. One call, one
// thread at a time (put and log: any). Everything that arrives is untrusted: bounded, checked,
// copied.
class Reply {
 public:
  virtual ~Reply() = default;
  virtual bool result(
      std::string_view json) = 0;  // false: not JSON, too large or too deep; an error is recorded
  virtual void error(std::string_view text) = 0;
  virtual void failed(Failure failure, std::string_view type, std::string_view text) = 0;

  // Called by the three steps below, which ask the meter first. False: not an object.
  virtual bool extract_begin(std::string_view payload_meta) = 0;
  virtual void extract_write(Bytes chunk) = 0;
  virtual bool extract_meta(std::string_view payload_meta) = 0;  // false: not an object
  virtual void extract_end(bool keep) = 0;
  virtual ExtractionMeter& meter() = 0;
  virtual void extract_stopped() {}  // the meter has just said so

  virtual bool dispatch(std::string_view plugin, std::string_view meta) = 0;
  virtual bool set_payload_meta(std::string_view json) = 0;
  virtual bool set_request_meta(std::string_view json) = 0;
  // {dispatcher: meta}, each taking the place of what stands there.
  virtual bool set_dispatch_meta(bool /*deep*/, std::string_view /*json*/) { return false; }
  virtual bool cancelled() = 0;
  virtual int64_t time_left() { return INT64_MAX; }  // milliseconds
  // Why a call that has not begun is not wanted any more; "" while it is.
  virtual std::string_view over() {
    return time_left() > 0 ? "" : "the time of the request was over";
  }

  // Providers. False: intake has ended.
  virtual bool put_payload(Bytes, std::string_view /*meta*/, std::string_view /*request*/,
                           uint64_t /*token*/) {
    return false;
  }
  virtual bool put_file(int fd, std::string_view /*meta*/, std::string_view /*request*/,
                        uint64_t /*token*/);
  virtual bool put_task(std::string_view /*task*/, std::string_view /*request*/,
                        uint64_t /*token*/) {
    return false;
  }
  virtual void expect(uint64_t /*items*/) {}  // in all

  // Of a call of a batch.
  virtual void answered() {}             // nothing more comes; said once or twice
  virtual bool kept() { return false; }  // in quarantine since the batch began, which is told
};

// What is said of a meta of the wrong shape.
inline constexpr std::string_view kPayloadMetaShape =
    "it must be an object with should_archive, should_scan (booleans), extra_data (an object), "
    "dispatch_to (names)";
inline constexpr std::string_view kRequestMetaShape =
    "it must be an object with archive_payloads (a boolean), source (a text or null), extra_data "
    "(an object)";

// What is said of an answer to which a plugin's own manifest gives it no right.
inline constexpr std::string_view kExtractsNothing =
    "it gave a payload, which its manifest rules out (extracts = no)";
inline constexpr std::string_view kLeavesPayload =
    "it changes payload_meta, which its manifest rules out (changes_payload = no)";
inline constexpr std::string_view kLeavesRequest =
    "it changes request_meta, which its manifest rules out (changes_request = no)";

// The steps of an extraction, the same for all adapters that run a plugin's code.
enum class Step : uint8_t { go, stop, invalid };
Step begin_payload(Reply& reply, std::string_view payload_meta);
Step write_payload(Reply& reply, Bytes chunk);
Step end_payload(Reply& reply, bool keep);

// What goes into a call. Which members are set depends on the operation.
struct Input {
  Payload* payload = nullptr;              // scan, dispatches, archive
  Request* request = nullptr;              // likewise
  const StoqResponse* response = nullptr;  // save, decorate: the object …
  std::string_view response_text;          // … and its one-line text
  std::string_view scan_id;
  std::string_view task;  // get: JSON
};

struct PluginInfo {
  std::string name;
  std::string version;
  std::string description;
  Roles roles;
  bool extracts = true;  // a worker that may extract
  bool serial =
      false;  // a live object: calls never overlap, requests with it run in canonical order
  bool changes_request =
      true;  // may change request_meta: what it extracts waits until its round is over
  bool changes_payload = true;  // may change payload_meta, or a dispatcher's meta
  bool wants_ancestors = false;
  std::vector<std::string> required;  // workers that come before it
  std::vector<std::string> results;   // earlier results that it wants to see; "*": all
  std::vector<std::string>
      problems;  // warnings of loading that belong into every response (a rule file that does not compile …)
  bool wants_result_of(std::string_view plugin) const;
};

class HostGroup;

// A loaded plugin. [thread-safe]
class Instance {
 public:
  virtual ~Instance() = default;
  const PluginInfo& info() const { return info_; }
  // Runs the operation to its end. Throws nothing; what goes wrong is told to the reply.
  virtual void call(Op op, Input& input, Reply& reply) noexcept = 0;
  virtual void outcome(uint64_t /*token*/, Outcome, std::string_view /*reason*/) noexcept {}
  // The host processes in which it lives, together with others; nullptr in process.
  virtual HostGroup* group() const { return nullptr; }

 protected:
  PluginInfo info_;
};

struct BatchItem {
  Op op;
  Instance* instance;
  Reply* reply;
  Input* input;
};
// Several calls, in order: those of one payload share its input and follow each other, dispatchers
// first. All in the same host group: one trip, as far as that lets payloads share one.
void call_batch(std::span<BatchItem> items) noexcept;

}  // namespace stoq
