package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"homecoming/cmd/homecoming/bench"
)

// numbers is a flag like 1,3,5.
type numbers []int

// String writes the numbers as they are given.
func (n *numbers) String() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(*n), " ", ","), "[]")
}

// Set reads numbers from 1 up.
func (n *numbers) Set(value string) error {
	*n = nil
	for part := range strings.SplitSeq(value, ",") {
		i, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || i < 1 {
			return fmt.Errorf("%q is no number from 1 up", part)
		}
		*n = append(*n, i)
	}
	return nil
}

func defineRank(f *flag.FlagSet) func(ctx context.Context, progress io.Writer) (any, error) {
	r := bench.Rank{Skills: []int{1, 3, 5, 6, 8}}
	f.IntVar(&r.Members, "members", 100_000, "members in all companies together")
	f.IntVar(&r.CompanySize, "company-size", 100_000, "members in one company, the one that is asked among them")
	f.IntVar(&r.Tasks, "tasks", 200, "tasks for each number of skills")
	f.Var((*numbers)(&r.Skills), "skills", "how many skills a task has, as a list")
	f.StringVar(&r.Index, "index", "meilisearch", "meilisearch or postgres")
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
