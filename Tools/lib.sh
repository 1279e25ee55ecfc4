# What the scripts in this folder share. Read by them with `source`, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

heading() { printf '\n== %s\n' "$*"; }

fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Swift 6.3 or newer: plugins export their entry points with @c.
require_swift() {
  local version
  command -v swift > /dev/null ||
    fail "there is no swift on the PATH. Install Swift 6.3 or newer (https://www.swift.org/install/linux/), then run this again."
  version=$(swift --version 2> /dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
  [ "$(printf '6.3\n%s\n' "$version" | sort -V | head -n 1)" = 6.3 ] ||
    fail "$(command -v swift) is Swift ${version:-of an unknown version}; Zeroth needs 6.3 or newer (https://www.swift.org/install/linux/)."
}

# install_packages PACKAGE...: Debian packages, by apt-get, as root or through sudo. Says what it does; 1 where it fails.
install_packages() {
  local as_root=()
  if ! command -v apt-get > /dev/null; then
    echo "There is no apt-get here; please install what Debian calls: $*" >&2
    return 1
  fi
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo > /dev/null; then
      echo "Neither root nor sudo; please install as root: apt-get install $*" >&2
      return 1
    fi
    as_root=(sudo --preserve-env=http_proxy,https_proxy,no_proxy)
  fi
  echo "Installing by apt-get${as_root[0]:+ (through sudo)}: $*"
  # One broken source among several keeps nothing from being installed out of the others.
  "${as_root[@]}" apt-get update -qq || echo "apt-get update failed: trying with the package lists that are here." >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

# The C libraries that the packages link.
require_libraries() {
  if command -v pkg-config > /dev/null && pkg-config --exists openblas libarchive; then return; fi
  install_packages libopenblas-dev libarchive-dev pkg-config ||
    fail "OpenBLAS, libarchive and pkg-config are needed to build."
}
