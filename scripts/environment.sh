# Sourced by the other scripts: finds Python and makes virtual environments.
# Everything it says goes to standard error, so that a script's own output stays clean.
# shellcheck shell=bash

say() { printf '%s\n' "$*" >&2; }

die() {
    say "${0##*/}: $*"
    exit 1
}

# A Python of the wanted version ("3.11"), or one that is good enough without an argument.
# pyenv keeps its versions where no PATH leads.
find_python() {
    local wanted=${1:-} candidate found
    local pyenv=${PYENV_ROOT:-$HOME/.pyenv}/versions
    for candidate in ${PYTHON:-} python3 python3.13 python3.11 python3.12 \
        "$pyenv"/3.13.*/bin/python "$pyenv"/3.11.*/bin/python; do
        found=$("$candidate" -c 'import sys
if sys.version_info >= (3, 11): print("%d.%d" % sys.version_info[:2], sys.executable)' 2>/dev/null) ||
            continue
        [ -n "$found" ] || continue
        if [ -z "$wanted" ] || [ "${found%% *}" = "$wanted" ]; then
            printf '%s\n' "${found#* }"
            return 0
        fi
    done
    return 1
}

# make_environment FOLDER PYTHON EXTRAS: a virtual environment with edgecam installed in place.
# Made anew only when Python, pyproject.toml or the extras have changed.
make_environment() {
    install_into "$1" "$2" "$3 $(sha256sum <pyproject.toml)" --editable ".[$3]"
}

# make_pinned_environment FOLDER PYTHON FILE: one with what a file of requirements lists, and no more.
make_pinned_environment() {
    install_into "$1" "$2" "$(sha256sum <"$3")" --requirement "$3"
}

# install_into FOLDER PYTHON CONTENT ARGUMENTS: what pip installs with these arguments; made anew only
# when Python or CONTENT has changed.
install_into() {
    local folder=$1 python=$2 stamp
    stamp="$("$python" --version) $3"
    shift 3
    if [ "$(cat "$folder/stamp" 2>/dev/null)" = "$stamp" ] && "$folder/bin/python" -c '' 2>/dev/null; then
        return
    fi
    say "making $folder with $("$python" --version) (once; takes a minute) ..."
    rm -rf "$folder" 2>/dev/null || die "$folder belongs to somebody else; remove it, or use a clone of your own"
    "$python" -m venv "$folder" >&2 ||
        die "$python cannot make a virtual environment: sudo apt install python3-venv"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$@" >&2 ||
        die "installing failed, see above: is there a network, and a wheel for $(uname -m)?"
    printf '%s\n' "$stamp" >"$folder/stamp"
}

# Mosquitto is for the tests with a real broker, iproute2 and e2fsprogs are for the faults,
# strace is for the canary, shellcheck for the scripts; the others build systemd-python from source.
needed=(
    mosquitto openssl iproute2 e2fsprogs strace shellcheck
    libsystemd-dev pkg-config gcc python3-dev python3-venv
)

# Gets from apt what the tests and the linters need; asks for root only where something is missing.
# Its arguments are options of apt-get.
install_needed() {
    local missing=() name
    for name in "${needed[@]}"; do
        dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || die "needs ${missing[*]}, and there is no apt-get to install them"
    say "installing ${missing[*]} ..."
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "needs ${missing[*]}: install them as root, there is no sudo"
        as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -qq >&2 || say "apt-get update failed; trying with the lists there are"
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq "$@" "${missing[@]}" >&2 ||
        die "apt-get could not install ${missing[*]}"
}
