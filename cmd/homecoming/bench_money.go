package main

import (
	"context"
	"flag"
	"io"
	"time"

	"homecoming/cmd/homecoming/bench"
)

func defineLedger(f *flag.FlagSet) func(ctx context.Context, progress io.Writer) (any, error) {
	var o bench.LedgerOptions
	f.DurationVar(&o.Turn, "turn", 5*time.Second, "how long a turn of each side lasts, in whole seconds")
	f.IntVar(&o.Rounds, "rounds", 5, "turns of each side")
	f.IntVar(&o.Clients, "clients", 8, "how many write at a time")
	f.Uint64Var(&o.Seed, "seed", 1, "what everything random comes from")
	return func(ctx context.Context, progress io.Writer) (any, error) { return bench.Ledger(ctx, o, progress) }
}
