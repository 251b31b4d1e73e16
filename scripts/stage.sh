# Shell functions of scripts that play a story: a chain, an engine, providers and tenants on this machine. Source it
# after lib.sh, with `stage` (the folder of all of it), `chain` (the name of the chain) and `providers` (names) set.
# shellcheck shell=bash
# shellcheck disable=SC2154 # set by those that source this

akash=$TARGET_DIR/release/akash
agent=$TARGET_DIR/release/provider-agent

engine_address() { cat "$stage/engine.address" 2>/dev/null; }
in_engine() { docker -H "$(engine_address)" "$@"; }

# Containers, networks and volumes of the story's providers, named by the label that carries their address.
leftovers() {
  local name address kind
  for name in "${providers[@]}"; do
    address=$(cat "$stage/$name/address" 2>/dev/null) || continue
    for kind in "ps -a" "network ls" "volume ls"; do
      # shellcheck disable=SC2086 # two words
      in_engine $kind -q --filter "label=akash.provider=$address" 2>/dev/null || true
    done
  done
}

# Fails when something of the providers' workloads stays on the engine.
await_no_leftovers() {
  local deadline=$(($(now_ms) + 60000))
  while [ -n "$(leftovers)" ] && [ "$(now_ms)" -lt "$deadline" ]; do sleep 0.1; done
  [ -z "$(leftovers)" ] || die "containers, networks or volumes are left" "$(leftovers)"
}

stop_stage() {
  local name
  for name in "${providers[@]}"; do
    stop_process "$stage/$name/agent.process" 20
  done
  if [ -s "$stage/engine.address" ]; then
    # A story that was interrupted may have left workloads; those of others are not touched.
    local address
    for name in "${providers[@]}"; do
      address=$(cat "$stage/$name/address" 2>/dev/null) || continue
      in_engine ps -aq --filter "label=akash.provider=$address" 2>/dev/null | xargs -r docker -H "$(engine_address)" rm -f >/dev/null
      in_engine network ls -q --filter "label=akash.provider=$address" 2>/dev/null | xargs -r docker -H "$(engine_address)" network rm >/dev/null
      in_engine volume ls -q --filter "label=akash.provider=$address" 2>/dev/null | xargs -r docker -H "$(engine_address)" volume rm >/dev/null
      drop_firewall "$address"
    done
  fi
  [ ! -e "$stage/engine.ours" ] || scripts/engine stop --dir "$stage/engine"
  scripts/localnet stop --name "$chain" --home "$stage/chain" >/dev/null
  rm -f "$stage/engine.address" "$stage/engine.ours"
}

# The machine's own engine, or one that is started for the story.
start_engine() {
  if [ -z "${DOCKER_HOST:-}" ] && timeout 5 docker info >/dev/null 2>&1; then
    docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null >"$stage/engine.address" ||
      echo unix:///var/run/docker.sock >"$stage/engine.address"
    say "Engine: the one of this machine, $(engine_address)"
  elif [ -n "${DOCKER_HOST:-}" ] && timeout 5 docker info >/dev/null 2>&1; then
    echo "$DOCKER_HOST" >"$stage/engine.address"
    say "Engine: $DOCKER_HOST"
  else
    touch "$stage/engine.ours"
    as_root scripts/engine start --dir "$stage/engine" >"$stage/engine.address"
    say "Engine: none ran, started one at $(engine_address)"
  fi
  scripts/images --host "$(engine_address)"
}

# as NAME COMMAND...: the command line of one of the people in the story
as() { local home=$stage/$1; shift; AKASH_HOME=$home "$akash" -y "$@"; }

# person NAME ACCOUNT: a home with the key of an account that the chain funded
person() {
  as "$1" --quiet init --recover --no-passphrase <"$LOCALNET_KEYS/$2.mnemonic" >/dev/null 2>"$stage/$1.log"
  as "$1" keys show -o json | jq -r .address >"$stage/$1/address"
}

start_agent() { # NAME OPS-PORT
  local dir=$stage/$1 deadline
  setsid "$agent" run --config "$dir/agent.toml" >>"$dir/agent.log" 2>&1 </dev/null &
  save_process "$dir/agent.process" $!
  deadline=$(($(now_ms) + 60000))
  until curl -fs --max-time 2 "http://127.0.0.1:$2/ready" >/dev/null; do
    saved_process "$dir/agent.process" >/dev/null || die "the agent of $1 ended" "$(tail -n 3 "$dir/agent.log")"
    [ "$(now_ms)" -lt "$deadline" ] || die "the agent of $1 is not ready after 60 s" "$(curl -s "http://127.0.0.1:$2/ready")"
    sleep 0.1
  done
}

provider() { # NAME ACCOUNT OPERATOR GATEWAY-PORT OPS-PORT FIRST-PORT PRICE-CPU PRICE-MEMORY
  local dir=$stage/$1 operator
  person "$1" "$2"
  as "$1" --quiet provider register --endpoint "https://127.0.0.1:$4" --attribute region=demo --attribute "site=$1" >/dev/null
  as "$1" --quiet provider stake "5000000$LOCALNET_DENOM" >/dev/null
  # The agent's own key, which can bid and activate but not move stake or earnings elsewhere.
  as "$1" --quiet keys add operator --recover --no-passphrase <"$LOCALNET_KEYS/$3.mnemonic" >/dev/null 2>>"$stage/$1.log"
  operator=$(as "$1" keys show operator -o json | jq -r .address)
  as "$1" --quiet provider operator add "$operator" >/dev/null
  "$agent" init --config "$dir/agent.toml" --force \
    --set data_dir="$dir/agent" --set chain.address_book="$AKASH_ADDRESS_BOOK" \
    --set provider.operator_key="$dir/keys/operator.json" \
    --set provider.root="$dir/roots/$(cat "$dir/address")" \
    --set runtime.endpoint="$(engine_address)" --set gateway.listen="127.0.0.1:$4" --set ops.listen="127.0.0.1:$5" \
    --set ports.from="$6" --set ports.to="$(($6 + 99))" --set ports.bind=127.0.0.1 \
    --set pricing.cpu="$7" --set pricing.memory="$8" >"$dir/init.log"
  start_agent "$1" "$5"
  say "  $1: $(cat "$dir/address"), $7 $LOCALNET_DENOM per core and hour, agent ready"
}
