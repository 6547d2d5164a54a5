#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The large matrices, whole: tests/soak/run.sh [PART]. Parts: tree, faults, hostile, formats, finds, delivery, python, fuzz-replay, fuzz, sanitizers, bare. Without one: all but `bare`.
# Needs a build in build/release (make soak makes it).
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$PWD/build/release
jobs=$(nproc)

part_tree() { # all 2 000 real files, with 1, 2 and 5 threads
  STOQ_TREE_FILES=2000 timeout 3000 "$build/tests/tree_run_test"
}
part_faults() { # bad plugins, bad input, and determinism, again and again
  for round in 1 2 3 4 5; do
    echo "round $round"
    timeout 900 "$build/tests/bad_plugins_test" --gtest_brief=1
    timeout 300 "$build/tests/scan_test" --gtest_brief=1 --gtest_shuffle
    timeout 300 "$build/tests/adapters_test" --gtest_brief=1
  done
  timeout 900 /usr/bin/python3 -B tests/integration/bad_input_test.py "$build/bin/stoq"
}
part_formats() { # 500 nestings; every sample cut short at 20 places and with 200 changes
  STOQ_NPM=$PWD/build/npm/node_modules timeout 5000 /usr/bin/python3 -B tests/integration/formats_test.py --nested 500 --damage 1 "$build/bin/stoq"
}
part_finds() { # every payload out of all 2 000 files is there; 1 GiB of random bytes yields none
  timeout 3000 /usr/bin/python3 -B tests/integration/false_finds_test.py --files 0 --random 1024 "$build/bin/stoq" "$build/bin/stoq-bench-tree"
}
part_delivery() { # 200 rounds of 1 000 files and a kill -9, of each kind
  STOQ_DELIVERY_ROUNDS=200 timeout 3000 /usr/bin/python3 -B tests/delivery/delivery_test.py "$build/bin/stoq" "$build/tests/plugins"
}
part_python() { # 100 000 scans with live plugins: memory and references
  STOQ_TEST_SCANS=100000 PYTHONPATH=$build/python STOQ_BUILD_DIRECTORY=$build timeout 900 /usr/bin/python3 -B python/tests/test_process.py
}
part_hostile() { # each deed of the hostile plugin on one in ten of 5 000 payloads, and escapes
  STOQ_HOSTILE_PAYLOADS=5000 STOQ_HOSTILE_DEADLINE=200ms timeout 2400 "$build/tests/hostile_kit_test" --gtest_brief=1
  timeout 300 "$build/tests/escape_test" --gtest_brief=1
}
part_fuzz-replay() { # corpora and mutations
  STOQ_REPLAY_MUTANTS=100000 timeout 1800 "$build/tests/fuzz_replay_test" --gtest_brief=1
}
part_fuzz() { # every fuzz target for FUZZ_SECONDS, 60 if nothing else is said
  cmake --preset fuzz && cmake --build --preset fuzz --parallel "$jobs" --target fuzzers
  fuzz/run.sh build/fuzz "${FUZZ_SECONDS:-60}"
}
part_sanitizers() { # every test, not only those that CI runs
  cmake --preset asan && cmake --build --preset asan --parallel "$jobs"
  ctest --preset asan --output-on-failure --parallel "$jobs"
  cmake --preset tsan && cmake --build --preset tsan --parallel "$jobs"
  ctest --preset tsan -L 'engine|host|unit' --output-on-failure --parallel "$jobs"
}
part_bare() { # the README's two commands on a Debian 12 with nothing on it
  tests/bare/run.sh build/bare
}

parts=(tree faults hostile formats finds delivery python fuzz-replay fuzz sanitizers)
if [[ -n ${1:-} ]]; then
  declare -F "part_$1" > /dev/null || { echo "soak: there is no part '$1'; parts: ${parts[*]} bare" >&2; exit 2; }
  parts=("$1")
fi
for part in "${parts[@]}"; do
  start=$SECONDS
  echo "== soak: $part"
  "part_$part"
  echo "== soak: $part done in $((SECONDS - start)) s"
done
