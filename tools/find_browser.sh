#!/bin/sh
# Prints the paths of a Chromium and of its driver; says which packages to install where one of them is missing.
set -eu

first() {
    for name in "$@"; do
        command -v "$name" && return 0
    done
    return 1
}

browser=$(first chromium chromium-browser google-chrome) || browser=
driver=$(first chromedriver chromium.chromedriver) || driver=
if [ -n "$browser" ] && [ -n "$driver" ]; then
    printf '%s\n%s\n' "$browser" "$driver"
    exit 0
fi
{
    echo "The consent page is walked in a real browser, and there is no $([ -n "$browser" ] && echo chromedriver || echo Chromium) here."
    echo "Debian:  sudo apt-get install chromium chromium-driver"
    echo "Ubuntu:  sudo snap install chromium"
    echo "Fedora:  sudo dnf install chromium chromedriver"
    echo "\`make test\` walks the same page without a browser."
} >&2
exit 1
