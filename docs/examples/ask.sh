#!/bin/sh
# sh docs/examples/ask.sh https://ID.execute-api.REGION.amazonaws.com REGION '{"prompt": "How many users are there?"}'
# Takes AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN: eval "$(aws configure export-credentials --format env)"
set -eu

signed() {
  curl --silent --show-error --fail-with-body --aws-sigv4 "aws:amz:$REGION:execute-api" \
    --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
    ${AWS_SESSION_TOKEN:+--header "X-Amz-Security-Token: $AWS_SESSION_TOKEN"} "$@"
}

URL=$1 REGION=$2
run=$(signed "$URL/prompt" --json "$3" | sed 's|.*"self":"\([^"]*\)".*|\1|')
while
  state=$(signed "$URL$run") || { printf '%s\n' "$state" >&2; exit 1; }
  case $state in *'"ended_at":""'*) true ;; *) false ;; esac
do sleep 2; done
printf '%s\n' "$state"
