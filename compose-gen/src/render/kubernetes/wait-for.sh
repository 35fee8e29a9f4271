#!/bin/sh
# Waits until a dependency is there: wait-for.sh KIND NAME TARGET SECONDS [optional]
#   port  TARGET is a port of the Service NAME. Only ready pods stand behind a Service, so a
#         connection that opens is the health check's answer.
#   name  the headless Service NAME; it resolves while a pod behind it is ready.
#   job   TARGET is a Job. The API server is asked, with a token that only this container has.
# Uses what the image has of nc, bash, curl, wget, getent, nslookup and python3.
kind=$1 name=$2 target=$3 seconds=$4 optional=${5:-}
account=/var/run/secrets/kubernetes.io/serviceaccount

has() { command -v "$1" >/dev/null 2>&1; }

# The other bash reads its own parameters, not this shell's.
# shellcheck disable=SC2016
open_port() {
  if has nc; then nc -z -w 2 "$name" "$target" </dev/null
  elif has bash; then timeout 2 bash -c ': >"/dev/tcp/$0/$1"' "$name" "$target"
  else python3 -c 'import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)' "$name" "$target"
  fi
}

resolve_name() {
  if has getent; then getent hosts "$name"
  elif has nslookup; then nslookup "$name"
  else python3 -c 'import socket, sys; socket.gethostbyname(sys.argv[1])' "$name"
  fi
}

read_job() {
  url=https://kubernetes.default.svc/apis/batch/v1/namespaces/$(cat $account/namespace)/jobs/$target
  header="Authorization: Bearer $(cat $account/token)"
  if has curl; then curl -sS --max-time 5 --cacert $account/ca.crt -H "$header" "$url"
  elif has wget; then wget -q -T 5 -O - --ca-certificate $account/ca.crt --header "$header" "$url"
  else python3 -c 'import ssl, sys, urllib.request as r
context = ssl.create_default_context(cafile=sys.argv[3])
request = r.Request(sys.argv[1], headers={"Authorization": sys.argv[2].split(" ", 1)[1]})
print(r.urlopen(request, timeout=5, context=context).read().decode())' "$url" "$header" $account/ca.crt
  fi
}

job_ended() {
  status=$(read_job | tr -d ' \n')
  case $status in
    *'"type":"Complete","status":"True"'* | *'"succeeded":'[1-9]*) return 0 ;;
    *'"type":"Failed","status":"True"'*)
      echo "the job $target has failed" >&3
      exit 1 ;;
  esac
  return 1
}

check() {
  case $kind in
    port) open_port ;;
    name) resolve_name ;;
    job) job_ended ;;
  esac
}

exec 3>&2
waited=0
until check >/dev/null 2>&1; do
  if [ $waited -ge "$seconds" ]; then
    echo "$name was not there after $seconds s" >&2
    [ -z "$optional" ] || exit 0
    exit 1
  fi
  [ $((waited % 30)) -ne 0 ] || echo "waiting for $name"
  sleep 2
  waited=$((waited + 2))
done
