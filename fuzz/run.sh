#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# fuzz/run.sh BUILD SECONDS [TARGET...]: runs fuzz targets of a build tree, one after the other, each so long. Without names: all of them.
# What ends one is left in BUILD/found/TARGET, what led to new paths in BUILD/corpus/TARGET.
set -euo pipefail
build=$1 seconds=$2
shift 2
here=$(dirname "$0")
shopt -s nullglob
if [[ $# -eq 0 ]]; then
  for program in "$build"/bin/*_fuzz; do
    name=${program##*/}
    set -- "$@" "${name%_fuzz}"
  done
fi
[[ $# -gt 0 ]] || { echo "fuzz: no targets are built in $build" >&2; exit 1; }
export ASAN_OPTIONS=allocator_may_return_null=1${ASAN_OPTIONS:+:$ASAN_OPTIONS}
failed=()
for name in "$@"; do
  found=$build/found/$name corpus=$build/corpus/$name seeds=()
  [[ ! -d $here/corpus/$name ]] || seeds=("$here/corpus/$name")
  mkdir -p "$found" "$corpus"
  echo "fuzz: $name, $seconds s"
  # What libarchive may ask for, the command limits, which sanitizers do not bear.
  memory=8192
  [[ $name != unpack ]] || memory=1000000
  STOQ_FUZZ_SEEDS=$corpus "$build/bin/${name}_fuzz" -max_total_time="$seconds" -max_len=65536 -timeout=20 -malloc_limit_mb=$memory \
    -rss_limit_mb=8192 -print_final_stats=1 -artifact_prefix="$found/" "$corpus" "${seeds[@]}" || failed+=("$name")
done
[[ ${#failed[@]} -eq 0 ]] || { echo "fuzz: FAILED: ${failed[*]}; see $build/found" >&2; exit 1; }
