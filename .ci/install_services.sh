#!/usr/bin/env bash
# Installs what the whole gate needs beside Python: PostgreSQL's server programs from Debian's
# packages (the tests start a cluster of their own) and Slack's Node SDKs, clients that share no code
# with ours, from the npm registry. What cannot be had is skipped by name.
set -euo pipefail

install_postgresql() {
    if compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null; then
        return
    fi
    local run=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! sudo -n true 2>/dev/null; then
            echo "PostgreSQL is not installed and this user may not install it; its tests will be skipped" >&2
            return
        fi
        run=(sudo)
    fi
    if ! command -v apt-get >/dev/null; then
        echo "PostgreSQL is not installed and there is no apt-get; its tests will be skipped" >&2
        return
    fi
    echo "installing PostgreSQL from Debian's packages" >&2
    export DEBIAN_FRONTEND=noninteractive
    "${run[@]}" apt-get update -qq >/dev/null
    "${run[@]}" apt-get install -y -qq --no-install-recommends postgresql >/dev/null
}

install_node_sdks() {
    local folder=tests/bot/workspace/node
    if [ "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ]; then
        return
    fi
    # The SDKs need Node 20; Debian 12 has 18, so that it is not installed from there.
    if ! command -v npm >/dev/null || [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then
        echo "there is no Node 20 with npm; the tests with Slack's Node SDKs will be skipped" >&2
        return
    fi
    echo "installing Slack's Node SDKs from the npm registry" >&2
    if ! npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null; then
        echo "npm cannot install them; the tests with Slack's Node SDKs will be skipped" >&2
    fi
}

cd "$(dirname "$0")/.."
install_postgresql
install_node_sdks
