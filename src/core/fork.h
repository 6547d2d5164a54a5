// SPDX-License-Identifier: Apache-2.0
// What a fork of the process must find whole. A child has its forking thread alone: a lock that
// another thread held stays held there for ever, and so does a static that was being made.
#pragma once

#include <ctime>
#include <mutex>

namespace stoq {

// The lock of whatever belongs to the process rather than to one engine; a fork waits until it is
// free. Held for moments only, never while a plugin runs, and never twice by one thread.
std::unique_lock<std::mutex> process_lock();

// How often this process and those before it have been forked.
unsigned fork_count();

// localtime_r, whose own lock a child would find as it was.
std::tm local_parts(std::time_t time);

// Makes what scans would make at their first use, before there are threads that scan.
void make_process_statics();

}  // namespace stoq
