#!/usr/bin/env bash
# What the tests need from the operating system: a Chromium and, on Linux, an emulator of
# other processors.
# Installed only when absent, and only by root where apt-get exists (a container, a CI
# runner). Anyone else is told what to do; the tests that need them then say so and fail.
# `tools/system-packages.sh venv` does the same for Debian's separate venv package.
set -euo pipefail

on_path() { local name; for name in "$@"; do command -v "$name" >/dev/null && return; done; return 1; }

missing=()
if [ "${1:-}" = venv ]; then
  missing=(python3-venv)
else
  on_path chromium chromium-browser google-chrome google-chrome-stable \
    || [ -d "/Applications/Google Chrome.app" ] || [ -d /Applications/Chromium.app ] \
    || missing+=(chromium)
  [ "$(uname -sm)" != "Linux x86_64" ] || on_path qemu-x86_64 || missing+=(qemu-user)
fi
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" = 0 ] && on_path apt-get; then
  echo "Installing from Debian: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
else
  echo "Missing: ${missing[*]}. Install with one of:" >&2
  echo "  Debian, Ubuntu   sudo apt-get install ${missing[*]}" >&2
  echo "  macOS            brew install --cask chromium" >&2
fi
