// SPDX-License-Identifier: Apache-2.0
//
// Part of stoq-host in builds under sanitizers: signals end a host as they end it without, so that
// the record of how it ended is the same. What a sanitizer itself finds still ends it by an exit.
extern "C" {

// Each runtime looks for its own by this name.
[[gnu::visibility("default")]] const char* __asan_default_options();
[[gnu::visibility("default")]] const char* __tsan_default_options();

const char* __asan_default_options() {
  return "handle_segv=0:handle_abort=0";
}
const char* __tsan_default_options() {
  return "handle_segv=0:handle_abort=0";
}
}
