#!/bin/bash
# A newer Python of another Debian suite beside the machine's own, without touching it.
#
#   python_beside.sh FOLDER SUITE VERSION      e.g.  python_beside.sh ~/.cache/py313 forky 3.13
#
# Downloads python3.X with all it depends on (libc too) into FOLDER, unpacks it there and
# points the program at its own loader and libraries.  FOLDER must not move afterwards.
# Needs apt-get, dpkg-deb and patchelf.  Prints the program's path.
set -euo pipefail
folder=$(realpath -m "$1") suite=$2 version=$3
program=$folder/usr/bin/python$version
libraries=$folder/usr/lib/$(uname -m)-linux-gnu

if [ ! -x "$program" ]; then
  mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | grep -v '^#' |
    grep -oE 'https?://[^] ]+/debian/?( |$)' | head -n 1 || true)
  : "${mirror:?no Debian mirror is named in /etc/apt}"
  apt=$(mktemp -d)
  trap 'rm -rf "$apt"' EXIT
  mkdir -p "$apt"/{lists,archives}/partial "$folder"
  : >"$apt/status"
  keys=/usr/share/keyrings/debian-archive-keyring.gpg
  echo "deb [signed-by=$keys] $mirror $suite main" >"$apt/sources.list"
  options=(-qq -o "Dir::State=$apt" -o "Dir::State::lists=$apt/lists"
    -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt" -o "Dir::Cache::archives=$apt/archives"
    -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o APT::Install-Recommends=0 -o Debug::NoLocking=1 -o APT::Sandbox::User= -o Acquire::Languages=none)
  apt-get "${options[@]}" update
  apt-get "${options[@]}" install -y --download-only "python$version" >/dev/null
  for package in "$apt"/archives/*.deb; do dpkg-deb -x "$package" "$folder"; done
  rm -rf "$folder"/usr/share/{doc,man,locale,info} "$folder/var"
  # RPATH, not RUNPATH: it must hold for extension modules that are loaded later, too.
  patchelf --force-rpath --set-rpath "$libraries" \
    --set-interpreter "$(echo "$libraries"/ld-linux-*.so.?)" "$program"
fi
"$program" -c 'import ssl, sqlite3' && echo "$program"
