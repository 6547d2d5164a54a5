// SPDX-License-Identifier: Apache-2.0
//
// Bare programs on the libraries under the engine: the least that a row's work costs. They run as
// `stoq-bench --floor ARGUMENTS`, a process of their own, as the program that they stand beside
// does.
#pragma once

#include <span>
#include <string>

namespace stoq::bench {

// hash IN OUT BYTES THREADS         each file's digests, one file of BYTES written for each
// yara IN OUT BYTES THREADS RULES   the same, and a scan with the rules
// zip FILE                          digests of the file and of each of its members, on one thread
// Returns the exit code.
int run_floor(std::span<const std::string> arguments);

void floor_tree(const std::string& in, const std::string& out, size_t bytes, unsigned threads,
                const std::string& rules);
void floor_zip(const std::string& file);

}  // namespace stoq::bench
