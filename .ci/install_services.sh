#!/usr/bin/env bash
# Installs what the whole gate needs from Debian's packages: PostgreSQL's server programs. The tests
# start a cluster of their own; without the right to install, they skip PostgreSQL by name.
set -euo pipefail
if compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null; then
    exit 0
fi
run=()
if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then
        echo "PostgreSQL is not installed and this user may not install it; its tests will be skipped" >&2
        exit 0
    fi
    run=(sudo)
fi
if ! command -v apt-get >/dev/null; then
    echo "PostgreSQL is not installed and there is no apt-get; its tests will be skipped" >&2
    exit 0
fi
echo "installing PostgreSQL from Debian's packages" >&2
export DEBIAN_FRONTEND=noninteractive
"${run[@]}" apt-get update -qq >/dev/null
"${run[@]}" apt-get install -y -qq --no-install-recommends postgresql >/dev/null
