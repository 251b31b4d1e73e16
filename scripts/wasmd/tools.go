//go:build tools

// Package tools pins the chain binary that scripts/localnet builds.
package tools

import _ "github.com/CosmWasm/wasmd/cmd/wasmd"
