#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Proves the README's two commands on a bare Debian 12: a fresh root with nothing but git and make.
#   tests/bare/run.sh DIR      as root; DIR must not exist or be empty; needs debootstrap and some 4 GB
# What is tested is the last commit (HEAD); the package sources are those of this machine.
# shellcheck disable=SC2016  # apt's own $(…)
set -euo pipefail

die() { printf 'bare: %s\n' "$*" >&2; exit 1; }

[[ $# -eq 1 ]] || { echo 'usage: tests/bare/run.sh DIR' >&2; exit 2; }
[[ $EUID -eq 0 ]] || die 'making a root needs root'
command -v debootstrap >/dev/null || die 'debootstrap is missing: apt-get install debootstrap'
repository=$(git -C "$(dirname "${BASH_SOURCE[0]}")" rev-parse --show-toplevel)
mkdir -p "$1"
root=$(cd "$1" && pwd)
[[ -z $(ls -A "$root") ]] || die "$root is not empty"

mounted=()
clean_up() {
  local i
  for ((i = ${#mounted[@]} - 1; i >= 0; --i)); do
    umount "${mounted[i]}" || umount --lazy "${mounted[i]}" || true
  done
}
trap clean_up EXIT
attach() {  # TYPE PLACE [OPTION ...]
  mkdir -p "$root$2"
  mount -t "$1" "${@:3}" "$1" "$root$2"
  mounted+=("$root$2")
}
inside() {
  chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 TERM=dumb \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# The Debian 12 sources that apt uses here: "URI SUITE COMPONENT" a line.
sources=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' \
  'Created-By: Packages' | sed -n 's/^\(.* bookworm[^ ]* [^ ]*\) Debian$/\1/p' | sort -u)
mirror=$(awk '$2 == "bookworm" && $3 == "main" { print $1; exit }' <<<"$sources")
[[ -n $mirror ]] || die 'apt on this machine has no source for Debian 12 (bookworm) main'

# How apt reaches them, as far as it is not the default.
apt_options=$(apt-config dump | grep -E '^Acquire::(https?::Proxy|Retries|Check-Valid-Until|Check-Date) ' || true)

echo "== making a bare Debian 12 in $root"
include=git,make
[[ $sources != *https://* ]] || include+=,ca-certificates
debootstrap --variant=minbase --include="$include" bookworm "$root" "$mirror"
awk '{ print "deb", $0 }' <<<"$sources" >"$root/etc/apt/sources.list"
[[ -z $apt_options ]] || printf '%s\n' "$apt_options" >"$root/etc/apt/apt.conf.d/90host"
# No service may start in there.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"
for file in /etc/resolv.conf /etc/hosts; do
  [[ ! -e $file ]] || cat "$file" >"$root$file"
done
mount --bind "$root" "$root"  # the root of a machine is a mount
mounted+=("$root")
attach proc /proc
attach devpts /dev/pts -o newinstance,ptmxmode=0666,mode=620,gid=5
ln -sf pts/ptmx "$root/dev/ptmx"
attach tmpfs /dev/shm
attach tmpfs /tmp
chmod 1777 "$root/dev/shm" "$root/tmp"

echo "== cloning $(git -C "$repository" log -1 --format='%h %s')"
git clone --quiet --no-hardlinks "$repository" "$root/root/stoq"

echo '== make scan FILE=/bin/ls'
inside make --no-print-directory -C /root/stoq scan FILE=/bin/ls >"$root/root/scan.json"
digest=$(inside sha256sum /bin/ls | cut -d ' ' -f 1)
[[ $(head -c 1 "$root/root/scan.json") == '{' ]] || die 'make scan printed something other than JSON'
grep -q "$digest" "$root/root/scan.json" || die 'the result lacks the SHA-256 of /bin/ls'

echo '== make test'
inside make --no-print-directory -C /root/stoq test
inside python3 -m json.tool /root/scan.json >/dev/null || die 'the result of make scan is not one JSON document'
echo '== both commands work on a bare Debian 12'
