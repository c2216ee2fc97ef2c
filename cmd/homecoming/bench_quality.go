package main

import (
	"context"
	"flag"
	"io"

	"homecoming/cmd/homecoming/bench"
)

func defineQuality(f *flag.FlagSet) func(ctx context.Context, progress io.Writer) (any, error) {
	var o bench.QualityOptions
	f.IntVar(&o.Members, "members", 2000, "how many alumni the simulated company has")
	f.IntVar(&o.Tasks, "tasks", 300, "how many tasks are ranked")
	f.Uint64Var(&o.Seed, "seed", 1, "what everything random comes from")
	return func(ctx context.Context, progress io.Writer) (any, error) {
		return bench.MeasureQuality(ctx, o, progress)
	}
}
