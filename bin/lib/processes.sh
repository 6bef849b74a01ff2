# shellcheck shell=bash
# Processes that a check starts in the background, on free ports, and ends with itself. Needs common.sh, node.sh and curl, jq.

# Pids of what was started here.
pids=()

# stop_tree SIGNAL PID: the process and all below it, the lowest first.
stop_tree() {
    local child
    for child in $(pgrep -P "$2"); do
        stop_tree "$1" "$child"
    done
    kill "-$1" "$2" 2>/dev/null || true
}

# finish_processes FOLDER: what ends a check, to be its trap on EXIT: ends what runs, calls `after_processes` when there is such
# a function, and removes the folder. After a failure the ends of the logs in it are shown.
finish_processes() {
    local status=$? pid log
    trap - EXIT
    for pid in ${pids[@]+"${pids[@]}"}; do
        stop_tree KILL "$pid"
        # The shell would tell of its end.
        wait "$pid" 2>/dev/null || true
    done
    if declare -F after_processes >/dev/null; then after_processes; fi
    if [[ $status -ne 0 ]]; then
        for log in $(compgen -G "$1/*.log"); do say "--- $(basename "$log")" && tail -n 20 "$log" >&2; done
    fi
    rm -rf -- "$1"
    exit "$status"
}

free_port() {
    node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'
}

# within SECONDS WHAT COMMAND…: until the command succeeds.
within() {
    local limit=$1 what=$2 end=$((SECONDS + $1))
    shift 2
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < end)) || die "$what: not within $limit seconds"
        sleep 0.3
    done
}

# org_query ORG SOQL: what the local org at LOCAL_ORG_URL answers.
org_query() {
    curl --silent --show-error --fail --noproxy '*' --max-time 20 --get --data-urlencode "q=$2" "$LOCAL_ORG_URL/local/orgs/$1/query"
}

# org_count ORG SOQL: how many records a query finds.
org_count() {
    org_query "$1" "$2" | jq .totalSize
}
