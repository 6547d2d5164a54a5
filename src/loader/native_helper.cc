// SPDX-License-Identifier: Apache-2.0
#include "loader/native_helper.h"

#include <algorithm>
#include <cstring>

#include "host/helper_session.h"
#include "loader/native_host.h"
#include "stoq/exceptions.h"
#include "stoq/sdk/views.h"

// What the ABI leaves opaque.
struct stoq_helper_session : stoq::HelperSession {
  using HelperSession::HelperSession;
};

namespace stoq {
namespace {

using sdk::str;
using sdk::view;

constexpr uint64_t kOutput = 16 << 20, kErrors = 16 << 10;

thread_local std::string last_problem;

template <class F>
stoq_status guarded(F&& body) noexcept {
  stoq_status status = STOQ_HELPER_FAILED;
  try {
    try {
      body();
      return STOQ_OK;
    } catch (const HelperProblem& e) {
      status = e.status;
      last_problem = e.what();
    } catch (const std::exception& e) {
      last_problem = e.what();
    }
  } catch (...) {  // no memory for the reason
    last_problem.clear();
  }
  return status;
}

HelperProcesses& helpers(const stoq_host* host) {
  return static_cast<const NativeHost*>(host->ctx)->helpers();
}

stoq_bytes bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::vector<std::string> strings(const stoq_str* items, size_t count, const char* what) {
  std::vector<std::string> all;
  for (size_t i = 0; i < count; ++i) {
    all.emplace_back(view(items[i]));
    if (all.back().find('\0') != std::string::npos)
      throw StoqException(std::string(what) + " of a helper program holds a NUL byte");
  }
  return all;
}

stoq_str why(const stoq_host*) noexcept {
  return str(last_problem);
}

stoq_status locate(const stoq_host* host, stoq_str name, stoq_str path, stoq_str* out) noexcept {
  return guarded([&] {
    const std::string& found = helpers(host).locate(view(name), view(path));
    if (out) *out = str(found);
  });
}

stoq_status start(const stoq_host* host, const stoq_helper_program* raw,
                  stoq_helper_session** out) noexcept {
  if (!raw || !out) return STOQ_INVALID;
  *out = nullptr;
  return guarded([&] {
    stoq_helper_program program{};
    std::memcpy(&program, raw, std::min<size_t>(raw->struct_size, sizeof program));
    if (program.fd_count > STOQ_HELPER_FDS)
      throw StoqException("more than " + std::to_string(STOQ_HELPER_FDS) +
                          " descriptors cannot be handed to a helper program");
    *out = new stoq_helper_session(
        helpers(host),
        {.name = std::string(view(program.name)),
         .arguments = strings(program.arguments, program.argument_count, "an argument"),
         .environment = strings(program.environment, program.environment_count, "the environment"),
         .fds = {program.fds, program.fds + program.fd_count},
         .directory = strings(&program.directory, 1, "the directory")[0]},
        program.max_output ? program.max_output : kOutput,
        program.max_errors ? program.max_errors : kErrors);
  });
}

stoq_status write(stoq_helper_session* session, stoq_bytes input, int64_t milliseconds) noexcept {
  return guarded([&] { session->write({input.data, input.size}, milliseconds); });
}

void close_input(stoq_helper_session* session) noexcept {
  session->close_input();
}

stoq_status read(stoq_helper_session* session, size_t most, int64_t milliseconds,
                 stoq_bytes* out) noexcept {
  return guarded([&] { *out = bytes(session->read(most, milliseconds)); });
}

stoq_status read_until(stoq_helper_session* session, stoq_str delimiter, int64_t milliseconds,
                       stoq_bytes* out) noexcept {
  return guarded([&] { *out = bytes(session->read_until(view(delimiter), milliseconds)); });
}

stoq_bytes errors(stoq_helper_session* session) noexcept {
  return bytes(session->errors());
}

void forget_errors(stoq_helper_session* session) noexcept {
  session->forget_errors();
}

stoq_status wait(stoq_helper_session* session, int64_t milliseconds, int32_t* status) noexcept {
  return guarded([&] { *status = session->wait(milliseconds); });
}

void end(stoq_helper_session* session) noexcept {
  delete session;
}

}  // namespace

const stoq_helper* native_helper_table() {
  static constexpr stoq_helper table{
      sizeof(stoq_helper), 0,       &why,           &locate, &start, &write, &close_input, &read,
      &read_until,         &errors, &forget_errors, &wait,   &end};
  return &table;
}

}  // namespace stoq
