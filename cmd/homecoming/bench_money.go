package main

import (
	"context"
	"flag"
	"io"
	"os"
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

func defineCrash(f *flag.FlagSet) func(ctx context.Context, progress io.Writer) (any, error) {
	var o bench.CrashOptions
	f.IntVar(&o.Kills, "kills", 1000, "how often the server is killed")
	f.IntVar(&o.Walkers, "walkers", 4, "main jobs that are walked at the same time")
	f.Uint64Var(&o.Seed, "seed", 1, "what everything random comes from")
	f.BoolVar(&o.WithoutLookup, "without-lookup", false, "the control: hide what is looked up before sending again; must report a doubled transfer")
	return func(ctx context.Context, progress io.Writer) (any, error) {
		var err error
		if o.Program, err = os.Executable(); err != nil {
			return nil, err
		}
		return bench.Crash(ctx, o, progress)
	}
}

func definePayouts(f *flag.FlagSet) func(ctx context.Context, progress io.Writer) (any, error) {
	var o bench.PayoutsOptions
	f.IntVar(&o.N, "n", 10_000, "transfers")
	f.Float64Var(&o.PerSecond, "limit", 25, "requests a second to one kind of Stripe's objects")
	f.IntVar(&o.Workers, "workers", 8, "jobs at a time")
	return func(ctx context.Context, progress io.Writer) (any, error) { return bench.Payouts(ctx, o, progress) }
}

func defineShuffle(f *flag.FlagSet) func(ctx context.Context, progress io.Writer) (any, error) {
	var o bench.ShuffleOptions
	f.IntVar(&o.Events, "events", 10_000, "at least so many happen")
	f.Uint64Var(&o.Seed, "seed", 1, "what everything random comes from")
	f.BoolVar(&o.WithoutOnce, "without-once", false, "the control: let the disturbed ledger book the same thing twice; must report ledgers that differ")
	return func(ctx context.Context, progress io.Writer) (any, error) { return bench.Shuffle(ctx, o, progress) }
}

func defineExports(f *flag.FlagSet) func(ctx context.Context, progress io.Writer) (any, error) {
	var o bench.ExportsOptions
	f.IntVar(&o.Lines, "lines", 1_000_000, "of the journal")
	f.StringVar(&o.Kind, "kind", "moneyforward", "which form: journal, moneyforward, freee-journal, yayoi, quickbooks")
	return func(ctx context.Context, progress io.Writer) (any, error) { return bench.Exports(ctx, o, progress) }
}

func defineReconcile(f *flag.FlagSet) func(ctx context.Context, progress io.Writer) (any, error) {
	var o bench.ReconcileOptions
	f.IntVar(&o.N, "n", 1_000_000, "balance transactions")
	f.IntVar(&o.Planted, "planted", 100, "of them with another fee than the ledger's")
	f.IntVar(&o.Rounds, "rounds", 3, "turns of each side")
	return func(ctx context.Context, progress io.Writer) (any, error) { return bench.Reconcile(ctx, o, progress) }
}
