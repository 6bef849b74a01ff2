#!/usr/bin/env bash
# Calls an operation of a Heroku service the way Salesforce does, in the name of a user, and prints the answer.
#   bin/invoke.sh ORG METHOD URL [JSON] [SESSION_PERMISSION_SET]
#   bin/invoke.sh ORG URL JSON [SESSION_PERMISSION_SET]             POST
#   bin/invoke.sh ORG JSON [SESSION_PERMISSION_SET]                 POST to INVOKE_URL
#
#   ORG                     an org of the local org that runs at LOCAL_ORG_URL, such as my-org; otherwise an alias or user
#                           name of the Salesforce CLI (sf org login web)
#   METHOD                  GET, POST, PUT, PATCH or DELETE
#   URL                     of the operation, such as http://127.0.0.1:8080/api/generatequote
#   JSON                    the request's body: an object or a list
#   SESSION_PERMISSION_SET  API name of a permission set to activate for the session of the call; the user must have it,
#                           and the right to manage session permission set activations
#
#   LOCAL_ORG_URL           http://127.0.0.1:8090 when not set
#   INVOKE_URL              http://127.0.0.1:8080/api/generatequote when not set
#   INVOKE_USER             user name; otherwise the org's administrator, or the user that the Salesforce CLI has for ORG
#
# The exit status is 0 when the service answered with a status below 400. Needs curl and jq.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=bin/lib/common.sh
source "$root/bin/lib/common.sh"

# What Salesforce allows a callout, in seconds.
readonly callout_limit=120

case "${1:-}" in
    -h | --help) sed -n '2,20s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" && exit ;;
esac
usage() {
    die "usage: bin/invoke.sh ORG METHOD URL [JSON] [SESSION_PERMISSION_SET]," \
        "ORG URL JSON [SESSION_PERMISSION_SET] or ORG JSON [SESSION_PERMISSION_SET]"
}
[[ $# -ge 2 ]] || usage
for tool in curl jq; do
    command -v "$tool" >/dev/null ||
        die "$tool is missing; install it (Debian, Ubuntu: apt-get install $tool; macOS: brew install $tool)"
done
readonly org=$1
shift
verb=POST url=${INVOKE_URL:-http://127.0.0.1:8080/api/generatequote} json=''
# Which form it is, its first argument tells; a body begins with a bracket, as no method, URL or name does.
case $1 in
    '{'* | '['*) ;;
    GET | POST | PUT | PATCH | DELETE)
        [[ $# -ge 2 ]] || usage
        verb=$1 url=$2
        shift 2
        ;;
    *)
        [[ $# -ge 2 ]] || usage
        url=$1
        shift
        # It has a body, whatever that looks like.
        json=$1
        shift
        [[ -n $json ]] || die "JSON is not JSON: $json"
        ;;
esac
case ${1:-} in
    '{'* | '['*)
        [[ -z $json ]] || usage
        json=$1
        shift
        ;;
esac
[[ $# -le 1 ]] || usage
readonly verb url json permission_set=${1:-}
case $url in
    http://* | https://*) ;;
    *) die "URL is not an http or https URL: $url" ;;
esac
[[ -z $json ]] || printf '%s' "$json" | jq --exit-status --slurp 'length == 1' >/dev/null 2>&1 || die "JSON is not JSON: $json"
# It becomes part of a query.
[[ -z $permission_set || $permission_set =~ ^[A-Za-z][A-Za-z0-9_]*$ ]] ||
    die "SESSION_PERMISSION_SET is not an API name: $permission_set"

# What is known of session and call. The token stands in variables and goes through pipes, never into a command line or a
# file; here-strings are files in some versions of bash.
token='' org_id='' instance_url='' api_version='' username='' user_id=''
# What has to be undone at the end.
activation='' child='' work=''
interrupted=''

# curl with options on standard input, which keeps headers out of the list of processes; to be the end of a pipe. It takes
# the place of the shell there, so that a signal to that reaches it.
quiet_curl() {
    exec curl --silent --show-error --proto '=http,https' --config - "$@"
}

# A local org's control API, which asks for no token.
local_org() {
    curl --silent --show-error --fail-with-body --noproxy '*' --max-time 20 "$@"
}

# rest METHOD PATH [CURL OPTION…]: calls the org's REST API and prints the answer; Salesforce's message when it refuses.
rest() {
    local method=$1 path=$2 answer status
    shift 2
    answer=$(printf 'header = "Authorization: Bearer %s"\n' "$token" |
        quiet_curl --max-time 60 --request "$method" --write-out '\n%{http_code}' "$@" \
            "$instance_url/services/data/v$api_version$path") || die "$instance_url does not answer"
    status=${answer##*$'\n'}
    answer=${answer%$'\n'*}
    if [[ $status -ge 400 ]]; then
        die "$instance_url refuses $method $path: $(field '.[0] | "\(.errorCode): \(.message)"' "$answer" || echo "HTTP $status")"
    fi
    printf '%s' "$answer"
}

# field FILTER JSON: what a filter of jq finds; fails when that is nothing or null.
field() {
    printf '%s' "$2" | jq --exit-status --raw-output "$1" 2>/dev/null
}

# first_id SOQL: the id of the first record found; empty when there is none.
first_id() {
    rest GET /query --get --data-urlencode "q=$1" | jq -r '.records[0].Id // empty'
}

# Whether ORG is one of the local org's; sets what is known of it.
is_local() {
    local base=${LOCAL_ORG_URL:-http://127.0.0.1:8090} orgs found session
    base=${base%/}
    if ! orgs=$(local_org "$base/local/orgs" 2>/dev/null); then
        [[ -z ${LOCAL_ORG_URL:-} ]] || die "no local org answers at LOCAL_ORG_URL, $base"
        return 1
    fi
    found=$(printf '%s' "$orgs" | jq --arg org "$org" '.[] | select(.name == $org)' 2>/dev/null) && [[ -n $found ]] || return 1
    org_id=$(field .id "$found")
    api_version=$(field .apiVersion "$found")
    instance_url=$base
    username=${INVOKE_USER:-$(field '.users[0].username' "$found")}
    # A session of its own: to activate a permission set for one that others use too would give it to them.
    session=$(local_org --header 'Content-Type: application/json' --data "$(jq -nc --arg user "$username" '{user: $user}')" \
        "$base/local/orgs/$org/sessions" 2>/dev/null) || die "$(field '.[0].message' "$session" || echo "$base opens no session")"
    token=$(field .accessToken "$session")
}

# Asks the Salesforce CLI for the session of ORG.
ask_cli() {
    local shown result
    command -v sf >/dev/null ||
        die "$org is no org of a local org at ${LOCAL_ORG_URL:-http://127.0.0.1:8090}, and the Salesforce CLI (sf) is not installed"
    # Current versions show tokens only when they are told to.
    if ! shown=$(SF_TEMP_SHOW_SECRETS=true sf org display --json --target-org "${INVOKE_USER:-$org}" 2>/dev/null); then
        die "the Salesforce CLI has no session of ${INVOKE_USER:-$org}: $(field .message "$shown" || echo "no reason given")"
    fi
    result=$(field .result "$shown") || die "the Salesforce CLI answered something unexpected to: sf org display --json"
    token=$(field .accessToken "$result") || true
    # A token is <organization id>!<secret>.
    [[ $token =~ ^00D[A-Za-z0-9]{12,15}![A-Za-z0-9._]+$ ]] ||
        die "the Salesforce CLI does not show the access token of ${INVOKE_USER:-$org}, although SF_TEMP_SHOW_SECRETS is true;" \
            "look for the setting of your version (sf org display --help), or log in again (sf org login web)"
    org_id=$(field .id "$result")
    instance_url=$(field '.instanceUrl | rtrimstr("/")' "$result")
    api_version=$(field .apiVersion "$result")
    username=$(field .username "$result")
}

# SOQL's escapes for a text.
soql_text() {
    local text=${1//\\/\\\\}
    printf '%s' "${text//\'/\\\'}"
}

activate() {
    local session set body
    session=$(first_id "SELECT Id FROM AuthSession WHERE IsCurrent = true")
    [[ -n $session ]] || die "$org does not tell which session is the current one"
    set=$(first_id "SELECT Id FROM PermissionSet WHERE Name = '$permission_set'")
    [[ -n $set ]] || die "$org has no permission set $permission_set"
    body=$(jq -nc --arg session "$session" --arg set "$set" \
        '{AuthSessionId: $session, PermissionSetId: $set, Description: "For one call by bin/invoke.sh"}')
    # An interrupt waits until it is known what has to be undone.
    trap 'interrupted=130' INT
    trap 'interrupted=143' TERM
    trap 'interrupted=129' HUP
    activation=$(
        trap '' INT TERM HUP
        rest POST /sobjects/SessionPermSetActivation --header 'Content-Type: application/json' --data-raw "$body" | jq -r .id
    ) || die "$permission_set is not activated; $username needs it, and the right to manage session permission set activations"
    trap_signals
    [[ -z $interrupted ]] || exit "$interrupted"
}

# At every end, also after a failure or an interrupt.
finish() {
    local status=$?
    trap - EXIT
    trap '' INT TERM HUP
    [[ -z $child ]] || kill "$child" 2>/dev/null || true
    if [[ -n $activation ]]; then
        # In a subshell, which `die` ends and not this script.
        if ! (rest DELETE "/sobjects/SessionPermSetActivation/$activation" >/dev/null); then
            say "error: $permission_set is still active for the session; delete SessionPermSetActivation $activation"
            [[ $status -ne 0 ]] || status=1
        fi
    fi
    [[ -z $work ]] || rm -rf -- "$work"
    exit "$status"
}

trap_signals() {
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
}

# The client context as a header: base64 without line breaks on every system.
context() {
    local uuid now
    uuid=$(uuidgen 2>/dev/null || cat /proc/sys/kernel/random/uuid)
    now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    request_id="$org_id-$(printf '%s' "$uuid" | tr '[:upper:]' '[:lower:]')-$now"
    # The token comes on standard input.
    context=$(printf '%s' "$token" | jq -Rrs --arg request "$request_id" --arg version "$api_version" --arg org "$org_id" \
        --arg url "$instance_url" --arg id "$user_id" --arg name "$username" \
        '{requestId: $request, accessToken: ., apiVersion: $version, namespace: "", orgId: $org, orgDomainUrl: $url,
          userContext: {userId: $id, username: $name}} | @base64')
}

# Calls URL, with JSON where there is one. curl runs in the background, so that a signal to this script alone ends the wait, too.
call() {
    work=$(umask 077 && mktemp -d)
    printf '%s' "$json" >"$work/body"
    local status=0 body=()
    [[ -z $json ]] || body=(--header 'Content-Type: application/json' --data-binary "@$work/body")
    printf 'header = "x-client-context: %s"\nheader = "x-request-id: %s"\n' "$context" "$request_id" |
        quiet_curl --max-time "$callout_limit" --request "$verb" ${body[@]+"${body[@]}"} \
            --output "$work/answer" --write-out '%{http_code}' "$url" >"$work/status" &
    child=$!
    wait "$child" || status=$?
    child=''
    [[ $status -eq 0 ]] || die "no answer from $url"
    if [[ -s $work/answer ]]; then
        # Not JSON: as it is.
        jq . "$work/answer" >"$work/shown" 2>/dev/null || cp -- "$work/answer" "$work/shown"
        cat -- "$work/shown"
    fi
    status=$(<"$work/status")
    say "HTTP $status"
    [[ $status -lt 400 ]]
}

trap finish EXIT
trap_signals
is_local || ask_cli
user_id=$(first_id "SELECT Id FROM User WHERE Username = '$(soql_text "$username")'")
[[ -n $user_id ]] || die "$org has no user $username"
[[ -z $permission_set ]] || activate
context
call
