package main

import (
	"context"
	"flag"
	"io"
	"os"

	"homecoming/cmd/homecoming/bench"
)

func defineReindex(f *flag.FlagSet) func(ctx context.Context, progress io.Writer) (any, error) {
	var r bench.Reindex
	f.IntVar(&r.Members, "members", 100_000, "members of the company that is rebuilt")
	f.IntVar(&r.Rounds, "rounds", 3, "how often rebuild and upload take turns")
	f.Uint64Var(&r.Seed, "seed", 1, "what everything random comes from")
	return func(ctx context.Context, progress io.Writer) (any, error) {
		c, err := readConfig(os.LookupEnv)
		if err != nil {
			return nil, err
		}
		r.Server = bench.Meilisearch{URL: c.MeiliURL, Key: c.MeiliAPIKey}
		return r.Run(ctx, progress)
	}
}

func defineIndexCrash(f *flag.FlagSet) func(ctx context.Context, progress io.Writer) (any, error) {
	var r bench.IndexCrash
	f.IntVar(&r.Kills, "kills", 20, "how often the server is killed")
	f.IntVar(&r.Members, "members", 20_000, "members of the company that is indexed")
	f.Uint64Var(&r.Seed, "seed", 1, "what everything random comes from")
	return func(ctx context.Context, progress io.Writer) (any, error) { return r.Run(ctx, progress) }
}

func defineImport(f *flag.FlagSet) func(ctx context.Context, progress io.Writer) (any, error) {
	var o bench.ImportOptions
	f.IntVar(&o.Rows, "rows", 100_000, "of the HR file")
	return func(ctx context.Context, progress io.Writer) (any, error) { return bench.Import(ctx, o, progress) }
}
