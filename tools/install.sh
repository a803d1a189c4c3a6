#!/bin/sh
# Brings a virtual environment to the state of lock files:  tools/install.sh VENV LOCK...
# Makes the environment where it is absent or its Python no longer runs. Everything is checked against the locks' hashes.
set -eu

venv=$1
shift
python=$venv/bin/python
here=$(dirname "$0")

if ! "$python" -m pip --version >/dev/null 2>&1; then
    if [ -e "$venv" ] && [ ! -e "$venv/pyvenv.cfg" ]; then
        echo "$venv is no virtual environment; move it away, or name another folder: make venv VENV=other" >&2
        exit 1
    fi
    found=$("$here/find_python.sh")
    echo "Making $venv with $("$found" --version) ($found)"
    "$found" -m venv --clear "$venv"
fi

requirements=
for lock in "$@"; do
    requirements="$requirements -r $lock"
done

# Its progress is for a person; elsewhere it would be a line for each of 200 packages.
quiet=--quiet
[ ! -t 2 ] || quiet=

# uv is in the lock, but pip has to fetch it first. It installs the rest in seconds; pip alone needs a minute.
with_uv() {
    pinned=$venv/uv.txt
    awk '/^uv==/ { wanted = 1 } wanted { print } wanted && !/\\$/ { exit }' requirements.lock >"$pinned"
    "$python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$pinned" &&
        # shellcheck disable=SC2086 # a list of options
        "$venv/bin/uv" pip install --compile-bytecode $quiet --python "$python" --require-hashes $requirements &&
        "$venv/bin/uv" pip install --quiet --python "$python" --no-deps --no-build-isolation -e .
}

with_pip() {
    # shellcheck disable=SC2086 # a list of options
    "$python" -m pip install --quiet --disable-pip-version-check --require-hashes $requirements &&
        "$python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
}

echo "Installing $* into $venv"
with_uv || {
    echo "uv could not install; trying again with pip alone (about a minute)"
    with_pip
}
