# Read by the programs of this project with $root (the project's folder) and $entry (their main file below
# packages/cli/src) set: goes on under the Node that the project brings, whatever `node` is in this shell.
main="$root/packages/cli/src/$entry"
# A client and its connection to a server take two descriptors: as many as this account may have.
ulimit -n 1048576 2>/dev/null || ulimit -n "$(ulimit -Hn)" 2>/dev/null || :
# TypeScript is read without its types; what that comes to is kept, which spares each process some 25 MB and half a second.
: "${NODE_COMPILE_CACHE:=$root/node_modules/.cache/pgherd}"
export NODE_COMPILE_CACHE
# Little of what these programs make lives long: a small young generation costs them nothing.
flags='--no-warnings --max-semi-space-size=2'
if [ -x "$root/node_modules/.bin/node" ]; then
  exec "$root/node_modules/.bin/node" $flags "$main" "$@"
fi
# Without it any Node will do that reads TypeScript: 22.18 and later.
if command -v node >/dev/null 2>&1 &&
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 18) ? 0 : 1)'; then
  exec node $flags "$main" "$@"
fi
echo "${0##*/}: there is no Node 22.18 or later here: run \"npm ci\" in $root, which brings one." >&2
exit 1
